//! Drafts: spaces of other programs while they are read.
use std::collections::HashMap;
use std::path::Path;

use crate::document::diagnostic::Diagnostic;
use crate::document::source::{Source, SourceError};
use crate::space::Space;
use crate::space::expression::quoting::quoted;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
use crate::space::validation::SpacePart;

/// A space from another format, and what had to be changed for it.
#[derive(Clone, Debug)]
pub struct Imported {
    pub space: Space,
    pub notes: Vec<String>,
}

/// The parts of a space that were read so far, each with its place in the text.
pub(super) struct Draft<'a> {
    source: Source<'a>,
    pub name: String,
    hyperparameters: Vec<(Hyperparameter, usize)>,
    /// The places of the hyperparameters in their list, by name.
    indices: HashMap<String, usize>,
    /// Conditions of each child, all of which must hold.
    conditions: Vec<(String, Vec<String>, usize)>,
    forbidden: Vec<(String, usize)>,
    pub notes: Vec<String>,
}

impl<'a> Draft<'a> {
    /// A draft without parts, named after the file.
    pub(crate) fn new(path: &'a Path, text: &'a str) -> Self {
        Self {
            source: Source::new(path, text),
            name: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
            hyperparameters: Vec::new(),
            indices: HashMap::new(),
            conditions: Vec::new(),
            forbidden: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// An error at a byte of the text.
    pub(crate) fn error(&self, offset: usize, message: impl Into<String>, hint: impl Into<String>) -> SourceError {
        self.source.error_at(offset, Diagnostic::new(message).hint(hint))
    }

    /// Adds a hyperparameter; one that is there already, in the same way, is left out.
    pub(crate) fn add(&mut self, hyperparameter: Hyperparameter, offset: usize) -> Result<(), SourceError> {
        let name = &hyperparameter.name;
        let Some((known, _)) = self.indices.get(name).map(|&index| &self.hyperparameters[index]) else {
            self.indices.insert(name.clone(), self.hyperparameters.len());
            self.hyperparameters.push((hyperparameter, offset));
            return Ok(());
        };
        if *known == hyperparameter {
            self.notes.push(format!("`{name}` is defined twice in the same way"));
            return Ok(());
        }
        Err(self.error(offset, format!("there are two parameters named `{name}`"), "take one of them out"))
    }

    /// The hyperparameter with this name.
    pub(crate) fn find(&self, name: &str, offset: usize) -> Result<&Hyperparameter, SourceError> {
        self.indices.get(name).map(|&index| &self.hyperparameters[index].0).ok_or_else(|| {
            let message = format!("there is no parameter named `{name}`");
            self.error(offset, message, "conditions and forbidden clauses name parameters of the same file")
        })
    }

    /// Adds a condition; several for one child must all hold.
    pub(crate) fn condition(&mut self, child: &str, text: String, offset: usize) -> Result<(), SourceError> {
        self.find(child, offset)?;
        match self.conditions.iter_mut().find(|(each, ..)| *each == child) {
            Some((_, all, _)) if all.contains(&text) => {}
            Some((_, all, _)) => all.push(text),
            None => self.conditions.push((child.to_owned(), vec![text], offset)),
        }
        Ok(())
    }

    /// Adds a forbidden combination.
    pub(crate) fn forbid(&mut self, text: String, offset: usize) {
        self.forbidden.push((text, offset));
    }

    /// The space of the parts; fails where they do not make one.
    pub(crate) fn finish(self) -> Result<Imported, SourceError> {
        let conditions = self.conditions.iter().map(|(child, all, _)| (child.clone(), joined(all, "and")));
        let space = Space::new(
            self.name.clone(),
            self.hyperparameters.iter().map(|(each, _)| each.clone()).collect(),
            conditions.collect(),
            self.forbidden.iter().map(|(text, _)| text.clone()).collect(),
        );
        let space = space.map_err(|error| {
            let offset = match error.part {
                SpacePart::Parameters | SpacePart::Allowed { .. } => 0,
                SpacePart::Parameter { index } => self.hyperparameters[index].1,
                SpacePart::Condition { index, .. } => self.conditions[index].2,
                SpacePart::Forbidden { index, .. } => self.forbidden[index].1,
            };
            self.source.error_at(offset, error.diagnostic)
        })?;
        let doubled = self.conditions.iter().filter(|(_, all, _)| all.len() > 1);
        let doubled = doubled.map(|(child, ..)| format!("all conditions of `{child}` must hold at once"));
        let mut notes = self.notes;
        notes.extend(summary(doubled.collect(), "parameters have several conditions, all of which must hold at once"));
        Ok(Imported { space, notes })
    }
}

/// A few notes as they are, many as one.
fn summary(notes: Vec<String>, subject: &str) -> Vec<String> {
    const MANY: usize = 4;
    match notes.as_slice() {
        [first, ..] if notes.len() > MANY => vec![format!("{} {subject}: {first}, for example", notes.len())],
        _ => notes,
    }
}

/// Expressions joined by `and` or `or`.
pub(super) fn joined(all: &[String], word: &str) -> String {
    match all {
        [only] => only.clone(),
        _ => {
            let is_joined = |each: &str| each.contains(" and ") || each.contains(" or ");
            let part = |each: &String| if is_joined(each) { format!("({each})") } else { each.clone() };
            all.iter().map(part).collect::<Vec<_>>().join(&format!(" {word} "))
        }
    }
}

/// The expression that a hyperparameter has one of these values.
pub(super) fn among(name: &str, domain: &Domain, values: &[Value]) -> String {
    let name = quoted(name);
    let is_boolean = domain.values().iter().all(|value| matches!(value, Value::Boolean(_)));
    match values {
        [only] => format!("{name} == {}", only.to_literal()),
        _ if is_boolean && !domain.values().is_empty() => {
            joined(&values.iter().map(|value| format!("{name} == {}", value.to_literal())).collect::<Vec<_>>(), "or")
        }
        _ => format!("{name} in [{}]", values.iter().map(Value::to_literal).collect::<Vec<_>>().join(", ")),
    }
}
