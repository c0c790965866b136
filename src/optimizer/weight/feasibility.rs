//! Feasibility: the probability that a configuration has a cost at all, as a weight of the acquisition function.
use super::super::repeatability::success_again;
use super::super::training_data::TrainingData;
use super::Weight;
use crate::numeric::stream::Stream;
use crate::space::encoding::Column;
use crate::surrogate::forest::{Forest, ForestSettings};
use crate::surrogate::{Rows, Surrogate};

/// A forest that learns which configurations fail, once any trial has. A failure that is unlikely to repeat counts little.
pub(crate) struct Feasibility {
    forest: Forest,
    has_failures: bool,
    seed: u64,
    /// The number of the trial that is asked for.
    trial: u32,
}

impl Feasibility {
    /// A weight without results.
    pub(crate) fn new(columns: &[Column], settings: &ForestSettings, seed: u64) -> Self {
        Self { forest: Forest::new(columns, settings, seed, "feasibility"), has_failures: false, seed, trial: 0 }
    }
}

impl Weight for Feasibility {
    fn update(&mut self, data: &TrainingData) {
        self.trial = data.history.next_trial().0;
        self.has_failures = data.has_failures();
        if self.has_failures {
            let results = data.judged();
            let earlier = |results: usize| success_again(data, results);
            self.forest.update(data.rows, &earlier(results), results, &earlier);
        }
    }

    fn apply(&self, rows: &Rows, is_sampled: bool, scores: &mut [f64]) {
        if !self.has_failures {
            return;
        }
        let mut stream = Stream::of(self.seed, "feasible", self.trial.into());
        for (score, prediction) in scores.iter_mut().zip(self.forest.predict(rows)) {
            // No forest is sure: as if of a hundred trials one more had succeeded half.
            let success = (100.0 * prediction.mean + 0.5) / 101.0;
            if !is_sampled {
                *score += success.ln();
            } else if stream.uniform() > success {
                *score = f64::NEG_INFINITY;
            }
        }
    }
}
