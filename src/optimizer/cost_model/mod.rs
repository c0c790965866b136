//! Cost models: predict a configuration's cost at the highest budget, from results at all budgets.
mod automatic;
pub(super) mod build;
pub mod conditioning;
pub(crate) mod config;
mod multi_fidelity;
mod per_configuration;

use super::training_data::TrainingData;
use crate::surrogate::Surrogate;

/// A model of one objective's cost. Its predictions depend on the data of the last update alone.
pub(crate) trait CostModel: Send + Sync {
    /// Updates the model, with an assumed target for each running trial; returns false where too few configurations
    /// have a cost, in which case no other method may be called.
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
    /// The expected cost at the highest budget, on the scale of the targets.
    pub cost: f64,
    /// True where the acquisition function improves upon it: it was tried at the highest budget, or no configuration
    /// was.
    pub is_reached: bool,
}
