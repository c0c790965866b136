//! The RON file of a space: reading it, and placing the errors of its parts.
mod allowed_field;
mod entries;
mod fields;
pub(crate) mod literal;
pub(crate) mod parameter;
mod range_prior;
mod writing;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

use crate::document::diagnostic::Diagnostic;
use crate::document::outline::OutlineNode;
use crate::document::source::{Source, SourceError, parse, read};
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::file::allowed_field::AllowedField;
use crate::space::file::entries::Entries;
use crate::space::file::parameter::Parameter;
use crate::space::validation::{SpaceError, SpacePart};

/// A search space as it is written, not yet validated.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename = "Space")]
pub struct SpaceFile {
    /// The name in reports; the file's own where it is left out.
    #[serde(default)]
    name: String,
    parameters: Entries<Parameter>,
    /// The condition under which a parameter is active; always, where nothing is written.
    #[serde(default)]
    conditions: Entries<String>,
    /// Combinations that are never tried.
    #[serde(default)]
    forbidden: Vec<String>,
    /// The only combinations of some parameters that are tried.
    #[serde(default)]
    allowed: AllowedField,
    /// The names that parameters had when a run was begun, by their present names; an empty one for a parameter that is new.
    #[serde(default)]
    renamed: Entries<String>,
}

/// A search space inside another file: a path, or the space itself.
#[derive(Clone, Debug)]
pub enum SpaceSource {
    Path(PathBuf),
    Inline(Box<SpaceFile>),
}

impl Space {
    /// The space of a RON text; `path` names it in errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SourceError> {
        parse::<SpaceFile>(path, text)?.validate(path, text)
    }

    /// The space of a RON file, and a text that means it without any other file.
    pub(crate) fn read_with_text(path: &Path) -> Result<(Self, String), SourceError> {
        let text = read(path)?;
        let file = parse::<SpaceFile>(path, &text)?;
        let names_file = file.names_file();
        let space = file.validate(path, &text)?;
        let text = if names_file { space.to_text() } else { text };
        Ok((space, text))
    }

    /// The space of a RON file.
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        Self::parse(&read(path)?, path)
    }
}

impl SpaceFile {
    /// True where a part of it is in another file.
    pub(crate) fn names_file(&self) -> bool {
        self.allowed.names_file()
    }

    /// The space; fails where it is not one or has no legal configuration.
    ///
    /// `text` is that of the whole file, whose field `search_space` this may be.
    pub fn validate(self, path: &Path, text: &str) -> Result<Space, SourceError> {
        let outline = OutlineNode::of(text);
        let outline = outline.as_ref().map(|root| match root.field("search_space") {
            Some(inner) if root.field("parameters").is_none() => inner,
            _ => root,
        });
        let fail = |error: SpaceError| {
            let offset = outline.map_or(0, |outline| offset(outline, text, &error));
            Source::new(path, text).error_at(offset, error.diagnostic)
        };
        let mut hyperparameters = Vec::new();
        for (index, (name, parameter)) in self.parameters.0.into_iter().enumerate() {
            let part = SpacePart::Parameter { index };
            let hyperparameter = parameter.hyperparameter(name);
            hyperparameters.push(hyperparameter.map_err(|diagnostic| fail(SpaceError { part, diagnostic }))?);
        }
        let stem = || path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name = if self.name.is_empty() { stem() } else { self.name };
        let space = Space::new(name, hyperparameters, self.conditions.0, self.forbidden).map_err(fail)?;
        let sources = self.allowed.read(path)?;
        let tables: Vec<_> = sources.iter().map(|source| source.rows.clone()).collect();
        let space = space.allowing(&tables).map_err(|error| match error.part {
            SpacePart::Allowed { table, row } if let Some(file) = &sources[table].file => {
                file.error(row, error.diagnostic)
            }
            _ => fail(error),
        })?;
        space
            .check_tables()
            .map_err(|diagnostic| fail(SpaceError { part: SpacePart::Allowed { table: 0, row: None }, diagnostic }))?;
        if let Err(impossible) = space.sample(&mut Stream::of(0, "possible", 0)) {
            let first = space.forbidden().iter().position(|clause| clause.text() == impossible.clauses[0]).unwrap_or(0);
            let part = match space.forbidden()[first].table() {
                Some(_) => SpacePart::Allowed { table: 0, row: None },
                None => SpacePart::Forbidden { index: first, offset: 0 },
            };
            let hint = "loosen a forbidden combination, or allow more values";
            return Err(fail(SpaceError { part, diagnostic: Diagnostic::new(impossible.to_string()).hint(hint) }));
        }
        let renamed = space.renamed(self.renamed.0.into_iter().collect());
        renamed.map_err(|diagnostic| fail(SpaceError { part: SpacePart::Parameters, diagnostic }))
    }
}

/// The byte of the text where the wrong part of a space is written.
fn offset(space: &OutlineNode, text: &str, error: &SpaceError) -> usize {
    let found = match error.part {
        SpacePart::Parameters => space.field("parameters").map(|node| node.span.start),
        SpacePart::Parameter { index } => {
            let field = error.diagnostic.field.as_deref();
            space.field("parameters").and_then(|node| node.fields().get(index)).map(|parameter| {
                let value = field.and_then(|field| parameter.value.field(field));
                value.map_or(parameter.key.start, |value| value.span.start)
            })
        }
        SpacePart::Condition { index, offset } => {
            space.field("conditions").and_then(|node| node.fields().get(index)).map(|condition| match offset {
                Some(offset) => condition.value.inside(text, offset),
                None => condition.key.start,
            })
        }
        SpacePart::Allowed { table, row } => space.field("allowed").map(|node| {
            // A row stands in the list itself, or in the list of one of several tables.
            let list = node.items().iter().filter(|item| !item.items().is_empty()).nth(table).unwrap_or(node);
            row.and_then(|row| list.items().get(row)).unwrap_or(node).span.start
        }),
        SpacePart::Forbidden { index, offset } => {
            space.field("forbidden").and_then(|node| node.items().get(index)).map(|clause| clause.inside(text, offset))
        }
    };
    found.unwrap_or(space.span.start)
}

impl<'de> Deserialize<'de> for SpaceSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SourceVisitor;
        impl<'de> Visitor<'de> for SourceVisitor {
            type Value = SpaceSource;

            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("the path of a search space in double quotes, or the space itself")
            }

            fn visit_str<E>(self, path: &str) -> Result<SpaceSource, E> {
                Ok(SpaceSource::Path(path.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SpaceSource, A::Error> {
                let file = SpaceFile::deserialize(MapAccessDeserializer::new(map))?;
                Ok(SpaceSource::Inline(Box::new(file)))
            }
        }
        deserializer.deserialize_any(SourceVisitor)
    }
}
