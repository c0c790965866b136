//! Errors of a study: a wrong space, setting, lookup, trial or journal.
use thiserror::Error;

use crate::document::diagnostic::Diagnostic;
use crate::document::source::SourceError;
use crate::experiment::error::RunError;
use crate::intensifier::bracket::ScheduleError;
use crate::store::StoreError;

/// The failure of a call on a [`Study`](crate::Study), a [`Trial`](crate::Trial) or a builder.
///
/// Printed, it is a message and, on a line of its own, `hint: ` with what to do. A trial that fails is no error: it is an
/// [`Outcome`](crate::Outcome).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A search space, a setting or a limit makes no sense.
    #[error("{0}")]
    Invalid(Diagnostic),
    /// A trial has no value of this name or kind.
    #[error("{0}")]
    Value(Diagnostic),
    /// A trial that was told or reported is not running, or has another number of costs.
    #[error("{0}")]
    Trial(Diagnostic),
    /// No trial has succeeded.
    #[error("{0}")]
    NoSuccess(Diagnostic),
    /// The journal cannot be read or written, or is of another study.
    #[error("{0}")]
    Journal(Box<RunError>),
}

/// A result of a call on a study; closures that read a trial's values can name it: `|trial| -> galvani::Result<f64> {
/// Ok(trial.float("x")?.powi(2)) }`.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for String {
    /// The message and the hint, for functions whose errors are texts.
    fn from(error: Error) -> Self {
        error.to_string()
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Invalid(diagnostic)
    }
}

impl From<ScheduleError> for Error {
    fn from(error: ScheduleError) -> Self {
        Self::Invalid(Diagnostic::new(error.to_string()).field("budget"))
    }
}

impl From<SourceError> for Error {
    /// Drops the place in the text, because a builder wrote the text and the user has no such file.
    fn from(error: SourceError) -> Self {
        Self::Invalid(error.diagnostic)
    }
}

impl From<RunError> for Error {
    /// Gives the remedies of a program in place of those of the command line.
    fn from(error: RunError) -> Self {
        match error {
            RunError::Edited { folder, difference } => {
                let (folder, names, lines) = (folder.display(), difference.names(), difference.lines.join("\n  "));
                let message = format!("{folder}: this study was begun with another {names}\n  {lines}");
                let hint = "give another `journal` folder to begin a new study, or undo the change to go on";
                Self::Invalid(Diagnostic::new(message).hint(hint).field("journal"))
            }
            RunError::Store(StoreError::Locked { path, holder: Some(holder) }) if holder.pid == std::process::id() => {
                let message = format!("`{}` is written by another `Study` of this program", path.display());
                Self::Invalid(Diagnostic::new(message).hint("drop that study first").field("journal"))
            }
            error => Self::Journal(Box::new(error)),
        }
    }
}
