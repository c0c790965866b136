//! How much is left to gain, by the surrogate's confidence.
use std::f64::consts::PI;

use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::surrogate::forest::{Forest, Settings};
use crate::surrogate::{Prediction, Rows, Surrogate};
use crate::trial::budget::Budget;
use crate::trial::history::History;

/// With fewer configurations at the full budget nothing is said.
const FEWEST: usize = 10;

/// How many untried configurations are looked at.
const CANDIDATES: usize = 1000;

/// The bounds hold at all times together with a probability of one less this, were the surrogate right.
const DOUBT: f64 = 0.1;

/// A bound on the simple regret.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regret {
    /// The most that is left to gain, in units of the cost.
    pub bound: f64,
    /// The surrogate's standard deviation at the incumbent.
    pub noise: f64,
}

/// The gap between what was surely reached and what may be reached (Makarova et al. 2022): the lowest upper bound over
/// the configurations that were tried at the full budget, less the lowest lower bound over those and random ones.
///
/// `None` where fewer than ten were tried there. The surrogate is a forest over the costs themselves.
pub fn regret(space: &Space, history: &History, full: Budget, seed: u64) -> Option<Regret> {
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
    let costs: Vec<f64> = places.iter().map(|place| place.cost).collect();
    let surrogate = Forest::fit(&tried, &space.columns(), &costs, &Settings::default(), seed, "regret");
    let mut stream = Stream::of(seed, "regret candidates", 0);
    let candidates: Vec<Configuration> = (0..CANDIDATES).map_while(|_| space.sample(&mut stream).ok()).collect();
    let untried = surrogate.predict(&encode(&mut candidates.iter()));
    let tried = surrogate.predict(&tried);
    // As in the paper, a fifth of what theory asks for.
    let t = places.len() as f64;
    let beta = 2.0 * (space.columns().len() as f64 * t * t * PI * PI / (6.0 * DOUBT)).ln() / 5.0;
    let bound = |prediction: &Prediction, sign: f64| prediction.mean + sign * (beta * prediction.variance).sqrt();
    let reached = tried.iter().map(|prediction| bound(prediction, 1.0)).fold(f64::INFINITY, f64::min);
    let possible = tried.iter().chain(&untried).map(|prediction| bound(prediction, -1.0)).fold(f64::INFINITY, f64::min);
    Some(Regret { bound: (reached - possible).max(0.0), noise: tried[0].variance.sqrt() })
}
