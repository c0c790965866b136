//! An experiment that survives the power cut.
//!
//! A store is a folder: `journal.jsonl` is the truth, `index/` a sled database that can be rebuilt from it and repairs
//! it, `lock` names the one writer. What [`Store::append`] has returned from is on the disk.
pub mod index;
pub mod journal;
pub mod lock;
pub mod record;
pub mod repair;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use index::{Index, State};
use journal::{Fault, Journal};
use lock::{Holder, Lock};
use record::Record;
use repair::Irreparable;
use thiserror::Error;

use crate::trial::TrialId;

/// A store, open for its one writer.
pub struct Store {
    folder: PathBuf,
    journal: Journal,
    index: Option<Index>,
    state: State,
    checksum: crc32fast::Hasher,
    warnings: Vec<String>,
    _lock: Lock,
}

/// What opening a store found.
#[derive(Debug, Default)]
pub struct Opened {
    /// Every acknowledged record, in order; empty where the store is new.
    pub records: Vec<Record>,
    /// What was repaired, a sentence each, for the user.
    pub warnings: Vec<String>,
}

/// Why a store cannot be read or written, and what to do about it.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("there is no store in `{path}`\nhint: `galvani run` makes one; a run folder holds it as `store`")]
    Missing { path: PathBuf },
    #[error("`{path}` cannot be used: {source}\nhint: correct its permissions, or choose another folder with `--dir`")]
    Unusable { path: PathBuf, source: io::Error },
    #[error("`{path}` is written by {}\nhint: wait for it or end it; reading needs no lock", holder_text(.holder))]
    Locked { path: PathBuf, holder: Option<Holder> },
    #[error(
        "no room to write `{path}`: {source}; everything acknowledged so far is safe\nhint: free some space and run the same command again"
    )]
    Full { path: PathBuf, source: io::Error },
    #[error(
        "`{path}` is damaged at line {line}\nhint: `galvani run` restores the line from the index; where it cannot, restore the file from a backup"
    )]
    Damaged { path: PathBuf, line: u64 },
    #[error(
        "`{path}` is damaged at line {line}, and the index does not hold that line\nhint: restore the file from a backup; to go on without that record and all later ones, delete the lines from {line} on and the folder `index`"
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

impl Store {
    /// Opens the store in a folder for writing, making it where there is none, and repairs what can be repaired.
    pub fn open(folder: &Path) -> Result<(Self, Opened), StoreError> {
        let unusable = |source| StoreError::Unusable { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(unusable)?;
        let locked = |holder| StoreError::Locked { path: folder.to_owned(), holder };
        let lock = Lock::take(&folder.join("lock")).map_err(unusable)?.map_err(locked)?;

        let path = folder.join("journal.jsonl");
        let failed = |source| failure(&path, source);
        let mut journal = Journal::open(&path).map_err(failed)?;
        let bytes = fs::read(&path).map_err(failed)?;
        let mut warnings = Vec::new();
        let index = Index::open(&folder.join("index"));
        let repaired = repair::repair(journal::decode(&bytes), index.as_ref().ok())
            .map_err(|reason| irreparable(&path, reason))?;
        check_beginning(&path, &repaired.records)?;
        if !repaired.restored.is_empty() {
            let kept = journal::replace(&path, &repaired.lines).map_err(failed)?;
            journal = Journal::open(&path).map_err(failed)?;
            let (count, kept) = (repaired.restored.len(), kept.display());
            let first = repaired.restored[0];
            let lines = if count == 1 { format!("line {first}") } else { format!("{count} lines from {first} on") };
            warnings.push(format!(
                "`{}` was damaged: restored {lines} from the index, kept the old file as `{kept}`",
                path.display()
            ));
        } else if repaired.cut > 0 {
            journal.cut(repaired.lines.len() as u64).map_err(failed)?;
            warnings.push(format!(
                "`{}` ended in {} bytes of an unfinished record: removed",
                path.display(),
                repaired.cut
            ));
        }

        let (state, checksum) = (State::default(), crc32fast::Hasher::new());
        let mut store =
            Self { folder: folder.to_owned(), journal, index: None, state, checksum, warnings, _lock: lock };
        store.adopt(index, &repaired.lines, &repaired.records);
        let warnings = std::mem::take(&mut store.warnings);
        Ok((store, Opened { records: repaired.records, warnings }))
    }

    /// Makes a record durable: when this returns `Ok`, it survives a power cut; otherwise the store is as it was.
    pub fn append(&mut self, record: &Record) -> Result<(), StoreError> {
        let line = journal::encode(record);
        self.journal.append(&line).map_err(|source| failure(self.journal.path(), source))?;
        self.advance(&line);
        let written = self.index.as_ref().map(|index| index.put(&[(&line, record.trial(), self.state)], true));
        if let Some(Err(reason)) = written {
            // The journal has it; the next opening rebuilds the index.
            self.index = None;
            self.warnings.push(format!("the index in `{}` is behind: {reason}", self.folder.display()));
        }
        Ok(())
    }

    /// The last record about a trial.
    pub fn latest(&self, trial: TrialId) -> Result<Option<Record>, StoreError> {
        if let Some(number) = self.index.as_ref().and_then(|index| index.last_line(trial)) {
            let line = self.index.as_ref().and_then(|index| index.line(number));
            if let Some(record) = line.and_then(|line| journal::decode_line(&line).ok()) {
                return Ok(Some(record));
            }
        }
        Ok(Self::read(&self.folder)?.into_iter().rev().find(|record| record.trial() == Some(trial)))
    }

    /// What went wrong since the last call without losing anything, a sentence each, for the user.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Every acknowledged record of the store in a folder; needs no lock and disturbs no writer.
    pub fn read(folder: &Path) -> Result<Vec<Record>, StoreError> {
        let path = folder.join("journal.jsonl");
        let bytes = fs::read(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => StoreError::Missing { path: folder.to_owned() },
            _ => StoreError::Unusable { path: path.clone(), source },
        })?;
        // What follows the last line feed is being written right now, or was when the writer died.
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        let mut records = Vec::new();
        for (line, number) in journal::decode(&bytes[..whole]).into_iter().zip(1..) {
            records.push(line.record.map_err(|fault| match fault {
                Fault::Damaged => StoreError::Damaged { path: path.clone(), line: number },
                fault => irreparable(&path, Irreparable { line: number, fault }),
            })?);
        }
        check_beginning(&path, &records)?;
        Ok(records)
    }

