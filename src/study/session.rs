//! The state of a study: its experiment, what was asked and told, and its journal where it has one.
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::error::{Error, Result};
use crate::document::diagnostic::Diagnostic;
use crate::experiment::Experiment;
use crate::experiment::folder::RunFolder;
use crate::optimizer::{Ask, Optimizer};
use crate::trial::budget::Budget;
use crate::trial::curve::CurvePoint;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;
use crate::trial::{Proposal, TrialId};

/// What is to be done next.
pub(super) enum Next {
    Trial(Proposal),
    /// Another trial must end first.
    Wait,
    /// Nothing more, and why.
    Done(String),
}

pub(super) struct Session {
    pub experiment: Arc<Experiment>,
    pub folder: Option<RunFolder>,
    optimizer: Optimizer,
    given: HashMap<TrialId, Instant>,
}

/// The session, also where a thread panicked while it held it: nothing of it is ever half done.
pub(super) fn locked(session: &Mutex<Session>) -> MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The error of a trial that takes no more results.
pub(super) fn ended(trial: TrialId, reason: &str) -> Error {
    Error::Trial(Diagnostic::new(format!("trial {trial} takes no result: {reason}")))
}

impl fmt::Debug for Session {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let (name, trials) = (&self.experiment.name, self.history().trials().len());
        out.debug_struct("Session").field("name", name).field("trials", &trials).finish_non_exhaustive()
    }
}

impl Session {
    pub fn new(experiment: Arc<Experiment>, folder: Option<RunFolder>) -> Result<(Self, Vec<String>)> {
        let optimizer = experiment.optimizer();
        Ok((Self { experiment, folder, optimizer, given: HashMap::new() }, Vec::new()))
    }

    pub fn history(&self) -> &History {
        self.optimizer.history()
    }

    pub fn ask(&mut self) -> Result<Next> {
        Ok(match self.optimizer.ask() {
            Ask::Trial(proposal) => {
                self.given.insert(proposal.trial, Instant::now());
                Next::Trial(proposal)
            }
            Ask::Wait => Next::Wait,
            Ask::Done(reason) => Next::Done(reason.to_string()),
        })
    }

    pub fn tell(&mut self, trial: TrialId, outcome: Outcome) -> Result<()> {
        let began = self.given.remove(&trial).ok_or_else(|| ended(trial, "it was not asked for"))?;
        self.optimizer.tell_after(trial, outcome, began.elapsed().as_secs_f64());
        Ok(())
    }

    pub fn report(&mut self, trial: TrialId, spent: f64, cost: f64) -> Result<bool> {
        let budget = Budget::new(spent).ok_or_else(|| {
            let hint = "report what the trial has spent of its budget so far";
            Error::Trial(Diagnostic::new(format!("the budget that was spent is {spent}, not above 0")).hint(hint))
        })?;
        if !self.given.contains_key(&trial) {
            return Err(ended(trial, "it was not asked for"));
        }
        self.optimizer.report(trial, CurvePoint { budget, cost });
        Ok(self.optimizer.prunes(trial))
    }
}
