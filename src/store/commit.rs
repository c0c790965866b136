//! The committer: a thread that makes written lines durable, many with one wait for the disk.
//!
//! A line is written to the file at once, so that it outlives this process. The thread waits for the disk and publishes
//! the number of the last durable line; lines that come while it waits are covered by the next wait. The index, a second
//! copy that may lag behind, is filled by the same thread in batches.
use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::store::index::{Index, IndexError, State};

/// The greatest delay of the index while lines keep coming.
const LAG: Duration = Duration::from_secs(1);
/// The number of waiting lines from which the index is filled even while another thread waits for the disk.
const BATCH: usize = 1024;

/// The thread that waits for the disk.
pub(crate) struct Committer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    progress: Mutex<Progress>,
    changed: Condvar,
}

#[derive(Default)]
struct Progress {
    /// The numbers of the last line that is written and of the last that is durable.
    written: u64,
    durable: u64,
    /// Lines that are written and not yet handed to the index.
    unindexed: Vec<Vec<u8>>,
    /// The failure of a wait for the disk. The content of the disk is then unknown, and the store must be opened anew.
    failure: Option<(io::ErrorKind, String)>,
    warnings: Vec<String>,
    is_over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn check(&self) -> io::Result<()> {
        match &self.failure {
            Some((kind, text)) => Err(io::Error::new(*kind, text.clone())),
            None => Ok(()),
        }
    }
}

impl Committer {
    /// Starts the thread. All lines so far must be durable and, where there is an index, in it.
    pub(crate) fn start(
        file: File,
        index: Option<Index>,
        state: State,
        checksum: crc32fast::Hasher,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        {
            let mut progress = shared.lock();
            (progress.written, progress.durable) = (state.lines, state.lines);
        }
        let mut mirror =
            Mirror { index, state, checksum, waiting: Vec::new(), flushed: Instant::now(), is_dirty: false };
        let mine = shared.clone();
        let thread = thread::Builder::new().name("store".into()).spawn(move || work(&mine, &file, &mut mirror))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Takes over a line that was written; returns its number.
    pub(crate) fn written(&self, line: Vec<u8>) -> u64 {
        let mut progress = self.shared.lock();
        progress.written += 1;
        progress.unindexed.push(line);
        self.shared.changed.notify_all();
        progress.written
    }

    /// The number of the last durable line; an error where a wait for the disk failed.
    pub(crate) fn durable(&self) -> io::Result<u64> {
        let progress = self.shared.lock();
        progress.check().map(|()| progress.durable)
    }

    /// Waits until this line and all before it are durable.
    pub(crate) fn wait(&self, line: u64) -> io::Result<()> {
        let mut progress = self.shared.lock();
        while progress.durable < line {
            progress.check()?;
            progress = self.shared.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Warnings about the index since the last call, for the user.
    pub(crate) fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.lock().warnings)
    }
}

impl Drop for Committer {
    /// Waits until every written line is durable and in the index.
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The work of the thread, until the committer is dropped.
fn work(shared: &Shared, file: &File, mirror: &mut Mirror) {
    loop {
        let mut progress = shared.lock();
        while progress.written == progress.durable && !progress.is_over {
            let Some(due) = mirror.due() else {
                progress = shared.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let (guard, waited) = shared.changed.wait_timeout(progress, due).unwrap_or_else(PoisonError::into_inner);
            progress = guard;
            if waited.timed_out() {
                break;
            }
        }
        let (target, before, is_over) = (progress.written, progress.durable, progress.is_over);
        mirror.waiting.append(&mut progress.unindexed);
        drop(progress);

        if target > before {
            let begun = Instant::now();
            let result = file.sync_data();
            tracing::trace!(lines = target - before, seconds = begun.elapsed().as_secs_f64(), "committed");
            let mut progress = shared.lock();
            match result {
                Ok(()) => progress.durable = target,
                Err(error) => {
                    progress.failure = Some((error.kind(), error.to_string()));
                    shared.changed.notify_all();
                    return;
                }
            }
            shared.changed.notify_all();
        }
        let is_idle = shared.lock().written == target;
        if (is_idle || mirror.waiting.len() >= BATCH)
            && let Err(error) = mirror.catch_up(is_over && is_idle)
        {
            let warning = format!("the index is behind the journal: {error}; the next start rebuilds it");
            shared.lock().warnings.push(warning);
        }
        if is_over && is_idle {
            return;
        }
    }
}

/// The index, with the lines that it does not hold yet.
struct Mirror {
    index: Option<Index>,
    /// The part of the journal that the index holds.
    state: State,
    checksum: crc32fast::Hasher,
    waiting: Vec<Vec<u8>>,
    flushed: Instant,
    is_dirty: bool,
}

impl Mirror {
    /// The time until the index must be made durable; `None` where it is.
    fn due(&self) -> Option<Duration> {
        self.is_dirty.then(|| LAG.saturating_sub(self.flushed.elapsed()))
    }

    /// Puts the waiting lines into the index, and makes it durable where that is due.
    fn catch_up(&mut self, is_last: bool) -> Result<(), IndexError> {
        let Some(index) = &self.index else {
            self.waiting.clear();
            return Ok(());
        };
        let first = self.state.lines + 1;
        for line in &self.waiting {
            self.checksum.update(line);
            self.state.lines += 1;
            self.state.bytes += line.len() as u64;
        }
        self.state.checksum = self.checksum.clone().finalize();
        self.is_dirty |= !self.waiting.is_empty();
        let is_due = self.is_dirty && (is_last || self.flushed.elapsed() >= LAG);
        let lines = self.waiting.iter().map(Vec::as_slice);
        let result =
            if self.waiting.is_empty() && !is_due { Ok(()) } else { index.put(first, lines, self.state, is_due) };
        self.waiting.clear();
        if is_due {
            (self.flushed, self.is_dirty) = (Instant::now(), false);
        }
        if result.is_err() {
            // The journal has it; the next opening rebuilds the index.
            (self.index, self.is_dirty) = (None, false);
        }
        result
    }
}
