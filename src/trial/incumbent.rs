//! The incumbent: the trial with the lowest cost at the highest budget reached.
use super::budget::Budget;
use super::history::History;
use super::{Origin, Trial};

/// The success with the lowest cost at the highest budget with any success, the earliest of equals; `None` without a
/// success.
///
/// Costs at different budgets are not compared, since a small budget often misleads. Where configurations race over
/// seeds and instances, the one evaluated on most pairs ranks first, the mean cost decides among equals, and its first
/// success is returned.
pub fn incumbent(history: &History) -> Option<&Trial> {
    history.ranking().best().and_then(|best| history.trial(best.trial))
}

/// The default configuration's trial at a budget; `None` where it was not tried there.
pub fn default_at(history: &History, budget: Budget) -> Option<&Trial> {
    // The default comes with the first configurations or not at all.
    let default = history.trials().iter().find(|trial| trial.proposal.origin == Origin::Default)?;
    history.at(default.proposal.configuration_id, budget)
}
