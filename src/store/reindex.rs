//! Upkeep of the index: brings it up to date with the journal, or rebuilds it.
use std::fs;
use std::io;
use std::path::Path;

use super::index::{Index, IndexError, State};
use super::repair::Repaired;

/// Brings the index up to date with the journal, by adding lines or rebuilding it; returns the index, where there is one,
/// with the state and the checksum of the journal.
pub(super) fn adopt(
    folder: &Path,
    index: Result<Index, IndexError>,
    repaired: &Repaired,
    warnings: &mut Vec<String>,
) -> (Option<Index>, State, crc32fast::Hasher) {
    let lines = &repaired.lines[..];
    let (state, checksum) = State::of(lines, repaired.records.len() as u64);
    let reached = index.as_ref().map(Index::state).unwrap_or_default();
    let path = folder.join("index");
    let result = match index {
        Ok(index) if reached == state => Ok(index),
        // Behind by the lines since the last batch, which is normal: no warning.
        Ok(index) if reached.lines > 0 && reached.covers(lines) => {
            fill(index, reached.lines + 1, &lines[reached.bytes as usize..], state)
        }
        Ok(index) => {
            drop(index);
            let found = if reached == State::default() { "was missing" } else { "did not agree with the journal" };
            rebuild(&path, found, lines, state, warnings)
        }
        Err(reason) => rebuild(&path, &format!("did not open ({reason})"), lines, state, warnings),
    };
    let index = result.map_err(|reason| {
        let folder = folder.display();
        warnings.push(format!("there is no index in `{folder}`: {reason}; the journal alone is used"));
    });
    (index.ok(), state, checksum)
}

/// Makes the index anew from the journal; `found` is the state of the old one, for the warning.
pub(super) fn rebuild(
    path: &Path,
    found: &str,
    lines: &[u8],
    state: State,
    warnings: &mut Vec<String>,
) -> Result<Index, IndexError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let index = fill(Index::open(path)?, 1, lines, state)?;
    warnings.push(format!("the index `{}` {found}: rebuilt from the journal", path.display()));
    Ok(index)
}

/// Adds lines to an index, the first of them with the number `first`; afterwards the index covers `state`.
fn fill(index: Index, first: u64, lines: &[u8], state: State) -> Result<Index, IndexError> {
    let lines: Vec<&[u8]> = lines.split_inclusive(|&byte| byte == b'\n').collect();
    let last = lines.chunks(1000).len().saturating_sub(1);
    for (number, chunk) in lines.chunks(1000).enumerate() {
        let first = first + 1000 * number as u64;
        // An index that is filled half way covers nothing: the next opening rebuilds it.
        let covered = if number == last { state } else { State::default() };
        index.put(first, chunk.iter().copied(), covered, number == last)?;
    }
    Ok(index)
}
