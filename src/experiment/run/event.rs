//! The events of a run, its status, and the watcher that is told of both.
use crate::executor::job::WorkerEvent;
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::definition::plan::Workload;
use crate::experiment::ledger::Ledger;
use crate::experiment::ledger::answer::Attempt;
use crate::experiment::replay::pace::{Paces, TimeEstimate};
use crate::intensifier::bracket::Schedule;
use crate::intensifier::config::IntensifierConfig;
use crate::store::record::Forfeit;
use crate::trial::evaluation::Evaluation;
use crate::trial::history::History;
use crate::trial::outcome::{Outcome, OutcomeKind};
use crate::trial::recommendation::{Recommendation, recommend};
use crate::trial::{Proposal, TrialId};

/// An event of a run. The outcome of a trial is announced only once it survives a power cut.
#[derive(Clone, Debug)]
pub enum RunEvent<'a> {
    /// A sentence for the user, such as one on a repaired store; the run goes on.
    Warning(&'a str),
    /// The run begins.
    Begun,
    /// The run continues an earlier one.
    Resumed {
        ended: usize,
        again: usize,
    },
    /// The data that all trials share are being made; a share from 0 to 1.
    Preparing {
        share: f64,
    },
    Started {
        proposal: &'a Proposal,
        attempt: u32,
        slot: &'a str,
    },
    Ended {
        proposal: &'a Proposal,
        attempt: u32,
        slot: &'a str,
        outcome: &'a Outcome,
        seconds: f64,
        is_incumbent: bool,
        /// The configuration that is recommended now, in costs.
        recommended: Option<&'a Recommendation>,
    },
    /// A trial whose worker was lost or whose failure is transient is started again; or one whose device had no memory
    /// left, with its batches divided.
    Retrying {
        trial: TrialId,
        after: OutcomeKind,
        divisor: Option<u32>,
        /// Present where a worker elsewhere gave the attempt up.
        forfeit: Option<Forfeit>,
    },
    /// The result of an attempt that had been given up came after all. It is in the journal and counts for nothing.
    Late {
        trial: TrialId,
        attempt: u32,
        outcome: OutcomeKind,
    },
    /// A worker elsewhere has come or is gone.
    Worker(&'a WorkerEvent),
    /// A sentence for the user about the place where trials run; nothing is wrong.
    Notice(&'a str),
    /// An interruption was noticed: trials that run are finished first.
    Stopping {
        running: usize,
    },
    /// The incumbent and the default are compared at the full budget.
    Validating {
        share: f64,
    },
    /// The session has ended; complete where all planned work is done.
    Over {
        is_complete: bool,
    },
}

/// The status of a run at a moment; making one costs no more after many trials than after few.
pub struct RunStatus<'a> {
    pub experiment: &'a Experiment,
    pub history: &'a History,
    /// Results of configurations outside of the search.
    pub evaluations: &'a [Evaluation],
    /// The budgets of the trials; those of an earlier build may have other rungs than the experiment's file asks for now.
    pub schedule: &'a Schedule,
    /// The intensifier that the run was begun with.
    pub choice: &'a IntensifierConfig,
    pub running: &'a [Attempt],
    /// The workload of the whole run; unknown where its limits do not say.
    pub planned: Option<Workload>,
    pub paces: &'a Paces,
    /// Seconds since the start, those of earlier sessions included.
    pub seconds: f64,
    /// Seconds that the devices were busy with attempts that have ended, those of earlier sessions included.
    pub device_seconds: f64,
}

/// The money that the devices cost, in the currency of the experiment's price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Money {
    pub spent: f64,
    /// In the end, as far as it can be told.
    pub whole: Option<f64>,
}

impl<'a> RunStatus<'a> {
    /// The status of a run that this ledger keeps.
    pub(crate) fn of(experiment: &'a Experiment, planned: Option<Workload>, ledger: &'a Ledger) -> Self {
        Self {
            experiment,
            history: ledger.history(),
            evaluations: ledger.evaluations(),
            schedule: ledger.optimizer().schedule(),
            choice: ledger.optimizer().intensifier_config(),
            running: ledger.running(),
            planned,
            paces: ledger.paces(),
            seconds: ledger.seconds(),
            device_seconds: ledger.device_seconds(),
        }
    }

