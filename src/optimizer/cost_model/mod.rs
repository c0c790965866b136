//! Cost models: what is expected of a configuration's cost at the highest budget, learnt from results at all budgets.
mod automatic;
pub(super) mod build;
pub(super) mod conditioning;
pub(crate) mod config;
mod multi_fidelity;
mod per_configuration;

use super::training_data::TrainingData;
use crate::surrogate::Surrogate;

/// A model of one objective's cost. Whatever it learnt before, it depends on the data alone.
pub(crate) trait CostModel: Send + Sync {
    /// Learns from the data, and takes what is still open to turn out somehow; false where too few configurations have a
    /// cost, and then nothing else may be asked.
    fn update(&mut self, data: &TrainingData) -> bool;

    /// The expected costs of the configurations with a result, in the order of their rows.
    fn expected(&self) -> &[ExpectedCost];

    /// True where a Gaussian process learns from several budgets.
    fn is_multi_fidelity(&self) -> bool;

    /// The surrogate that predicts the cost at the highest budget, on the scale of its targets.
    fn surrogate(&self) -> &dyn Surrogate;
}

/// The expected cost of a configuration with a result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpectedCost {
    /// The index of the configuration's row.
    pub row: usize,
    /// At the highest budget, on the scale of the targets.
    pub cost: f64,
    /// True where it is to be improved upon: it was tried at the highest budget, or no configuration was.
    pub is_reached: bool,
}
