//! A session of ask and tell, for trials that another program runs.
use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::experiment::definition::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::ledger::answer::{NextAttempt, Over};
use crate::experiment::ledger::{ELSEWHERE, Ledger};
use crate::store::record::AttemptEnd;
#[cfg(feature = "serve")]
use crate::store::record::Forfeit;
use crate::trial::budget::Budget;
use crate::trial::curve::CurvePoint;
use crate::trial::evaluation::Evaluation;
use crate::trial::history::History;
use crate::trial::outcome::{Outcome, OutcomeKind};
use crate::trial::recommendation::Recommendation;
use crate::trial::{ConfigurationId, Proposal, Trial, TrialId};

/// A session of ask and tell. When a method returns, its effect is on the disk.
pub(crate) struct AskTellSession {
    ledger: Ledger,
}

/// The answer to an ask.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// The trials to run; fewer than were asked for, or none, where more depend on outcomes that were not told yet.
    Trials(Vec<Proposal>),
    /// No trial will follow, for this reason.
    Done(Over),
}

/// A reason why an outcome or a report was not taken; nothing has changed.
#[derive(Debug, Error)]
pub(crate) enum TellError {
    #[error("there is no trial {0}")]
    Unknown(TrialId),
    #[error("trial {0} was told already: {1}")]
    Told(TrialId, OutcomeKind),
    #[error("`budget` {spent} is above that of trial {trial}, {budget}")]
    Beyond { trial: TrialId, budget: Budget, spent: Budget },
    #[error(transparent)]
    Broken(#[from] RunError),
}

impl AskTellSession {
    /// Begins the run, or goes on with what is in the folder; also sentences for the user on what was repaired.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub(crate) fn open(experiment: &Experiment, folder: &RunFolder) -> Result<(Self, Vec<String>), RunError> {
        let opened = Ledger::open(experiment, folder)?;
        Ok((Self { ledger: opened.ledger }, opened.warnings))
    }

    /// Begins a run that is kept in memory alone.
    ///
    /// # Errors
    /// As [`Ledger::in_memory`].
    pub(crate) fn in_memory(experiment: &Experiment) -> Result<Self, RunError> {
        Ok(Self { ledger: Ledger::in_memory(experiment)? })
    }

    /// All trials so far.
    pub(crate) fn history(&self) -> &History {
        self.ledger.history()
    }

    /// Results of configurations outside of the search.
    pub(crate) fn evaluations(&self) -> &[Evaluation] {
        self.ledger.evaluations()
    }

    /// The configuration that the run recommends; `None` without a success.
    pub(crate) fn recommendation(&self) -> Option<Recommendation> {
        self.ledger.recommendation()
    }

    /// The number of trials that have no outcome and will be given away again.
    pub(crate) fn waiting(&self) -> usize {
        self.ledger.waiting().len()
    }

