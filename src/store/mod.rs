//! The store: an experiment's records on disk, which survive a power cut.
//!
//! A store is a folder: `journal.jsonl` is the truth, `index/` a second copy of it in sled that repairs it and can be
//! rebuilt from it, `lock` names the one writer. A record outlives this process once [`Store::write`] has returned, and a
//! power cut once [`Store::append`] has returned or [`Store::durable`] counts it.
pub mod check;
mod commit;
mod error;
mod index;
pub mod journal;
pub(crate) mod lock;
pub mod record;
mod reindex;
pub mod repair;

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Instant;

use commit::Committer;
pub use error::StoreError;
use error::{failure, irreparable, unusable};
use index::{Index, State};
use journal::{Fault, Journal};
use lock::Lock;
use record::Record;
use reindex::{adopt, rebuild};
use repair::{Irreparable, Repaired};

/// A store, open for its one writer.
pub struct Store {
    journal: Journal,
    // Before the lock: it finishes its work when it is dropped.
    committer: Committer,
    _lock: Lock,
}

/// The records of a store that was opened, and the repairs made.
#[derive(Debug, Default)]
pub struct Opened {
    /// Every acknowledged record, in order; empty where the store is new.
    pub records: Vec<Record>,
    /// The repairs, one a sentence, for the user.
    pub warnings: Vec<String>,
}

impl Store {
    /// Opens the store in a folder for writing, creating it where there is none, and repairs damage where it can.
    pub fn open(folder: &Path) -> Result<(Self, Opened), StoreError> {
        fs::create_dir_all(folder).map_err(|source| unusable(folder, source))?;
        let lock = take_lock(folder)?;
        let begun = Instant::now();
        let path = folder.join("journal.jsonl");
        let failed = |source| failure(&path, source);
        let mut journal = Journal::open(&path).map_err(failed)?;
        let bytes = fs::read(&path).map_err(failed)?;
        let (index, lines) = thread::scope(|scope| {
            let index = scope.spawn(|| Index::open(&folder.join("index")));
            let lines = journal::decode(&bytes);
            (index.join().expect("damage to the index is an error, not a panic"), lines)
        });
        let repaired = repair::repair(lines, index.as_ref().ok()).map_err(|reason| irreparable(&path, reason))?;
        check_beginning(&path, &repaired.records)?;
        let mut warnings = Vec::new();
        if !repaired.restored.is_empty() {
            let kept = journal::replace(&path, &repaired.lines).map_err(failed)?;
            journal = Journal::open(&path).map_err(failed)?;
            warnings.push(format!(
                "`{}` was damaged: restored {} from the index, kept the old file as `{}`",
                path.display(),
                restored(&repaired),
                kept.display()
            ));
        } else if repaired.cut > 0 {
            journal.cut(repaired.lines.len() as u64).map_err(failed)?;
            let cut = repaired.cut;
            warnings.push(format!("`{}` ended in {cut} bytes of an unfinished record: removed", path.display()));
        }
        let (index, state, checksum) = adopt(folder, index, &repaired, &mut warnings);
        let file = journal.file().map_err(failed)?;
        let committer = Committer::start(file, index, state, checksum).map_err(failed)?;
        let (seconds, records) = (begun.elapsed().as_secs_f64(), repaired.records);
        tracing::info!(path = %folder.display(), records = records.len(), seconds, "store opened");
        warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        Ok((Self { journal, committer, _lock: lock }, Opened { records, warnings }))
    }

    /// Appends a record without waiting for the disk, and returns its number. The record outlives this process, and a power
    /// cut once [`durable`](Self::durable) counts it. On an error the store is unchanged.
    pub fn write(&mut self, record: &Record) -> Result<u64, StoreError> {
        self.durable()?;
        let line = journal::encode(record);
        self.journal.write(&line).map_err(|source| failure(self.journal.path(), source))?;
        Ok(self.committer.written(line))
    }

    /// Appends a record and waits for the disk: after `Ok`, it survives a power cut, and so does every record before it.
    pub fn append(&mut self, record: &Record) -> Result<(), StoreError> {
        let number = self.write(record)?;
        self.wait(number)
    }

