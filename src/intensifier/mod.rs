//! Who deserves more budget.
pub mod asynchronous;
pub mod bracket;

pub mod config;
mod extrapolation;
pub mod full_fidelity;

pub mod hyperband;
pub mod ladder;

pub mod progressive;
pub mod pruning;

pub mod racing;

use std::sync::Arc;

use crate::trial::ConfigurationId;
use crate::trial::budget::Budget;
use crate::trial::history::History;

/// What should be asked for next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// A configuration that was tried goes on: at a higher budget, or on another pair of seed and instance.
    Promote { configuration: ConfigurationId, assignment: Assignment },
    /// One of these goes on: of which the model expects most, or the first, which has cost least.
    Choose { among: Vec<ConfigurationId>, assignment: Assignment },
    /// A configuration that was never tried.
    New { assignment: Assignment },
    /// Nothing until a running trial ends; where none runs, nothing ever.
    Wait,
}

/// Where a trial belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// From 0.
    pub bracket: u32,
    /// From 0 at the bracket's smallest budget.
    pub rung: u32,
    pub budget: Budget,
    /// Absent: the configuration's own seed, and no instance.
    pub instance_seed: Option<InstanceSeed>,
}

/// What an evaluation depends on beside the configuration and the budget.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceSeed {
    pub seed: u64,
    pub instance: Option<Arc<str>>,
}

/// Decides, from the history alone, which rung the next trial belongs to.
///
/// What it keeps between two questions follows from the history, which it is shown as it grows: one that is shown the
/// whole of it at once answers the same.
pub trait Intensifier: Send + Sync {
    /// What comes next; `can_sample_new` says whether configurations are left that were never tried.
    fn next(&mut self, history: &History, can_sample_new: bool) -> Next;

    /// Configurations of which one will be chosen to go on once others of its kind have ended: what is new should not be one
    /// of them again.
    fn waiting(&self, _history: &History) -> Vec<ConfigurationId> {
        Vec::new()
    }

    /// Whether a configuration that was tried may be promoted, now or later; where nothing rules it out, true.
    fn may_go_on(&self, history: &History, configuration: ConfigurationId) -> bool {
        let last = history.of(configuration).next_back();
        last.is_some_and(|trial| trial.outcome.as_ref().is_none_or(|outcome| outcome.cost().is_some()))
    }
}

#[cfg(test)]
pub(crate) mod walk;
