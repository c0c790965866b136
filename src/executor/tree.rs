//! The process tree of a job: its members, their use of time, and signals to them.
use std::collections::{BTreeMap, BTreeSet};

use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpid};

use crate::executor::proc::{self, ProcessEntry, ProcessIdentity};

/// The environment variable that all processes of one job share, and no others.
pub(crate) const MARKER: &str = "GALVANI_PROCESS";

/// The processes of one job, also those that left its tree.
///
/// A process belongs to it that has its session, its group, a parent in it, or was seen in it before; and an orphan
/// that this process has adopted and that carries the job's marker.
#[derive(Debug)]
pub(crate) struct ProcessTree {
    root: i32,
    marker: String,
    seen: BTreeMap<ProcessIdentity, SeenProcess>,
    strangers: BTreeSet<ProcessIdentity>,
}

#[derive(Debug)]
struct SeenProcess {
    cpu_seconds: f64,
    adopted: bool,
    present: bool,
}

impl ProcessTree {
    /// The tree under a process that leads its own session and is not reaped before the tree is empty.
    pub(crate) fn new(root: u32, marker: String) -> Self {
        Self { root: root as i32, marker, seen: BTreeMap::new(), strangers: BTreeSet::new() }
    }

    /// The living members in a table of all processes; reaps those that ended as orphans.
    pub(crate) fn update(&mut self, table: &[ProcessEntry]) -> Vec<ProcessEntry> {
        let this = std::process::id() as i32;
        let mut members = BTreeMap::new();
        loop {
            let before = members.len();
            for process in table.iter().filter(|process| process.identity.pid != this) {
                if !members.contains_key(&process.identity.pid)
                    && (members.contains_key(&process.parent) || self.holds(process, this))
                {
                    members.insert(process.identity.pid, *process);
                }
            }
            if members.len() == before {
                break;
            }
        }
        self.seen.values_mut().for_each(|seen| seen.present = false);
        for process in members.values() {
            let (cpu_seconds, adopted) = (process.cpu_seconds, process.parent == this);
            self.seen.insert(process.identity, SeenProcess { cpu_seconds, adopted, present: true });
            if adopted && process.ended && process.identity.pid != self.root {
                let _ = waitpid(Pid::from_raw(process.identity.pid), WaitOptions::NOHANG);
            }
        }
        members.into_values().filter(|process| !process.ended).collect()
    }

    /// Looks at one member alone, which is quick.
    pub(crate) fn observe(&mut self, pid: i32) {
        if let Some(process) = proc::process(pid) {
            let adopted = process.parent == std::process::id() as i32;
            self.seen
                .insert(process.identity, SeenProcess { cpu_seconds: process.cpu_seconds, adopted, present: true });
        }
    }

    /// Processor time of all members so far.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        // Who has vanished was counted by the parent that waited for it, unless that was this process.
        self.seen.values().filter(|seen| seen.present || seen.adopted).map(|seen| seen.cpu_seconds).sum()
    }

    /// Sends a signal to the members.
    pub(crate) fn signal(&self, members: &[ProcessEntry], signal: Signal) {
        if let Some(root) = Pid::from_raw(self.root) {
            let _ = kill_process_group(root, signal);
        }
        for process in members.iter().filter(|process| process.group != self.root) {
            proc::signal(process.identity, signal);
        }
    }

    fn holds(&mut self, process: &ProcessEntry, this: i32) -> bool {
        if process.session == self.root || process.group == self.root || self.seen.contains_key(&process.identity) {
            return true;
        }
        if process.parent != this || process.ended || self.strangers.contains(&process.identity) {
            return false;
        }
        let marked = proc::carries(process.identity.pid, MARKER, &self.marker);
        if !marked {
            self.strangers.insert(process.identity);
        }
        marked
    }
}
