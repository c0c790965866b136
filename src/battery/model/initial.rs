//! Initial weights, drawn on the host so that they do not depend on the device or on what ran before.
use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};

use super::linear::Linear;
use crate::numeric::stream::Stream;

/// Draws the weights of one model, in the order in which it asks.
pub(crate) struct WeightInitializer<'a> {
    stream: Stream,
    device: &'a Device,
    /// The deviation of all matrices, where it is fixed.
    fixed: Option<f64>,
}

impl<'a> WeightInitializer<'a> {
    /// Weights of `seed` on `device`, of the deviation `fixed` where there is one.
    pub(crate) fn new(seed: u64, device: &'a Device, fixed: Option<f64>) -> Self {
        Self { stream: Stream::of(seed, "weights", 0), device, fixed }
    }

    /// A projection, normal with one over the root of the inputs, or the fixed deviation, times `factor`.
    pub(crate) fn linear(&mut self, inputs: usize, outputs: usize, factor: f64) -> Linear {
        let deviation = factor * self.fixed.unwrap_or(1.0 / (inputs as f64).sqrt());
        self.normal(inputs, outputs, deviation)
    }

    /// The last projection, near zero where no deviation is fixed: the model then predicts no change.
    pub(crate) fn last(&mut self, inputs: usize, outputs: usize) -> Linear {
        let deviation = self.fixed.unwrap_or(0.02 / (inputs as f64).sqrt());
        self.normal(inputs, outputs, deviation)
    }

    /// A first projection whose transpose is also the last one; its weights are scaled by the number of its outputs.
    pub(crate) fn tied(&mut self, inputs: usize, outputs: usize) -> Linear {
        self.normal(inputs, outputs, self.fixed.unwrap_or(1.0 / (outputs as f64).sqrt()))
    }

    fn normal(&mut self, inputs: usize, outputs: usize, deviation: f64) -> Linear {
        let values = (0..inputs * outputs).map(|_| (deviation * self.stream.normal()) as f32).collect();
        Linear { weight: self.tensor(values, [inputs, outputs]) }
    }

    /// Numbers evenly from `least` to `largest`.
    pub(crate) fn uniform(&mut self, count: usize, least: f64, largest: f64) -> Vec<f64> {
        (0..count).map(|_| least + (largest - least) * self.stream.uniform()).collect()
    }

    /// A parameter of the given values.
    pub(crate) fn tensor<const D: usize>(&mut self, values: Vec<f32>, shape: [usize; D]) -> Param<Tensor<D>> {
        Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), self.device))
    }

    /// A vector of ones.
    pub(crate) fn ones(&mut self, length: usize) -> Param<Tensor<1>> {
        Param::from_tensor(Tensor::ones([length], self.device))
    }
}

/// A filter of channels × rows and its bias, as a convolution of that many inputs begins in PyTorch.
pub(crate) fn filter(
    channels: usize,
    rows: usize,
    draw: &mut WeightInitializer,
) -> (Param<Tensor<2>>, Param<Tensor<1>>) {
    let most = 1.0 / (rows as f64).sqrt();
    let mut numbers = |count| draw.uniform(count, -most, most).iter().map(|value| *value as f32).collect();
    let (weight, bias) = (numbers(channels * rows), numbers(channels));
    (draw.tensor(weight, [channels, rows]), draw.tensor(bias, [channels]))
}

/// The bias with which steps begin between 0.001 and 0.1, evenly over the magnitudes (Gu and Dao 2023, section 3.6).
pub(crate) fn step_bias(count: usize, draw: &mut WeightInitializer) -> Param<Tensor<1>> {
    let inverse_softplus = |step: f64| step + (-(-step).exp_m1()).ln();
    let steps = draw.uniform(count, 1e-3f64.ln(), 0.1f64.ln());
    draw.tensor(steps.iter().map(|step| inverse_softplus(step.exp().max(1e-4)) as f32).collect(), [count])
}
