//! A scripted executor: outcomes known in advance on a simulated clock, without a process.
use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Map;

use crate::executor::job::{JobEvent, JobId, Launch};
use crate::executor::{Executor, ExecutorError};
use crate::store::record::AttemptEnd;
use crate::trial::outcome::Outcome;

/// The scripted end of a launch: its outcome and its duration.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    pub outcome: Outcome,
    pub duration: Duration,
}

/// An executor without processes: the script gives the end of each launch, and waiting moves the clock to the next end.
pub struct Scripted<Script> {
    script: Script,
    now: Timestamp,
    running: Vec<ScriptedJob>,
    slots: Vec<String>,
    events: VecDeque<JobEvent>,
}

struct ScriptedJob {
    launch: Launch,
    scene: Scene,
    slot: String,
    started: Timestamp,
    until: Timestamp,
}

impl<Script: FnMut(&Launch) -> Scene> Scripted<Script> {
    /// An executor with so many workers, at the beginning of 1970.
    pub fn new(workers: usize, script: Script) -> Self {
        let slots = (0..workers).rev().map(|slot| format!("cpu:{slot}")).collect();
        Self { script, now: Timestamp::UNIX_EPOCH, running: Vec::new(), slots, events: VecDeque::new() }
    }

    fn end(&mut self, position: usize, outcome: Option<Outcome>) -> JobEvent {
        let ScriptedJob { launch, scene, slot, started, .. } = self.running.remove(position);
        self.slots.push(slot.clone());
        self.slots.sort_by(|a, b| b.cmp(a));
        let seconds = self.now.duration_since(started).as_secs_f64();
        let end = AttemptEnd {
            outcome: outcome.unwrap_or(scene.outcome),
            info: Map::new(),
            slot,
            started,
            at: self.now,
            seconds,
            cpu_seconds: seconds,
            peak_memory: 0,
            exit: "script".into(),
            forfeit: None,
        };
        JobEvent::Ended { job: launch.job, end }
    }
}

impl<Script: FnMut(&Launch) -> Scene> Executor for Scripted<Script> {
    fn idle(&self) -> usize {
        self.slots.len()
    }

    fn start(&mut self, launch: Launch) -> Result<String, ExecutorError> {
        let slot = self.slots.pop().ok_or(ExecutorError::Busy)?;
        let mut scene = (self.script)(&launch);
        if let Some(limit) = launch.limits.wall.filter(|limit| *limit < scene.duration) {
            scene = Scene { outcome: Outcome::TimedOut, duration: limit };
        }
        let until = self.now.saturating_add(scene.duration).expect("a time span of less than ten thousand years");
        self.running.push(ScriptedJob { launch, scene, slot: slot.clone(), started: self.now, until });
        Ok(slot)
    }

    /// The earliest end, of the lowest trial among equals; the timeout is not waited for.
    fn wait(&mut self, _timeout: Duration) -> Option<JobEvent> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        let order = |position: &usize| (self.running[*position].until, &self.running[*position].launch.job);
        let next = (0..self.running.len()).min_by(|a, b| order(a).cmp(&order(b)))?;
        self.now = self.running[next].until;
        Some(self.end(next, None))
    }

    fn cancel(&mut self, job: &JobId) {
        if let Some(position) = self.running.iter().position(|running| running.launch.job == *job) {
            let event = self.end(position, Some(Outcome::Lost));
            self.events.push_back(event);
        }
    }

    fn stop(&mut self) {
        while !self.running.is_empty() {
            let event = self.end(0, Some(Outcome::Lost));
            self.events.push_back(event);
        }
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}

/// A launch of a trial that nothing depends on, for tests.
#[cfg(test)]
pub(crate) fn sample_launch(trial: u32) -> Launch {
    use crate::executor::limits::Limits;
    use crate::trial::TrialId;

    Launch {
        job: JobId::Trial { trial: TrialId(trial), attempt: 1 },
        program: "none".into(),
        arguments: Vec::new(),
        environment: Vec::new(),
        folder: "none".into(),
        checkpoint: "none".into(),
        continues_from: None,
        request: None,
        objectives: Vec::new(),
        budget: None,
        limits: Limits { wall: Some(Duration::from_secs(100)), ..Limits::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::outcome::OutcomeKind;

    #[test]
    fn trials_end_in_the_order_of_the_simulated_clock() {
        let seconds = [50, 20, 20, 1000];
        let mut executor = Scripted::new(2, |launch: &Launch| Scene {
            outcome: Outcome::of_cost(f64::from(launch.job.number())),
            duration: Duration::from_secs(seconds[launch.job.number() as usize - 1]),
        });
        let (mut next, mut ends) = (1, Vec::new());
        loop {
            while executor.idle() > 0 && next <= 4 {
                executor.start(sample_launch(next)).unwrap();
                next += 1;
            }
            assert!(next > 4 || matches!(executor.start(sample_launch(9)), Err(ExecutorError::Busy)));
            let Some(JobEvent::Ended { job, end }) = executor.wait(Duration::ZERO) else { break };
            ends.push((job.number(), end.at.as_second(), end.slot, end.outcome.kind()));
        }
        let expected = [
            (2, 20, "cpu:1", OutcomeKind::Finished),
            (3, 40, "cpu:1", OutcomeKind::Finished),
            (1, 50, "cpu:0", OutcomeKind::Finished),
            (4, 140, "cpu:1", OutcomeKind::TimedOut),
        ];
        assert_eq!(ends, expected.map(|(trial, at, slot, kind)| (trial, at, slot.to_owned(), kind)));
    }
}
