//! The best so far: lowest cost at the highest budget reached.
use super::budget::Budget;
use super::history::History;
use super::{Origin, Trial};

/// The incumbent: among the successes at the highest budget with any, the one with the lowest cost, the earliest of equals.
///
/// Costs at different budgets are not compared: a small budget often looks better or worse than it is. Where
/// configurations race over seeds and instances, the one that was evaluated on most of them stands above the others,
/// the mean cost decides among equals, and the trial is its first success.
pub fn incumbent(history: &History) -> Option<&Trial> {
    history.ranking().best().and_then(|best| history.trial(best.trial))
}

/// The default configuration's trial at a budget.
pub fn default_at(history: &History, budget: Budget) -> Option<&Trial> {
    // The default comes with the first configurations or not at all.
    let default = history.trials().iter().find(|trial| trial.proposal.origin == Origin::Default)?;
    history.at(default.proposal.configuration_id, budget)
}
