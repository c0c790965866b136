//! The time of a run: of this session and of all, and the limits that it has.
use std::time::Duration;

use super::Ledger;
use crate::experiment::error::RunError;
use crate::experiment::ledger::answer::Over;
use crate::experiment::replay::note::SESSION_END;

impl Ledger {
    /// Seconds since the start, those of earlier sessions included.
    pub(crate) fn seconds(&self) -> f64 {
        self.earlier + self.began.elapsed().as_secs_f64()
    }

    /// Records the end of this session where it has added anything.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) fn close(&mut self) -> Result<(), RunError> {
        match self.session {
            None if self.store.is_some() => self.note(SESSION_END, self.seconds().into()),
            _ => Ok(()),
        }
    }

    /// The time since this session began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// The optimizer's own time in this session.
    pub(crate) fn asking(&self) -> Duration {
        self.asking
    }

    /// The limit of the elapsed time, in seconds.
    pub(crate) fn time_limit(&self) -> Option<f64> {
        self.stop.wall_clock.map(|limit| limit.as_secs_f64())
    }

    /// True where the time limit is exceeded by more than what running trials may take beyond it.
    pub(crate) fn is_over_time(&self) -> bool {
        let last = self.time_limit().zip(self.stop.overtime).map(|(limit, over)| limit + over.as_secs_f64());
        last.is_some_and(|last| self.seconds() >= last)
    }

    /// The limit of time that is reached; `None` where the run may go on.
    pub(super) fn limit(&self) -> Option<Over> {
        if self.time_limit().is_some_and(|limit| self.seconds() >= limit) {
            return Some(Over::WallClock);
        }
        let running: f64 = self.running.iter().map(|each| each.since.elapsed().as_secs_f64()).sum();
        let hours = (self.device_seconds + running) / 3600.0;
        self.stop.device_hours.is_some_and(|limit| hours >= limit).then_some(Over::DeviceHours)
    }
}
