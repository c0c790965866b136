//! Diagnostics: a mistake in a value, its remedy, and the field that has it.
use std::borrow::Cow;
use std::fmt;

/// A mistake in a value that somebody wrote, before its place in a file is known.
///
/// Printed, it is the message and, on a line of its own, `hint: ` with the hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The mistake: lower case, no full stop, literals in backticks.
    pub message: String,
    /// A remedy, without the word `hint:`.
    pub hint: Option<String>,
    /// The field that is wrong, where it is one of a structure; a dot separates levels, as in `stop.trials`.
    pub field: Option<Cow<'static, str>>,
}

impl Diagnostic {
    /// A diagnostic without hint and field.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, field: None }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same at a field; the name of one inside another follows a dot, as in `stop.trials`.
    #[must_use]
    pub fn field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same for a value that is the field `outer` of a structure, so that its own field is one inside that.
    #[must_use]
    pub fn inside(self, outer: &str) -> Self {
        let field = match &self.field {
            Some(inner) => format!("{outer}.{inner}"),
            None => outer.to_owned(),
        };
        self.field(field)
    }
}

/// A diagnostic and the byte of a text where its cause is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positioned {
    /// A byte of the text, counted from 0.
    pub offset: usize,
    pub diagnostic: Diagnostic,
}

impl Positioned {
    /// A diagnostic without a hint at a byte of a text.
    pub fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, diagnostic: Diagnostic::new(message) }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { diagnostic: self.diagnostic.hint(hint), ..self }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(out, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_stands_on_its_own_line() {
        let plain = Diagnostic::new("`eta` is 1").field("eta");
        assert_eq!(plain.to_string(), "`eta` is 1");
        assert_eq!(plain.clone().inside("budget").field.as_deref(), Some("budget.eta"));
        assert_eq!(plain.hint("it must be at least 2").to_string(), "`eta` is 1\nhint: it must be at least 2");
    }
}
