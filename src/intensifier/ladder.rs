//! Rungs with asynchronous promotion: the best configurations are promoted as results come.
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::numeric::pareto;
use crate::trial::{ConfigurationId, Trial, TrialId};

/// A success on a rung, ordered by cost, the earlier of equals first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Success {
    pub cost: f64,
    pub trial: TrialId,
    pub configuration: ConfigurationId,
}

impl Eq for Success {}

impl Ord for Success {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cost.total_cmp(&other.cost).then(self.trial.cmp(&other.trial))
    }
}

impl PartialOrd for Success {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The results of one rung, split at the best 1/eta. An end and a promotion take logarithmic time.
#[derive(Clone, Debug, Default)]
pub(super) struct Rung {
    ended: usize,
    successes: HashMap<ConfigurationId, Success>,
    top: BTreeSet<Success>,
    rest: BTreeSet<Success>,
    /// The successes of the top that have not gone on.
    waiting: BTreeSet<Success>,
    promoted: HashSet<ConfigurationId>,
    /// With several objectives, every success with all of its costs. The cost of each is then its rank among them.
    with_costs: Vec<(Success, Vec<f64>)>,
}

impl Rung {
    /// Counts the end of a trial; one that broke off does not count.
    pub(crate) fn end(&mut self, trial: &Trial, eta: usize) {
        let outcome = trial.outcome.as_ref().expect("it has ended");
        if outcome.is_void() {
            return;
        }
        self.ended += 1;
        if let Some(cost) = outcome.cost() {
            let configuration = trial.proposal.configuration_id;
            let success = Success { cost, trial: trial.proposal.trial, configuration };
            if outcome.costs().len() > 1 {
                self.with_costs.push((success, outcome.costs().to_vec()));
                return self.rank(eta);
            }
            self.successes.insert(configuration, success);
            self.rest.insert(success);
            if self.top.last().is_some_and(|worst| success < *worst) {
                let worst = self.top.pop_last().expect("the top is not empty");
                self.waiting.remove(&worst);
                self.rest.insert(worst);
                self.rest.remove(&success);
                self.raise(success);
            }
        }
        while self.top.len() < self.ended / eta
            && let Some(best) = self.rest.pop_first()
        {
            self.raise(best);
        }
    }

    /// Ranks and splits successes with several costs anew: the rank of each depends on all others.
    fn rank(&mut self, eta: usize) {
        let costs: Vec<&[f64]> = self.with_costs.iter().map(|(_, costs)| &costs[..]).collect();
        let order = pareto::order(&costs).into_iter().enumerate();
        let ranked: Vec<Success> =
            order.map(|(rank, index)| Success { cost: rank as f64, ..self.with_costs[index].0 }).collect();
        self.successes = ranked.iter().map(|success| (success.configuration, *success)).collect();
        (self.top, self.waiting) = Default::default();
        let (top, rest) = ranked.split_at(ranked.len().min(self.ended / eta));
        self.rest = rest.iter().copied().collect();
        top.iter().for_each(|success| self.raise(*success));
    }

    fn raise(&mut self, success: Success) {
        self.top.insert(success);
        if !self.promoted.contains(&success.configuration) {
            self.waiting.insert(success);
        }
    }

    /// Marks a configuration as promoted to the rung above.
    pub(crate) fn promote(&mut self, configuration: ConfigurationId) {
        self.promoted.insert(configuration);
        if let Some(success) = self.successes.get(&configuration) {
            self.waiting.remove(success);
        }
    }

    /// The best configuration of the top that has not gone on.
    pub(crate) fn next(&self) -> Option<ConfigurationId> {
        self.waiting.first().map(|success| success.configuration)
    }

    /// The best configuration of the rung, if none has gone on from it.
    pub(crate) fn leader(&self) -> Option<ConfigurationId> {
        let best = self.top.first().or(self.rest.first())?;
        self.promoted.is_empty().then_some(best.configuration)
    }

    /// The best successes, at most `count`.
    pub(crate) fn best(&self, count: usize) -> impl Iterator<Item = &Success> {
        self.top.iter().chain(&self.rest).take(count)
    }

    /// The cost of a configuration on this rung.
    pub(crate) fn cost(&self, configuration: ConfigurationId) -> Option<f64> {
        self.successes.get(&configuration).map(|success| success.cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intensifier::full_fidelity::FullFidelity;
    use crate::intensifier::walk::Walk;
    use crate::numeric::stream::Stream;
    use crate::trial::budget::Budget;
    use crate::trial::outcome::Outcome;

    #[test]
    fn the_split_is_that_of_a_sorted_list() {
        let mut stream = Stream::of(1, "ladder", 0);
        let mut walk = Walk::new(FullFidelity::new(Budget::new(1.0).unwrap()));
        let (mut rung, mut all, mut ended) = (Rung::default(), Vec::new(), 0);
        let mut promoted = Vec::new();
        for trial in 1..=500u32 {
            walk.ask();
            let cost = stream.below(40) as f64;
            match stream.below(10) {
                0 => walk.tell(trial, Outcome::Diverged),
                1 => walk.tell(trial, Outcome::Lost),
                _ => {
                    walk.finish(trial, cost);
                    all.push((cost, trial));
                }
            }
            let told = walk.history.trial(TrialId(trial)).unwrap();
            ended += usize::from(told.outcome != Some(Outcome::Lost));
            rung.end(told, 3);
            all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let expected = all.iter().take(ended / 3).find(|(_, trial)| !promoted.contains(trial));
            assert_eq!(rung.next().map(|configuration| configuration.0), expected.map(|(_, trial)| *trial));
            if stream.below(2) == 0
                && let Some(next) = rung.next()
            {
                rung.promote(next);
                promoted.push(next.0);
            }
        }
        assert!(promoted.len() > 100, "{}", promoted.len());
    }
}
