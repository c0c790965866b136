//! A space as text in another format, with notes on the parts that the format cannot express.
use crate::document::diagnostic::Diagnostic;

/// The text in another format, and notes on the parts that it does not express exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    pub text: String,
    pub notes: Vec<String>,
}

/// The error for a parameter whose condition never holds, which no format can express.
pub(super) fn never_active(name: &str, condition: &str) -> Diagnostic {
    let message = format!("`{name}` is never active, because `{condition}` never holds");
    Diagnostic::new(message).hint("take the parameter out")
}

/// The note on a part of a parameter that a format cannot express.
pub(super) fn left_out(part: &str, name: &str) -> String {
    format!("the {part} of `{name}` cannot be expressed there and is left out")
}
