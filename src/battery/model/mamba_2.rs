//! Mamba-2: heads of channels that share a decay, a state that every row writes to and reads from (Dao and Gu 2024).
use burn::module::{Module, Param};
use burn::tensor::activation::softplus;
use burn::tensor::{Device, Tensor};

use super::architecture::Mamba;
use super::duality;
use super::hyperparameter::NormKind;
use super::initial::{self, WeightInitializer};
use super::linear::Linear;
use super::norm::Norm;
use super::rows::Rows;
use super::state::{MixerState, convolve_on, gate};

/// One mixer; all heads write and read with the same vectors (one group).
#[derive(Module, Debug)]
pub(crate) struct Mamba2 {
    /// Width × (channels: gate; channels, state, state: input, writing, reading vector; heads: step).
    packed: Linear,
    /// Channels + twice the state × rows.
    filter: Param<Tensor<2>>,
    filter_bias: Param<Tensor<1>>,
    step_bias: Param<Tensor<1>>,
    /// Logarithm of the rate of decay of each head.
    decay: Param<Tensor<1>>,
    /// The share of each head's channels that bypasses the state.
    skip: Param<Tensor<1>>,
    norm: Norm,
    out: Linear,
    #[module(skip)]
    state: usize,
    #[module(skip)]
    chunk: usize,
}

impl Mamba2 {
    pub(crate) fn new(width: usize, settings: &Mamba, residual: f64, draw: &mut WeightInitializer) -> Self {
        let (channels, state) = (settings.expand * width, settings.state());
        let heads = channels / greatest_common_divisor(channels, settings.head);
        let filtered = channels + 2 * state;
        let packed = draw.linear(width, channels + filtered + heads, 1.0);
        let (filter, filter_bias) = initial::filter(filtered, settings.convolution, draw);
        Self {
            packed,
            filter,
            filter_bias,
            step_bias: initial::step_bias(heads, draw),
            decay: {
                let rates = draw.uniform(heads, 1.0, 16.0);
                draw.tensor(rates.iter().map(|rate| rate.ln() as f32).collect(), [heads])
            },
            skip: draw.ones(heads),
            norm: Norm::new(NormKind::RootMeanSquare, channels, draw),
            out: draw.linear(channels, width, residual),
            state,
            chunk: settings.chunk,
        }
    }

    /// Rows `x`, (batch · steps) × width; those of `past` come before them.
    pub(crate) fn forward(&self, x: Tensor<2>, rows: Rows, mut past: Option<&mut MixerState>) -> Tensor<2> {
        let Rows { batch, steps, .. } = rows;
        let (channels, state, heads) = (self.out.weight.dims()[0], self.state, self.skip.dims()[0]);
        let filtered = channels + 2 * state;
        let part = |start, count| self.packed.part(x.clone(), start, count).reshape([batch, steps, count]);
        let through = part(0, channels);
        let step = softplus(part(channels + filtered, heads) + self.step_bias.val().unsqueeze(), 1.0);
        let tail = past.as_mut().map(|past| &mut past.tail);
        let mixed = convolve_on(part(channels, filtered), self.filter.val(), self.filter_bias.val(), tail);
        let input = mixed.clone().narrow(2, 0, channels).reshape([batch, steps, heads, channels / heads]);
        let (write, read) = (mixed.clone().narrow(2, channels, state), mixed.narrow(2, channels + state, state));
        let decay = step.clone() * -self.decay.val().exp().unsqueeze::<3>();
        let written = input.clone() * step.reshape([batch, steps, heads, 1]);

        let before = past.as_ref().map(|past| past.state.clone());
        let (output, after) = duality::mix(written, decay, write, read, before, self.chunk);
        if let Some(past) = past {
            past.state = after;
        }
        let output = output + input * self.skip.val().reshape([1, 1, heads, 1]);
        let gated = gate(through.reshape([batch * steps, channels]), output.reshape([batch * steps, channels]));
        self.out.forward(self.norm.forward(gated))
    }

    /// An empty memory.
    pub(crate) fn memory(&self, batch: usize, device: &Device) -> MixerState {
        let [filtered, rows] = self.filter.dims();
        let (channels, heads) = (self.out.weight.dims()[0], self.skip.dims()[0]);
        MixerState::new([batch, rows - 1, filtered], [batch, heads, self.state, channels / heads], device)
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
