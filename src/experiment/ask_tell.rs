//! An experiment whose trials somebody else runs: asked and told, and kept before it is answered.
use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::resume;
use crate::experiment::replay::retry::Retries;
use crate::optimizer::{Ask, Optimizer};
use crate::store::Store;
use crate::store::record;
use crate::store::record::Record;
use crate::trial::curve::CurvePoint;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;
use crate::trial::{ConfigurationId, Proposal, TrialId};

/// Where trials run that this program did not start.
const SLOT: &str = "elsewhere";

/// The optimizer and the store of a run, in step.
pub struct AskTellSession<'a> {
    experiment: &'a Experiment,
    store: Store,
    /// The last record of what was given away.
    written: u64,
    optimizer: Optimizer,
    /// Trials without an outcome whose worker is gone, each with the number of its next attempt.
    again: VecDeque<(Proposal, u32)>,
    /// The trials that this session gave away: when, and which attempt it was.
    given: HashMap<TrialId, (Timestamp, u32)>,
    retries: Retries,
    began: Instant,
    /// Seconds that earlier sessions took.
    earlier: f64,
    /// Seconds that the trials which ended took, those of earlier sessions included.
    device_seconds: f64,
}

/// What an ask is answered with.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Run these; fewer than were asked for, or none, where more can only come when others are told.
    Trials(Vec<Proposal>),
    /// Nothing more, ever, and why.
    Done(String),
}

