//! Leftovers: processes that outlive a killed `galvani`; the next start finds them by notes and ends them.
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use crate::executor::proc::{self, ProcessEntry, ProcessIdentity};
use crate::executor::tree::MARKER;

/// The time that a killed process may take to vanish.
const PATIENCE: Duration = Duration::from_secs(10);

/// The processes of a job, as `process.json` in its folder names them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ProcessNote {
    pub pid: i32,
    pub start: u64,
    pub boot: String,
    pub marker: String,
}

impl ProcessNote {
    /// Writes the note.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        fs::write(path(folder), serde_json::to_vec(self)?)
    }

    /// Removes the note of a job that has ended.
    pub(crate) fn remove(folder: &Path) {
        let _ = fs::remove_file(path(folder));
    }

    fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path(folder)).ok()?).ok()
    }

    /// The living processes of the job, found without being their parent.
    fn members(&self) -> Vec<ProcessEntry> {
        let root = ProcessIdentity { pid: self.pid, start: self.start };
        let this = std::process::id() as i32;
        let ours = |process: &&ProcessEntry| {
            let pid = process.identity.pid;
            !process.ended && pid != this && (process.identity == root || proc::carries(pid, MARKER, &self.marker))
        };
        let table = proc::table();
        let mut members: Vec<ProcessEntry> = table.iter().filter(ours).copied().collect();
        let mut next = 0;
        while next < members.len() {
            let parent = members[next].identity.pid;
            let children = table.iter().filter(|child| child.parent == parent && !child.ended);
            let unseen: Vec<ProcessEntry> = children.filter(|child| !members.contains(child)).copied().collect();
            members.extend(unseen);
            next += 1;
        }
        members
    }
}

/// Ends the processes of the job in this folder that still run, and answers with their number.
///
/// To be called, under the store's lock, for every job that had started and not ended when `galvani` was killed.
pub fn end(folder: &Path) -> usize {
    let Some(note) = ProcessNote::read(folder).filter(|note| note.boot == proc::boot()) else {
        ProcessNote::remove(folder);
        return 0;
    };
    let (begun, mut ended) = (Instant::now(), std::collections::BTreeSet::new());
    loop {
        let members = note.members();
        if members.is_empty() || begun.elapsed() > PATIENCE {
            break;
        }
        for process in members {
            ended.insert(process.identity);
            proc::signal(process.identity, Signal::KILL);
        }
        thread::sleep(Duration::from_millis(10));
    }
    ProcessNote::remove(folder);
    ended.len()
}

fn path(folder: &Path) -> PathBuf {
    folder.join("process.json")
}
