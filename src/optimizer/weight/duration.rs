//! Duration: the time that a trial is expected to take, as a weight of the acquisition function.
use std::collections::BTreeMap;

use super::super::training_data::TrainingData;
use super::Weight;
use crate::space::encoding::Column;
use crate::surrogate::forest::{Forest, ForestSettings};
use crate::surrogate::{Rows, Surrogate, Targets};
use crate::trial::Trial;
use crate::trial::outcome::Outcome;

/// The duration in seconds below which trials count as equally quick.
const LEAST: f64 = 1e-3;

/// A forest that learns the logarithm of each configuration's seconds per unit of budget: the seconds of one trial are in
/// proportion to its budget, so that configurations are compared whatever the rung.
pub(crate) struct Duration {
    forest: Forest,
    /// True once the seconds of any trial are known.
    is_known: bool,
}

impl Duration {
    /// A weight without results.
    pub(crate) fn new(columns: &[Column], settings: &ForestSettings, seed: u64) -> Self {
        Self { forest: Forest::new(columns, settings, seed, "duration"), is_known: false }
    }
}

impl Weight for Duration {
    fn update(&mut self, data: &TrainingData) {
        let results = data.history.ended().filter(|trial| seconds(trial).is_some()).count();
        self.is_known = results > 0;
        if self.is_known {
            let earlier = |results: usize| rates(data, results);
            self.forest.update(data.rows, &earlier(results), results, &earlier);
        }
    }

    fn apply(&self, rows: &Rows, _is_sampled: bool, scores: &mut [f64]) {
        if self.is_known {
            let seconds = self.forest.predict(rows).into_iter().map(|prediction| prediction.mean);
            scores.iter_mut().zip(seconds).for_each(|(score, seconds)| *score -= seconds);
        }
    }
}

/// The seconds that a trial took; `None` for a trial that was cut short.
fn seconds(trial: &Trial) -> Option<f64> {
    let is_whole = matches!(trial.outcome, Some(Outcome::Finished(_) | Outcome::TimedOut | Outcome::Diverged));
    trial.seconds.filter(|seconds| is_whole && seconds.is_finite()).map(|seconds| seconds.max(LEAST))
}

/// The logarithm of each configuration's seconds per unit of budget, from the first `results` trials with a duration. A
/// trial continues from the highest budget that its configuration reached; a trial at no higher budget, with another
/// seed, starts from zero.
fn rates(data: &TrainingData, results: usize) -> Targets {
    #[derive(Default)]
    struct Spent {
        reached: f64,
        budget: f64,
        seconds: f64,
    }
    let mut spent: BTreeMap<usize, Spent> = BTreeMap::new();
    let timed = data.history.ended().filter_map(|trial| Some((&trial.proposal, seconds(trial)?)));
    for (proposal, seconds) in timed.take(results) {
        let spent = spent.entry(data.row(proposal.configuration_id)).or_default();
        let budget = proposal.budget.amount();
        spent.budget += if budget > spent.reached { budget - spent.reached } else { budget };
        spent.reached = spent.reached.max(budget);
        spent.seconds += seconds;
    }
    spent.into_iter().map(|(row, spent)| (row, (spent.seconds / spent.budget).ln())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intensifier::hyperband::Hyperband;
    use crate::intensifier::walk::{Walk, schedule};
    use crate::trial::TrialId;
    use crate::trial::budget::Budget;
    use crate::trial::prior_result::PriorResult;

    #[test]
    fn promotions_add_what_they_took_to_what_they_spent() {
        let mut walk = Walk::new(Hyperband::new(schedule(1.0, 3.0, 3)));
        walk.asks(3);
        for (trial, seconds) in [(1, 2.0), (2, 8.0)] {
            walk.history.tell_after(TrialId(trial), Outcome::of_cost(f64::from(trial)), seconds);
        }
        walk.history.tell_after(TrialId(3), Outcome::Crashed { message: String::new() }, 0.5);
        assert_eq!(walk.ask(), Some((1, 3.0)));
        walk.history.tell_after(TrialId(4), Outcome::of_cost(1.0), 6.0);
        let history = &walk.history;
        let configuration = history.configurations()[0].clone();
        let prior = PriorResult { configuration, budget: Budget::new(1.0).unwrap(), costs: vec![1.0] };
        let rows = Rows::new(1);
        let rates = |before: usize, results| {
            let prior_results = &vec![prior.clone(); before];
            rates(&TrainingData { history, prior_results, rows: &rows, waiting: &[] }, results)
        };
        let known: Vec<(usize, f64)> = rates(10, 9).into_iter().map(|(row, rate)| (row, rate.exp())).collect();
        assert_eq!(known.len(), 2, "one that crashed was cut short");
        assert!((known[0].1 - 8.0 / 3.0).abs() < 1e-12 && (known[1].1 - 8.0).abs() < 1e-12, "{known:?}");
        assert_eq!((known[0].0, rates(0, 1).len()), (10, 1));
    }
}
