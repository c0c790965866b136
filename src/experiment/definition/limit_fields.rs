//! Fields of an executor that are durations or amounts of memory, and their validation.
use std::time::Duration;

use jiff::SignedDuration;

use crate::document::diagnostic::Diagnostic;
use crate::document::source::{Source, SourceError};

/// A duration above zero.
pub(super) fn span(
    source: &Source,
    field: &str,
    span: Option<SignedDuration>,
) -> Result<Option<Duration>, SourceError> {
    match span {
        Some(limit) if limit <= SignedDuration::ZERO => {
            Err(wrong(source, field, &format!("`{field}` must be positive"), "for example \"1h 30m\""))
        }
        limit => Ok(limit.map(|limit| Duration::try_from(limit).unwrap_or_default())),
    }
}

/// An amount above zero, in bytes.
pub(super) fn bytes(source: &Source, field: &str, mebibytes: Option<u64>) -> Result<Option<u64>, SourceError> {
    let hint = format!("for example {field}: 4096");
    match mebibytes.map(|amount| amount.checked_mul(1 << 20)) {
        Some(Some(0)) => Err(wrong(source, field, &format!("`{field}` must be positive"), &hint)),
        Some(None) => Err(wrong(source, field, &format!("`{field}` must be below 2^44 (16 exbibytes)"), &hint)),
        amount => Ok(amount.flatten()),
    }
}

fn wrong(source: &Source, field: &str, message: &str, hint: &str) -> SourceError {
    source.error(Diagnostic::new(message).hint(hint).field(format!("executor.{field}")))
}