    /// Brings the index up to the journal: nothing to do, a few lines to add, or all anew.
    fn adopt(&mut self, index: Result<Index, String>, lines: &[u8], records: &[Record]) {
        let reached = index.as_ref().map(Index::state).unwrap_or_default();
        let mut agrees = reached == State::default();
        let mut entries = Vec::with_capacity(records.len());
        for (line, record) in lines.split_inclusive(|&byte| byte == b'\n').zip(records) {
            self.advance(line);
            entries.push((line, record.trial(), self.state));
            agrees |= self.state == reached;
        }
        let fresh = index.is_ok() && (reached == State::default() && records.is_empty());
        let result = match index {
            _ if fresh => index,
            // Behind by what was acknowledged between the journal's sync and the index's: no reason to speak of it.
            Ok(index) if agrees && reached.lines > 0 => fill(index, &entries[reached.lines as usize..]),
            Ok(index) => {
                let found = if reached.lines == 0 { "was missing" } else { "did not agree with the journal" };
                drop(index);
                self.rebuild(found, &entries)
            }
            Err(reason) => self.rebuild(&format!("did not open ({reason})"), &entries),
        };
        match result {
            Ok(index) => self.index = Some(index),
            Err(reason) => self
                .warnings
                .push(format!("there is no index in `{}`: {reason}; the journal alone is used", self.folder.display())),
        }
    }

    fn rebuild(&mut self, found: &str, entries: &[(&[u8], Option<TrialId>, State)]) -> Result<Index, String> {
        let path = self.folder.join("index");
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.to_string()),
            _ => {}
        }
        let index = fill(Index::open(&path)?, entries)?;
        self.warnings.push(format!("the index `{}` {found}: rebuilt from the journal", path.display()));
        Ok(index)
    }

    fn advance(&mut self, line: &[u8]) {
        self.checksum.update(line);
        self.state = State {
            lines: self.state.lines + 1,
            bytes: self.state.bytes + line.len() as u64,
            checksum: self.checksum.clone().finalize(),
        };
    }
}

fn fill(index: Index, entries: &[(&[u8], Option<TrialId>, State)]) -> Result<Index, String> {
    let chunks = entries.chunks(1000);
    let last = chunks.len().saturating_sub(1);
    for (number, chunk) in chunks.enumerate() {
        index.put(chunk, number == last)?;
    }
    Ok(index)
}

fn check_beginning(path: &Path, records: &[Record]) -> Result<(), StoreError> {
    let foreign = |reason: &str| StoreError::Foreign { path: path.to_owned(), line: 1, reason: reason.to_owned() };
    match records.first() {
        Some(Record::Begun(begun)) if begun.format > record::FORMAT => {
            Err(StoreError::Newer { path: path.to_owned(), line: 1, version: begun.format })
        }
        Some(Record::Begun(_)) | None => Ok(()),
        Some(_) => Err(foreign("it does not say which experiment began")),
    }
}

fn failure(path: &Path, source: io::Error) -> StoreError {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let path = path.to_owned();
    match source.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => StoreError::Full { path, source },
        _ => StoreError::Unusable { path, source },
    }
}

fn irreparable(path: &Path, reason: Irreparable) -> StoreError {
    let (path, line) = (path.to_owned(), reason.line);
    match reason.fault {
        Fault::Damaged => StoreError::Irreparable { path, line },
        Fault::Newer(version) => StoreError::Newer { path, line, version },
        Fault::Foreign(reason) => StoreError::Foreign { path, line, reason },
    }
}

fn holder_text(holder: &Option<Holder>) -> String {
    holder.as_ref().map_or_else(
        || "another process".to_owned(),
        |Holder { pid, host, since }| format!("process {pid} on {host} since {since:.0}"),
    )
}
