//! Maximizer of an acquisition function: random and local search for the most promising configuration that is new.
use serde::{Deserialize, Serialize};

use crate::document::diagnostic::Diagnostic;
use crate::document::range::at_least_one;
use crate::numeric::minimize::minimize;
use crate::numeric::quantile::order;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::surrogate::Rows;

/// The number of local searches that are continued even where they are behind the others.
const FEWEST: usize = 3;

/// Rounds without success after which a local search ends.
const PATIENCE: u32 = 2;

/// Widths of a step, in positions of `[0, 1]`, of which one is drawn: near and far (SMAC's is 0.05).
const DEVIATIONS: [f64; 3] = [0.2, 0.05, 0.0125];

/// The settings of the search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "Maximizer")]
pub struct MaximizerSettings {
    /// The number of configurations that are drawn at random. 600: the local search does the rest.
    pub candidates: u32,
    /// The number of those, and of the best that were tried, that a local search starts from. 10, as in SMAC.
    pub starts: u32,
    /// The number of neighbours that a local search scores before it moves to the best of them. 10: moving early finds
    /// more with as many scores than scoring all neighbours.
    pub neighbors: u32,
    /// The most moves of a local search. 20: most stop after a few.
    pub steps: u32,
    /// The greatest number of gradients that are computed in the ascent from the end of each local search; a forest has
    /// no gradients. 40: most ascents take fewer.
    pub climbs: u32,
}

impl Default for MaximizerSettings {
    fn default() -> Self {
        Self { candidates: 600, starts: 10, neighbors: 10, steps: 20, climbs: 40 }
    }
}

impl MaximizerSettings {
    /// Fails where a count is 0 that must not be.
    pub(crate) fn validate(&self) -> Result<(), Diagnostic> {
        at_least_one("maximizer.candidates", self.candidates)?;
        at_least_one("maximizer.neighbors", self.neighbors)
    }
}

/// A search within `space` for the trial with a given number; its draws are addressed by the seed and that number.
pub struct Maximizer<'a> {
    pub space: &'a Space,
    pub settings: &'a MaximizerSettings,
    pub seed: u64,
    pub trial: u32,
}

/// Points to be scored.
pub struct Candidates<'a> {
    /// The points, encoded.
    pub rows: Rows,
    /// The configuration of a row.
    pub configuration: &'a dyn Fn(usize) -> Configuration,
}

/// The score of each candidate; higher is more promising.
pub(crate) type Score<'a> = dyn Fn(&Candidates) -> Vec<f64> + 'a;

/// The score of a row, with its derivative by each of the row's numbers; `None` where it is not differentiable.
pub(crate) type Gradient<'a> = dyn Fn(&[f64]) -> Option<(f64, Vec<f64>)> + 'a;

/// A local search: its configuration, the configuration's score, and the number of consecutive rounds without
/// improvement.
struct Walk {
    score: f64,
    configuration: Configuration,
    misses: u32,
}

