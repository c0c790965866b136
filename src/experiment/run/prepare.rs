//! What all trials share, such as a dataset, is made before the first of them.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use crate::experiment::TICK;
use crate::experiment::error::RunError;
use crate::experiment::run::event::{Event, Watcher};
use crate::experiment::run::{Finish, Session};

impl Session<'_> {
    /// Makes what all trials share, while the watcher sees it grow.
    ///
    /// An interruption leaves the thread behind: it ends with this process, and a half-made file counts for nothing.
    pub(crate) fn prepare(&mut self, watcher: &mut dyn Watcher, interrupts: &AtomicUsize) -> Result<Finish, RunError> {
        let (objective, data) = (self.objective.clone(), self.folder.data());
        let share = Arc::new(AtomicU64::new(0));
        let told = share.clone();
        let worker = thread::spawn(move || match objective.task() {
            Some(task) => task.prepare(&data, &|now| told.store(now.to_bits(), Ordering::Relaxed)),
            None => Ok(()),
        });
        let mut shown = 0;
        while !worker.is_finished() {
            if interrupts.load(Ordering::Relaxed) > 0 {
                return Ok(Finish::Interrupted);
            }
            thread::sleep(TICK / 10);
            let now = share.load(Ordering::Relaxed);
            if now != shown {
                self.notice(&Event::Preparing { share: f64::from_bits(now) }, watcher);
                shown = now;
            }
        }
        let made = worker.join().expect("a task reports its errors");
        made.map(|()| Finish::Complete).map_err(|error| RunError::Task(error.message))
    }
}
