//! A section of a JSON file of a cell: its numbers and functions, and errors at the place of a name.
use std::cell::RefCell;

use serde_json::{Map, Value as Json};

use crate::battery::cell::bpx::value::BpxValue;
use crate::document::diagnostic::Diagnostic;
use crate::document::source::{Source, SourceError};
use crate::document::spelling::nearest;

/// An object of the file, and the names in it that were asked for.
pub(crate) struct JsonSection<'a> {
    source: Source<'a>,
    /// The reason why a name must be there.
    need: &'static str,
    /// The name of the object and of those around it.
    path: Vec<String>,
    object: &'a Map<String, Json>,
    asked: RefCell<Vec<String>>,
}

impl<'a> JsonSection<'a> {
    /// The whole file; `need` says why a name must be there.
    pub(crate) fn root(source: Source<'a>, object: &'a Map<String, Json>, need: &'static str) -> Self {
        Self { source, need, path: Vec::new(), object, asked: RefCell::default() }
    }

    /// A section that must be there.
    pub(crate) fn section(&self, name: &str) -> Result<Self, SourceError> {
        self.optional(name)?.ok_or_else(|| self.missing(name))
    }

    /// A section that may be absent.
    pub(crate) fn optional(&self, name: &str) -> Result<Option<Self>, SourceError> {
        let object = match self.value(name) {
            None | Some(Json::Null) => return Ok(None),
            Some(Json::Object(object)) => object,
            Some(_) => return Err(self.error(name, "this is not a section", "a section is an object, {...}")),
        };
        let path = self.path.iter().cloned().chain([name.to_owned()]).collect();
        Ok(Some(Self { source: self.source, need: self.need, path, object, asked: RefCell::default() }))
    }

    pub(crate) fn number(&self, name: &str) -> Result<f64, SourceError> {
        self.optional_number(name)?.ok_or_else(|| self.missing(name))
    }

    pub(crate) fn optional_number(&self, name: &str) -> Result<Option<f64>, SourceError> {
        match self.value(name) {
            None | Some(Json::Null) => Ok(None),
            Some(value) => match value.as_f64().filter(|number| number.is_finite()) {
                Some(number) => Ok(Some(number)),
                None => Err(self.error(name, "this is not a number", "write a number without quotes")),
            },
        }
    }

    /// A text, or an empty one.
    pub(crate) fn text(&self, name: &str) -> &'a str {
        self.value(name).and_then(Json::as_str).unwrap_or_default()
    }

    /// A number, an expression or a table of the given variable.
    pub(crate) fn function(&self, name: &str, variable: &str) -> Result<BpxValue, SourceError> {
        self.optional_function(name, variable)?.ok_or_else(|| self.missing(name))
    }

    /// The same where it may be absent.
    pub(crate) fn optional_function(&self, name: &str, variable: &str) -> Result<Option<BpxValue>, SourceError> {
        match self.value(name) {
            None | Some(Json::Null) => Ok(None),
            Some(json) => BpxValue::of(json, variable)
                .map(Some)
                .map_err(|Diagnostic { message, hint, .. }| self.error(name, &message, &hint.unwrap_or_default())),
        }
    }

    /// The value of a name.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Json> {
        self.asked.borrow_mut().push(name.to_owned());
        self.object.get(name)
    }

    /// The names that nobody asked for, with the section's own.
    pub(crate) fn left(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        let left = self.object.keys().filter(|name| !asked.contains(name));
        left.map(|name| self.path.iter().chain([name]).map(String::as_str).collect::<Vec<_>>().join(" > ")).collect()
    }

    /// The names of the section.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.object.keys().map(String::as_str)
    }

    /// The error of a name that must be there.
    pub(crate) fn missing(&self, name: &str) -> SourceError {
        let section = self.path.last().map_or("the file".to_owned(), |section| format!("`{section}`"));
        let message = format!("`{name}` is missing in {section}");
        // The name with another unit, or none, is the likeliest mistake.
        let quantity = |name: &str| name.split('[').next().unwrap_or_default().trim().to_lowercase();
        let same = self.names().find(|each| quantity(each) == quantity(name));
        let hint = match same.or_else(|| nearest(name, self.names())) {
            Some(near) => format!("there is `{near}`: did you mean `{name}`?"),
            None => self.need.to_owned(),
        };
        self.source.error_at(self.place(None), Diagnostic::new(message).hint(hint))
    }

    /// The error of a name.
    pub(crate) fn error(&self, name: &str, message: &str, hint: &str) -> SourceError {
        let diagnostic = Diagnostic::new(format!("`{name}`: {message}")).hint(hint);
        self.source.error_at(self.place(Some(name)), diagnostic)
    }

    /// The byte at which the last of the names is written, each looked for behind the one before.
    fn place(&self, name: Option<&str>) -> usize {
        let names = self.path.iter().map(String::as_str).chain(name);
        names.fold(0, |from, name| {
            let written = serde_json::to_string(name).unwrap_or_default();
            self.source.text[from..].find(&written).map_or(from, |at| from + at)
        })
    }
}
