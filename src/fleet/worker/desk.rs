//! The desk of a worker: its leases and the events that wait to be told, shared by its threads.
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::executor::job::JobId;
use crate::fleet::protocol::{Grant, HeldLease, LeaseId, Poll, Tell, ToldEvent, ToldKind};
use crate::fleet::result_file::ResultFolder;
use crate::trial::outcome::Outcome;

/// The events of one tell.
const MOST: usize = 1000;
/// The bytes of the lines of one tell, about.
const BYTES: usize = 2 << 20;

/// The fixed part of what a worker says of itself.
#[derive(Clone, Debug)]
pub(super) struct DeskSettings {
    pub file: PathBuf,
    pub name: String,
    pub host: String,
    pub slots: Vec<String>,
    pub time_left: Option<Duration>,
}

/// A lease of this worker.
#[derive(Clone, Debug)]
struct DeskLease {
    job: JobId,
    slot: String,
    /// True once its end waits to be told.
    is_ended: bool,
    /// True where the coordinator gave it to another worker.
    is_lost: bool,
}

#[derive(Debug)]
struct DeskState {
    leases: BTreeMap<LeaseId, DeskLease>,
    outbox: VecDeque<ToldEvent>,
    is_draining: bool,
    is_closed: bool,
    /// The first of the requests that have failed since the last answer.
    failing: Option<Instant>,
}

/// The shared desk.
#[derive(Clone)]
pub(super) struct Desk {
    pub settings: Arc<DeskSettings>,
    instance: Arc<str>,
    begun: Instant,
    results: ResultFolder,
    state: Arc<(Mutex<DeskState>, Condvar)>,
}

impl Desk {
    pub(super) fn new(settings: DeskSettings) -> Self {
        let now = jiff::Timestamp::now().as_nanosecond();
        let state = DeskState {
            leases: BTreeMap::new(),
            outbox: VecDeque::new(),
            is_draining: false,
            is_closed: false,
            failing: None,
        };
        Self {
            instance: format!("{}-{}-{now}", settings.host, std::process::id()).into(),
            begun: Instant::now(),
            results: ResultFolder::beside(&settings.file),
            settings: Arc::new(settings),
            state: Arc::new((Mutex::new(state), Condvar::new())),
        }
    }

    fn state(&self) -> MutexGuard<'_, DeskState> {
        self.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The poll of this moment.
    pub(super) fn poll(&self, is_leaving: bool) -> Poll {
        let state = self.state();
        let held = state.leases.iter().filter(|(_, lease)| !lease.is_lost);
        let held = held.map(|(id, lease)| HeldLease { lease: *id, job: lease.job.clone(), slot: lease.slot.clone() });
        let left = self.settings.time_left.map(|time| time.saturating_sub(self.begun.elapsed()).as_secs_f64());
        Poll {
            instance: self.instance.to_string(),
            name: self.settings.name.clone(),
            host: self.settings.host.clone(),
            slots: self.settings.slots.clone(),
            time_left: left,
            held: held.collect(),
            is_draining: state.is_draining,
            is_leaving,
        }
    }

    /// Takes a lease; false where it is held already.
    pub(super) fn take(&self, grant: &Grant) -> bool {
        let (job, slot) = (grant.launch.job.clone(), grant.slot.clone());
        let lease = DeskLease { job, slot, is_ended: false, is_lost: false };
        match self.state().leases.entry(grant.lease) {
            Entry::Occupied(_) => false,
            Entry::Vacant(free) => {
                free.insert(lease);
                true
            }
        }
    }

    /// The coordinator gave a lease to another worker.
    pub(super) fn lose(&self, id: LeaseId) {
        if let Some(lease) = self.state().leases.get_mut(&id) {
            lease.is_lost = true;
        }
    }

    /// True for a lease that is not this worker's any more.
    pub(super) fn is_lost(&self, id: LeaseId) -> bool {
        self.state().leases.get(&id).is_none_or(|lease| lease.is_lost)
    }

