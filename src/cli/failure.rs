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
        Self::Input(without_codes(&error.to_string()))
    }
}

/// A text without the numbers of errors of the operating system, `(os error 2)`, which stand behind their words.
fn without_codes(text: &str) -> String {
    const CODE: &str = " (os error ";
    let mut pieces = text.split(CODE);
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once(')') {
            Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => kept.push_str(rest),
            _ => kept.extend([CODE, piece]),
        }
    }
    kept
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::input(diagnostic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_system_are_left_out() {
        let text = "`a`: No such file or directory (os error 2)\nhint: (os error x) stays";
        assert_eq!(without_codes(text), "`a`: No such file or directory\nhint: (os error x) stays");
    }
}
