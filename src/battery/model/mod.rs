//! A model of a series of rows: a window of six features in, the next row after each of them out.
pub mod architecture;
mod attention;
mod decoder;
pub mod device;
mod duality;
mod feed_forward;
#[cfg(test)]
mod golden;
pub mod hyperparameter;
mod initial;
mod linear;
mod mamba_1;
mod mamba_2;
pub mod memory;

pub mod mixer;
mod norm;
pub mod operation;

pub mod parameter_path;
mod position;
mod state;
pub mod weights;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use architecture::{Architecture, Predict};
pub use decoder::Decoder;
use hyperparameter::{Hyperparameters, Mixing};
use initial::Draw;
use mixer::Memory;
use position::Tables;

/// Features of a row; the first, the current, is given and not predicted.
pub const WIDTH: usize = 6;

/// What the features of the training series look like: constants of the model, in scaled units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// The mean row.
    pub mean: [f32; WIDTH],
    /// Standard deviations of the features.
    pub deviation: [f32; WIDTH],
    /// Standard deviations of the change from one row to the next.
    pub change: [f32; WIDTH],
    /// The linear part of the changes; absent in files of other programs.
    #[serde(default)]
    pub linear: Linear,
}

/// The changes from one row to the next that least squares expects of a row, given with the current of the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// A row for each feature, in standard deviations from its mean: what it adds to each change.
    pub slope: [[f32; WIDTH]; WIDTH],
    /// The changes of the mean row.
    pub offset: [f32; WIDTH],
    /// Standard deviations of what is left of the changes.
    pub residual: [f32; WIDTH],
}

impl Default for Linear {
    /// Nothing that is linear.
    fn default() -> Self {
        Self { slope: [[0.0; WIDTH]; WIDTH], offset: [0.0; WIDTH], residual: [1.0; WIDTH] }
    }
}

impl Default for Statistics {
    /// Of features that are scaled already.
    fn default() -> Self {
        Self { mean: [0.0; WIDTH], deviation: [1.0; WIDTH], change: [1.0; WIDTH], linear: Linear::default() }
    }
}

/// A network with the constants that turn rows into its inputs and its outputs into rows.
#[derive(Clone)]
pub struct Model {
    pub network: Decoder,
    hyperparameters: Hyperparameters,
    architecture: Architecture,
    statistics: Statistics,
    constants: Constants,
}

/// What a network remembers of the rows that it has seen, one entry a block.
pub struct Cache {
    layers: Vec<Memory>,
    length: usize,
}

impl Cache {
    /// Rows seen since it was empty.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.length = 0;
        self.layers.iter_mut().for_each(Memory::clear);
    }
}

