//! Proposal strategies: find new configurations, and choose among candidates for promotion.
pub(super) mod build;
pub(crate) mod config;
pub(crate) mod differential_evolution;
pub(super) mod model_based;
pub(super) mod random;
pub(crate) mod tree_parzen;

use crate::intensifier::Candidate;
use crate::space::configuration::Configuration;
use crate::trial::budget::Budget;
use crate::trial::history::History;
use crate::trial::prior_result::PriorResult;
use crate::trial::{ConfigurationId, Origin};

/// The state of the search for which a proposal is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation<'a> {
    /// All trials so far.
    pub history: &'a History,
    /// Configurations that wait for the promotion of one of them: a new one should be unlike them.
    pub waiting: &'a [ConfigurationId],
    /// The number of configurations of the initial design.
    pub design: usize,
}

/// A strategy that finds configurations. It owns the space, its settings and its random streams. State that it keeps
/// between two proposals must follow from the history: a strategy that is shown the whole history at once proposes the
/// same.
pub(crate) trait ProposalStrategy: Send + Sync {
    /// A legal configuration that the history does not have, for a trial at a budget; `None` where there are too few
    /// results, or none is left.
    fn propose(&mut self, situation: &Situation, budget: Budget) -> Option<Configuration>;

    /// The candidate that goes on, of at least two; by default the first.
    fn choose(&mut self, _situation: &Situation, _candidates: &[Candidate]) -> ChosenCandidate {
        ChosenCandidate::default()
    }

    /// Adds results of other experiments, before the first proposal.
    fn learn_from(&mut self, _prior_results: Vec<PriorResult>) {}

    /// The origin of the configurations that it proposes.
    fn origin(&self) -> Origin {
        Origin::Model
    }

    /// The name in words.
    fn describe(&self) -> String;
}

/// The candidate that a strategy chose.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ChosenCandidate {
    /// Its index among the candidates.
    pub candidate: usize,
    /// The configuration, where the candidate is a new one and the strategy has found it.
    pub configuration: Option<Configuration>,
}