    /// Returns at most `count` trials, first those whose worker has disappeared.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) fn ask(&mut self, count: usize) -> Result<Answer, RunError> {
        let mut trials = Vec::new();
        while trials.len() < count {
            let at = Timestamp::now();
            match self.ledger.ask(at)? {
                NextAttempt::Attempt(attempt) => {
                    if !attempt.is_new {
                        self.ledger.started(attempt.proposal.trial, ELSEWHERE, at)?;
                    }
                    trials.push(attempt.proposal);
                }
                NextAttempt::Over(reason) if trials.is_empty() => return Ok(Answer::Done(reason)),
                NextAttempt::Over(_) | NextAttempt::Wait => break,
            }
        }
        // One wait for the disk for all of them.
        self.ledger.settle()?;
        Ok(Answer::Trials(trials))
    }

    /// Records a cost that a trial reports after a part of its budget. Returns true where the trial has fallen behind
    /// and should be ended and told as pruned.
    ///
    /// # Errors
    /// The trial is unknown or has an outcome, it has spent more than its budget, or the journal cannot be written.
    pub(crate) fn report(&mut self, trial: TrialId, point: CurvePoint) -> Result<bool, TellError> {
        let budget = self.check_unfinished(trial)?.proposal.budget;
        if budget.is_exceeded_by(point.budget.amount()) {
            return Err(TellError::Beyond { trial, budget, spent: point.budget });
        }
        let taken = self.ledger.reported(trial, point, Timestamp::now())?;
        self.ledger.settle()?;
        Ok(taken.is_behind)
    }

    /// Records an outcome, and the seconds that the trial took; without `seconds`, the time since the trial was given
    /// away counts. A lost trial is given away again, up to a limit.
    ///
    /// # Errors
    /// The trial is unknown or has an outcome, or the journal cannot be written.
    pub(crate) fn tell(
        &mut self,
        trial: TrialId,
        outcome: Outcome,
        seconds: Option<f64>,
        info: Map<String, Json>,
    ) -> Result<(), TellError> {
        self.check_unfinished(trial)?;
        let at = Timestamp::now();
        let attempt = self.ledger.revive(trial, at).ok_or(TellError::Unknown(trial))?;
        let number = attempt.number;
        let end = AttemptEnd {
            outcome,
            info,
            slot: attempt.slot.clone(),
            started: attempt.started,
            at,
            seconds: seconds.unwrap_or_else(|| attempt.since.elapsed().as_secs_f64()),
            cpu_seconds: 0.0,
            peak_memory: 0,
            exit: String::new(),
            forfeit: None,
        };
        self.ledger.ended(trial, number, end)?;
        Ok(self.ledger.settle()?)
    }

    /// The number of a trial's attempt that runs, from 1; `None` where none does.
    #[cfg(feature = "serve")]
    pub(crate) fn attempt(&self, trial: TrialId) -> Option<u32> {
        self.ledger.attempt(trial).map(|attempt| attempt.number)
    }

    /// The attempts that run, each with the seconds since it was given away.
    #[cfg(feature = "serve")]
    pub(crate) fn running(&self) -> impl Iterator<Item = (&Proposal, u32, f64)> {
        let running = self.ledger.running().iter();
        running.map(|attempt| (&attempt.proposal, attempt.number, attempt.since.elapsed().as_secs_f64()))
    }

    /// Ends an attempt whose program was not heard of for too long: its trial is given away again, up to a limit.
    ///
    /// # Errors
    /// The journal cannot be written.
    #[cfg(feature = "serve")]
    pub(crate) fn expire(&mut self, trial: TrialId) -> Result<(), RunError> {
        let Some(attempt) = self.ledger.attempt(trial) else { return Ok(()) };
        let number = attempt.number;
        let end = AttemptEnd {
            outcome: Outcome::Lost,
            info: Map::new(),
            slot: attempt.slot.clone(),
            started: attempt.started,
            at: Timestamp::now(),
            seconds: attempt.since.elapsed().as_secs_f64(),
            cpu_seconds: 0.0,
            peak_memory: 0,
            exit: "not told in time".to_owned(),
            forfeit: Some(Forfeit::Expired),
        };
        self.ledger.ended(trial, number, end)?;
        self.ledger.settle()
    }

    /// Keeps the outcome of an attempt that another one has taken the place of; it counts for nothing.
    ///
    /// # Errors
    /// There is no such trial, or the journal cannot be written.
    #[cfg(feature = "serve")]
    pub(crate) fn tell_late(&mut self, trial: TrialId, attempt: u32, outcome: Outcome) -> Result<(), TellError> {
        self.history().trial(trial).ok_or(TellError::Unknown(trial))?;
        let at = Timestamp::now();
        let (info, slot, exit) = (Map::new(), ELSEWHERE.to_owned(), "late".to_owned());
        let (seconds, cpu_seconds, peak_memory, forfeit) = (0.0, 0.0, 0, None);
        let end = AttemptEnd { outcome, info, slot, started: at, at, seconds, cpu_seconds, peak_memory, exit, forfeit };
        // Whatever runs now has another number.
        self.ledger.ended(trial, attempt, end)?;
        Ok(self.ledger.settle()?)
    }

    /// The number of pieces that the batches of a configuration are divided into, after a device had no memory left for
    /// them.
    pub(crate) fn divisor(&self, configuration: ConfigurationId) -> u32 {
        self.ledger.divisor(configuration)
    }

    /// Sentences about what went wrong with the store since the last call without losing anything, for the user.
    pub(crate) fn take_warnings(&mut self) -> Vec<String> {
        self.ledger.take_warnings()
    }

    fn check_unfinished(&self, trial: TrialId) -> Result<&Trial, TellError> {
        let known = self.history().trial(trial).ok_or(TellError::Unknown(trial))?;
        match &known.outcome {
            Some(outcome) => Err(TellError::Told(trial, outcome.kind())),
            None => Ok(known),
        }
    }
}
