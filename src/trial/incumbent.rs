//! The best so far: lowest cost at the highest budget reached.
use super::budget::Budget;
use super::history::History;
use super::{Origin, Trial};

/// The incumbent: among the successes at the highest budget with any, the one with the lowest cost, the earliest of equals.
///
/// Costs at different budgets are not compared: a small budget often looks better or worse than it is.
pub fn incumbent(history: &History) -> Option<&Trial> {
    let successes = || history.trials().iter().filter_map(|trial| Some((trial, trial.outcome.as_ref()?.cost()?)));
    let highest = successes().map(|(trial, _)| trial.proposal.budget).max()?;
    successes()
        .filter(|(trial, _)| trial.proposal.budget == highest)
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(trial, _)| trial)
}

/// The default configuration's trial at a budget.
pub fn default_at(history: &History, budget: Budget) -> Option<&Trial> {
    let default = history.trials().iter().find(|trial| trial.proposal.origin == Origin::Default)?;
    history.at(default.proposal.configuration_id, budget)
}