impl Maximizer<'_> {
    /// The configuration with the highest score among all that the search meets and that are not `taken`; the first of
    /// equals. `tried` are further points to start from. Where the score has gradients, gradient ascent over the real
    /// numbers follows from the best configurations. `None` where everything is taken.
    pub fn maximize(
        &self,
        score: &Score,
        gradient: &Gradient,
        tried: Vec<Configuration>,
        taken: &dyn Fn(&Configuration) -> bool,
    ) -> Option<Configuration> {
        // What has no score is not promising.
        let known = |score: f64| if score.is_nan() { f64::NEG_INFINITY } else { score };
        let of = |candidates: &Candidates| -> Vec<f64> { score(candidates).into_iter().map(known).collect() };
        let score = |configurations: &[Configuration]| {
            of(&Candidates { rows: self.rows(configurations), configuration: &|index| configurations[index].clone() })
        };
        let mut best = Best { score: f64::NEG_INFINITY, configuration: None, taken };
        let mut stream = Stream::of(self.seed, "candidates", self.trial.into());
        let mut promising = Vec::new();
        if let Ok(drawn) = self.space.sample_many(self.settings.candidates as usize, &mut stream) {
            let configuration = |index| drawn.configuration(index);
            let rows = Rows::of(self.space.hyperparameters().len(), drawn.rows().to_vec());
            let scores = of(&Candidates { rows, configuration: &configuration });
            best.consider(&scores, &configuration);
            let starts = order(&scores).into_iter().rev().take(self.settings.starts as usize);
            promising.extend(starts.map(|index| (scores[index], configuration(index))));
        }
        let tried = score(&tried).into_iter().zip(tried);
        let walk = |(score, configuration)| Walk { score, configuration, misses: 0 };
        let mut walks: Vec<Walk> = tried.chain(promising).map(walk).collect();
        let mut stream = Stream::of(self.seed, "neighbors", self.trial.into());
        for _ in 0..self.settings.steps {
            self.step(&mut walks, &score, &mut best, &mut stream);
            // The lower half gives up, so that most of the effort goes where most is to be gained.
            walks.retain(|walk| walk.misses < PATIENCE);
            walks.sort_by(|a, b| b.score.total_cmp(&a.score));
            walks.truncate(FEWEST.max(walks.len() / 2));
        }
        let peaks = walks.iter().map(|walk| walk.configuration.clone()).chain(best.configuration.clone());
        let climbed: Vec<Configuration> = peaks.filter_map(|peak| self.climb(gradient, &peak)).collect();
        let scores = score(&climbed);
        best.consider(&scores, &|index| climbed[index].clone());
        best.configuration
    }

    /// The most promising configuration that differs from `start` in real numbers only, by their slopes.
    fn climb(&self, gradient: &Gradient, start: &Configuration) -> Option<Configuration> {
        let row = self.space.encode(start);
        let is_real = |index: &usize| self.space.hyperparameters()[*index].size().is_none() && !row[*index].is_nan();
        let real: Vec<usize> = (0..row.len()).filter(is_real).collect();
        if real.is_empty() || self.settings.climbs == 0 {
            return None;
        }
        let negative = |places: &[f64]| {
            let mut row = row.clone();
            real.iter().zip(places).for_each(|(&index, &place)| row[index] = place);
            let (value, slopes) = gradient(&row)?;
            Some((-value, real.iter().map(|&index| -slopes[index]).collect()))
        };
        let places: Vec<f64> = real.iter().map(|&index| row[index]).collect();
        let evaluations = self.settings.climbs as usize;
        let (places, _) = minimize(&negative, &vec![(0.0, 1.0); real.len()], &places, evaluations)?;
        let mut values = start.values().to_vec();
        for (&index, place) in real.iter().zip(places) {
            values[index] = Some(self.space.hyperparameters()[index].at(place));
        }
        self.space.configuration(values).ok()
    }

    /// Scores neighbours of each local search, and moves it to the best of them where that is better.
    fn step(
        &self,
        walks: &mut [Walk],
        score: &dyn Fn(&[Configuration]) -> Vec<f64>,
        best: &mut Best,
        stream: &mut Stream,
    ) {
        let (mut seen, mut ends) = (Vec::new(), Vec::new());
        for walk in &*walks {
            let neighbor = |_| {
                let deviation = DEVIATIONS[stream.below(DEVIATIONS.len())];
                self.space.mutate(&walk.configuration, 1 + stream.below(2), deviation, stream)
            };
            seen.extend((0..self.settings.neighbors).filter_map(neighbor));
            ends.push(seen.len());
        }
        let scores = score(&seen);
        best.consider(&scores, &|index| seen[index].clone());
        let mut start = 0;
        for (walk, end) in walks.iter_mut().zip(ends) {
            let highest = (start..end).reduce(|a, b| if scores[b] > scores[a] { b } else { a });
            match highest.filter(|&index| scores[index] > walk.score) {
                Some(index) => *walk = Walk { score: scores[index], configuration: seen[index].clone(), misses: 0 },
                None => walk.misses += 1,
            }
            start = end;
        }
    }

    fn rows(&self, configurations: &[Configuration]) -> Rows {
        let mut rows = Rows::new(self.space.hyperparameters().len());
        configurations.iter().for_each(|configuration| rows.push(&self.space.encode(configuration)));
        rows
    }
}

struct Best<'a> {
    score: f64,
    configuration: Option<Configuration>,
    taken: &'a dyn Fn(&Configuration) -> bool,
}

impl Best<'_> {
    fn consider(&mut self, scores: &[f64], configuration: &dyn Fn(usize) -> Configuration) {
        for (index, &score) in scores.iter().enumerate() {
            if score > self.score || self.configuration.is_none() {
                let configuration = configuration(index);
                if !(self.taken)(&configuration) {
                    self.score = score;
                    self.configuration = Some(configuration);
                }
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
    fn peak(candidates: &Candidates) -> Vec<f64> {
        let rows = &candidates.rows;
        (0..rows.len()).map(|index| -rows.row(index).iter().map(|place| (place - 0.9).powi(2)).sum::<f64>()).collect()
    }

    fn height(configuration: &Configuration) -> f64 {
        let mut rows = Rows::new(4);
        rows.push(&space().encode(configuration));
        peak(&Candidates { rows, configuration: &|_| configuration.clone() })[0]
    }

    fn steps(_: &[f64]) -> Option<(f64, Vec<f64>)> {
        None
    }

    fn search(settings: &MaximizerSettings, taken: &dyn Fn(&Configuration) -> bool) -> Option<Configuration> {
        Maximizer { space: &space(), settings, seed: 1, trial: 1 }.maximize(&peak, &steps, Vec::new(), taken)
    }

    #[test]
    fn local_search_climbs_from_the_best_draws() {
        let score =
            |steps| height(&search(&MaximizerSettings { steps, ..MaximizerSettings::default() }, &|_| false).unwrap());
        assert!(score(20) > 0.1 * score(0) && score(20) > -0.001, "{} {}", score(0), score(20));
    }

    #[test]
    fn what_is_taken_is_passed_over() {
        let best = search(&MaximizerSettings::default(), &|_| false).unwrap();
        let second = search(&MaximizerSettings::default(), &|configuration| *configuration == best).unwrap();
        assert_ne!(best, second);
        assert!(height(&second) > -0.01);
        assert_eq!(search(&MaximizerSettings::default(), &|_| true), None);
    }

    #[test]
    fn slopes_lead_to_the_top() {
        let settings = MaximizerSettings::default();
        let slope = |row: &[f64]| {
            let value = -row.iter().map(|place| (place - 0.9).powi(2)).sum::<f64>();
            Some((value, row.iter().map(|place| -2.0 * (place - 0.9)).collect()))
        };
        let space = space();
        let search = Maximizer { space: &space, settings: &settings, seed: 1, trial: 1 };
        let best = search.maximize(&peak, &slope, Vec::new(), &|_| false).unwrap();
        assert!(height(&best) > -1e-9, "{}", height(&best));
    }
}
