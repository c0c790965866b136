//! Failures: the ways in which a verb ends without success.
use std::fmt;

use crate::document::diagnostic::Diagnostic;

/// The reason why a verb did not succeed; each has an exit code.
pub(super) enum Failure {
    /// The run ended, but no trial succeeded: exit code 1.
    NoSuccess,
    /// The input was wrong; the text is the whole message with its hint: exit code 2.
    Input(String),
    /// The run was interrupted, and the same command continues it: exit code 130.
    Interrupted,
}

/// The exit code of a program that was interrupted.
pub(super) const INTERRUPTED: u8 = 130;

impl Failure {
    /// The failure of an error, which says what is wrong and what to do.
    pub(super) fn input(error: impl fmt::Display) -> Self {
        Self::Input(error.to_string())
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::input(diagnostic)
    }
}
