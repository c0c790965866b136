//! Regret: a bound on the improvement that is still possible, by the surrogate's confidence bounds.
use std::f64::consts::PI;

use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::surrogate::forest::{Forest, ForestSettings};
use crate::surrogate::{Prediction, Rows, Surrogate};
use crate::trial::budget::Budget;
use crate::trial::history::History;

/// The least number of configurations at the full budget for which a bound is given.
const FEWEST: usize = 10;

/// Untried configurations that are drawn.
const CANDIDATES: usize = 1000;

/// The probability that a bound is violated at any time, if the surrogate is right.
const DOUBT: f64 = 0.1;

/// A bound on the simple regret.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regret {
    /// The upper bound on the improvement that is still possible, in units of the cost.
    pub bound: f64,
    /// The surrogate's standard deviation at the incumbent.
    pub noise: f64,
}

/// The gap between two confidence bounds (Makarova et al. 2022): the lowest upper bound over the configurations that
/// were tried at the full budget, minus the lowest lower bound over those and random ones.
///
/// `None` where fewer than ten were tried there. The surrogate is a forest over the costs themselves, those above their
/// median taken for the median.
pub(crate) fn regret(space: &Space, history: &History, full: Budget, seed: u64) -> Option<Regret> {
    let places: Vec<_> = history.ranking().at(full).collect();
    if places.len() < FEWEST {
        return None;
    }
    let encode = |configurations: &mut dyn Iterator<Item = &Configuration>| {
        let mut rows = Rows::new(space.columns().len());
        configurations.for_each(|configuration| rows.push(&space.encode(configuration)));
        rows
    };
    let trials = places.iter().filter_map(|place| history.trial(place.trial));
    let tried = encode(&mut trials.map(|trial| &trial.proposal.configuration));
    // They come best first. How bad the worse half is says nothing of what is left to gain, but would widen every bound.
    let median = places[places.len() / 2].cost;
    let costs: Vec<f64> = places.iter().map(|place| place.cost.min(median)).collect();
    let surrogate = Forest::fit(&tried, &space.columns(), &costs, &ForestSettings::default(), seed, "regret");
    let mut stream = Stream::of(seed, "regret candidates", 0);
    let candidates = space.sample_many(CANDIDATES, &mut stream).map_or(Vec::new(), |drawn| drawn.rows().to_vec());
    let untried = surrogate.predict(&Rows::of(space.columns().len(), candidates));
    let tried = surrogate.predict(&tried);
    // As in the paper, a fifth of what theory asks for.
    let t = places.len() as f64;
    let beta = 2.0 * (space.columns().len() as f64 * t * t * PI * PI / (6.0 * DOUBT)).ln() / 5.0;
    let bound = |prediction: &Prediction, sign: f64| prediction.mean + sign * (beta * prediction.variance).sqrt();
    let reached = tried.iter().map(|prediction| bound(prediction, 1.0)).fold(f64::INFINITY, f64::min);
    let possible = tried.iter().chain(&untried).map(|prediction| bound(prediction, -1.0)).fold(f64::INFINITY, f64::min);
    Some(Regret { bound: (reached - possible).max(0.0), noise: tried[0].variance.sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
    use crate::trial::outcome::Outcome;

    /// The bound on the regret after `random` random points and `close` ones around the minimum of a steep bowl.
    fn left(random: u64, close: u64) -> Option<f64> {
        let number =
            |name: &str| Hyperparameter::new(name, Domain::Float { min: 0.0, max: 1.0, log: false }, Value::Float(0.5));
        let space = Space::new("bowl".into(), vec![number("x"), number("y")], vec![], vec![]).unwrap();
        let (mut history, budget) = (History::default(), Budget::new(1.0).unwrap());
        for index in 0..random + close {
            let mut stream = Stream::of(1, "bowl", index);
            let width = if index < random { 0.5 } else { 0.02 };
            let mut draw = || 0.5 + width * (2.0 * stream.uniform() - 1.0);
            let (x, y) = (draw(), draw());
            let configuration = space.configuration(vec![Some(Value::Float(x)), Some(Value::Float(y))]).unwrap();
            let proposal = history.proposal(configuration, budget);
            let trial = proposal.trial;
            history.ask(proposal);
            history.tell(trial, Outcome::of_cost(100.0 * ((x - 0.5).powi(2) + (y - 0.5).powi(2))));
        }
        regret(&space, &history, budget, 1).map(|regret| regret.bound)
    }

    #[test]
    fn what_is_left_shrinks_as_the_search_closes_in() {
        assert_eq!(left(9, 0), None, "too few");
        let (early, late) = (left(15, 0).unwrap(), left(15, 60).unwrap());
        // Costs go up to 50, those of the close ones up to 0.08.
        assert!(early > 1.0 && (0.0..0.2).contains(&late), "{early} {late}");
    }
}
