//! Tells: what became of leased jobs, fenced by their leases.
use tokio::sync::oneshot;

use crate::executor::job::{JobEvent, JobId};
use crate::fleet::protocol::{LeaseId, Tell, Told, ToldEvent, ToldKind};
use crate::fleet::state::Fleet;
use crate::store::record::AttemptEnd;

impl Fleet {
    /// Takes events of jobs; the receivers become ready when the ends among them are durable.
    pub(crate) fn tell(&mut self, tell: Tell) -> (Told, Vec<oneshot::Receiver<()>>) {
        let (mut answer, mut durable) = (Told::default(), Vec::new());
        for ToldEvent { lease, job, event } in tell.events {
            let is_held = self.leases.get(&lease).is_some_and(|held| held.worker == tell.instance && held.job == job);
            match event {
                ToldKind::Ended(end) => durable.extend(self.ended(lease, job, *end, &tell.instance, is_held)),
                _ if !is_held => {
                    if !self.told.contains_key(&lease) && !self.expected.contains(&job) {
                        answer.lost.push(lease);
                    }
                }
                ToldKind::Progress(fraction) => self.send(JobEvent::Progress { job, fraction }),
                ToldKind::Report(line) => self.send(JobEvent::Report { job, line }),
                ToldKind::Warning(message) => self.send(JobEvent::Warning { job, message }),
                ToldKind::Remarked(remark) => self.send(JobEvent::Remarked { job, remark }),
            }
        }
        let now = std::time::Instant::now();
        for (id, lease) in self.leases.iter_mut().filter(|(_, lease)| lease.worker == tell.instance) {
            if lease.cancel.send(now) {
                answer.cancel.push(*id);
            }
        }
        (answer, durable)
    }

    /// Takes the end of a job; `None` where it is durable already.
    fn ended(
        &mut self,
        lease: LeaseId,
        job: JobId,
        mut end: AttemptEnd,
        instance: &str,
        is_held: bool,
    ) -> Option<oneshot::Receiver<()>> {
        match self.told.get(&lease) {
            // It was told before, and the answer was lost.
            Some(true) => return None,
            Some(false) => return Some(self.wait(lease, job)),
            None => {}
        }
        let is_trial = matches!(job, JobId::Trial { .. });
        if !is_held && self.expected.contains(&job) {
            self.adopt(lease, &job, instance, &end.slot);
        } else if !is_held && !is_trial {
            self.told.insert(lease, true);
            return None;
        }
        if let Some(held) = self.leases.get(&lease).filter(|held| held.worker == instance) {
            let slot = held.slot.clone();
            self.leases.remove(&lease);
            if let Some(worker) = self.workers.get_mut(instance) {
                worker.occupy(&slot, None);
                end.slot = worker.full_name(&slot);
            }
        } else {
            tracing::warn!(%job, lease, "a late result");
        }
        self.told.insert(lease, false);
        let receiver = self.wait(lease, job.clone());
        self.send(JobEvent::Ended { job, end });
        Some(receiver)
    }

    fn wait(&mut self, lease: LeaseId, job: JobId) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let waiting = self.unacknowledged.entry(job).or_default();
        waiting.leases.push(lease);
        waiting.waiting.push(sender);
        receiver
    }

    /// The record of a job's end is durable.
    pub(crate) fn acknowledge(&mut self, job: &JobId) {
        let Some(waiting) = self.unacknowledged.remove(job) else { return };
        for lease in waiting.leases {
            self.told.insert(lease, true);
        }
        for sender in waiting.waiting {
            // A request that was given up is told again.
            let _ = sender.send(());
        }
    }
}
