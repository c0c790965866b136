//! Mamba-1: each channel has a state of its own, with decays that depend on the row (Gu and Dao 2023).
use burn::module::{Module, Param};
use burn::tensor::activation::softplus;
use burn::tensor::{Device, Tensor};

use super::architecture::Mamba;
use super::initial::{self, WeightInitializer};
use super::linear::Linear;
use super::operation::selective_scan::selective_scan;
use super::rows::Rows;
use super::state::{MixerState, convolve_on, gate};

/// One mixer.
#[derive(Module, Debug)]
pub(crate) struct Mamba1 {
    /// Width × twice the channels: input, gate.
    packed: Linear,
    /// Channels × rows.
    filter: Param<Tensor<2>>,
    filter_bias: Param<Tensor<1>>,
    /// Channels × (rank of the step, state, state): step, writing and reading vector.
    select: Linear,
    /// Rank of the step × channels.
    step: Linear,
    step_bias: Param<Tensor<1>>,
    /// Logarithm of the rates of decay: channels × state.
    decay: Param<Tensor<2>>,
    /// The share of each channel that bypasses the state.
    skip: Param<Tensor<1>>,
    out: Linear,
}

impl Mamba1 {
    pub(crate) fn new(width: usize, settings: &Mamba, residual: f64, draw: &mut WeightInitializer) -> Self {
        let (channels, state, rank) = (settings.expand * width, settings.state(), width.div_ceil(16));
        let packed = draw.linear(width, 2 * channels, 1.0);
        let (filter, filter_bias) = initial::filter(channels, settings.convolution, draw);
        let rates: Vec<f32> = (1..=state).map(|index| (index as f32).ln()).collect();
        Self {
            packed,
            filter,
            filter_bias,
            select: draw.linear(channels, rank + 2 * state, 1.0),
            step: draw.linear(rank, channels, 1.0),
            step_bias: initial::step_bias(channels, draw),
            decay: draw.tensor(rates.repeat(channels), [channels, state]),
            skip: draw.ones(channels),
            out: draw.linear(channels, width, residual),
        }
    }

    /// Rows `x`, (batch · steps) × width; those of `past` come before them.
    pub(crate) fn forward(&self, x: Tensor<2>, rows: Rows, mut past: Option<&mut MixerState>) -> Tensor<2> {
        let Rows { batch, steps, .. } = rows;
        let [channels, state] = self.decay.dims();
        let rank = self.step.weight.dims()[0];
        let input = self.packed.part(x.clone(), 0, channels).reshape([batch, steps, channels]);
        let through = self.packed.part(x, channels, channels);
        let tail = past.as_mut().map(|past| &mut past.tail);
        let input = convolve_on(input, self.filter.val(), self.filter_bias.val(), tail);
        let flat = input.clone().reshape([batch * steps, channels]);
        let select = |start, count| self.select.part(flat.clone(), start, count);
        let step = self.step.forward(select(0, rank)) + self.step_bias.val().unsqueeze();
        let step = softplus(step.reshape([batch, steps, channels]), 1.0);
        let vector = |start| select(start, state).reshape([batch, steps, state]);

        let decay = -self.decay.val().transpose().exp();
        let before = past.as_ref().map(|past| past.state.clone().reshape([batch, state, channels]));
        let (output, after) = selective_scan(input.clone(), step, decay, vector(rank), vector(rank + state), before);
        if let Some(past) = past {
            past.state = after.reshape([batch, 1, state, channels]);
        }
        let output = (output + input * self.skip.val().unsqueeze()).reshape([batch * steps, channels]);
        self.out.forward(gate(through, output))
    }

    /// An empty memory.
    pub(crate) fn memory(&self, batch: usize, device: &Device) -> MixerState {
        let [channels, state] = self.decay.dims();
        MixerState::new([batch, self.filter.dims()[1] - 1, channels], [batch, 1, state, channels], device)
    }
}
