//! The sample: the trials that the regression is fitted to, and the reasons why others are left out.
use std::collections::BTreeMap;

use serde::Serialize;

use super::input::ReportInput;
use crate::numeric::stream::Stream;
use crate::trial::budget::Budget;
use crate::trial::direction::Direction;
use crate::trial::outcome::Outcome;
use crate::trial::{Trial, TrialId};

/// The least number of successes at the budget of the predictions, if any budget has so many.
const ENOUGH_TO_AIM: usize = 3;

/// The greatest number of trials in the sample: the models' time grows with their square.
const MOST: usize = 400;
/// The greatest number of trials in the sample where there are more than `WIDE` hyperparameters.
const MOST_WIDE: usize = 200;
const WIDE: usize = 64;

/// The trials that the regression is fitted to, as the figure's header describes them.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// The budget at which costs are predicted; absent if no trial succeeded.
    pub budget: Option<f64>,
    /// True if there are trials at several budgets, with the budget as one more column of the model.
    pub pooled: bool,
    /// True if the target is the decimal logarithm of the cost.
    pub logarithmic: bool,
    /// The cost of the constant predictor, to which greater costs are reduced.
    pub cap: Option<f64>,
    pub capped: usize,
    /// The number of successes in the sample.
    pub trials: usize,
    /// The number of successes in the sample at the budget of the predictions.
    pub at_budget: usize,
    /// Successes in the sample by budget, from the smallest.
    pub budgets: Vec<BudgetShare>,
    pub left_out: Vec<LeftOut>,
    #[serde(skip)]
    pub(super) used: Vec<SampledTrial>,
}

/// The number of successes of the sample at a budget.
#[derive(Clone, Debug, Serialize)]
pub struct BudgetShare {
    pub budget: f64,
    pub trials: usize,
}

/// Trials that are not in the sample, by reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeftOut {
    pub reason: String,
    pub trials: usize,
}

/// A trial of the sample with its target, in decades if it is logarithmic.
#[derive(Clone, Copy, Debug)]
pub(super) struct SampledTrial {
    pub trial: TrialId,
    pub target: f64,
}

impl Sample {
    /// Chooses the trials; `width` is the number of hyperparameters that vary.
    ///
    /// All budgets enter, the budget is one column of the model, and predictions are made at the highest.
    pub(super) fn of(input: &ReportInput, width: usize) -> Self {
        let finished = |trial: &Trial| trial.outcome.as_ref().and_then(Outcome::cost);
        let mut counts: BTreeMap<Budget, usize> = BTreeMap::new();
        for trial in input.history.trials().iter().filter(|trial| finished(trial).is_some()) {
            *counts.entry(trial.proposal.budget).or_default() += 1;
        }
        let aim = counts.iter().rev().find(|(_, n)| **n >= ENOUGH_TO_AIM).or(counts.iter().next_back());
        let aim = aim.map(|(budget, _)| *budget);
        let most = if width > WIDE { MOST_WIDE } else { MOST };

        let cap = input.baseline.filter(|cap| cap.is_finite());
        let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
        let (mut kept, mut rest) = (Vec::new(), Vec::new());
        for trial in input.history.trials() {
            let reason = match &trial.outcome {
                None => trial.word().to_owned(),
                Some(Outcome::Finished(costs_of_trial)) => {
                    // Of several budgets, that of the predictions is drawn from first.
                    let is_aim = counts.len() > 1 && Some(trial.proposal.budget) == aim;
                    let costs = if is_aim { &mut kept } else { &mut rest };
                    costs.push((trial.proposal.trial, costs_of_trial.primary()));
                    continue;
                }
                Some(other) => other.kind().in_words(),
            };
            *left_out.entry(reason).or_default() += 1;
        }
        let all = kept.len() + rest.len();
        if all > most {
            left_out.insert("beyond those drawn for the model".to_owned(), all - most);
            let mut stream = Stream::of(0, "sample", 0);
            stream.shuffle(&mut kept);
            // The other budgets keep a quarter at least.
            kept.truncate(most - rest.len().min(most / 4));
            stream.shuffle(&mut rest);
            rest.truncate(most - kept.len());
        }
        let mut costs = [kept, rest].concat();
        costs.sort_by_key(|(trial, _)| *trial);
        let mut capped = 0;
        if let Some(cap) = cap {
            for (_, cost) in costs.iter_mut().filter(|(_, cost)| *cost > cap) {
                *cost = cap;
                capped += 1;
            }
        }
        let entered = |budget: Budget| {
            let at = |trial: &TrialId| input.history.trial(*trial).map(|trial| trial.proposal.budget);
            costs.iter().filter(|(trial, _)| at(trial) == Some(budget)).count()
        };
        let budgets: Vec<BudgetShare> =
            counts.keys().map(|budget| BudgetShare { budget: budget.amount(), trials: entered(*budget) }).collect();
        // The negation of a value that is maximized has no logarithm that anyone would read.
        let logarithmic = input.direction == Direction::Minimize && costs.iter().all(|(_, cost)| *cost > 0.0);
        let target = |cost: f64| if logarithmic { cost.log10() } else { cost };
        Self {
            budget: aim.map(Budget::amount),
            pooled: counts.len() > 1,
            logarithmic,
            cap,
            capped,
            trials: costs.len(),
            at_budget: aim.map_or(0, entered),
            budgets,
            left_out: left_out.iter().map(|(why, n)| LeftOut { reason: why.clone(), trials: *n }).collect(),
            used: costs.iter().map(|(trial, cost)| SampledTrial { trial: *trial, target: target(*cost) }).collect(),
        }
    }

