//! Local and random search for the most promising configuration that was never tried.
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::numeric::quantile::order;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;

/// Draws from one stream, so that all are drawn in parallel and none depends on how.
const BATCH: usize = 64;

/// Local searches that never give up for being behind.
const FEWEST: usize = 3;

/// The knobs of the search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How many configurations are drawn at random. 1,000: the local search does the rest.
    pub candidates: u32,
    /// How many of those, and how many of the best that were tried, a local search starts from. 10, as in SMAC.
    pub starts: u32,
    /// How many times a local search moves to its best neighbour at most. 20: most stop after a few.
    pub steps: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { candidates: 1000, starts: 10, steps: 20 }
    }
}

/// A search within `space`, addressed by a seed and the number of the trial that it is for.
pub struct Search<'a> {
    pub space: &'a Space,
    pub settings: &'a Settings,
    pub seed: u64,
    pub trial: u32,
}

/// How promising each configuration is.
pub type Score<'a> = dyn Fn(&[Configuration]) -> Vec<f64> + Sync + 'a;

impl Search<'_> {
    /// The configuration with the highest score among all that the search meets and that are not `taken`; the first of
    /// equals. `tried` are further points to start from. `None` where everything is taken.
    pub fn maximize(
        &self,
        score: &Score,
        tried: Vec<Configuration>,
        taken: &(dyn Fn(&Configuration) -> bool + Sync),
    ) -> Option<Configuration> {
        let mut best = Best { score: f64::NEG_INFINITY, configuration: None, taken };
        let candidates = self.candidates();
        let scores = score(&candidates);
        best.consider(&candidates, &scores);
        let promising = order(&scores).into_iter().rev().take(self.settings.starts as usize);
        let promising = promising.map(|index| (scores[index], candidates[index].clone()));
        let mut active: Vec<(usize, f64, Configuration)> = (score(&tried).into_iter().zip(tried))
            .chain(promising)
            .enumerate()
            .map(|(start, (score, configuration))| (start, score, configuration))
            .collect();
        for step in 0..self.settings.steps {
            let around = |(start, _, center): &(usize, f64, Configuration)| {
                let index = u64::from(self.trial) << 32 | (*start as u64) << 16 | u64::from(step);
                self.space.neighbors(center, &mut Stream::of(self.seed, "neighbors", index))
            };
            let neighborhoods: Vec<Vec<Configuration>> = active.par_iter().map(around).collect();
            let all = neighborhoods.concat();
            let scores = score(&all);
            best.consider(&all, &scores);
            let mut offset = 0;
            let mut moved = Vec::new();
            for ((start, here, _), neighborhood) in active.into_iter().zip(neighborhoods) {
                let scores = &scores[offset..][..neighborhood.len()];
                offset += neighborhood.len();
                let highest = (0..scores.len()).reduce(|a, b| if scores[b] > scores[a] { b } else { a });
                if let Some(index) = highest.filter(|&index| scores[index] > here) {
                    moved.push((start, scores[index], neighborhood[index].clone()));
                }
            }
            // The lower half gives up, so that most of the effort goes where most is to be gained.
            moved.sort_by(|(_, a, _), (_, b, _)| b.total_cmp(a));
            moved.truncate(FEWEST.max(moved.len() / 2));
            active = moved;
            if active.is_empty() {
                break;
            }
        }
        best.configuration
    }

    fn candidates(&self) -> Vec<Configuration> {
        let wanted = self.settings.candidates as usize;
        let draw = |batch: usize| {
            let index = u64::from(self.trial) << 32 | batch as u64;
            let mut stream = Stream::of(self.seed, "candidates", index);
            let size = BATCH.min(wanted - batch * BATCH);
            (0..size).map_while(|_| self.space.sample(&mut stream).ok()).collect::<Vec<_>>()
        };
        let batches: Vec<Vec<Configuration>> = (0..wanted.div_ceil(BATCH)).into_par_iter().map(draw).collect();
        batches.concat()
    }
}

struct Best<'a> {
    score: f64,
    configuration: Option<Configuration>,
    taken: &'a (dyn Fn(&Configuration) -> bool + Sync),
}

impl Best<'_> {
    fn consider(&mut self, configurations: &[Configuration], scores: &[f64]) {
        for (configuration, &score) in configurations.iter().zip(scores) {
            if (score > self.score || self.configuration.is_none()) && !(self.taken)(configuration) {
                self.score = score;
                self.configuration = Some(configuration.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::hyperparameter::{Domain, Hyperparameter, Value};

    fn space() -> Space {
        let number =
            |name: &str| Hyperparameter::new(name, Domain::Float { min: 0.0, max: 1.0, log: false }, Value::Float(0.5));
        Space::new("test".into(), ["a", "b", "c", "d"].map(number).to_vec(), vec![], vec!["a > 0.95".into()]).unwrap()
    }

    /// Highest at 0.9 everywhere.
    fn peak(configurations: &[Configuration]) -> Vec<f64> {
        let distance = |configuration: &Configuration| {
            configuration.values().iter().flatten().map(|value| (value.number().unwrap() - 0.9).powi(2)).sum::<f64>()
        };
        configurations.iter().map(|configuration| -distance(configuration)).collect()
    }

    fn search(settings: &Settings, taken: &(dyn Fn(&Configuration) -> bool + Sync)) -> Option<Configuration> {
        Search { space: &space(), settings, seed: 1, trial: 1 }.maximize(&peak, Vec::new(), taken)
    }

    #[test]
    fn local_search_climbs_from_the_best_draws() {
        let score = |steps| peak(&[search(&Settings { steps, ..Settings::default() }, &|_| false).unwrap()])[0];
        assert!(score(20) > 0.1 * score(0) && score(20) > -0.001, "{} {}", score(0), score(20));
    }

    #[test]
    fn what_is_taken_is_passed_over() {
        let best = search(&Settings::default(), &|_| false).unwrap();
        let second = search(&Settings::default(), &|configuration| *configuration == best).unwrap();
        assert_ne!(best, second);
        assert!(peak(&[second])[0] > -0.01);
        assert_eq!(search(&Settings::default(), &|_| true), None);
    }
}
