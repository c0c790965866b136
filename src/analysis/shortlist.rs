//! The shortlist: the best configurations side by side, and how surely they differ from the recommended one.
use indexmap::IndexMap;
use serde::Serialize;

use super::input::ReportInput;
use super::row::varies;
use crate::space::hyperparameter::{Hyperparameter, Value};
use crate::trial::direction::Direction;
use crate::trial::recommendation::{Recommendation, best_first};

/// Configurations that are listed at most.
const LISTED: usize = 10;
/// Configurations from which on their agreement is not by chance.
const AGREEING: usize = 6;
/// The part of a range within which values agree.
const NARROW: f64 = 0.25;
/// The normal quantile of a two-sided 90 % interval.
const Z: f64 = 1.645;
/// Results that are asked for at most: a difference that needs more is too small to matter.
const MOST_RESULTS: f64 = 50.0;

/// The best configurations, the recommended one first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shortlist {
    /// The highest budget with a success.
    pub budget: f64,
    /// True if some configuration has several results at its budget, so that their noise is known.
    pub is_noise_known: bool,
    pub candidates: Vec<Candidacy>,
    /// The hyperparameters in which all of them agree, of which a wide choice was possible.
    pub common: Vec<Agreement>,
}

/// A hyperparameter in which the best configurations agree: one value, or a small part of the range.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    pub hyperparameter: String,
    pub least: Value,
    pub greatest: Value,
}

/// One of the best configurations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidacy {
    pub configuration_id: u32,
    pub trial: u32,
    /// Its highest budget.
    pub reached: f64,
    /// The mean cost there.
    pub cost: f64,
    /// The number of results there, one a pair of seed and instance.
    pub results: u32,
    /// The cost that is expected at the highest budget.
    pub expected: f64,
    /// The ends of the 90 % interval of the expected cost; absent where the noise is not known.
    pub interval: Option<(f64, f64)>,
    /// True if it was at the highest budget and cannot be told from the recommended one: the difference is within the 90 %
    /// interval of the difference.
    pub is_tied: bool,
    /// About so many results of it and of the recommended one would tell them apart if the difference is as expected; absent
    /// if it is not tied, or too many would be needed.
    pub results_needed: Option<u32>,
    pub config: IndexMap<String, Value>,
}

impl Shortlist {
    /// The shortlist of a run; `None` without a success.
    pub(super) fn of(input: &ReportInput) -> Option<Self> {
        let listed = match input.objectives.is_empty() {
            true => best_first(input.history, input.evaluations, LISTED),
            false => crate::trial::front::best_of_front(input.history, input.evaluations, LISTED),
        };
        let best = *listed.first()?;
        let candidates = listed.iter().map(|each| Candidacy::of(input, each, &best)).collect();
        let is_noise_known = listed.iter().any(|each| each.results > 1 && each.deviation.is_some());
        let common = agreements(input, &listed);
        Some(Self { budget: best.target.amount(), is_noise_known, candidates, common })
    }

    /// The configurations that cannot be told from the recommended one.
    pub(crate) fn tied(&self) -> impl Iterator<Item = &Candidacy> {
        self.candidates.iter().filter(|each| each.is_tied)
    }

    pub(super) fn turn(&mut self, direction: Direction) {
        for each in &mut self.candidates {
            (each.cost, each.expected) = (direction.turn(each.cost), direction.turn(each.expected));
            each.interval = each.interval.map(|(low, high)| {
                let (low, high) = (direction.turn(low), direction.turn(high));
                (low.min(high), low.max(high))
            });
        }
    }
}

