//! Weights of an acquisition function: the probability of success, and the expected duration of a trial.
pub(super) mod duration;
pub(super) mod feasibility;

use super::training_data::TrainingData;
use crate::surrogate::Rows;

/// A factor of an acquisition function.
pub(crate) trait Weight: Send + Sync {
    /// Learns from the data.
    fn update(&mut self, data: &TrainingData);

    /// Weighs the score of each row, which is a logarithm. `is_sampled` marks scores that are values of a posterior
    /// sample instead.
    fn apply(&self, rows: &Rows, is_sampled: bool, scores: &mut [f64]);
}
