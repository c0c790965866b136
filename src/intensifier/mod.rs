//! Intensifiers: decide which configuration is evaluated next at which budget.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub(crate) mod asynchronous;
pub mod bracket;
pub mod config;
mod extrapolation;
pub(crate) mod full_fidelity;
pub(crate) mod hyperband;
mod ladder;
pub(crate) mod progressive;
pub mod pruning;
pub mod racing;

use std::sync::Arc;

use crate::trial::ConfigurationId;
use crate::trial::budget::Budget;
use crate::trial::history::History;

/// An intensifier's decision about the next trial.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// A configuration that was tried before runs again: at a higher budget, or with another seed and instance.
    Promote { configuration: ConfigurationId, assignment: Assignment },
    /// One of these candidates, at least one, is next: the one that the proposal strategy finds most promising.
    Choose { candidates: Vec<Candidate> },
    /// A new configuration, never tried before.
    New { assignment: Assignment },
    /// No trial until a running one ends; where none runs, no trial ever.
    Wait,
}

/// A trial that may be next.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The configuration that is promoted; `None` for a new one, which the proposal strategy finds.
    pub configuration: Option<ConfigurationId>,
    pub assignment: Assignment,
}

/// The place of a trial in the schedule: bracket, rung and budget and, where they are fixed, seed and instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The number of the bracket, from 0.
    pub bracket: u32,
    /// The number of the rung, from 0 at the bracket's smallest budget.
    pub rung: u32,
    pub budget: Budget,
    /// The seed and the instance; absent where the configuration's own seed and no instance are used.
    pub instance_seed: Option<InstanceSeed>,
}

/// The seed and the instance of an evaluation, on which it depends beside configuration and budget.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceSeed {
    pub seed: u64,
    pub instance: Option<Arc<str>>,
}

/// A rule that decides, from the history alone, at which budget the next trial runs and whether it continues a
/// configuration.
///
/// An intensifier may keep state between calls, as long as it follows from the history, which only grows: one that is
/// shown the whole history at once must decide the same.
pub trait Intensifier: Send + Sync {
    /// Decides on the next trial; `can_sample_new` is true while there are configurations that were never tried.
    fn next(&mut self, history: &History, can_sample_new: bool) -> Next;

    /// The configurations that wait for the promotion of one of them, once their rung has ended. A strategy keeps new
    /// configurations away from them.
    fn waiting(&self, _history: &History) -> Vec<ConfigurationId> {
        Vec::new()
    }

    /// False where a configuration that was tried can never be promoted again, so that its checkpoint can be removed.
    fn may_go_on(&self, history: &History, configuration: ConfigurationId) -> bool {
        let last = history.of(configuration).next_back();
        last.is_some_and(|trial| trial.outcome.as_ref().is_none_or(|outcome| outcome.cost().is_some()))
    }
}

#[cfg(test)]
pub(crate) mod walk;