/// Why an outcome was not taken; nothing has changed.
#[derive(Debug, Error)]
pub enum TellError {
    #[error("there is no trial {0}")]
    Unknown(TrialId),
    #[error("trial {0} was told already: {1}")]
    Told(TrialId, &'static str),
    #[error(transparent)]
    Broken(#[from] RunError),
}

impl<'a> AskTellSession<'a> {
    /// Begins the run, or goes on with what is in the folder; also what was repaired, for the user.
    pub fn open(experiment: &'a Experiment, folder: &RunFolder) -> Result<(Self, Vec<String>), RunError> {
        let resumed = resume::open(experiment, folder)?;
        let dialogue = Self {
            experiment,
            store: resumed.store,
            written: 0,
            optimizer: resumed.optimizer,
            again: resumed.unfinished.into(),
            given: HashMap::new(),
            retries: resumed.retries,
            began: Instant::now(),
            device_seconds: resumed.seconds,
            earlier: resumed.seconds / experiment.execution.workers as f64,
        };
        Ok((dialogue, resumed.warnings))
    }

    /// All trials so far.
    pub fn history(&self) -> &History {
        self.optimizer.history()
    }

    /// How many trials have no outcome and will be given away again.
    pub fn waiting(&self) -> usize {
        self.again.len()
    }

    /// At most `count` trials, those first whose worker is gone; each is in the store.
    pub fn ask(&mut self, count: usize) -> Result<Answer, RunError> {
        let mut trials = Vec::new();
        while trials.len() < count {
            match self.next()? {
                Ok(proposal) => trials.push(proposal),
                Err(Some(reason)) if trials.is_empty() => return Ok(Answer::Done(reason)),
                Err(_) => break,
            }
        }
        // One wait for the disk for all of them.
        self.store.wait(self.written)?;
        Ok(Answer::Trials(trials))
    }

    /// The next trial, or why there is none: `None` where one may come later.
    fn next(&mut self) -> Result<Result<Proposal, Option<String>>, RunError> {
        let at = Timestamp::now();
        if let Some((proposal, attempt)) = self.again.front().cloned() {
            let started = record::Started { trial: proposal.trial, attempt, slot: SLOT.into(), at };
            self.written = self.store.write(&Record::Started(started))?;
            self.again.pop_front();
            self.given.insert(proposal.trial, (at, attempt));
            return Ok(Ok(proposal));
        }
        let seconds = self.earlier + self.began.elapsed().as_secs_f64();
        if self.experiment.stop.wall_clock.is_some_and(|limit| seconds >= limit.as_secs_f64()) {
            return Ok(Err(Some("the time is over".into())));
        }
        let running: f64 = self.given.values().map(|(since, _)| at.duration_since(*since).as_secs_f64().max(0.0)).sum();
        let hours = (self.device_seconds + running) / 3600.0;
        if self.experiment.stop.device_hours.is_some_and(|limit| hours >= limit) {
            return Ok(Err(Some("the device hours are used up".into())));
        }
        match self.optimizer.ask() {
            Ask::Trial(proposal) => {
                let asked = record::Asked::of(&proposal, &self.experiment.space, at);
                self.written = self.store.write(&Record::Asked(asked))?;
                self.given.insert(proposal.trial, (at, 1));
                Ok(Ok(proposal))
            }
            Ask::Wait => Ok(Err(None)),
            Ask::Done(reason) => Ok(Err(Some(reason.to_string()))),
        }
    }

    /// A trial that was asked for and has no outcome.
    fn running(&self, trial: TrialId) -> Result<&Proposal, TellError> {
        let known = self.optimizer.history().trial(trial).ok_or(TellError::Unknown(trial))?;
        match &known.outcome {
            Some(outcome) => Err(TellError::Told(trial, outcome.kind().word())),
            None => Ok(&known.proposal),
        }
    }

    /// Takes a cost that a trial reports on its way, after spending a part of its budget; whether it has fallen behind, so
    /// that it should be ended and told to be pruned.
    pub fn report(&mut self, trial: TrialId, point: CurvePoint) -> Result<bool, TellError> {
        self.running(trial)?;
        if self.optimizer.report(trial, point) {
            let attempt = self.given.get(&trial).map_or(1, |(_, attempt)| *attempt);
            let (budget, cost, at) = (point.budget.amount(), point.cost, Timestamp::now());
            let reported = record::Reported { trial, attempt, budget, cost, at };
            self.store.append(&Record::Reported(reported)).map_err(RunError::from)?;
        }
        Ok(self.optimizer.prunes(trial))
    }

    /// Takes an outcome, and how many seconds the trial took where somebody knows better than by the time since it was
    /// given away: when this returns, it is in the store. A lost trial is given away again, up to a limit.
    pub fn tell(
        &mut self,
        trial: TrialId,
        outcome: Outcome,
        seconds: Option<f64>,
        info: Map<String, Json>,
    ) -> Result<(), TellError> {
        let proposal = self.running(trial)?.clone();
        let at = Timestamp::now();
        let waiting = self.again.iter().position(|(each, _)| each.trial == trial);
        let before = waiting.map_or(1, |index| self.again[index].1.saturating_sub(1).max(1));
        let (started, attempt) = self.given.get(&trial).copied().unwrap_or((at, before));
        let ended = record::Ended {
            trial,
            attempt,
            outcome,
            info,
            slot: SLOT.into(),
            started,
            at,
            seconds: seconds.unwrap_or_else(|| at.duration_since(started).as_secs_f64().max(0.0)),
            cpu_seconds: 0.0,
            peak_memory: 0,
            exit: String::new(),
            late: false,
        };
        self.store.append(&Record::Ended(ended.clone())).map_err(RunError::from)?;
        waiting.map(|index| self.again.remove(index));
        self.given.remove(&trial);
        self.device_seconds += ended.seconds;
        if self.retries.is_final(&ended, proposal.configuration_id) {
            self.optimizer.tell_after(trial, ended.outcome, ended.seconds);
        } else {
            self.again.push_back((proposal, attempt + 1));
        }
        Ok(())
    }

    /// Into how many pieces the batches of a configuration are divided, after a device had no memory left for them.
    pub fn divisor(&self, configuration: ConfigurationId) -> u32 {
        self.retries.divisor(configuration)
    }

    /// What went wrong with the store since the last call without losing anything, for the user.
    pub fn take_warnings(&mut self) -> Vec<String> {
        self.store.take_warnings()
    }
}
