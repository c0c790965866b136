//! Cost model over configurations and budgets: every result counts at the budget where it was found.
use super::super::training_data::TrainingData;
use super::conditioning::Conditioning;
use super::{CostModel, ExpectedCost};
use crate::space::encoding::Column;
use crate::surrogate::multi_fidelity::{self, MultiFidelity};
use crate::surrogate::target::Scale;
use crate::surrogate::{Prediction, Surrogate, Targets};

/// A surrogate with a column for the budget.
pub(crate) struct MultiFidelityModel {
    objective: usize,
    surrogate: MultiFidelity,
    /// The columns of a configuration and the budget.
    columns: Vec<Column>,
    /// The lowest and the highest budget.
    budgets: (f64, f64),
    scale: Scale,
    /// The least number of configurations with a cost.
    minimum_results: usize,
    conditioning: Conditioning,
    expected: Vec<ExpectedCost>,
}

impl MultiFidelityModel {
    /// A model without results, of an objective counted from 0.
    pub(crate) fn new(
        objective: usize,
        surrogate: MultiFidelity,
        columns: Vec<Column>,
        budgets: (f64, f64),
        scale: Scale,
        minimum_results: usize,
        conditioning: Conditioning,
    ) -> Self {
        Self { objective, surrogate, columns, budgets, scale, minimum_results, conditioning, expected: Vec::new() }
    }
}

impl CostModel for MultiFidelityModel {
    fn update(&mut self, data: &TrainingData) -> bool {
        let found = data.observations(self.objective);
        let mut configurations: Vec<usize> = found.iter().map(|each| each.configuration).collect();
        configurations.sort_unstable();
        configurations.dedup();
        if configurations.len() < self.minimum_results {
            return false;
        }
        let (min, max) = self.budgets;
        let joint = multi_fidelity::rows(&found, data.rows, min, max);
        let targets = |results: usize| multi_fidelity::targets(&found[..results], self.scale, &joint, &self.columns);
        self.surrogate.update(&joint, &targets(found.len()), found.len(), &targets);
        let predictions = self.surrogate.predict(&data.rows.select(configurations.iter().copied()));
        let mut is_full = vec![false; data.rows.len()];
        found.iter().filter(|each| each.budget >= max).for_each(|each| is_full[each.configuration] = true);
        let is_any_full = is_full.contains(&true);
        let each = |(row, prediction): (usize, Prediction)| ExpectedCost {
            row,
            cost: prediction.mean,
            is_reached: is_full[row] || !is_any_full,
        };
        self.expected = configurations.into_iter().zip(predictions).map(each).collect();
        let targets: Targets = self.expected.iter().map(|each| (each.row, each.cost)).collect();
        // The highest budget is still to come for what is known at a lower one.
        self.conditioning.apply(&mut self.surrogate, data, &targets, &vec![false; data.rows.len()]);
        true
    }

    fn expected(&self) -> &[ExpectedCost] {
        &self.expected
    }

    fn is_multi_fidelity(&self) -> bool {
        true
    }

    fn surrogate(&self) -> &dyn Surrogate {
        &self.surrogate
    }
}
