//! The ranking of configurations at each budget, kept up to date as trials end.
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::budget::Budget;
use super::{ConfigurationId, TrialId};

/// A configuration's results at one budget, over all pairs of seed and instance that ended; ordered by rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ranked {
    /// The first success.
    pub trial: TrialId,
    pub successes: u32,
    /// Trials that ended without a cost; lost and pruned ones count as neither.
    pub failures: u32,
    /// The mean cost of the successes.
    pub cost: f64,
}

impl Eq for Ranked {}

impl Ord for Ranked {
    /// The better first: evaluated on more pairs, failed on fewer, cheaper, earlier.
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = |ranked: &Self| ranked.successes + ranked.failures;
        (pairs(other).cmp(&pairs(self)))
            .then(self.failures.cmp(&other.failures))
            .then(self.cost.total_cmp(&other.cost))
            .then(self.trial.cmp(&other.trial))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The sums over a configuration's trials at one budget so far.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    first: Option<TrialId>,
    successes: u32,
    failures: u32,
    sum: f64,
}

impl Tally {
    fn ranked(&self) -> Option<Ranked> {
        let (successes, failures) = (self.successes, self.failures);
        Some(Ranked { trial: self.first?, successes, failures, cost: self.sum / f64::from(successes) })
    }
}

/// The configurations that succeeded, by budget, the best first.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    /// The tallies of each configuration, by its index; few budgets each.
    tallies: Vec<Vec<(Budget, Tally)>>,
    budgets: BTreeMap<Budget, BTreeSet<Ranked>>,
}

impl Ranking {
    /// Counts the end of a judged trial: its cost, or `None` where it failed.
    pub(super) fn count(&mut self, trial: TrialId, configuration: ConfigurationId, budget: Budget, cost: Option<f64>) {
        let index = configuration.index();
        if self.tallies.len() <= index {
            self.tallies.resize(index + 1, Vec::new());
        }
        let tallies = &mut self.tallies[index];
        let known = tallies.iter().position(|(each, _)| *each == budget).unwrap_or_else(|| {
            tallies.push((budget, Tally::default()));
            tallies.len() - 1
        });
        let tally = &mut tallies[known].1;
        let before = tally.ranked();
        match cost {
            Some(cost) => {
                tally.first.get_or_insert(trial);
                tally.successes += 1;
                tally.sum += cost;
            }
            None => tally.failures += 1,
        }
        let after = tally.ranked();
        if let Some(before) = before {
            self.budgets.get_mut(&budget).expect("a success is in the ranking").remove(&before);
        }
        if let Some(after) = after {
            self.budgets.entry(budget).or_default().insert(after);
        }
    }

    /// The budgets with a success, from the lowest.
    pub fn budgets(&self) -> impl DoubleEndedIterator<Item = Budget> {
        self.budgets.keys().copied()
    }

    /// The configurations that succeeded at a budget, the best first.
    pub(crate) fn at(&self, budget: Budget) -> impl DoubleEndedIterator<Item = &Ranked> {
        self.budgets.get(&budget).into_iter().flatten()
    }

    /// The number of configurations that succeeded at a budget.
    pub(crate) fn successes(&self, budget: Budget) -> usize {
        self.budgets.get(&budget).map_or(0, BTreeSet::len)
    }

    /// Every configuration's results at each budget with a judged trial, in the order of the configurations: successes,
    /// failures, and the sum of the costs.
    pub(super) fn results(&self) -> impl Iterator<Item = (ConfigurationId, Budget, u32, u32, f64)> {
        self.tallies.iter().enumerate().flat_map(|(index, tallies)| {
            let configuration = ConfigurationId::of_index(index);
            tallies
                .iter()
                .map(move |(budget, tally)| (configuration, *budget, tally.successes, tally.failures, tally.sum))
        })
    }

    /// The best configuration at the highest budget with any success.
    pub(crate) fn best(&self) -> Option<&Ranked> {
        self.budgets.last_key_value().and_then(|(_, ranked)| ranked.first())
    }
}
