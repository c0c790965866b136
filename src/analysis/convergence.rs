//! Convergence: the best cost so far against the budget spent.
use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::input::ReportInput;
use crate::trial::Origin;
use crate::trial::budget::Budget;

/// Costs against the budget that was spent to find them.
#[derive(Clone, Debug, Serialize)]
pub struct Convergence {
    /// Successes, in the order of ending.
    pub dots: Vec<Dot>,
    /// The best cost so far at each budget, from the smallest budget.
    pub curves: Vec<BestCurve>,
    /// The sum of all budgets; a trial that goes on from an earlier one of its configuration with the same seed and instance
    /// spends only the difference.
    pub spent: f64,
    /// The number of trials that ended.
    pub ended: usize,
    /// The default configuration's cost at the highest budget at which it is known, and that budget.
    pub default: Option<(f64, f64)>,
    /// The cost of the constant predictor.
    pub baseline: Option<f64>,
    /// The recommended configuration's mean cost at its highest budget, where the first of those trials ended.
    pub recommended: Option<Improvement>,
    /// The number of trials that ended after that of the recommended configuration.
    pub since: Option<usize>,
}

/// A trial that succeeded.
#[derive(Clone, Debug, Serialize)]
pub struct Dot {
    pub trial: u32,
    /// The number of trials that had ended, this one included.
    pub ended: usize,
    /// The budget that had been spent when it ended.
    pub spent: f64,
    pub budget: f64,
    pub cost: f64,
    pub random: bool,
}

/// The best cost so far at one budget: each step holds until the next.
#[derive(Clone, Debug, Serialize)]
pub struct BestCurve {
    pub budget: f64,
    pub steps: Vec<Improvement>,
}

/// A trial with a lower cost than any before it at the same budget.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Improvement {
    pub trial: u32,
    pub ended: usize,
    pub spent: f64,
    pub cost: f64,
}

impl Convergence {
    /// True if the best was found among the last quarter of the trials; `None` before the first success.
    pub(crate) fn is_recent(&self) -> Option<bool> {
        self.since.map(|since| 4 * since < self.ended)
    }

    /// True if several trials have succeeded, and at each budget all have the same cost.
    pub(crate) fn is_flat(&self) -> bool {
        let first = |dot: &Dot| self.curves.iter().find(|curve| curve.budget == dot.budget)?.steps.first().copied();
        self.dots.len() > 1 && self.dots.iter().all(|dot| first(dot).is_some_and(|first| first.cost == dot.cost))
    }

    pub(super) fn of(input: &ReportInput) -> Self {
        let (mut reached, mut spent, mut ended) = (HashMap::new(), 0.0, 0);
        let (mut dots, mut curves) = (Vec::new(), BTreeMap::<Budget, Vec<Improvement>>::new());
        for trial in input.history.ended() {
            let proposal = &trial.proposal;
            let so_far: &mut f64 =
                reached.entry((proposal.configuration_id, proposal.seed, &proposal.instance)).or_default();
            spent += (proposal.budget.amount() - *so_far).max(0.0);
            *so_far = so_far.max(proposal.budget.amount());
            ended += 1;
            let Some(cost) = trial.outcome.as_ref().and_then(|outcome| outcome.cost()) else { continue };
            let (number, budget) = (proposal.trial.0, proposal.budget.amount());
            dots.push(Dot { trial: number, ended, spent, budget, cost, random: proposal.origin == Origin::Random });
            let steps = curves.entry(proposal.budget).or_default();
            if steps.last().is_none_or(|best: &Improvement| cost < best.cost) {
                steps.push(Improvement { trial: number, ended, spent, cost });
            }
        }
        let recommendation = input.recommendation();
        let best = recommendation.map(|best| best.trial);
        let found = input.history.ended().position(|trial| Some(trial.proposal.trial) == best);
        let recommended = recommendation.and_then(|best| {
            let dot = dots.iter().find(|dot| dot.trial == best.trial.0)?;
            Some(Improvement { trial: dot.trial, ended: dot.ended, spent: dot.spent, cost: best.cost })
        });
        let since = found.map(|index| ended - index - 1);
        let curves = curves.into_iter().map(|(budget, steps)| BestCurve { budget: budget.amount(), steps });
        Self {
            dots,
            curves: curves.collect(),
            spent,
            ended,
            default: default_costs(input).last_key_value().map(|(budget, cost)| (*cost, budget.amount())),
            baseline: input.baseline,
            recommended,
            since,
        }
    }
}