impl Candidacy {
    fn of(input: &ReportInput, own: &Recommendation, best: &Recommendation) -> Self {
        let variance = |each: &Recommendation| each.deviation.map_or(0.0, |deviation| deviation.powi(2));
        let (gap, spread) = (own.expected - best.expected, (variance(own) + variance(best)).sqrt());
        // One that was never at the highest budget needs that budget, not another seed.
        let is_tied = own.configuration != best.configuration && own.is_measured() && spread > 0.0 && gap <= Z * spread;
        // The variance of one result is about that of the mean times their number.
        let single = variance(own) * f64::from(own.results) + variance(best) * f64::from(best.results);
        let needed = (single * (Z / gap).powi(2)).ceil().max(f64::from(own.results + 1));
        let configuration = input.history.configuration(own.configuration);
        let named = input.space.named(configuration);
        Self {
            configuration_id: own.configuration.0,
            trial: own.trial.0,
            reached: own.budget.amount(),
            cost: own.cost,
            results: own.results,
            expected: own.expected,
            interval: own.deviation.map(|deviation| (own.expected - Z * deviation, own.expected + Z * deviation)),
            is_tied,
            results_needed: (is_tied && needed <= MOST_RESULTS).then_some(needed as u32),
            config: named.map(|(name, value)| (name.to_owned(), value.clone())).collect(),
        }
    }
}

/// The hyperparameters in which configurations agree; none where there are too few configurations to say.
fn agreements(input: &ReportInput, listed: &[Recommendation]) -> Vec<Agreement> {
    if listed.len() < AGREEING {
        return Vec::new();
    }
    let configurations: Vec<_> = listed.iter().map(|each| input.history.configuration(each.configuration)).collect();
    let agreement = |(index, hyperparameter): (usize, &Hyperparameter)| {
        if !varies(hyperparameter) {
            return None;
        }
        let mut values: Vec<&Value> = configurations.iter().filter_map(|each| each.get(index)).collect();
        if values.len() < configurations.len() {
            return None;
        }
        values.sort_by(|a, b| hyperparameter.code(a).total_cmp(&hyperparameter.code(b)));
        let (least, greatest) = (*values.first()?, *values.last()?);
        let span = hyperparameter.code(greatest) - hyperparameter.code(least);
        let is_narrow = least == greatest || !hyperparameter.is_categorical() && span <= NARROW;
        let hyperparameter = hyperparameter.name.clone();
        is_narrow.then(|| Agreement { hyperparameter, least: least.clone(), greatest: greatest.clone() })
    };
    input.space.hyperparameters().iter().enumerate().filter_map(agreement).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{finished, history, input, line};
    use super::*;
    use crate::space::hyperparameter::Value;
    use crate::trial::Proposal;
    use crate::trial::budget::Budget;
    use crate::trial::history::History;

    #[test]
    fn without_repetitions_nobody_knows_the_noise() {
        let space = line();
        let history = history(&space, (0..20).map(|index| (f64::from(index) / 20.0, 1.0, finished(f64::from(index)))));
        let found = Shortlist::of(&input(&space, &history)).unwrap();
        assert_eq!((found.candidates.len(), found.is_noise_known, found.tied().count()), (LISTED, false, 0));
        assert_eq!(found.candidates[0].cost, 0.0);
        assert_eq!(found.common, [], "half of the range is no agreement");
    }

    #[test]
    fn with_seeds_a_small_difference_is_a_tie_and_a_large_one_is_none() {
        let (space, mut history) = (line(), History::default());
        let means = [1.0, 1.05, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
        for (index, mean) in means.into_iter().enumerate() {
            let x = index as f64 / 10.0;
            let mut costs = [mean, mean + 0.1, mean - 0.1];
            // Otherwise a seed would be as lucky in every configuration, which is no noise.
            costs.rotate_left(index % 3);
            for (seed, cost) in costs.into_iter().enumerate() {
                let configuration = space.configuration(vec![Some(Value::Float(x))]).unwrap();
                let next = history.proposal(configuration, Budget::new(1.0).unwrap());
                let trial = next.trial;
                history.ask(Proposal { seed: seed as u64, ..next });
                history.tell(trial, finished(cost));
            }
        }
        let found = Shortlist::of(&input(&space, &history)).unwrap();
        assert!(found.is_noise_known);
        let tied: Vec<bool> = found.candidates.iter().map(|each| each.is_tied).collect();
        assert_eq!(tied[..4], [false, true, false, false]);
    }
}
