//! The lock that admits one writer to a store.
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The time for which a lock is waited for: a killed writer, or its child between fork and exec, may hold it a moment
/// longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// A hold on a store's `lock` file; the kernel releases it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// The writer of a store, as the lock file names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    pub pid: u32,
    pub host: String,
    pub since: Timestamp,
}

impl Lock {
    /// Takes the lock. The inner error is its holder, where another process has it and the file names it.
    pub(crate) fn take(path: &Path) -> io::Result<Result<Self, Option<Holder>>> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => thread::sleep(PATIENCE / 50),
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    file.read_to_string(&mut text)?;
                    return Ok(Err(serde_json::from_str(&text).ok()));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        let holder = Holder { pid: std::process::id(), host: host(), since: Timestamp::now() };
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(&serde_json::to_vec(&holder)?)?;
        Ok(Ok(Self { _file: file }))
    }

    /// True where some process has the lock. It is tried for a moment, for which a writer that starts just then waits.
    pub(crate) fn is_held(path: &Path) -> bool {
        File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

/// The name of this machine.
pub(crate) fn host() -> String {
    let name =
        ["/proc/sys/kernel/hostname", "/etc/hostname"].iter().find_map(|path| std::fs::read_to_string(path).ok());
    name.map_or_else(|| "this machine".to_owned(), |name| name.trim().to_owned())
}
