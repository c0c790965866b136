//! The state of a fleet: its workers, their leases, and the commands that wait for them.
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, oneshot};

use crate::executor::job::{JobEvent, JobId, WorkerEvent};
use crate::fleet::lease::{Command, Lease, SlotEntry, WorkerEntry};
use crate::fleet::protocol::{Commands, Grant, LeaseId, Poll, SentLaunch};
use crate::fleet::result_file::ResultFolder;
use crate::store::record::Forfeit;

/// The bits of a lease's number that count within a session; those above are the session's.
const SERIAL_BITS: u32 = 32;

/// An event for the loop of the run, or none where a slot may have become idle.
pub(crate) type Signal = Option<JobEvent>;

/// A job that lost its worker and is given to another without the run, which knows no attempts of it.
pub(crate) struct Requeued {
    pub launch: SentLaunch,
    pub losses: u32,
}

/// Ends that were told and are not known to be durable, and who waits for that.
#[derive(Default)]
pub(crate) struct Unacknowledged {
    pub leases: Vec<LeaseId>,
    pub waiting: Vec<oneshot::Sender<()>>,
}

/// The fleet of a run.
pub(crate) struct Fleet {
    /// The time for which a worker may be silent.
    pub lease: Duration,
    /// The longest that a trial may take, where there is a limit.
    pub longest: Option<Duration>,
    next: LeaseId,
    pub workers: BTreeMap<String, WorkerEntry>,
    pub leases: BTreeMap<LeaseId, Lease>,
    /// Leases whose end was told, with true where it is durable.
    pub told: HashMap<LeaseId, bool>,
    pub unacknowledged: HashMap<JobId, Unacknowledged>,
    /// Jobs of an earlier session that may still run.
    pub expected: BTreeSet<JobId>,
    /// No job is given away before this time, so that workers of an earlier session can say what they have.
    pub hold: Option<Instant>,
    /// Jobs of an earlier session that were taken over, of which the run has not heard: it would start them again.
    unheard: usize,
    pub requeued: VecDeque<Requeued>,
    pub is_stopping: bool,
    pub kill: bool,
    pub is_over: bool,
    pub looked: Instant,
    pub results: ResultFolder,
    pub events: Sender<Signal>,
}

impl Fleet {
    /// A fleet without workers.
    pub(crate) fn new(
        lease: Duration,
        longest: Option<Duration>,
        epoch: u32,
        results: ResultFolder,
        events: Sender<Signal>,
    ) -> Self {
        Self {
            lease,
            longest,
            next: u64::from(epoch) << SERIAL_BITS,
            workers: BTreeMap::new(),
            leases: BTreeMap::new(),
            told: HashMap::new(),
            unacknowledged: HashMap::new(),
            expected: BTreeSet::new(),
            hold: None,
            unheard: 0,
            requeued: VecDeque::new(),
            is_stopping: false,
            kill: false,
            is_over: false,
            looked: Instant::now(),
            results,
            events,
        }
    }

    /// Passes an event on to the run.
    pub(crate) fn send(&self, event: JobEvent) {
        // A run that has ended listens no more.
        let _ = self.events.send(Some(event));
    }

    /// Tells the run of a job that was taken over.
    pub(crate) fn send_adopted(&mut self, job: JobId, slot: String) {
        self.unheard += 1;
        self.send(JobEvent::Adopted { job, slot });
    }

    /// The run has taken an event.
    pub(crate) fn heard(&mut self, event: &JobEvent) {
        if let JobEvent::Adopted { .. } = event {
            self.unheard -= 1;
        }
    }

