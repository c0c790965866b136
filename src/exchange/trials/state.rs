//! State of a configuration: whether its trials go on, and the values that it has in the end.
use std::collections::{BTreeMap, BTreeSet};

use crate::exchange::trials::exported::ExportedTrial;
use crate::trial::budget::Budget;
use crate::trial::outcome::Outcome;

/// Powers of ten by which budgets are multiplied at most, to be whole as the steps of other programs are.
const MOST_DECIMALS: i32 = 6;

/// The state of a configuration, whose trials other programs keep as one.
#[derive(Clone, Debug, PartialEq)]
pub enum ConfigurationState {
    Running,
    /// It has a cost at the highest budget: the mean of those there, one an objective.
    Complete(Vec<f64>),
    /// It was not promoted; the values are those at its last budget, where it has any.
    Pruned(Option<Vec<f64>>),
    Failed,
}

impl ConfigurationState {
    /// The state once no more trials are started, where `highest` is the highest budget with a cost.
    pub fn at_end(trials: &[ExportedTrial], highest: Option<Budget>, objectives: usize) -> Self {
        if trials.iter().any(|each| each.trial.outcome.is_none()) {
            return Self::Running;
        }
        let budget = |each: &ExportedTrial| each.trial.proposal.budget;
        let reached = trials.iter().filter(|each| !each.costs().is_empty()).map(budget).max();
        let at_reached = trials.iter().filter(|each| Some(budget(each)) == reached && !each.costs().is_empty());
        let values = (0..objectives)
            .map(|objective| mean(at_reached.clone().filter_map(|each| each.costs().get(objective).copied())));
        let values: Vec<f64> = values.collect();
        let has_failed = trials.last().and_then(|each| each.trial.outcome.as_ref()).is_some_and(Outcome::is_failure);
        match reached {
            Some(_) if reached == highest => Self::Complete(values),
            _ if has_failed => Self::Failed,
            Some(_) if objectives == 1 => Self::Pruned(Some(values)),
            Some(_) => Self::Pruned(None),
            None if trials.iter().any(|each| !each.curve().is_empty()) => Self::Pruned(None),
            None => Self::Failed,
        }
    }

    /// The state while the run goes on: a configuration that may still be promoted is running. `full` is the highest budget
    /// of all.
    pub fn so_far(trials: &[ExportedTrial], full: Budget, objectives: usize) -> Self {
        let was_ended = trials.last().is_some_and(|each| each.trial.outcome == Some(Outcome::Pruned));
        match Self::at_end(trials, Some(full), objectives) {
            Self::Pruned(_) if !was_ended => Self::Running,
            state => state,
        }
    }
}

/// The costs of a configuration by budget, those on its way too, the mean where there are several; empty where there are
/// several objectives, for which curves have no place.
pub(super) fn curve(trials: &[ExportedTrial], objectives: usize) -> BTreeMap<Budget, f64> {
    let mut points: BTreeMap<Budget, Vec<f64>> = BTreeMap::new();
    for each in trials.iter().filter(|_| objectives == 1) {
        for point in each.trial.curve.points() {
            points.entry(point.budget).or_default().push(point.cost);
        }
        if let Some(cost) = each.costs().first() {
            points.entry(each.trial.proposal.budget).or_default().push(*cost);
        }
    }
    points.into_iter().map(|(budget, costs)| (budget, mean(costs.iter().copied()))).collect()
}

/// The mean of costs.
pub(super) fn mean(costs: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = costs.clone().count();
    costs.map(|cost| cost / count as f64).sum()
}

/// The steps that a unit of budget has: a power of ten that makes all budgets whole, or else different whole numbers.
pub fn steps_a_unit<'a>(budgets: impl Iterator<Item = &'a Budget>) -> f64 {
    let budgets: BTreeSet<Budget> = budgets.copied().collect();
    let steps = |scale: f64| budgets.iter().map(move |budget| budget.amount() * scale);
    let is_whole = |scale: &f64| steps(*scale).all(|step| (step - step.round()).abs() <= 1e-9 * step && step >= 0.5);
    let is_told_apart = |scale: &f64| {
        let rounded: Vec<f64> = steps(*scale).map(f64::round).collect();
        rounded.first().is_none_or(|first| *first >= 1.0) && rounded.windows(2).all(|pair| pair[0] < pair[1])
    };
    let scales = (0..=MOST_DECIMALS).map(|decimals| 10_f64.powi(decimals));
    let few = |scale: &f64| *scale <= 1e3;
    let whole = scales.clone().filter(few).find(is_whole);
    whole.or_else(|| scales.clone().find(is_told_apart)).unwrap_or(10_f64.powi(MOST_DECIMALS))
}

/// The step of a budget.
pub(super) fn step(budget: Budget, steps_a_unit: f64) -> i64 {
    (budget.amount() * steps_a_unit).round().max(1.0) as i64
}
