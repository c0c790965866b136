//! The footprint of a run: everything that was tried on a plane that keeps distances, beside untried random configurations.
use serde::Serialize;

use super::input::ReportInput;
use super::row::varies;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::trial::direction::Direction;
use crate::trial::outcome::Outcome;
use crate::trial::{ConfigurationId, Trial};

/// Configurations that were tried, at most.
const TRIED: usize = 320;
/// Configurations that are drawn at random for comparison.
const RANDOM: usize = 120;
/// The squared distance of two categories, or of a value and none: that of two numbers that are drawn independently is 1/6.
const APART: f64 = 1.0 / 3.0;
/// Steps of the power iteration for each axis.
const ITERATIONS: usize = 60;
/// Configurations below which there is nothing to place.
const LEAST: usize = 3;
const SEED: u64 = 0;

/// The configurations that were tried, on a plane.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Footprint {
    /// The number of configurations that were tried.
    pub tried: usize,
    /// The share of the squared distances that the plane keeps.
    pub kept: f64,
    /// The mean distance of a random configuration from the nearest one that was tried, as a share of the mean distance
    /// of two random ones.
    pub unexplored: f64,
    /// The mean distance from the recommended configuration of the first third of those tried and of the last, as shares of
    /// the mean distance of two random ones; absent without a success or with few configurations.
    pub approach: Option<(f64, f64)>,
    pub points: Vec<FootprintPoint>,
}

/// A configuration on the plane.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FootprintPoint {
    pub x: f64,
    pub y: f64,
    pub kind: FootprintKind,
    /// Absent for random ones.
    pub configuration_id: Option<u32>,
    /// Its cost at its highest budget with a success.
    pub cost: Option<f64>,
    /// True if that is the highest budget of the run with a success.
    pub at_highest: bool,
    pub is_default: bool,
}

/// The sign of a configuration on the plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FootprintKind {
    Random,
    Failed,
    /// It runs, or has no result.
    Open,
    Finished,
    Recommended,
}

