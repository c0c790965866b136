//! Evaluations that are not trials, run in parallel on an executor.
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use jiff::Timestamp;

use crate::executor::Executor;
use crate::executor::job::{JobId, Launch};
use crate::experiment::error::RunError;
use crate::experiment::run::jobs::{Finish, JobSource, NextJob, run_jobs};
use crate::store::record::AttemptEnd;
use crate::trial::direction::Directions;

/// The progress of evaluations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EvaluationProgress {
    pub ended: usize,
    /// The share of all of them that is done, from 0 to 1.
    pub share: f64,
}

struct Evaluations<'a> {
    is_over_time: &'a dyn Fn() -> bool,
    launch: &'a mut dyn FnMut(usize) -> Result<Launch, RunError>,
    progress: &'a mut dyn FnMut(EvaluationProgress),
    started: usize,
    shares: Vec<f64>,
    ends: Vec<Option<AttemptEnd>>,
}

/// The ends of evaluations.
pub(crate) struct EvaluationEnds {
    /// The ends in the order of the evaluations; absent for one that was not made, or not to its end.
    pub ends: Vec<Option<AttemptEnd>>,
    /// True where it was interrupted.
    pub is_interrupted: bool,
}

impl EvaluationEnds {
    /// True where every evaluation has an end.
    pub(crate) fn are_all(&self) -> bool {
        self.ends.iter().all(Option::is_some)
    }
}

/// Runs `count` evaluations, each from the launch for its index, and returns their ends in the same order, with values
/// that are maximized as costs.
///
/// `launch` names each job an evaluation with its index as the number; `progress` is called after every event.
pub(crate) fn evaluate(
    executor: &mut dyn Executor,
    directions: &Directions,
    count: usize,
    launch: &mut dyn FnMut(usize) -> Result<Launch, RunError>,
    progress: &mut dyn FnMut(EvaluationProgress),
    is_over_time: &dyn Fn() -> bool,
    interrupts: &AtomicUsize,
) -> Result<EvaluationEnds, RunError> {
    let (shares, ends) = (vec![0.0; count], vec![None; count]);
    let mut evaluations = Evaluations { is_over_time, launch, progress, started: 0, shares, ends };
    let finish = run_jobs(executor, &mut evaluations, interrupts)?;
    let turned = |end: AttemptEnd| AttemptEnd { outcome: directions.turned(&end.outcome), ..end };
    let ends = evaluations.ends.into_iter().map(|end| end.map(turned)).collect();
    Ok(EvaluationEnds { ends, is_interrupted: finish == Finish::Interrupted })
}

impl JobSource for Evaluations<'_> {
    fn patience_when_interrupted(&self) -> Duration {
        Duration::ZERO
    }

    fn is_over_time(&self) -> bool {
        (self.is_over_time)()
    }

    fn is_over(&self) -> bool {
        self.started == self.ends.len()
    }

    fn next(&mut self, _now: Timestamp) -> Result<NextJob, RunError> {
        if self.started == self.ends.len() {
            return Ok(NextJob::Done);
        }
        let launch = (self.launch)(self.started)?;
        self.started += 1;
        Ok(NextJob::Start(Box::new(launch)))
    }

    fn started(&mut self, _job: &JobId, _slot: &str, _now: Timestamp) -> Result<u64, RunError> {
        Ok(0)
    }

    fn progressed(&mut self, job: &JobId, share: f64) {
        if let JobId::Evaluation { number, .. } = job {
            self.shares[*number as usize] = share;
        }
    }

    fn ended(&mut self, job: &JobId, end: AttemptEnd) -> Result<u64, RunError> {
        if let JobId::Evaluation { number, .. } = job {
            self.shares[*number as usize] = 1.0;
            self.ends[*number as usize] = Some(end);
        }
        Ok(0)
    }

    fn waited(&mut self) {
        let ended = self.ends.iter().flatten().count();
        let share = self.shares.iter().sum::<f64>() / self.shares.len().max(1) as f64;
        (self.progress)(EvaluationProgress { ended, share });
    }
}