    /// The number of the last record that survives a power cut. Results are acknowledged up to it and no further.
    pub fn durable(&self) -> Result<u64, StoreError> {
        self.committer.durable().map_err(|source| failure(self.journal.path(), source))
    }

    /// Waits until the record with this number, and all before it, survive a power cut.
    pub fn wait(&self, number: u64) -> Result<(), StoreError> {
        self.committer.wait(number).map_err(|source| failure(self.journal.path(), source))
    }

    /// Warnings since the last call, one a sentence, for the user; no record is lost by them.
    pub fn take_warnings(&mut self) -> Vec<String> {
        self.committer.take_warnings()
    }

    /// Repairs the journal from the index, then rebuilds the index from the journal; returns the changes, one a sentence.
    ///
    /// With `cut`, the first line that cannot be repaired is given up with all that follow, and the old file is kept.
    pub fn rebuild(folder: &Path, cut: bool) -> Result<Vec<String>, StoreError> {
        read_journal(folder)?;
        let mut done = Vec::new();
        let mut opened = Self::open(folder);
        if let (true, Err(StoreError::Irreparable { line, .. })) = (cut, &opened) {
            let _lock = take_lock(folder)?;
            let path = folder.join("journal.jsonl");
            let bytes = read_journal(folder)?;
            let before = bytes.split_inclusive(|&byte| byte == b'\n').take(*line as usize - 1);
            let lines: Vec<u8> = before.flatten().copied().collect();
            let given_up = bytes.len() - lines.len();
            let kept = journal::replace(&path, &lines).map_err(|source| failure(&path, source))?;
            done.push(format!(
                "gave up line {line} and all that follows ({given_up} bytes), kept the old file as `{}`",
                kept.display()
            ));
            drop(_lock);
            opened = Self::open(folder);
        }
        let (store, opened) = opened?;
        done.extend(opened.warnings);
        // Only the lock is still needed: the index is opened anew.
        let Self { committer, _lock, .. } = store;
        drop(committer);
        let bytes = read_journal(folder)?;
        let state = State::of(&bytes, opened.records.len() as u64).0;
        let path = folder.join("index");
        let mut said = Vec::new();
        rebuild(&path, "", &bytes, state, &mut said).map_err(|reason| unusable(&path, io::Error::other(reason)))?;
        done.push(format!("the index holds {} lines, made from the journal", state.lines));
        Ok(done)
    }

    /// True while a writer has the store in a folder open.
    pub(crate) fn is_held(folder: &Path) -> bool {
        Lock::is_held(&folder.join("lock"))
    }

    /// Every acknowledged record of the store in a folder; needs no lock and disturbs no writer.
    pub fn read(folder: &Path) -> Result<Vec<Record>, StoreError> {
        let path = folder.join("journal.jsonl");
        let bytes = read_journal(folder)?;
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
}

fn read_journal(folder: &Path) -> Result<Vec<u8>, StoreError> {
    let path = folder.join("journal.jsonl");
    fs::read(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => StoreError::Missing { path: folder.to_owned() },
        _ => unusable(&path, source),
    })
}

fn take_lock(folder: &Path) -> Result<Lock, StoreError> {
    let locked = |holder| StoreError::Locked { path: folder.to_owned(), holder };
    Lock::take(&folder.join("lock")).map_err(|source| unusable(folder, source))?.map_err(locked)
}

fn restored(repaired: &Repaired) -> String {
    match repaired.restored[..] {
        [line] => format!("line {line}"),
        [first, ..] => format!("{} lines from {first} on", repaired.restored.len()),
        [] => "nothing".to_owned(),
    }
}

fn check_beginning(path: &Path, records: &[Record]) -> Result<(), StoreError> {
    let foreign = |reason: &str| StoreError::Foreign { path: path.to_owned(), line: 1, reason: reason.to_owned() };
    match records.first() {
        Some(Record::Begun(begun)) if begun.format > record::FORMAT => {
            Err(StoreError::Newer { path: path.to_owned(), line: 1, version: begun.format })
        }
        Some(Record::Begun(_)) | None => Ok(()),
        Some(_) => Err(foreign("its first record does not begin an experiment")),
    }
}
