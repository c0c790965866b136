//! Chains: the trials of each configuration with their times, and what they would have taken under other rules.
use std::collections::BTreeMap;

use serde::Serialize;

use super::input::ReportInput;
use crate::trial::Trial;
use crate::trial::outcome::{Outcome, OutcomeKind};

/// Trials below which their times are not compared with models of them.
pub(super) const ENOUGH: usize = 8;
/// The residual sum of squares of the better model of the times, as a share of the other's, at most.
const CLEARLY: f64 = 0.8;

/// The time of a trial: a part that it always takes, and a part in proportion to its budget.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TimeLine {
    pub start_s: f64,
    pub per_budget_s: f64,
}

/// A rule by which the same configurations are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// As it was.
    Actual,
    /// Every configuration that did not fail has the full budget.
    WithoutStopping,
    /// Every trial begins anew, and repeats what the earlier ones of its configuration did.
    WithoutContinuing,
    /// Every trial continues, where the times show that trials began anew.
    WithContinuing,
}

/// The trials of one configuration with one seed on one instance, in ascending order of budget.
pub(super) struct Chain<'a> {
    /// Each trial with its seconds, the budget that was reached before, and the budget that it reached.
    pub trials: Vec<(&'a Trial, f64, f64, f64)>,
    pub failed: bool,
}

/// The chains of a run whose times are known.
pub(super) fn chains<'a>(input: &'a ReportInput, seconds: &dyn Fn(&Trial) -> Option<f64>) -> Vec<Chain<'a>> {
    let mut chains: BTreeMap<_, Vec<&Trial>> = BTreeMap::new();
    for trial in input.history.trials().iter().filter(|trial| trial.outcome.is_some() && seconds(trial).is_some()) {
        let proposal = &trial.proposal;
        let key = (proposal.configuration_id.0, proposal.seed, proposal.instance.clone());
        chains.entry(key).or_default().push(trial);
    }
    let chain = |mut trials: Vec<&'a Trial>| {
        trials.sort_by_key(|trial| trial.proposal.budget);
        let mut before = 0.0;
        let member = |trial: &'a Trial| {
            let own = trial.proposal.budget.amount();
            let is_pruned = trial.outcome.as_ref().map(Outcome::kind) == Some(OutcomeKind::Pruned);
            // A pruned trial spent what it reported last.
            let last = trial.curve.points().last().map(|point| point.budget.amount()).filter(|_| is_pruned);
            let reached = last.unwrap_or(own).max(before);
            (trial, seconds(trial).unwrap_or(0.0), std::mem::replace(&mut before, reached), reached)
        };
        let failed = trials.iter().any(|trial| trial.outcome.as_ref().is_some_and(Outcome::is_failure));
        Chain { trials: trials.into_iter().map(member).collect(), failed }
    };
    chains.into_values().map(chain).collect()
}

/// The line through the times of all successes against an amount of budget, by least squares with neither part below 0, and
/// the sum of the squares that it leaves; `None` with too few.
pub(super) fn line(chains: &[Chain], amount: &dyn Fn(f64, f64) -> f64) -> Option<(TimeLine, f64)> {
    let is_success = |trial: &Trial| trial.outcome.as_ref().is_some_and(|outcome| outcome.cost().is_some());
    let all = chains.iter().flat_map(|chain| &chain.trials).filter(|(trial, ..)| is_success(trial));
    let points: Vec<(f64, f64)> =
        all.map(|(_, seconds, before, reached)| (amount(*before, *reached), *seconds)).collect();
    if points.len() < ENOUGH {
        return None;
    }
    let n = points.len() as f64;
    let (x, y) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let xx: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    let xy: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    // Equal budgets say nothing of a start: all of the time is taken to be in proportion.
    let slope = if xx > 1e-9 * n * x * x { (xy / xx).max(0.0) } else { y / x.max(f64::MIN_POSITIVE) };
    let start = y - slope * x;
    let (start_s, per_budget_s) = if start >= 0.0 { (start, slope) } else { (0.0, y / x.max(f64::MIN_POSITIVE)) };
    let left = points.iter().map(|p| (p.1 - start_s - per_budget_s * p.0).powi(2)).sum();
    Some((TimeLine { start_s, per_budget_s }, left))
}

/// True if the times of trials at higher budgets are those of the budget that they added, false if those of their whole
/// budget: the better of two lines.
pub(super) fn continued(chains: &[Chain]) -> Option<bool> {
    let promoted = chains.iter().flat_map(|chain| &chain.trials).filter(|(_, _, before, _)| *before > 0.0).count();
    if promoted < ENOUGH {
        return None;
    }
    let (_, added) = line(chains, &|before, reached| reached - before)?;
    let (_, whole) = line(chains, &|_, reached| reached)?;
    match (added < CLEARLY * whole, whole < CLEARLY * added) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// The budget and the seconds under each rule, the actual one first; a rule that changes nothing is left out.
///
/// More budget of a configuration takes the line's time for it, times the factor by which the configuration's own trials were
/// slower than the line; a start is not paid again.
pub(super) fn rules(
    chains: &[Chain],
    (continued, line): (Option<bool>, Option<TimeLine>),
    full: f64,
    actual_s: f64,
) -> Vec<(Rule, f64, f64)> {
    let anew = continued == Some(false);
    let mut spent = 0.0;
    let (mut further, mut further_s) = (0.0, 0.0);
    let (mut changed, mut changed_s) = (0.0, 0.0);
    for chain in chains {
        let Some((_, _, _, reached)) = chain.trials.last() else { continue };
        let added = |before: f64, reached: f64| if anew { reached } else { reached - before };
        let own: f64 = chain.trials.iter().map(|(_, _, before, reached)| added(*before, *reached)).sum();
        let own_s: f64 = chain.trials.iter().map(|(_, seconds, ..)| seconds).sum();
        spent += own;
        // The seconds for a unit of budget.
        let pace = match line {
            Some(TimeLine { start_s, per_budget_s }) => {
                let usual = start_s * chain.trials.len() as f64 + per_budget_s * own;
                if usual > 0.0 { per_budget_s * own_s / usual } else { 0.0 }
            }
            None if own > 0.0 => own_s / own,
            None => 0.0,
        };
        let repeated: f64 = chain.trials.iter().map(|(_, _, before, _)| before).sum();
        let sign = if anew { -1.0 } else { 1.0 };
        (changed, changed_s) = (changed + sign * repeated, changed_s + sign * pace * repeated);
        if !chain.failed && *reached < full {
            let rest = if anew { full } else { full - reached };
            (further, further_s) = (further + rest, further_s + pace * rest);
        }
    }
    let mut rules = vec![(Rule::Actual, spent, actual_s)];
    if further > 0.0 {
        rules.push((Rule::WithoutStopping, spent + further, actual_s + further_s));
    }
    if changed != 0.0 {
        let rule = if anew { Rule::WithContinuing } else { Rule::WithoutContinuing };
        rules.push((rule, spent + changed, (actual_s + changed_s).max(0.0)));
    }
    rules
}