    /// The cost of a target.
    pub(crate) fn cost(&self, target: f64) -> f64 {
        if self.logarithmic { 10f64.powf(target) } else { target }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{self, finished, input};
    use super::*;

    /// The sample of trials with these budgets and outcomes, where the constant predictor costs 1.
    fn sample(trials: &[(f64, Outcome)]) -> Sample {
        let space = fixtures::line();
        let place = |index: usize| index as f64 / trials.len() as f64;
        let trials =
            trials.iter().enumerate().map(|(index, (budget, outcome))| (place(index), *budget, outcome.clone()));
        Sample::of(&input(&space, &fixtures::history(&space, trials)), 1)
    }

    #[test]
    fn the_highest_budget_with_enough_successes_is_explained() {
        let many = |budget: f64, n: usize| vec![(budget, finished(0.1)); n];
        let check = |trials: Vec<(f64, Outcome)>, budget, pooled, entered| {
            let sample = sample(&trials);
            assert_eq!((sample.budget, sample.pooled, sample.trials), (budget, pooled, entered));
        };
        check(vec![], None, false, 0);
        check(many(9.0, 5), Some(9.0), false, 5);
        check([many(3.0, 9), many(9.0, 3), many(27.0, 1)].concat(), Some(9.0), true, 13);
        check([many(3.0, 50), many(9.0, 45)].concat(), Some(9.0), true, 95);
        check(many(9.0, 450), Some(9.0), false, 400);
        check([many(3.0, 150), many(9.0, 5000)].concat(), Some(9.0), true, 400);
    }

    #[test]
    fn a_draw_keeps_every_trial_at_the_budget_to_be_explained() {
        // Every second small one has not learned; what is capped is counted among those that were drawn.
        let small = (0..900).map(|index| (3.0, finished(if index % 2 == 0 { 0.1 } else { 9.0 })));
        let trials: Vec<(f64, Outcome)> = small.chain(vec![(9.0, finished(9.0)); 39]).collect();
        let sample = sample(&trials);
        assert_eq!((sample.trials, sample.at_budget, sample.used.len()), (400, 39, 400));
        assert_eq!(sample.budgets.iter().map(|share| share.trials).collect::<Vec<_>>(), [361, 39]);
        assert_eq!(sample.left_out.iter().map(|left| left.trials).collect::<Vec<_>>(), [539]);
        assert_eq!(sample.capped, sample.used.iter().filter(|used| used.target == 0.0).count());
        assert!((39 + 100..39 + 261).contains(&sample.capped), "{}", sample.capped);
        assert!(sample.used.windows(2).all(|pair| pair[0].trial < pair[1].trial));
    }

    #[test]
    fn failures_are_counted_and_what_has_not_learned_is_capped() {
        let sample =
            sample(&[(1.0, finished(0.1)), (1.0, finished(50.0)), (1.0, Outcome::Diverged), (1.0, Outcome::TimedOut)]);
        assert_eq!((sample.capped, sample.used[1].target), (1, 0.0));
        let left = [("diverged", 1), ("timed out", 1)].map(|(why, trials)| LeftOut { reason: why.into(), trials });
        assert_eq!(sample.left_out, left);
    }

    #[test]
    fn values_to_be_maximized_are_not_logarithmic() {
        let space = fixtures::line();
        let history = fixtures::history(&space, [(0.1, 1.0, finished(3.0)), (0.2, 1.0, finished(900.0))]);
        let input = fixtures::input(&space, &history);
        assert!(Sample::of(&input, 1).logarithmic);
        assert!(!Sample::of(&ReportInput { direction: Direction::Maximize, ..input }, 1).logarithmic);
    }

    #[test]
    fn costs_that_are_not_positive_are_not_logarithmic() {
        assert!(sample(&[(1.0, finished(0.1))]).logarithmic);
        assert!(!sample(&[(1.0, finished(0.1)), (1.0, finished(-0.1))]).logarithmic);
    }
}
