//! What was tried: trials, their budgets and outcomes, and the best among them.
pub mod budget;
pub mod curve;

pub mod front;
pub mod prediction;
pub mod prior_result;

pub mod history;
pub mod incumbent;

pub mod outcome;
pub mod ranking;

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

/// Where a configuration came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The user gave it.
    Given,
    /// The space's default configuration.
    Default,
    /// The initial design.
    Design,
    /// The acquisition function's maximum.
    Model,
    /// Interleaved at random.
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

    /// The origin that a file names.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Given, Self::Default, Self::Design, Self::Model, Self::Random]
            .into_iter()
            .find(|origin| origin.name() == name)
    }
}

/// A trial that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub trial: TrialId,
    pub configuration_id: ConfigurationId,
    pub configuration: Configuration,
    pub budget: Budget,
    /// Which bracket of the schedule, from 0, in the order of opening.
    pub bracket: u32,
    /// Which rung of its bracket, from 0 at the smallest budget.
    pub rung: u32,
    /// The same for all rungs of a configuration, so that a higher one continues a lower one.
    pub seed: u64,
    /// Which of the experiment's instances it runs on; absent where there are none.
    pub instance: Option<Arc<str>>,
    pub origin: Origin,
}

/// A proposal, what it reported on its way and, once it has ended, its outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    pub proposal: Proposal,
    pub outcome: Option<Outcome>,
    pub curve: Curve,
    /// From its start to its end, where that was told.
    pub seconds: Option<f64>,
}
