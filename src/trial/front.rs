//! The Pareto front of a history: the trials that no other dominates in all objectives.
use super::Trial;
use super::history::History;
use crate::numeric::pareto;

/// The non-dominated successes at the highest budget with any, in ascending order of the first objective. With one
/// objective these are the trials with the lowest cost.
pub fn front(history: &History) -> Vec<&Trial> {
    let Some(budget) = history.ranking().budgets().next_back() else { return Vec::new() };
    let mut trials: Vec<&Trial> =
        history.ended().filter(|trial| trial.proposal.budget == budget && costs(trial).is_some()).collect();
    trials.sort_unstable_by_key(|trial| trial.proposal.trial);
    let vectors: Vec<&[f64]> = trials.iter().filter_map(|trial| costs(trial)).collect();
    let Some(mut first) = pareto::fronts(&vectors).into_iter().next() else { return Vec::new() };
    first.sort_by(|&a, &b| vectors[a][0].total_cmp(&vectors[b][0]).then(a.cmp(&b)));
    first.into_iter().map(|index| trials[index]).collect()
}

fn costs(trial: &Trial) -> Option<&[f64]> {
    trial.outcome.as_ref().map(|outcome| outcome.costs()).filter(|costs| !costs.is_empty())
}
