//! A model of a series of rows: a window of six features in, the next row after each of them out.
pub mod attention;
#[cfg(test)]
mod golden;
pub mod hyperparameter;
pub mod norm;
pub mod position;
pub mod transformer;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::numeric::stream::Stream;
use attention::KeyValue;
use hyperparameter::Hyperparameters;
use position::Tables;
use transformer::Transformer;

/// Features of a row; the first, the current, is given and not predicted.
pub const WIDTH: usize = 6;

/// What the last layer's numbers mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Predict {
    /// The change from this row to the next, in standard deviations of such changes.
    #[default]
    Change,
    /// The next row, in standard deviations from the mean row.
    Value,
}

/// What every model of a task has in common, whatever is being tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Architecture {
    /// What the last layer's numbers mean; default `Change`.
    pub predict: Predict,
    /// Width of the feed-forward layers over the model's width, above 0; default 4, as in the transformers of old.
    pub feed_forward: f64,
    /// Standard deviation of the initial weights, above 0; absent: one over the root of the layer's inputs.
    pub initial_deviation: Option<f64>,
}

impl Default for Architecture {
    fn default() -> Self {
        Self { predict: Predict::Change, feed_forward: 4.0, initial_deviation: None }
    }
}

impl Architecture {
    /// Which field is out of range, and what is allowed.
    pub fn validate(&self) -> Result<(), String> {
        if !(self.feed_forward > 0.0 && self.feed_forward <= 64.0) {
            return Err(format!("`feed_forward` must be above 0 and at most 64, not {}", self.feed_forward));
        }
        match self.initial_deviation {
            Some(deviation) if !(deviation > 0.0 && deviation <= 1.0) => {
                Err(format!("`initial_deviation` must be above 0 and at most 1, not {deviation}"))
            }
            _ => Ok(()),
        }
    }
}

/// What the features of the training series look like: constants of the model, in scaled units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// The mean row.
    pub mean: [f32; WIDTH],
    /// Standard deviations of the features.
    pub deviation: [f32; WIDTH],
    /// Standard deviations of the change from one row to the next.
    pub change: [f32; WIDTH],
}

/// A network with the constants that turn rows into its inputs and its outputs into rows.
#[derive(Clone)]
pub struct Model {
    pub network: Network,
    hyperparameters: Hyperparameters,
    architecture: Architecture,
    statistics: Statistics,
    constants: Constants,
}

/// The trainable part, one variant a family; which [`Model::forward`] runs.
#[derive(Module, Debug)]
pub enum Network {
    Transformer(Transformer),
}

/// What a network remembers of the rows that it has seen, one entry a layer.
pub struct Cache {
    pub layers: Vec<KeyValue>,
    /// Rows seen, at most the window.
    pub length: usize,
}

#[derive(Clone)]
struct Constants {
    tables: Tables,
    mean: Tensor<3>,
    inverse_deviation: Tensor<3>,
    keep: Tensor<3>,
    gain: Tensor<3>,
    offset: Tensor<3>,
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
        let mut draw = Draw { stream: Stream::of(seed, "weights", 0), device, fixed: architecture.initial_deviation };
        let network = Network::Transformer(Transformer::new(&hyperparameters, &architecture, &mut draw));
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

    /// An empty cache for `batch` series and as many rows as the window has.
    pub fn cache(&self, batch: usize) -> Cache {
        let Network::Transformer(network) = &self.network;
        network.cache(batch, self.hyperparameters.seq_len, &self.device())
    }

    fn apply(&self, rows: Tensor<3>, cache: Option<&mut Cache>) -> Tensor<3> {
        let constants = &self.constants;
        let inputs = (rows.clone() - constants.mean.clone()) * constants.inverse_deviation.clone();
        let Network::Transformer(network) = &self.network;
        let outputs = network.forward(inputs, &constants.tables, cache);
        rows * constants.keep.clone() + outputs * constants.gain.clone() + constants.offset.clone()
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
        let (keep, gain, offset) = match architecture.predict {
            Predict::Change => ([1.0; WIDTH], predicted(statistics.change), [0.0; WIDTH]),
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
        }
    }
}

/// Initial weights, drawn on the host so that they do not depend on the device or on what ran before.
pub struct Draw<'a> {
    stream: Stream,
    device: &'a Device,
    fixed: Option<f64>,
}

