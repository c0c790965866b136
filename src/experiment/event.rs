//! What a watcher of a run is told.
use std::time::Instant;

use super::Experiment;
use super::estimate::Estimate;
use super::plan::Work;
use crate::intensifier::choice::Choice;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;
use crate::trial::{Proposal, TrialId};

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// What is worth saying but changes nothing, such as a repaired store.
    Warning(&'a str),
    /// The run continues an earlier one.
    Resumed {
        ended: usize,
        again: usize,
    },
    /// What all trials share is being made; a share from 0 to 1.
    Preparing {
        share: f64,
    },
    Started {
        proposal: &'a Proposal,
        attempt: u32,
    },
    Ended {
        proposal: &'a Proposal,
        outcome: &'a Outcome,
        seconds: f64,
        is_incumbent: bool,
    },
    /// A trial whose worker was lost is started again.
    Retrying {
        trial: TrialId,
    },
    /// An interruption was noticed: trials that run are finished first.
    Stopping {
        running: usize,
    },
    /// The incumbent and the default are compared at the full budget.
    Validating {
        share: f64,
    },
}

/// A trial that runs.
#[derive(Clone, Debug)]
pub struct Running {
    pub proposal: Proposal,
    pub attempt: u32,
    /// How much of it is done, from 0 to 1, as it reports.
    pub share: f64,
    pub since: Instant,
}

/// Where a run stands at a moment.
pub struct Standing<'a> {
    pub experiment: &'a Experiment,
    pub history: &'a History,
    /// The intensifier that the run was begun with.
    pub choice: &'a Choice,
    pub running: &'a [Running],
    /// What the whole run takes; unknown where its limits do not say.
    pub planned: Option<Work>,
    pub left: Option<Estimate>,
    /// Seconds since the start, those of earlier sessions included.
    pub seconds: f64,
}

/// Somebody who wants to know how a run goes.
pub trait Watcher {
    /// Something happened.
    fn notice(&mut self, event: &Event, standing: &Standing);

    /// Time passed.
    fn tick(&mut self, _standing: &Standing) {}
}
