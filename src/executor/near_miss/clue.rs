//! Clues: the fault of a line that was meant as a result, and its remedy.
use crate::executor::message::{self, Message};

/// A fault of a line, as a clause whose subject is the line, and its remedy where it is not just the right line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Clue {
    pub(super) fault: String,
    pub(super) hint: Option<String>,
}

impl Clue {
    pub(super) fn new(fault: impl Into<String>) -> Self {
        Self { fault: fault.into(), hint: None }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// True for a line that is a result.
pub(super) fn is_result(line: &str) -> bool {
    matches!(message::parse(line.as_bytes()), Some(Message::Report(_)))
}