impl Draw<'_> {
    /// A matrix of inputs × outputs, normal with the initial deviation times `factor`.
    pub fn matrix(&mut self, inputs: usize, outputs: usize, factor: f64) -> Param<Tensor<2>> {
        let deviation = factor * self.fixed.unwrap_or(1.0 / (inputs as f64).sqrt());
        let values: Vec<f32> = (0..inputs * outputs).map(|_| (deviation * self.stream.normal()) as f32).collect();
        Param::from_tensor(Tensor::from_data(TensorData::new(values, [inputs, outputs]), self.device))
    }

    /// A vector of ones.
    pub fn ones(&mut self, length: usize) -> Param<Tensor<1>> {
        Param::from_tensor(Tensor::ones([length], self.device))
    }
}

#[cfg(test)]
pub mod tests {
    use burn::tensor::Distribution;

    use super::hyperparameter::{NormKind, Position};
    use super::*;

    pub fn model(hyperparameters: Hyperparameters, seed: u64, device: &Device) -> Model {
        let statistics = Statistics { mean: [0.5; WIDTH], deviation: [0.3; WIDTH], change: [0.05; WIDTH] };
        Model::new(hyperparameters, Architecture::default(), statistics, seed, device)
    }

    /// Every position with every norm, small.
    pub fn shapes() -> Vec<Hyperparameters> {
        let positions = [Position::Sinusoidal, Position::Rotary { theta: 1e4 }, Position::LinearBias];
        let norms = [NormKind::RootMeanSquare, NormKind::Layer];
        let shape = |position, norm| Hyperparameters {
            position,
            norm,
            dim_model: 16,
            n_heads: 4,
            seq_len: 12,
            n_layer: 2,
            learning_rate: None,
        };
        positions.iter().flat_map(|position| norms.map(|norm| shape(*position, norm))).collect()
    }

    fn close(a: Tensor<3>, b: Tensor<3>) -> bool {
        (a - b).abs().max().into_scalar::<f32>() < 1e-5
    }

    #[test]
    fn cached_steps_are_the_full_forward() {
        let device = Device::flex();
        for hyperparameters in shapes() {
            let model = model(hyperparameters, 1, &device);
            let rows = Tensor::random([3, 12, WIDTH], Distribution::Uniform(0.0, 1.0), &device);
            let full = model.forward(rows.clone());
            let mut cache = model.cache(3);
            let mut parts = vec![model.extend(rows.clone().narrow(1, 0, 5), &mut cache)];
            for row in 5..12 {
                parts.push(model.extend(rows.clone().narrow(1, row, 1), &mut cache));
            }
            assert!(close(Tensor::cat(parts, 1), full), "{:?}", model.hyperparameters());
        }
    }

    #[test]
    fn a_row_does_not_see_what_follows() {
        let device = Device::flex();
        for hyperparameters in shapes() {
            let model = model(hyperparameters, 1, &device);
            let rows = Tensor::random([1, 12, WIDTH], Distribution::Uniform(0.0, 1.0), &device);
            let changed = rows.clone().slice_assign([0..1, 8..12, 0..WIDTH], Tensor::zeros([1, 4, WIDTH], &device));
            let (a, b) = (model.forward(rows), model.forward(changed));
            assert!(close(a.clone().narrow(1, 0, 8), b.clone().narrow(1, 0, 8)));
            assert!(!close(a.narrow(1, 8, 4), b.narrow(1, 8, 4)));
        }
    }

    #[test]
    fn the_current_passes_through_and_the_seed_decides_the_weights() {
        let device = Device::flex();
        let rows = Tensor::random([2, 12, WIDTH], Distribution::Uniform(0.0, 1.0), &device);
        let shape = || shapes().remove(0);
        let first = model(shape(), 1, &device).forward(rows.clone());
        device.seed(99);
        assert!(first.clone().narrow(2, 0, 1).equal(rows.clone().narrow(2, 0, 1)).all().into_scalar::<bool>());
        assert_eq!(first.to_data(), model(shape(), 1, &device).forward(rows.clone()).to_data());
        assert_ne!(first.to_data(), model(shape(), 2, &device).forward(rows).to_data());
    }
}
