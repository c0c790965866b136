//! A space in another format, and what that format cannot hold.
use crate::document::diagnostic::Diagnostic;

/// The text of another format, and what it could not say exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    pub text: String,
    pub notes: Vec<String>,
}

/// The error of a parameter whose condition never holds, which no format can say.
pub(super) fn never_active(name: &str, condition: &str) -> Diagnostic {
    let message = format!("`{name}` is never active, because `{condition}` never holds");
    Diagnostic::new(message).hint("take the parameter out")
}

/// The note on the part of a parameter that a format has no words for.
pub(super) fn left_out(part: &str, name: &str) -> String {
    format!("the {part} of `{name}` cannot be expressed there and is left out")
}
