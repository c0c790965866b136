//! Models of series: a window of rows of six features in, the next row after each of them out.
pub mod architecture;
mod attention;
pub(crate) mod cache;
mod constants;
mod decoder;
pub mod device;
mod duality;
mod feed_forward;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod hyperparameter;
mod initial;
mod linear;
mod mamba_1;
mod mamba_2;
mod memory;
mod mixer;
mod norm;
mod operation;
pub(crate) mod parameter_path;
mod position;
mod rows;
mod state;
pub(crate) mod statistics;
pub(crate) mod weights;

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::battery::dataset::feature::WIDTH;
use architecture::Architecture;
use cache::Cache;
use constants::Constants;
pub(crate) use decoder::Decoder;
use hyperparameter::{Hyperparameters, Mixing};
use initial::WeightInitializer;
pub use statistics::Statistics;

/// A network with the constants that turn rows into its inputs and its outputs into rows.
#[derive(Clone)]
pub struct Model {
    pub network: Decoder,
    hyperparameters: Hyperparameters,
    architecture: Architecture,
    statistics: Statistics,
    constants: Constants,
}

impl Model {
    /// A model with initial weights that depend on `seed` and the shapes alone, ready to train if `device` is autodiff.
    pub fn new(
        hyperparameters: Hyperparameters,
        architecture: Architecture,
        statistics: Statistics,
        seed: u64,
        device: &Device,
    ) -> Self {
        memory::keep();
        let mut draw = WeightInitializer::new(seed, device, architecture.initial_deviation);
        let network = Decoder::new(&hyperparameters, &architecture, &mut draw);
        let constants = Constants::new(&hyperparameters, &architecture, &statistics, device);
        Self { network, hyperparameters, architecture, statistics, constants }
    }

    /// A copy without gradients, for predictions.
    pub fn valid(&self) -> Self {
        let network = self.network.valid();
        let device = self.constants.mean.device().inner();
        let constants = Constants::new(&self.hyperparameters, &self.architecture, &self.statistics, &device);
        Self { network, constants, ..self.clone() }
    }

    pub(crate) fn hyperparameters(&self) -> &Hyperparameters {
        &self.hyperparameters
    }

    pub(crate) fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    pub(crate) fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Number of trainable numbers.
    pub fn parameters(&self) -> usize {
        self.network.num_params()
    }

    /// The device of the weights and of every input.
    pub(crate) fn device(&self) -> Device {
        self.constants.mean.device()
    }

    /// The rows after each row of `rows`, both batch × steps × 6 scaled features, steps at most the window.
    pub(crate) fn forward(&self, rows: Tensor<3>) -> Tensor<3> {
        self.apply(rows, None)
    }

    /// Predicts like [`forward`](Self::forward) where the rows follow those in the cache, and adds them to it.
    pub(crate) fn extend(&self, rows: Tensor<3>, cache: &mut Cache) -> Tensor<3> {
        self.apply(rows, Some(cache))
    }

    /// True where a cache may continue without end, at the same cost for every row: it holds states, not the rows of a window.
    pub(crate) fn carries_state(&self) -> bool {
        matches!(self.hyperparameters.mixing, Mixing::Mamba { .. })
    }

    /// An empty cache for `batch` series and as many rows as the window has, or any number of them where the model
    /// [carries its state](Self::carries_state).
    pub(crate) fn cache(&self, batch: usize) -> Cache {
        self.network.cache(batch, self.hyperparameters.seq_len, &self.device())
    }

    fn apply(&self, rows: Tensor<3>, cache: Option<&mut Cache>) -> Tensor<3> {
        let constants = &self.constants;
        let inputs = (rows.clone() - constants.mean.clone()) * constants.inverse_deviation.clone();
        let outputs = self.network.forward(inputs.clone(), &constants.tables, cache);
        let next = rows * constants.keep.clone() + outputs * constants.gain.clone() + constants.offset.clone();
        match &constants.slope {
            Some(slope) => {
                let [batch, steps, _] = inputs.dims();
                let linear = inputs.reshape([batch * steps, WIDTH]).matmul(slope.clone());
                next + linear.reshape([batch, steps, WIDTH])
            }
            None => next,
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;
    use crate::battery::model::device::tested;
    use crate::battery::model::fixtures::{model, shapes};

    fn close(a: Tensor<3>, b: Tensor<3>) -> bool {
        (a - b).abs().max().into_scalar::<f32>() < 1e-5
    }

    #[test]
    fn cached_steps_are_the_full_forward() {
        let device = tested();
        for shape in shapes() {
            let model = model(shape, 1, &device);
            let rows = Tensor::random([3, 12, WIDTH], Distribution::Uniform(0.0, 1.0), &device);
            let full = model.forward(rows.clone());
            let mut cache = model.cache(3);
            let mut parts = vec![model.extend(rows.clone().narrow(1, 0, 5), &mut cache)];
            for row in 5..12 {
                parts.push(model.extend(rows.clone().narrow(1, row, 1), &mut cache));
            }
            assert!(close(Tensor::cat(parts, 1), full.clone()), "{:?}", model.hyperparameters());
            cache.clear();
            assert!(close(model.extend(rows, &mut cache), full), "a cleared cache is an empty one");
        }
    }

    #[test]
    fn a_row_does_not_see_what_follows() {
        let device = tested();
        for shape in shapes() {
            let model = model(shape, 1, &device);
            let rows = Tensor::random([1, 12, WIDTH], Distribution::Uniform(0.0, 1.0), &device);
            let changed = rows.clone().slice_assign([0..1, 8..12, 0..WIDTH], Tensor::zeros([1, 4, WIDTH], &device));
            let (a, b) = (model.forward(rows), model.forward(changed));
            assert!(close(a.clone().narrow(1, 0, 8), b.clone().narrow(1, 0, 8)));
            assert!(!close(a.narrow(1, 8, 4), b.narrow(1, 8, 4)));
        }
    }

    #[test]
    fn the_current_passes_through_and_the_seed_decides_the_weights() {
        let device = tested();
        let rows = Tensor::random([2, 12, WIDTH], Distribution::Uniform(0.0, 1.0), &device);
        let shape = || shapes().remove(0);
        let first = model(shape(), 1, &device).forward(rows.clone());
        device.seed(99);
        assert!(first.clone().narrow(2, 0, 1).equal(rows.clone().narrow(2, 0, 1)).all().into_scalar::<bool>());
        assert_eq!(first.to_data(), model(shape(), 1, &device).forward(rows.clone()).to_data());
        assert_ne!(first.to_data(), model(shape(), 2, &device).forward(rows).to_data());
    }
}
