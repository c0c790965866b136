//! The best so far of several objectives: what nothing else beats in all of them.
use super::Trial;
use super::history::History;
use crate::numeric::pareto;

/// The trials at the highest budget with a success that no other of them dominates, the best of the first objective first;
/// of one objective, the trials with the lowest cost there.
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