    /// Takes a poll; answers with what wakes it while it waits for commands. `None` where the worker has said goodbye.
    pub(crate) fn announce(&mut self, poll: Poll) -> Option<Arc<Notify>> {
        let now = Instant::now();
        if poll.is_leaving {
            self.leave(&poll.instance);
            return None;
        }
        if !self.workers.contains_key(&poll.instance) {
            self.join(&poll, now);
        }
        let worker = self.workers.get_mut(&poll.instance)?;
        worker.seen = now;
        worker.is_draining = poll.is_draining;
        let left = poll.time_left.and_then(|left| Duration::try_from_secs_f64(left.max(0.0)).ok());
        worker.ends = left.and_then(|left| now.checked_add(left));
        let wake = worker.wake.clone();
        for held in &poll.held {
            match self.leases.get_mut(&held.lease) {
                Some(lease) if lease.worker == poll.instance => lease.is_sent = true,
                _ if self.told.contains_key(&held.lease) => {}
                _ if self.expected.contains(&held.job) => {
                    self.adopt(held.lease, &held.job, &poll.instance, &held.slot);
                }
                _ => self.workers.get_mut(&poll.instance)?.lost.push(held.lease),
            }
        }
        // A grant that the worker does not have did not arrive.
        let is_missing = |id: &LeaseId| !poll.held.iter().any(|held| held.lease == *id);
        let sent = self.leases.iter_mut().filter(|(_, lease)| lease.worker == poll.instance && lease.is_sent);
        sent.filter(|(id, _)| is_missing(id)).for_each(|(_, lease)| lease.is_sent = false);
        Some(wake)
    }

    fn join(&mut self, poll: &Poll, now: Instant) {
        tracing::info!(worker = poll.name, host = poll.host, slots = poll.slots.len(), "joined");
        let slot = |name: &String| SlotEntry { name: name.clone(), lease: None, since: now };
        let entry = WorkerEntry {
            name: poll.name.clone(),
            slots: poll.slots.iter().map(slot).collect(),
            seen: now,
            ends: None,
            is_draining: false,
            is_dismissed: false,
            lost: Vec::new(),
            wake: Arc::new(Notify::new()),
        };
        self.workers.insert(poll.instance.clone(), entry);
        let _ = self.events.send(None);
        let (name, host, slots) = (poll.name.clone(), poll.host.clone(), poll.slots.len());
        self.send(JobEvent::Worker(WorkerEvent::Joined { name, host, slots }));
    }

    /// Takes a lease of an earlier session over.
    pub(crate) fn adopt(&mut self, id: LeaseId, job: &JobId, instance: &str, slot: &str) {
        self.expected.remove(job);
        let full_name = match self.workers.get_mut(instance) {
            Some(worker) => {
                worker.occupy(slot, Some(id));
                worker.full_name(slot)
            }
            None => slot.to_owned(),
        };
        let lease = Lease { is_sent: true, ..new_lease(job.clone(), instance, slot, None) };
        self.leases.insert(id, lease);
        self.send_adopted(job.clone(), full_name);
    }

    /// The commands for a worker; they count as sent.
    pub(crate) fn commands(&mut self, instance: &str) -> Commands {
        let now = Instant::now();
        let is_kill = self.kill && self.leases.values().any(|lease| lease.worker == instance);
        let mut commands = Commands { is_over: self.is_over, ..Commands::default() };
        let Some(worker) = self.workers.get_mut(instance) else { return commands };
        worker.seen = now;
        let is_busy = worker.slots.iter().any(|slot| slot.lease.is_some());
        commands.is_over |= !is_busy && !worker.has_time(now, self.longest);
        worker.is_dismissed |= commands.is_over;
        commands.lost = std::mem::take(&mut worker.lost);
        for (id, lease) in self.leases.iter_mut().filter(|(_, lease)| lease.worker == instance) {
            if let Some(launch) = lease.launch.as_ref().filter(|_| lease.is_confirmed && !lease.is_sent) {
                lease.is_sent = true;
                commands.grants.push(Grant { lease: *id, slot: lease.slot.clone(), launch: launch.clone() });
            }
            if lease.cancel.send(now) {
                commands.cancel.push(*id);
                commands.is_kill |= is_kill;
            }
        }
        commands
    }

    /// The slots that a job can be given to.
    pub(crate) fn idle(&self) -> usize {
        if self.hold.is_some() || self.unheard > 0 || self.is_stopping || self.is_over {
            return 0;
        }
        let now = Instant::now();
        let free = |worker: &WorkerEntry| worker.slots.iter().filter(|slot| slot.lease.is_none()).count();
        let idle: usize = self.takers(now).map(|(_, worker)| free(worker)).sum();
        idle.saturating_sub(self.requeued.len())
    }

