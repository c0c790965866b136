//! Leases and the workers that hold them, as the coordinator knows them.
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Map;
use tokio::sync::Notify;

use crate::executor::job::JobId;
use crate::fleet::protocol::{LeaseId, SentLaunch};
use crate::store::record::{AttemptEnd, Forfeit};
use crate::trial::outcome::Outcome;

/// The time after which a command that may not have arrived is sent again.
const AGAIN: Duration = Duration::from_secs(1);

/// A job that a worker has, or will be given.
#[derive(Debug)]
pub(crate) struct Lease {
    pub job: JobId,
    /// The instance of its worker.
    pub worker: String,
    pub slot: String,
    /// Absent for a lease of an earlier session.
    pub launch: Option<SentLaunch>,
    /// True once its start is durable.
    pub is_confirmed: bool,
    /// True once it was in an answer; false again where the worker did not get it.
    pub is_sent: bool,
    pub cancel: Command,
    /// The number of workers that were lost with the same job before, where it is not a trial.
    pub losses: u32,
    pub started: Timestamp,
    pub since: Instant,
}

impl Lease {
    /// The end of a lease whose job has none.
    pub(crate) fn lost(&self, slot: String, forfeit: Option<Forfeit>, exit: &str) -> AttemptEnd {
        AttemptEnd {
            outcome: Outcome::Lost,
            info: Map::new(),
            slot,
            started: self.started,
            at: Timestamp::now(),
            seconds: self.since.elapsed().as_secs_f64(),
            cpu_seconds: 0.0,
            peak_memory: 0,
            exit: exit.to_owned(),
            forfeit,
        }
    }
}

/// A command that is repeated until its effect is seen.
#[derive(Debug, Default)]
pub(crate) struct Command {
    is_given: bool,
    sent: Option<Instant>,
}

impl Command {
    /// Gives the command.
    pub(crate) fn give(&mut self) {
        self.is_given = true;
    }

    /// True where it is to be sent now, which is taken for done.
    pub(crate) fn send(&mut self, now: Instant) -> bool {
        let is_due = self.is_given && self.sent.is_none_or(|sent| now.duration_since(sent) >= AGAIN);
        if is_due {
            self.sent = Some(now);
        }
        is_due
    }
}

/// A worker that was heard of within the time of a lease.
#[derive(Debug)]
pub(crate) struct WorkerEntry {
    pub name: String,
    pub slots: Vec<SlotEntry>,
    pub seen: Instant,
    /// The time at which its allocation ends.
    pub ends: Option<Instant>,
    pub is_draining: bool,
    /// True once it was told to end.
    pub is_dismissed: bool,
    /// Leases that it holds and that are not its any more.
    pub lost: Vec<LeaseId>,
    /// Wakes its poll.
    pub wake: Arc<Notify>,
}

/// A slot of a worker.
#[derive(Debug)]
pub(crate) struct SlotEntry {
    pub name: String,
    pub lease: Option<LeaseId>,
    /// The time since which it is as it is.
    pub since: Instant,
}

impl WorkerEntry {
    /// True where it may be given a job that takes so long at most.
    pub(crate) fn has_time(&self, now: Instant, longest: Option<Duration>) -> bool {
        let end = now.checked_add(longest.unwrap_or_default());
        self.ends.is_none_or(|ends| end.is_some_and(|end| end < ends))
    }

    /// The name of a slot for listings and the journal.
    pub(crate) fn full_name(&self, slot: &str) -> String {
        format!("{}/{slot}", self.name)
    }

    /// Makes a slot free or busy.
    pub(crate) fn occupy(&mut self, slot: &str, lease: Option<LeaseId>) {
        if let Some(entry) = self.slots.iter_mut().find(|entry| entry.name == slot) {
            (entry.lease, entry.since) = (lease, Instant::now());
        }
    }
}
