//! Ends of logs of trials that failed, which a report shows.
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::analysis::LogTail;
use crate::analysis::failure::groups;
use crate::executor::excerpt::legible;
use crate::experiment::replay::log::Log;
use crate::trial::TrialId;

/// Groups of failures whose log is read.
const GROUPS: usize = 12;
/// Bytes that are read at the end of a log, and lines of them that are shown.
const BYTES: u64 = 6000;
const LINES: usize = 20;

/// The end of the log of the last trial of each kind of failure; none where the trial has written nothing.
pub(super) fn log_tails(log: &Log) -> Vec<LogTail> {
    let groups = groups(&log.history);
    let last = groups.iter().take(GROUPS).map(|group| group.last);
    let tail = |trial: u32| {
        let folder = log.folder.trial(TrialId(trial));
        let texts = ["stderr.log", "stdout.log"].map(|name| end(&folder.join(name)).unwrap_or_default());
        let text = texts.into_iter().find(|text| !text.is_empty())?;
        Some(LogTail { trial, text })
    };
    last.filter_map(tail).collect()
}

/// The last lines of a file.
fn end(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
    let mut bytes = Vec::new();
    file.take(BYTES).read_to_end(&mut bytes)?;
    let text = legible(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(LINES)..].join("\n"))
}
