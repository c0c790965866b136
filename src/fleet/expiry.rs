//! Expiry: leases of workers that were not heard of for too long, and jobs of an earlier session that nobody has any more.
use std::time::Instant;

use crate::executor::job::{JobEvent, JobId, WorkerEvent};
use crate::fleet::protocol::LeaseId;
use crate::fleet::state::{Fleet, Requeued};
use crate::store::record::Forfeit;

/// The number of workers that may be lost with a job that is not a trial.
const LOSSES: u32 = 3;

impl Fleet {
    /// Ends the leases of silent workers, and gives jobs that wait for another worker away.
    pub(crate) fn look(&mut self) {
        let now = Instant::now();
        if now.duration_since(self.looked) > self.lease / 2 {
            // This process was stopped, so that it could hear of nobody.
            self.workers.values_mut().for_each(|worker| worker.seen = now);
            self.hold = self.hold.map(|_| now + self.lease);
        }
        self.looked = now;
        if self.hold.is_some_and(|until| now >= until || self.expected.is_empty()) {
            self.end_hold();
        }
        let silent = |seen: Instant| now.duration_since(seen) > self.lease;
        let lost: Vec<String> =
            self.workers.iter().filter(|(_, worker)| silent(worker.seen)).map(|(id, _)| id.clone()).collect();
        lost.iter().for_each(|instance| self.lose(instance));
        while let Some(Requeued { launch, losses }) = self.requeued.pop_front() {
            if self.assign(launch.clone(), losses, true).is_none() {
                self.requeued.push_front(Requeued { launch, losses });
                break;
            }
        }
    }

    /// The jobs of an earlier session that no worker has named have a result on the disk or are lost.
    fn end_hold(&mut self) {
        self.hold = None;
        for job in std::mem::take(&mut self.expected) {
            if let Some(end) = self.results.read(&job) {
                self.send_adopted(job.clone(), end.slot.clone());
                self.send(JobEvent::Ended { job, end });
            }
        }
    }

    fn lose(&mut self, instance: &str) {
        let of_worker = self.leases.iter().filter(|(_, lease)| lease.worker == instance);
        let ids: Vec<LeaseId> = of_worker.map(|(id, _)| *id).collect();
        let mut lost = 0;
        for id in ids {
            let Some(lease) = self.leases.get(&id) else { continue };
            let (job, losses) = (lease.job.clone(), lease.losses + 1);
            if let Some(end) = self.results.read(&job) {
                // The worker had finished it, and did not live to tell.
                self.leases.remove(&id);
                self.told.insert(id, false);
                self.unacknowledged.entry(job.clone()).or_default().leases.push(id);
                self.send(JobEvent::Ended { job, end });
                continue;
            }
            lost += 1;
            let launch = lease.launch.clone().filter(|_| matches!(job, JobId::Evaluation { .. }) && losses < LOSSES);
            match launch {
                Some(launch) => {
                    self.leases.remove(&id);
                    self.requeued.push_back(Requeued { launch, losses });
                }
                None => self.give_up(id, Some(Forfeit::Expired), "its worker was lost"),
            }
        }
        if let Some(worker) = self.workers.remove(instance) {
            tracing::warn!(worker = worker.name, lost, "not heard of any more");
            self.send(JobEvent::Worker(WorkerEvent::Left { name: worker.name, reason: "lost", lost }));
        }
    }
}
