//! Weights of an acquisition function: what else makes a configuration more or less promising than its cost.
pub(super) mod duration;
pub(super) mod feasibility;

use super::training_data::TrainingData;
use crate::surrogate::Rows;

/// A factor of an acquisition function.
pub(crate) trait Weight: Send + Sync {
    /// Learns from the data.
    fn update(&mut self, data: &TrainingData);

    /// Weighs the logarithms of how promising rows are. `is_sampled` says that these are the values of a function that was
    /// drawn from a posterior, and no logarithms.
    fn apply(&self, rows: &Rows, is_sampled: bool, scores: &mut [f64]);
}