#[derive(Clone)]
struct Constants {
    tables: Tables,
    mean: Tensor<3>,
    inverse_deviation: Tensor<3>,
    keep: Tensor<3>,
    gain: Tensor<3>,
    offset: Tensor<3>,
    /// What the standardized inputs add to the next row.
    slope: Option<Tensor<2>>,
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
        let mut draw = Draw::new(seed, device, architecture.initial_deviation);
        let network = Decoder::new(&hyperparameters, &architecture, &mut draw);
        let constants = Constants::new(&hyperparameters, &architecture, &statistics, device);
        Self { network, hyperparameters, architecture, statistics, constants }
    }

    /// The same weights without gradients, for predictions.
    pub fn valid(&self) -> Self {
        let network = self.network.valid();
        let device = self.constants.mean.device().inner();
        let constants = Constants::new(&self.hyperparameters, &self.architecture, &self.statistics, &device);
        Self { network, constants, ..self.clone() }
    }

    pub fn hyperparameters(&self) -> &Hyperparameters {
        &self.hyperparameters
    }

    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// How many trainable numbers there are.
    pub fn parameters(&self) -> usize {
        self.network.num_params()
    }

    /// The device of the weights and of every input.
    pub fn device(&self) -> Device {
        self.constants.mean.device()
    }

    /// The rows after each row of `rows`, both batch × steps × 6 scaled features, steps at most the window.
    pub fn forward(&self, rows: Tensor<3>) -> Tensor<3> {
        self.apply(rows, None)
    }

    /// As [`forward`](Self::forward), where the rows follow those that the cache holds; they are added to it.
    pub fn extend(&self, rows: Tensor<3>, cache: &mut Cache) -> Tensor<3> {
        self.apply(rows, Some(cache))
    }

    /// Whether a cache may go on for ever, at the same cost for every row: it holds states, and not the rows of a window.
    pub fn carries_state(&self) -> bool {
        matches!(self.hyperparameters.mixing, Mixing::Mamba { .. })
    }

    /// An empty cache for `batch` series and as many rows as the window has, or any number of them where the model
    /// [carries its state](Self::carries_state).
    pub fn cache(&self, batch: usize) -> Cache {
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

impl Constants {
    fn new(
        hyperparameters: &Hyperparameters,
        architecture: &Architecture,
        statistics: &Statistics,
        device: &Device,
    ) -> Self {
        let row = |values: [f32; WIDTH]| Tensor::from_data(TensorData::new(values.to_vec(), [1, 1, WIDTH]), device);
        let predicted = |values: [f32; WIDTH]| {
            let mut values = values;
            values[0] = 0.0;
            values
        };
        let linear = &statistics.linear;
        let (keep, gain, offset) = match architecture.predict {
            Predict::Change => ([1.0; WIDTH], predicted(statistics.change), [0.0; WIDTH]),
            Predict::Residual => ([1.0; WIDTH], predicted(linear.residual), predicted(linear.offset)),
            Predict::Value => {
                let mut keep = [0.0; WIDTH];
                keep[0] = 1.0;
                (keep, predicted(statistics.deviation), predicted(statistics.mean))
            }
        };
        Self {
            tables: Tables::new(hyperparameters, device),
            mean: row(statistics.mean),
            inverse_deviation: row(statistics.deviation.map(|deviation| 1.0 / deviation.max(1e-6))),
            keep: row(keep),
            gain: row(gain),
            offset: row(offset),
            slope: (architecture.predict == Predict::Residual).then(|| {
                let slope = linear.slope.iter().flat_map(|row| predicted(*row)).collect();
                Tensor::from_data(TensorData::new(slope, [WIDTH, WIDTH]), device)
            }),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use burn::tensor::Distribution;

    use super::architecture::{Family, Mamba, Predict};
    use super::hyperparameter::{NormKind, Position};
    use super::*;
    use crate::battery::model::device::tested;

    pub type Shape = (Hyperparameters, Architecture);

    pub fn model((hyperparameters, architecture): Shape, seed: u64, device: &Device) -> Model {
        let linear = Linear { slope: [[0.1; WIDTH]; WIDTH], offset: [0.02; WIDTH], residual: [0.01; WIDTH] };
        let statistics = Statistics { mean: [0.5; WIDTH], deviation: [0.3; WIDTH], change: [0.05; WIDTH], linear };
        Model::new(hyperparameters, architecture, statistics, seed, device)
    }

    fn shape(mixing: Mixing, norm: NormKind, architecture: Architecture) -> Shape {
        let hyperparameters =
            Hyperparameters { mixing, norm, dim_model: 16, seq_len: 12, n_layer: 2, learning_rate: None };
        (hyperparameters, architecture)
    }

    /// Every position with every norm, and both versions of Mamba, small.
    pub fn shapes() -> Vec<Shape> {
        let positions = [Position::Sinusoidal, Position::Rotary { theta: 1e4 }, Position::LinearBias];
        let norms = [NormKind::RootMeanSquare, NormKind::Layer];
        let transformer =
            |position, norm| shape(Mixing::Attention { position, n_heads: 4 }, norm, Architecture::default());
        let mamba = |version, d_intermediate| {
            let mamba = Mamba { version, state: Some(4), head: 8, chunk: 5, ..Mamba::default() };
            let architecture = Architecture { family: Family::Mamba(mamba), ..Architecture::default() };
            shape(Mixing::Mamba { d_intermediate }, NormKind::RootMeanSquare, architecture)
        };
        let mut all: Vec<_> =
            positions.iter().flat_map(|position| norms.map(|norm| transformer(*position, norm))).collect();
        all.extend([mamba(1, 0), mamba(1, 1), mamba(2, 0), mamba(2, 24)]);
        all[2].1.predict = Predict::Residual;
        all
    }

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