    /// The job of a lease that has not ended.
    pub(super) fn job(&self, id: LeaseId) -> Option<JobId> {
        self.state().leases.get(&id).filter(|lease| !lease.is_ended).map(|lease| lease.job.clone())
    }

    /// The lease of a job that has not ended.
    pub(super) fn lease(&self, job: &JobId) -> Option<LeaseId> {
        let state = self.state();
        state.leases.iter().find(|(_, lease)| lease.job == *job && !lease.is_ended).map(|(id, _)| *id)
    }

    /// The jobs that have not ended.
    pub(super) fn jobs(&self) -> Vec<JobId> {
        self.state().leases.values().filter(|lease| !lease.is_ended).map(|lease| lease.job.clone()).collect()
    }

    /// The number of leases whose jobs have not ended.
    pub(super) fn running(&self) -> usize {
        self.state().leases.values().filter(|lease| !lease.is_ended).count()
    }

    /// The number of leases, those included whose end is being told.
    pub(super) fn held(&self) -> usize {
        self.state().leases.len()
    }

    /// No further jobs are taken.
    pub(super) fn drain(&self) {
        self.state().is_draining = true;
    }

    /// Puts an event into the outbox; the end of a trial is also kept on the disk until it is acknowledged.
    pub(super) fn put(&self, event: ToldEvent) {
        if let ToldKind::Ended(end) = &event.event
            && end.outcome != Outcome::Lost
            && let Err(error) = self.results.keep(&event.job, end)
        {
            tracing::warn!(job = %event.job, %error, "a result is not kept on the disk");
        }
        let mut state = self.state();
        if event.event.is_end()
            && let Some(lease) = state.leases.get_mut(&event.lease)
        {
            lease.is_ended = true;
        }
        // Of shares that wait, the last one says all.
        if let ToldKind::Progress(_) = event.event
            && let Some(last) = state.outbox.back_mut()
            && last.lease == event.lease
            && matches!(last.event, ToldKind::Progress(_))
        {
            *last = event;
        } else {
            state.outbox.push_back(event);
        }
        self.state.1.notify_all();
    }

    /// Waits for events, and returns them without taking them away; `None` where the desk is closed and none is left.
    pub(super) fn next(&self) -> Option<Tell> {
        let mut state = self.state();
        while state.outbox.is_empty() {
            if state.is_closed {
                return None;
            }
            state = self.state.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let mut bytes = 0;
        let fits = |event: &&ToldEvent| {
            let before = bytes;
            bytes += match &event.event {
                ToldKind::Report(line) => serde_json::to_string(line).map_or(0, |text| text.len()),
                ToldKind::Ended(end) => serde_json::to_string(&end.info).map_or(0, |text| text.len()),
                _ => 0,
            };
            before == 0 || bytes <= BYTES
        };
        let events = state.outbox.iter().take(MOST).take_while(fits).cloned().collect();
        Some(Tell { instance: self.instance.to_string(), events })
    }

    /// The coordinator has taken these events.
    pub(super) fn taken(&self, events: &[ToldEvent]) {
        let mut state = self.state();
        state.outbox.drain(..events.len());
        for event in events.iter().filter(|event| event.event.is_end()) {
            state.leases.remove(&event.lease);
        }
        self.state.1.notify_all();
        drop(state);
        events.iter().filter(|event| event.event.is_end()).for_each(|event| self.results.forget(&event.job));
    }

    /// The coordinator has answered.
    pub(super) fn hear(&self) {
        self.state().failing = None;
    }

    /// A request had no answer.
    pub(super) fn miss(&self) {
        self.state().failing.get_or_insert_with(Instant::now);
    }

    /// The time for which no request was answered.
    pub(super) fn silence(&self) -> Duration {
        self.state().failing.map(|since| since.elapsed()).unwrap_or_default()
    }

    /// Closes the desk: the messengers end when all is told.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.state.1.notify_all();
    }

    /// Waits until all is told, at most so long; true where it is.
    pub(super) fn settle(&self, patience: Duration) -> bool {
        let (mut state, deadline) = (self.state(), Instant::now() + patience);
        while !state.outbox.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.state.1.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// True once the desk is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.state().is_closed
    }
}
