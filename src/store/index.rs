//! The index: a copy of the journal's lines by number in sled, from which damaged ones are restored.
use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use thiserror::Error;

use crate::store::lock::PATIENCE;

/// The length in bytes above which a line is kept in the journal only: sled never syncs the side files of large values.
const LONGEST: usize = 8 * 1024;
/// The key of the stored [`State`].
const STATE: &[u8] = b"s";

/// The part of a journal that an index covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub lines: u64,
    pub bytes: u64,
    /// The checksum of all bytes so far.
    pub checksum: u32,
}

/// The reason why an index cannot be opened or written; the journal does not need it.
#[derive(Debug, Error)]
pub(crate) enum IndexError {
    #[error(transparent)]
    Database(#[from] sled::Error),
    #[error(transparent)]
    File(#[from] io::Error),
    #[error("its files are damaged")]
    Damaged,
}

/// A sled database that can be rebuilt from the journal at any time.
pub struct Index {
    /// Present until the index is dropped.
    database: Option<sled::Db>,
    file: File,
}

impl Index {
    /// Opens or creates the index; a damaged one is an error, never a panic.
    ///
    /// The caller holds the store's lock: left-over snapshots are removed.
    pub(crate) fn open(folder: &Path) -> Result<Self, IndexError> {
        guarded(|| {
            remove_stale_snapshots(folder)?;
            let config = sled::Config::new().path(folder).flush_every_ms(None).cache_capacity(16 << 20);
            let config = config.mode(sled::Mode::LowSpace);
            let begun = Instant::now();
            let database = loop {
                match config.open() {
                    Ok(database) => break database,
                    // Nobody else may use it, so that whoever holds sled's own lock is about to end.
                    Err(error)
                        if error.to_string().contains("could not acquire lock") && begun.elapsed() < PATIENCE =>
                    {
                        thread::sleep(PATIENCE / 50);
                    }
                    Err(error) => return Err(error.into()),
                }
            };
            let file = File::open(folder.join("db"))?;
            Ok(Self { database: Some(database), file })
        })
    }

    /// The part of the journal that the index covers; nothing where it is new or unreadable.
    pub(crate) fn state(&self) -> State {
        let stored = guarded(|| Ok(self.database().get(STATE)?)).ok().flatten();
        stored.and_then(|bytes| State::from_bytes(&bytes)).unwrap_or_default()
    }

    /// A line of the journal by its number, from 1; `None` where the index does not hold it.
    pub(crate) fn line(&self, number: u64) -> Option<Vec<u8>> {
        let stored = guarded(|| Ok(self.database().get(line_key(number))?)).ok()?;
        stored.map(|bytes| bytes.to_vec())
    }

    /// Adds lines, all or none, the first of them with the number `first`. Afterwards the index covers `state`; with `sync`
    /// it also survives a power cut.
    pub(crate) fn put<'a>(
        &self,
        first: u64,
        lines: impl Iterator<Item = &'a [u8]>,
        state: State,
        sync: bool,
    ) -> Result<(), IndexError> {
        guarded(|| {
            let mut batch = sled::Batch::default();
            for (line, number) in lines.zip(first..).filter(|(line, _)| line.len() <= LONGEST) {
                batch.insert(line_key(number), line);
            }
            batch.insert(STATE, state.to_bytes().as_slice());
            self.database().apply_batch(batch)?;
            if sync {
                self.database().flush()?;
                // sled 0.34 only schedules the write (spacejam/sled issue 1452).
                self.file.sync_data()?;
            }
            Ok(())
        })
    }

    fn database(&self) -> &sled::Db {
        self.database.as_ref().expect("the database is present until the index is dropped")
    }
}

impl Drop for Index {
    /// sled 0.34 panics where its last sync fails.
    fn drop(&mut self) {
        let database = self.database.take();
        let _ = guarded(|| {
            drop(database);
            Ok(())
        });
    }
}

impl State {
    /// The state of an index that covers these lines, and the checksum to continue with.
    pub(crate) fn of(journal: &[u8], lines: u64) -> (Self, crc32fast::Hasher) {
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(journal);
        (Self { lines, bytes: journal.len() as u64, checksum: checksum.clone().finalize() }, checksum)
    }

    /// True where the journal begins with exactly the lines that are covered.
    pub(crate) fn covers(&self, journal: &[u8]) -> bool {
        let begun = usize::try_from(self.bytes).ok().and_then(|bytes| journal.get(..bytes));
        begun.is_some_and(|begun| {
            let lines = begun.iter().filter(|&&byte| byte == b'\n').count() as u64;
            Self::of(begun, lines).0 == *self
        })
    }

    fn to_bytes(self) -> Vec<u8> {
        [&self.lines.to_be_bytes()[..], &self.bytes.to_be_bytes(), &self.checksum.to_be_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (lines, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        Some(Self {
            lines: u64::from_be_bytes(*lines),
            bytes: u64::from_be_bytes(*length),
            checksum: u32::from_be_bytes(rest.try_into().ok()?),
        })
    }
}

fn line_key(number: u64) -> Vec<u8> {
    [b"l", &number.to_be_bytes()[..]].concat()
}

/// A snapshot that was being written when the process died is taken for a whole one by sled 0.34, whose filter looks
/// for another suffix; then it does not open.
fn remove_stale_snapshots(folder: &Path) -> io::Result<()> {
    let stale = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("snap.") && name.ends_with(".generating")
    };
    if !folder.exists() {
        return Ok(());
    }
    for path in fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).filter(stale) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// sled 0.34 panics on some damaged files.
fn guarded<T>(action: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    catch_unwind(AssertUnwindSafe(action)).unwrap_or_else(|_| Err(IndexError::Damaged))
}
