//! Errors of the store, each with a hint.
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::journal::Fault;
use super::lock::Holder;
use super::record;
use super::repair::Irreparable;

/// The remedy for a store that cannot be used.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "correct its permissions, or choose another folder with `--dir`",
        _ => "choose another folder with `--dir`",
    }
}

/// The reason why a store cannot be read or written, with a hint.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("there is no store in `{path}`\nhint: `galvani run` makes one; a run folder holds it as `store`")]
    Missing { path: PathBuf },
    #[error("`{path}` cannot be used: {source}\nhint: {}", remedy(.source))]
    Unusable { path: PathBuf, source: io::Error },
    #[error("`{path}` is written by {}\nhint: wait for it or end it; reading needs no lock", holder_text(.holder))]
    Locked { path: PathBuf, holder: Option<Holder> },
    #[error(
        "no room to write `{path}`: {source}; everything acknowledged so far is safe\nhint: free some space and run the same command again"
    )]
    Full { path: PathBuf, source: io::Error },
    #[error(
        "`{path}` is damaged at line {line}\nhint: `galvani store rebuild` restores the line from the index; `galvani store check` says more"
    )]
    Damaged { path: PathBuf, line: u64 },
    #[error(
        "`{path}` is damaged at line {line}, and the index does not hold that line\nhint: restore the file from a backup; to go on without that record and all later ones, use `galvani store rebuild --cut`"
    )]
    Irreparable { path: PathBuf, line: u64 },
    #[error(
        "`{path}` was written by a newer version: line {line} has version {version}, and this program reads up to {}\nhint: update galvani",
        record::FORMAT
    )]
    Newer { path: PathBuf, line: u64, version: u16 },
    #[error(
        "`{path}` is not a journal of this program: line {line}: {reason}\nhint: choose another folder with `--dir`"
    )]
    Foreign { path: PathBuf, line: u64, reason: String },
}

/// The error of a file or folder that cannot be used.
pub(super) fn unusable(path: &Path, source: io::Error) -> StoreError {
    StoreError::Unusable { path: path.to_owned(), source }
}

/// The error of a write that failed: no room, or an unusable file.
pub(super) fn failure(path: &Path, source: io::Error) -> StoreError {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let path = path.to_owned();
    match source.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => StoreError::Full { path, source },
        _ => StoreError::Unusable { path, source },
    }
}

/// The error of a journal with a line that cannot be repaired.
pub(super) fn irreparable(path: &Path, reason: Irreparable) -> StoreError {
    let (path, line) = (path.to_owned(), reason.line);
    match reason.fault {
        Fault::Damaged => StoreError::Irreparable { path, line },
        Fault::Newer(version) => StoreError::Newer { path, line, version },
        Fault::Foreign(reason) => StoreError::Foreign { path, line, reason },
    }
}

/// The writer of a store, in words.
pub(super) fn holder_text(holder: &Option<Holder>) -> String {
    holder.as_ref().map_or_else(
        || "another process".to_owned(),
        |Holder { pid, host, since }| format!("process {pid} on {host} since {since:.0}"),
    )
}