    /// The configuration that the run recommends, with the user's signs; `None` without a success.
    pub fn recommendation(&self) -> Option<Recommendation> {
        recommend(self.history, self.evaluations).map(|best| best.turned(self.experiment.direction()))
    }

    /// The time that the rest takes with its spread, where the limits and the trials so far say.
    pub(crate) fn left(&self) -> Option<TimeEstimate> {
        let seconds = self.seconds_left()?;
        let planned = self.work_left().and_then(|(trials, budget)| self.paces.estimate(trials, budget, 1));
        let spread = planned
            .filter(|_| self.planned_left() == Some(seconds))
            .map_or(0.0, |planned| planned.spread * (seconds / planned.seconds.max(f64::MIN_POSITIVE)).min(1.0));
        Some(TimeEstimate { seconds, spread })
    }

    /// The seconds that the rest takes: until the planned work is done or a limit of time ends it, whichever comes first.
    pub(crate) fn seconds_left(&self) -> Option<f64> {
        [self.planned_left(), self.limited_left()].into_iter().flatten().min_by(f64::total_cmp)
    }

    /// The seconds that the planned work takes, of which running trials have done a part.
    fn planned_left(&self) -> Option<f64> {
        let (trials, budget) = self.work_left()?;
        let all = self.paces.seconds(trials, budget, 1)?;
        let running = self.running.iter().filter_map(|attempt| {
            let whole = self.paces.trial(self.history.added_budget(&attempt.proposal))?;
            Some((whole, attempt.seconds_left(whole)))
        });
        let running: Vec<(f64, f64)> = running.collect();
        let (whole, left) = running.iter().fold((0.0, 0.0), |sums, each| (sums.0 + each.0, sums.1 + each.1));
        let longest = running.iter().map(|each| each.1).fold(0.0, f64::max);
        let shared = ((all - whole).max(0.0) + left) / self.experiment.execution.workers.max(1) as f64;
        Some(shared.max(longest))
    }

    /// The seconds until a limit of time is reached and the trials that run now have ended.
    fn limited_left(&self) -> Option<f64> {
        let stop = &self.experiment.stop;
        let wall = stop.wall_clock.map(|limit| limit.as_secs_f64() - self.seconds);
        // What runs at the limit is ended so much later.
        let end = wall.zip(stop.overtime).map(|(wall, over)| (wall + over.as_secs_f64()).max(0.0));
        let running: f64 = self.running.iter().map(|running| running.since.elapsed().as_secs_f64()).sum();
        let workers = self.experiment.execution.workers.max(1) as f64;
        let device = stop.device_hours.map(|hours| (hours * 3600.0 - self.device_seconds - running) / workers);
        let limit = [wall, device].into_iter().flatten().min_by(f64::total_cmp)?;
        let left = self
            .running
            .iter()
            .map(|attempt| Some(attempt.seconds_left(self.paces.trial(self.history.added_budget(&attempt.proposal))?)));
        match left.collect::<Option<Vec<f64>>>() {
            Some(left) => Some(left.into_iter().fold(limit.max(0.0), f64::max).min(end.unwrap_or(f64::INFINITY))),
            None => Some(limit).filter(|limit| *limit > 0.0),
        }
    }

    /// The money that the devices have cost and will, where the experiment says what an hour of one costs.
    pub(crate) fn money(&self) -> Option<Money> {
        let price = self.experiment.price_per_device_hour? / 3600.0;
        let running: f64 = self.running.iter().map(|running| running.since.elapsed().as_secs_f64()).sum();
        let left = self.seconds_left().map(|seconds| seconds * self.experiment.execution.workers as f64);
        let whole = left.map(|left| (self.device_seconds + running + left) * price);
        Some(Money { spent: (self.device_seconds + running) * price, whole })
    }

    /// Trials and budget.
    fn work_left(&self) -> Option<(usize, f64)> {
        let planned = self.planned?;
        let trials = (planned.trials as usize).saturating_sub(self.history.ended().len());
        Some((trials, (planned.budget - self.history.spent()).max(0.0)))
    }
}

/// A watcher of a run, such as a view on a terminal.
pub trait Watcher {
    /// An event has happened.
    fn notice(&mut self, event: &RunEvent, status: &RunStatus);

    /// Time passed.
    fn tick(&mut self, _status: &RunStatus) {}
}
