//! Cost model with one target a configuration: results at lower budgets are carried over to the highest by regression.
use super::super::training_data::TrainingData;
use super::conditioning::Conditioning;
use super::{CostModel, ExpectedCost};
use crate::surrogate::residual_models::ResidualModels;
use crate::surrogate::target::Scale;
use crate::surrogate::{Surrogate, Targets};

/// A surrogate over configurations; where there are several budgets, residual models correct the regression between
/// them.
pub(crate) struct PerConfiguration {
    pub objective: usize,
    pub surrogate: Box<dyn Surrogate>,
    pub residual_models: ResidualModels,
    pub scale: Scale,
    /// The least number of configurations with a cost.
    pub minimum_results: usize,
    pub conditioning: Conditioning,
    /// The targets, with the number of ended trials that they were computed from.
    targets: Option<(usize, Targets)>,
    expected: Vec<ExpectedCost>,
}

impl PerConfiguration {
    /// A model without results, of an objective counted from 0.
    pub(crate) fn new(
        objective: usize,
        surrogate: Box<dyn Surrogate>,
        residual_models: ResidualModels,
        scale: Scale,
        minimum_results: usize,
        conditioning: Conditioning,
    ) -> Self {
        let (targets, expected) = (None, Vec::new());
        Self { objective, surrogate, residual_models, scale, minimum_results, conditioning, targets, expected }
    }
}

impl CostModel for PerConfiguration {
    fn update(&mut self, data: &TrainingData) -> bool {
        let found = data.observations(self.objective);
        let ended = data.history.ended().len();
        let targets = |results: usize| self.residual_models.targets(&found[..results], data.rows, self.scale);
        if self.targets.as_ref().is_none_or(|(before, _)| *before != ended) {
            self.targets = Some((ended, targets(found.len())));
        }
        let (_, known) = self.targets.as_ref().expect("targets were just computed");
        if known.len() < self.minimum_results {
            return false;
        }
        self.surrogate.update(data.rows, known, found.len(), &targets);
        let means = self.surrogate.means(data.rows, known);
        let each = |(&(row, _), cost): (&(usize, f64), f64)| ExpectedCost { row, cost, is_reached: true };
        self.expected = known.iter().zip(means).map(each).collect();
        let mut is_known = vec![false; data.rows.len()];
        known.iter().for_each(|&(row, _)| is_known[row] = true);
        self.conditioning.apply(self.surrogate.as_mut(), data, known, &is_known);
        true
    }

    fn expected(&self) -> &[ExpectedCost] {
        &self.expected
    }

    fn is_multi_fidelity(&self) -> bool {
        false
    }

    fn surrogate(&self) -> &dyn Surrogate {
        self.surrogate.as_ref()
    }
}
