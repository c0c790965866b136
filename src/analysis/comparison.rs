//! Comparison of two runs: their best costs after equal amounts of budget.
use std::collections::BTreeSet;

use serde::Serialize;

use crate::trial::budget::Budget;
use crate::trial::direction::Direction;
use crate::trial::evaluation::Evaluation;
use crate::trial::history::History;
use crate::trial::recommendation::mean_cost;
use crate::trial::{ConfigurationId, Proposal, TrialId};

/// The shares of the common effort at which the best costs so far are compared.
const SHARES: [f64; 4] = [0.25, 0.5, 0.75, 1.0];

/// The numbers of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Comparison {
    /// The highest budget at which both have a cost; if absent, no costs are compared.
    pub budget: Option<f64>,
    /// Amounts of budget that both have spent, the last being all that the shorter run spent.
    pub efforts: Vec<f64>,
    pub sides: [ComparedRun; 2],
}

/// One of the two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ComparedRun {
    pub name: String,
    pub trials: usize,
    pub configurations: usize,
    pub finished: usize,
    /// The number of trials that failed because of their configuration.
    pub failed: usize,
    /// The budget spent by trials that ended.
    pub spent: f64,
    /// The number of evaluations outside of the search, such as those at the end of the run.
    pub evaluations: usize,
    /// The lowest cost at the compared budget, and its trial; of a configuration that was evaluated there, the mean over its
    /// trials and evaluations.
    pub best: Option<f64>,
    pub trial: Option<TrialId>,
    /// The best cost of trials so far at the compared budget after each of the efforts.
    pub best_after: Vec<Option<f64>>,
}

impl Comparison {
    /// Compares two histories by name, with the evaluations outside of the search.
    pub(crate) fn of(sides: [(&str, &History, &[Evaluation]); 2]) -> Self {
        let budgets = |history: &History, evaluations: &[Evaluation]| -> Vec<Budget> {
            let costs =
                history.ended().filter(|trial| trial.outcome.as_ref().is_some_and(|each| each.cost().is_some()));
            let evaluated = evaluations.iter().filter(|each| each.cost.is_some()).map(|each| each.budget);
            costs.map(|trial| trial.proposal.budget).chain(evaluated).collect()
        };
        let [first, second] = sides.map(|(_, history, evaluations)| budgets(history, evaluations));
        let budget = first.into_iter().filter(|budget| second.contains(budget)).max();
        let most = sides.map(|(_, history, _)| history.spent()).into_iter().fold(f64::INFINITY, f64::min);
        let efforts: Vec<f64> = SHARES.iter().map(|share| share * most).collect();
        let compared = |(name, history, evaluations): (&str, &History, &[Evaluation])| {
            ComparedRun::of(name, history, budget, &efforts).evaluated(history, evaluations, budget)
        };
        let sides = sides.map(compared);
        Self { budget: budget.map(Budget::amount), efforts, sides }
    }
}

impl ComparedRun {
    /// Replaces costs by the values of an objective that is maximized.
    pub(crate) fn turn(&mut self, direction: Direction) {
        for cost in self.best.iter_mut().chain(self.best_after.iter_mut().flatten()) {
            *cost = direction.turn(*cost);
        }
    }

    fn of(name: &str, history: &History, budget: Option<Budget>, efforts: &[f64]) -> Self {
        let (mut finished, mut failed, mut spent) = (0, 0, 0.0);
        let mut best: Option<(f64, TrialId)> = None;
        let mut best_after = vec![None; efforts.len()];
        let mut reached = std::collections::HashMap::new();
        for trial in history.ended() {
            let Some(outcome) = &trial.outcome else { continue };
            let so_far: &mut f64 = reached.entry(trial.proposal.configuration_id).or_default();
            spent += (trial.proposal.budget.amount() - *so_far).max(0.0);
            *so_far = so_far.max(trial.proposal.budget.amount());
            failed += usize::from(outcome.is_failure());
            let Some(cost) = outcome.cost() else { continue };
            finished += 1;
            if Some(trial.proposal.budget) == budget && best.is_none_or(|(best, _)| cost < best) {
                best = Some((cost, trial.proposal.trial));
                for (after, effort) in best_after.iter_mut().zip(efforts) {
                    // The sums of two histories differ in their last digits.
                    if spent <= effort * (1.0 + 1e-9) {
                        *after = Some(cost);
                    }
                }
            }
        }
        Self {
            name: name.to_owned(),
            trials: history.trials().len(),
            configurations: history.configurations().len(),
            finished,
            failed,
            spent,
            evaluations: 0,
            best: best.map(|(cost, _)| cost),
            trial: best.map(|(_, trial)| trial),
            best_after,
        }
    }
}