    /// The workers that take jobs.
    fn takers(&self, now: Instant) -> impl Iterator<Item = (&String, &WorkerEntry)> {
        let is_taker = move |worker: &WorkerEntry| {
            !worker.is_draining && !worker.is_dismissed && worker.has_time(now, self.longest)
        };
        self.workers.iter().filter(move |(_, worker)| is_taker(worker))
    }

    /// Leases a job to the slot that has been idle for the longest time, and answers with the slot's name.
    pub(crate) fn assign(&mut self, launch: SentLaunch, losses: u32, is_confirmed: bool) -> Option<String> {
        let slots = self.takers(Instant::now()).flat_map(|(instance, worker)| {
            worker.slots.iter().filter(|slot| slot.lease.is_none()).map(move |slot| (slot.since, instance, &slot.name))
        });
        let (_, instance, slot) = slots.min().map(|(since, instance, slot)| (since, instance.clone(), slot.clone()))?;
        self.next += 1;
        let lease = new_lease(launch.job.clone(), &instance, &slot, Some(launch));
        self.leases.insert(self.next, Lease { losses, is_confirmed, ..lease });
        let worker = self.workers.get_mut(&instance)?;
        worker.occupy(&slot, Some(self.next));
        if is_confirmed {
            worker.wake.notify_one();
        }
        Some(worker.full_name(&slot))
    }

    /// A job's start is durable: its grant may be sent.
    pub(crate) fn confirm(&mut self, job: &JobId) {
        if let Some(lease) = self.leases.values_mut().find(|lease| lease.job == *job) {
            lease.is_confirmed = true;
            if let Some(worker) = self.workers.get(&lease.worker) {
                worker.wake.notify_one();
            }
        }
    }

    /// Ends jobs: those that no worker has yet at once.
    pub(crate) fn cancel(&mut self, which: impl Fn(&JobId) -> bool) {
        let ids: Vec<LeaseId> = self.leases.iter().filter(|(_, lease)| which(&lease.job)).map(|(id, _)| *id).collect();
        for id in ids {
            let Some(lease) = self.leases.get_mut(&id) else { continue };
            if lease.is_sent {
                lease.cancel.give();
                if let Some(worker) = self.workers.get(&lease.worker) {
                    worker.wake.notify_one();
                }
            } else {
                self.give_up(id, None, "not begun");
            }
        }
    }

    /// Ends a lease whose job has not ended.
    pub(crate) fn give_up(&mut self, id: LeaseId, forfeit: Option<Forfeit>, exit: &str) {
        let Some(lease) = self.leases.remove(&id) else { return };
        let slot = match self.workers.get_mut(&lease.worker) {
            Some(worker) => {
                worker.occupy(&lease.slot, None);
                worker.full_name(&lease.slot)
            }
            None => lease.slot.clone(),
        };
        let end = lease.lost(slot, forfeit, exit);
        self.send(JobEvent::Ended { job: lease.job, end });
    }

    /// A worker ends; what it still has is released.
    fn leave(&mut self, instance: &str) {
        let of_worker = self.leases.iter().filter(|(_, lease)| lease.worker == instance);
        let ids: Vec<LeaseId> = of_worker.map(|(id, _)| *id).collect();
        ids.iter().for_each(|id| self.give_up(*id, Some(Forfeit::Released), "released by its worker"));
        if let Some(worker) = self.workers.remove(instance) {
            tracing::info!(worker = worker.name, "left");
            self.send(JobEvent::Worker(WorkerEvent::Left { name: worker.name, reason: "released", lost: ids.len() }));
        }
    }
}

fn new_lease(job: JobId, worker: &str, slot: &str, launch: Option<SentLaunch>) -> Lease {
    Lease {
        job,
        worker: worker.to_owned(),
        slot: slot.to_owned(),
        launch,
        is_confirmed: false,
        is_sent: false,
        cancel: Command::default(),
        losses: 0,
        started: Timestamp::now(),
        since: Instant::now(),
    }
}
