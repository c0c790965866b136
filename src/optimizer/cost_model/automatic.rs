//! Cost model that is a Gaussian process while there are few results, and a random forest after that.
use super::super::training_data::TrainingData;
use super::{CostModel, ExpectedCost};
use crate::surrogate::Surrogate;

/// The number of results and running trials up to which the Gaussian process is used: a proposal then takes a tenth of
/// a second, apart from fits.
const FEW: usize = 400;

/// Both models; the number of results decides which one is used.
pub(crate) struct Automatic {
    objective: usize,
    process: Box<dyn CostModel>,
    forest: Box<dyn CostModel>,
    is_process: bool,
}

impl Automatic {
    /// The automatic model of an objective, counted from 0.
    pub(crate) fn new(objective: usize, process: Box<dyn CostModel>, forest: Box<dyn CostModel>) -> Self {
        Self { objective, process, forest, is_process: true }
    }

    fn chosen(&self) -> &dyn CostModel {
        if self.is_process { self.process.as_ref() } else { self.forest.as_ref() }
    }
}

impl CostModel for Automatic {
    fn update(&mut self, data: &TrainingData) -> bool {
        // A Gaussian process takes running trials for results. One that fails makes room.
        let results = data.observations(self.objective).len() + data.history.running().count();
        self.is_process = results <= FEW;
        let chosen = if self.is_process { &mut self.process } else { &mut self.forest };
        chosen.update(data)
    }

    fn expected(&self) -> &[ExpectedCost] {
        self.chosen().expected()
    }

    fn is_multi_fidelity(&self) -> bool {
        self.chosen().is_multi_fidelity()
    }

    fn surrogate(&self) -> &dyn Surrogate {
        self.chosen().surrogate()
    }
}
