//! Trials: their budgets and outcomes, the history that they make, and the best among them.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod budget;
pub mod curve;
pub mod direction;
pub mod evaluation;
pub mod front;
pub mod history;
pub mod incumbent;
pub(crate) mod metrics;
pub mod outcome;
pub mod penalty;
pub mod prediction;
pub mod prior_result;
pub mod ranking;
pub mod recommendation;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::space::configuration::Configuration;
use budget::Budget;
use curve::Curve;
use outcome::Outcome;

/// The number of a trial, from 1, in the order of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TrialId(pub u32);

/// The number of a configuration, from 1, in the order of first appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConfigurationId(pub u32);

impl TrialId {
    /// The position in a list of all trials, from 0. No trial has the number 0: its index is out of every list.
    pub fn index(self) -> usize {
        (self.0 as usize).wrapping_sub(1)
    }

    /// The number of the trial at a position of a list of all trials.
    pub fn of_index(index: usize) -> Self {
        Self(index as u32 + 1)
    }
}

impl ConfigurationId {
    /// The position in a list of all configurations, from 0. No configuration has the number 0: its index is out of every
    /// list.
    pub fn index(self) -> usize {
        (self.0 as usize).wrapping_sub(1)
    }

    /// The number of the configuration at a position of a list of all configurations.
    pub fn of_index(index: usize) -> Self {
        Self(index as u32 + 1)
    }
}

impl fmt::Display for TrialId {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Display for ConfigurationId {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The source of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// One of the configurations that the user gave.
    Given,
    /// The space's default configuration.
    Default,
    /// The initial design of experiments.
    Design,
    /// A proposal of the search strategy, such as the maximum of an acquisition function.
    Model,
    /// A random draw, made now and then in place of a proposal.
    Random,
}

impl Origin {
    /// The word for it in files and listings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Default => "default",
            Self::Design => "design",
            Self::Model => "model",
            Self::Random => "random",
        }
    }

    /// The origin with this word; `None` where no origin has it.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Given, Self::Default, Self::Design, Self::Model, Self::Random]
            .into_iter()
            .find(|origin| origin.name() == name)
    }
}

/// A trial that was asked for: a configuration at a budget, and its place in the schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The number of the trial, from 1.
    pub trial: TrialId,
    /// The number of the configuration, from 1; its trials at several budgets share it.
    pub configuration_id: ConfigurationId,
    /// The values of the hyperparameters.
    pub configuration: Configuration,
    /// The budget of the trial, counted from the start of its configuration.
    pub budget: Budget,
    /// The number of its bracket, from 0, in the order of opening.
    pub bracket: u32,
    /// The number of its rung, from 0 at the bracket's smallest budget.
    pub rung: u32,
    /// The seed of the evaluation, equal on all rungs of a configuration, so that a higher one continues a lower one.
    pub seed: u64,
    /// The instance that it runs on; absent where the experiment has none.
    pub instance: Option<Arc<str>>,
    /// The source of the configuration.
    pub origin: Origin,
}

/// A proposal with its learning curve and, once it has ended, its outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The configuration and its budget.
    pub proposal: Proposal,
    /// Absent while the trial runs, and where it was interrupted.
    pub outcome: Option<Outcome>,
    /// True where it has no outcome and no session of the run goes on, the next of which starts it again.
    pub is_interrupted: bool,
    /// The costs that it reported on its way.
    pub curve: Curve,
    /// The seconds from its start to its end, where they were told.
    pub seconds: Option<f64>,
}

/// The word for a trial that has no outcome while a session of its run goes on.
pub(crate) const RUNNING: &str = "running";

/// The word for a trial that has no outcome where no session of its run goes on.
pub(crate) const INTERRUPTED: &str = "interrupted";

impl Trial {
    /// The word for its outcome; [`RUNNING`] or [`INTERRUPTED`] where it has none.
    pub(crate) fn word(&self) -> &'static str {
        match &self.outcome {
            Some(outcome) => outcome.kind().word(),
            None if self.is_interrupted => INTERRUPTED,
            None => RUNNING,
        }
    }
}
