//! The writer of a run, as a reader sees it without taking a lock.
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::store::lock::{Holder, host};

/// The process that writes a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Writer {
    #[default]
    None,
    /// A process of this machine writes.
    Here,
    /// The last writer ran on this other machine, and may still.
    Elsewhere(String),
}

impl Writer {
    /// The writer of the store with this lock file.
    pub(crate) fn of(path: &Path) -> Self {
        let Ok(text) = fs::read_to_string(path) else { return Self::None };
        let holder: Option<Holder> = serde_json::from_str(&text).ok();
        if is_held(path, holder.as_ref()) {
            return Self::Here;
        }
        holder.filter(|holder| holder.host != host()).map_or(Self::None, |holder| Self::Elsewhere(holder.host))
    }
}

/// True where the kernel lists a lock on the file; where it lists none at all, where the named process exists.
fn is_held(path: &Path, holder: Option<&Holder>) -> bool {
    let (Ok(file), Ok(locks)) = (fs::metadata(path), fs::read_to_string("/proc/locks")) else {
        let pid = holder.filter(|holder| holder.host == host()).and_then(|holder| i32::try_from(holder.pid).ok());
        let pid = pid.and_then(rustix::process::Pid::from_raw);
        return pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok());
    };
    is_listed(&locks, file.ino())
}

/// True where a table of locks has an exclusive one on the file with this number, as `flock` takes it.
fn is_listed(locks: &str, file: u64) -> bool {
    let inode = format!(":{file}");
    let mut rows = locks.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    // A row of a process that waits has `->` in its second column.
    rows.any(|row| matches!(row[..], [_, "FLOCK", _, "WRITE", _, place, ..] if place.ends_with(&inode)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_lock_is_seen_and_not_disturbed() {
        let locks = "1: FLOCK  ADVISORY  WRITE 4117 08:01:131073 0 EOF\n2: POSIX  ADVISORY  WRITE 9 08:01:7 0 EOF\n\
                     3: -> FLOCK  ADVISORY  WRITE 9 08:01:8 0 EOF\n4: FLOCK  ADVISORY  READ 9 08:01:9 0 EOF\n";
        for (file, expected) in [(131_073, true), (31_073, false), (7, false), (8, false), (9, false)] {
            assert_eq!(is_listed(locks, file), expected, "{file}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert_eq!(Writer::of(&path), Writer::None);
        let held = fs::File::create(&path).unwrap();
        held.lock().unwrap();
        assert_eq!(Writer::of(&path), Writer::Here);
        drop(held);
        assert_eq!(Writer::of(&path), Writer::None);
        fs::write(&path, r#"{"pid":1,"host":"another.example","since":"2026-01-01T00:00:00Z"}"#).unwrap();
        assert_eq!(Writer::of(&path), Writer::Elsewhere("another.example".into()));
    }
}