impl Footprint {
    /// The footprint of a run; `None` if fewer than three configurations were tried, or nothing varies.
    pub(super) fn of(input: &ReportInput) -> Option<Self> {
        let space = input.space;
        let columns: Vec<usize> =
            (0..space.hyperparameters().len()).filter(|&index| varies(&space.hyperparameters()[index])).collect();
        let all = input.history.configurations();
        if all.len() < LEAST || columns.is_empty() {
            return None;
        }
        let best = input.recommendation().map(|best| best.configuration);
        let default = space.default_configuration().ok();
        let is_default = |configuration: &Configuration| default.as_ref() == Some(configuration);
        let chosen: Vec<usize> = (0..all.len())
            .filter(|&index| {
                let is_even = all.len() <= TRIED || (index + 1) * TRIED / all.len() != index * TRIED / all.len();
                is_even || best == Some(ConfigurationId::of_index(index)) || is_default(&all[index])
            })
            .collect();
        let random: Vec<Configuration> = (0..RANDOM as u64)
            .filter_map(|index| space.sample(&mut Stream::of(SEED, "footprint", index)).ok())
            .collect();
        let row = |configuration: &Configuration| row(space, &columns, configuration);
        let tried: Vec<Vec<f64>> = chosen.iter().map(|&index| row(&all[index])).collect();
        let drawn: Vec<Vec<f64>> = random.iter().map(row).collect();
        let is_category: Vec<bool> =
            columns.iter().map(|&each| space.hyperparameters()[each].is_categorical()).collect();
        let distance = |a: &[f64], b: &[f64]| squared(&is_category, a, b).sqrt();
        let typical = {
            let pairs = (0..drawn.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
            let all: Vec<f64> = pairs.map(|(a, b)| distance(&drawn[a], &drawn[b])).collect();
            all.iter().sum::<f64>() / all.len().max(1) as f64
        };
        let nearest = |row: &Vec<f64>| tried.iter().map(|other| distance(row, other)).fold(f64::INFINITY, f64::min);
        let unexplored = drawn.iter().map(nearest).sum::<f64>() / drawn.len().max(1) as f64;
        let share = |distance: f64| if typical > 0.0 { distance / typical } else { 0.0 };
        let third = chosen.len() / 3;
        let approach = best.filter(|_| third >= LEAST).map(|best| {
            let own = row(input.history.configuration(best));
            let mean =
                |part: &[Vec<f64>]| part.iter().map(|each| distance(each, &own)).sum::<f64>() / part.len() as f64;
            (share(mean(&tried[..third])), share(mean(&tried[tried.len() - third..])))
        });
        let rows: Vec<&[f64]> = tried.iter().chain(&drawn).map(Vec::as_slice).collect();
        let (places, kept) = plane(rows.len(), |a, b| squared(&is_category, rows[a], rows[b]));
        let highest = input.history.trials().iter().filter(|trial| cost(trial).is_some());
        let highest = highest.map(|trial| trial.proposal.budget).max();
        let point = |(place, &(x, y)): (usize, &(f64, f64))| {
            let Some(&index) = chosen.get(place) else {
                let kind = FootprintKind::Random;
                return FootprintPoint {
                    x,
                    y,
                    kind,
                    configuration_id: None,
                    cost: None,
                    at_highest: false,
                    is_default: false,
                };
            };
            let number = ConfigurationId::of_index(index);
            let reached = input.history.of(number).filter(|trial| cost(trial).is_some());
            let reached = reached.max_by_key(|trial| trial.proposal.budget);
            let is_failure = |trial: &Trial| trial.outcome.as_ref().is_some_and(Outcome::is_failure);
            let kind = match reached {
                _ if best == Some(number) => FootprintKind::Recommended,
                Some(_) => FootprintKind::Finished,
                None if input.history.of(number).any(is_failure) => FootprintKind::Failed,
                None => FootprintKind::Open,
            };
            FootprintPoint {
                x,
                y,
                kind,
                configuration_id: Some(number.0),
                cost: reached.and_then(cost),
                at_highest: reached.is_some_and(|trial| Some(trial.proposal.budget) == highest),
                is_default: is_default(&all[index]),
            }
        };
        let points = places.iter().enumerate().map(point).collect();
        Some(Self { tried: all.len(), kept, unexplored: share(unexplored), approach, points })
    }

    pub(super) fn turn(&mut self, direction: Direction) {
        self.points.iter_mut().filter_map(|point| point.cost.as_mut()).for_each(|cost| *cost = direction.turn(*cost));
    }
}

fn cost(trial: &Trial) -> Option<f64> {
    trial.outcome.as_ref().and_then(Outcome::cost)
}

/// The place of each value that varies, NaN where inactive.
pub(super) fn row(space: &Space, columns: &[usize], configuration: &Configuration) -> Vec<f64> {
    let place = |&index: &usize| {
        let hyperparameter = &space.hyperparameters()[index];
        configuration.get(index).map_or(f64::NAN, |value| hyperparameter.code(value))
    };
    columns.iter().map(place).collect()
}

/// The squared distance of two rows, divided by the number of columns.
pub(super) fn squared(is_category: &[bool], a: &[f64], b: &[f64]) -> f64 {
    let part = |((is_category, a), b): ((&bool, &f64), &f64)| match (a.is_nan(), b.is_nan()) {
        (true, true) => 0.0,
        (true, false) | (false, true) => APART,
        _ if *is_category => {
            if a == b {
                0.0
            } else {
                APART
            }
        }
        _ => (a - b).powi(2),
    };
    is_category.iter().zip(a).zip(b).map(part).sum::<f64>() / is_category.len().max(1) as f64
}

/// Places on a plane whose distances are near the given ones, by classical scaling (Torgerson 1952), and the share of the
/// squared distances that they keep.
fn plane(n: usize, squared: impl Fn(usize, usize) -> f64) -> (Vec<(f64, f64)>, f64) {
    let mut products = vec![0.0; n * n];
    for a in 0..n {
        for b in 0..a {
            let square = squared(a, b);
            (products[a * n + b], products[b * n + a]) = (square, square);
        }
    }
    let means: Vec<f64> = products.chunks_exact(n).map(|row| row.iter().sum::<f64>() / n as f64).collect();
    let whole = means.iter().sum::<f64>() / n as f64;
    for a in 0..n {
        for b in 0..n {
            products[a * n + b] = -0.5 * (products[a * n + b] - means[a] - means[b] + whole);
        }
    }
    let total: f64 = (0..n).map(|index| products[index * n + index]).sum();
    let mut axes: Vec<(f64, Vec<f64>)> = Vec::new();
    for axis in 0..2 {
        let mut stream = Stream::of(SEED, "footprint axis", axis);
        let mut vector: Vec<f64> = (0..n).map(|_| stream.uniform() - 0.5).collect();
        let mut value = 0.0;
        for _ in 0..ITERATIONS {
            for (_, other) in &axes {
                let along: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
                vector.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
            }
            let next: Vec<f64> =
                products.chunks_exact(n).map(|row| row.iter().zip(&vector).map(|(a, b)| a * b).sum()).collect();
            value = next.iter().map(|x: &f64| x * x).sum::<f64>().sqrt();
            if value <= 1e-12 {
                break;
            }
            vector = next.into_iter().map(|x| x / value).collect();
        }
        // The sign of an axis means nothing; it is the one in which the greatest coordinate is positive.
        let greatest = vector.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(1.0);
        if greatest < 0.0 {
            vector.iter_mut().for_each(|x| *x = -*x);
        }
        axes.push((if value <= 1e-12 { 0.0 } else { value }, vector));
    }
    let kept: f64 = axes.iter().map(|(value, _)| value).sum();
    let [(wide, across), (high, up)] = [&axes[0], &axes[1]];
    let places = across.iter().zip(up).map(|(x, y)| (wide.sqrt() * x, high.sqrt() * y)).collect();
    (places, if total > 1e-12 { (kept / total).min(1.0) } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{finished, history, input, line};
    use super::*;

    #[test]
    fn points_of_a_plane_keep_their_distances() {
        let points = [(0.0, 0.0), (3.0, 0.0), (3.0, 4.0), (-1.0, 2.0), (0.5, -2.0)];
        let square = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).powi(2) + (a.1 - b.1).powi(2);
        let (places, kept) = plane(points.len(), |a, b| square(points[a], points[b]));
        assert!((kept - 1.0).abs() < 1e-6, "{kept}");
        for a in 0..points.len() {
            for b in 0..a {
                let (there, here) = (square(points[a], points[b]), square(places[a], places[b]));
                assert!((there - here).abs() < 1e-4, "{there} {here}");
            }
        }
        let (same, kept) = plane(4, |_, _| 0.0);
        assert_eq!((same[0], kept), ((0.0, 0.0), 1.0));
    }

    #[test]
    fn a_run_that_narrows_down_comes_near_the_best() {
        let space = line();
        let at = |index: i32| 0.3 + 0.7 * 0.8_f64.powi(index) * f64::from(1 - 2 * (index % 2)) * 0.4;
        let trials = (0..24).map(|index| (at(index), 1.0, finished((at(index) - 0.3).abs())));
        let history = history(&space, trials);
        let found = Footprint::of(&input(&space, &history)).unwrap();
        let (first, last) = found.approach.unwrap();
        assert!(first > 5.0 * last, "{first} {last}");
        assert_eq!((found.tried, found.points.len()), (24, 24 + RANDOM));
        assert!(found.unexplored > 0.0 && found.unexplored < 1.0 && found.kept > 0.99);
        let few = super::super::fixtures::history(&space, [(0.1, 1.0, finished(1.0))]);
        assert_eq!(Footprint::of(&input(&space, &few)), None);
    }
}