/// The default configuration's cost at each budget at which it is known, the mean over seeds and instances.
///
/// A cost in the history takes precedence over one that was measured outside of it, because the best is taken from the
/// history too.
pub(super) fn default_costs(input: &ReportInput) -> BTreeMap<Budget, f64> {
    let outside = input.default.filter(|(_, cost)| cost.is_finite());
    let outside = outside.and_then(|(budget, cost)| Some((Budget::new(budget)?, cost)));
    let mut costs: BTreeMap<Budget, f64> = outside.into_iter().collect();
    let Ok(default) = input.space.default_configuration() else { return costs };
    let trials = input.history.trials().iter().filter(|trial| trial.proposal.configuration == default);
    let mut sums: BTreeMap<Budget, (f64, f64)> = BTreeMap::new();
    for (budget, cost) in trials.filter_map(|trial| Some((trial.proposal.budget, trial.outcome.as_ref()?.cost()?))) {
        let (sum, count) = sums.entry(budget).or_default();
        (*sum, *count) = (*sum + cost, *count + 1.0);
    }
    costs.extend(sums.into_iter().map(|(budget, (sum, count))| (budget, sum / count)));
    costs
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{finished, history, input, line};
    use super::super::headline::Headline;
    use super::*;
    use crate::space::hyperparameter::Value;
    use crate::trial::Proposal;
    use crate::trial::history::History;

    #[test]
    fn the_default_is_known_from_the_history_and_from_outside() {
        let space = line();
        let history =
            history(&space, [(0.5, 60.0, finished(0.3)), (0.1, 60.0, finished(0.2)), (0.1, 540.0, finished(0.1))]);
        let check = |default, headline, convergence| {
            let input = ReportInput { default, ..input(&space, &history) };
            assert_eq!(Headline::of(&input).default, headline, "{default:?}");
            assert_eq!(Convergence::of(&input).default, convergence, "{default:?}");
        };
        check(None, Some((0.3, 60.0)), Some((0.3, 60.0)));
        check(Some((540.0, 0.15)), Some((0.15, 540.0)), Some((0.15, 540.0)));
        // The best is at 540: there the two are compared, and the line is at the highest budget.
        check(Some((60.0, 0.9)), Some((0.3, 60.0)), Some((0.3, 60.0)));
        check(Some((1620.0, 0.05)), Some((0.05, 1620.0)), Some((0.05, 1620.0)));
        check(Some((540.0, f64::NAN)), Some((0.3, 60.0)), Some((0.3, 60.0)));
    }

    #[test]
    fn seeds_count_each_and_the_default_is_their_mean() {
        let space = line();
        let mut history = History::default();
        for (x, seed, cost) in [(0.5, 1, 0.4), (0.5, 2, 0.8), (0.1, 1, 0.3), (0.1, 2, 0.5)] {
            let configuration = space.configuration(vec![Some(Value::Float(x))]).expect("a legal value");
            let next = history.proposal(configuration, Budget::new(3.0).expect("positive"));
            let trial = next.trial;
            history.ask(Proposal { seed, ..next });
            history.tell(trial, finished(cost));
        }
        let found = Convergence::of(&input(&space, &history));
        assert_eq!((found.spent, found.ended), (12.0, 4));
        assert!((found.default.unwrap().0 - 0.6).abs() < 1e-12);
        let recommended = found.recommended.unwrap();
        assert_eq!((recommended.trial, recommended.spent), (3, 9.0));
        assert!((recommended.cost - 0.4).abs() < 1e-12);
    }
}