impl ComparedRun {
    /// The same with the evaluations outside of the search, of which a configuration's cost is the mean.
    fn evaluated(mut self, history: &History, evaluations: &[Evaluation], budget: Option<Budget>) -> Self {
        self.evaluations = evaluations.len();
        let Some(budget) = budget else { return self };
        let is_here = |each: &&Evaluation| each.budget == budget && each.cost.is_some();
        let evaluated: BTreeSet<ConfigurationId> =
            evaluations.iter().filter(is_here).map(|each| each.configuration).collect();
        let trials = history.ended().filter_map(|trial| {
            let Proposal { trial: number, configuration_id, budget: at, .. } = &trial.proposal;
            let is_counted = *at == budget && !evaluated.contains(configuration_id);
            Some((trial.outcome.as_ref()?.cost().filter(|_| is_counted)?, *number))
        });
        let means = evaluated.iter().filter_map(|configuration| {
            let cost = mean_cost(history, evaluations, *configuration, budget)?;
            Some((cost, history.of(*configuration).next()?.proposal.trial))
        });
        // The first of equals, in the order of the trials.
        let best = trials.chain(means).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        (self.best, self.trial) = (best.map(|best| best.0), best.map(|best| best.1));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{finished, history, line};
    use super::*;
    use crate::trial::outcome::Outcome;

    #[test]
    fn the_best_is_compared_at_a_common_budget_and_after_equal_effort() {
        let space = line();
        let slow = history(
            &space,
            [
                (0.1, 9.0, finished(5.0)),
                (0.2, 9.0, finished(4.0)),
                (0.3, 9.0, finished(1.0)),
                (0.4, 27.0, finished(0.5)),
            ],
        );
        let quick =
            history(&space, [(0.5, 9.0, finished(2.0)), (0.6, 9.0, Outcome::Diverged), (0.7, 9.0, finished(3.0))]);
        let found = Comparison::of([("slow", &slow, &[]), ("quick", &quick, &[])]);
        assert_eq!((found.budget, &found.efforts[..]), (Some(9.0), &[6.75, 13.5, 20.25, 27.0][..]));
        let [slow, quick] = &found.sides;
        assert_eq!((slow.best, slow.trial, slow.spent), (Some(1.0), Some(TrialId(3)), 54.0));
        assert_eq!(slow.best_after, [None, Some(5.0), Some(4.0), Some(1.0)]);
        assert_eq!((quick.finished, quick.failed, quick.best), (2, 1, Some(2.0)));
        assert_eq!(quick.best_after, [None, Some(2.0), Some(2.0), Some(2.0)]);
    }

    #[test]
    fn without_a_common_budget_no_costs_are_compared() {
        let space = line();
        let (low, high) = (history(&space, [(0.1, 1.0, finished(5.0))]), history(&space, [(0.1, 9.0, finished(5.0))]));
        let found = Comparison::of([("low", &low, &[]), ("high", &high, &[])]);
        assert_eq!((found.budget, found.sides[0].best, found.sides[1].best), (None, None, None));
    }

    #[test]
    fn evaluations_after_the_run_count() {
        let space = line();
        let both = history(&space, [(0.1, 1.0, finished(1.0)), (0.2, 1.0, finished(2.0))]);
        let evaluation = |configuration: u32, seed: u64, cost: f64| Evaluation {
            configuration: ConfigurationId(configuration),
            budget: Budget::new(9.0).unwrap(),
            seed,
            instance: None,
            cost: Some(cost),
            others: Vec::new(),
        };
        let lucky = [evaluation(1, 1, 0.5), evaluation(1, 2, 1.5), evaluation(2, 1, 0.75)];
        let found = Comparison::of([("a", &both, &lucky), ("b", &both, &lucky[..1])]);
        assert_eq!(found.budget, Some(9.0), "both were evaluated there");
        let sides = found.sides.each_ref().map(|side| (side.evaluations, side.best, side.trial));
        assert_eq!(sides, [(3, Some(0.75), Some(TrialId(2))), (1, Some(0.5), Some(TrialId(1)))]);
    }
}
