//! The convolution of channels on the processor: one series a task.
use burn::backend::flex::FlexTensor;
use burn::backend::{Flex, TensorMetadata};
use rayon::prelude::*;

use super::super::convolution::Convolve;
use super::{sigmoid, tensor, wide};

/// One series, with its rows before the first.
struct Series<'a> {
    /// Steps × channels.
    x: &'a [f32],
    /// (Rows − 1) × channels.
    before: &'a [f32],
    /// Rows × channels.
    filter: &'a [f32],
    bias: &'a [f32],
}

impl Series<'_> {
    /// The row that filter row `row` multiplies for step `step`.
    #[inline(always)]
    fn input(&self, step: usize, row: usize) -> &[f32] {
        let channels = self.bias.len();
        let missing = self.before.len() / channels;
        match (step + row).checked_sub(missing) {
            Some(place) => &self.x[place * channels..][..channels],
            None => &self.before[(step + row) * channels..][..channels],
        }
    }

    /// The sums of one step before the unit.
    #[inline(always)]
    fn sums(&self, step: usize, sums: &mut [f32]) {
        sums.copy_from_slice(self.bias);
        for (row, filter) in self.filter.chunks_exact(self.bias.len()).enumerate() {
            let input = self.input(step, row);
            for channel in 0..sums.len() {
                sums[channel] += input[channel] * filter[channel];
            }
        }
    }

    #[inline(always)]
    fn forward(&self, output: &mut [f32]) {
        for (step, output) in output.chunks_exact_mut(self.bias.len()).enumerate() {
            self.sums(step, output);
            output.iter_mut().for_each(|value| *value *= sigmoid(*value));
        }
    }

    /// Writes the gradient of `x`, and returns those of filter and bias, one after the other.
    #[inline(always)]
    fn backward(&self, output: &[f32], gradient: &mut [f32]) -> Vec<f32> {
        let channels = self.bias.len();
        let missing = self.before.len() / channels;
        let mut weights = vec![0.0; self.filter.len() + channels];
        let (filter_gradient, bias_gradient) = weights.split_at_mut(self.filter.len());
        let mut asked = vec![0.0; channels];
        for (step, output) in output.chunks_exact(channels).enumerate() {
            self.sums(step, &mut asked);
            for channel in 0..channels {
                let open = sigmoid(asked[channel]);
                let active = asked[channel] * open;
                asked[channel] = output[channel] * (open + active - active * open);
                bias_gradient[channel] += asked[channel];
            }
            for row in 0..=missing {
                let span = row * channels..(row + 1) * channels;
                let (filter, filter_gradient) = (&self.filter[span.clone()], &mut filter_gradient[span]);
                let input = self.input(step, row);
                for channel in 0..channels {
                    filter_gradient[channel] += asked[channel] * input[channel];
                }
                if let Some(place) = (step + row).checked_sub(missing) {
                    let gradient = &mut gradient[place * channels..][..channels];
                    for channel in 0..channels {
                        gradient[channel] += asked[channel] * filter[channel];
                    }
                }
            }
        }
        weights
    }
}

/// Contiguous tensors, the filter as rows × channels.
struct Tensors {
    x: FlexTensor,
    filter: FlexTensor,
    bias: FlexTensor,
    before: FlexTensor,
    /// Shape of `x`.
    shape: [usize; 3],
}

impl Tensors {
    fn new(x: FlexTensor, filter: FlexTensor, bias: FlexTensor, before: FlexTensor) -> Self {
        let shape = x.shape().dims();
        let filter = filter.transpose(0, 1);
        let [x, filter, bias, before] = [x, filter, bias, before].map(|each| each.to_contiguous());
        Self { x, filter, bias, before, shape }
    }

    fn series(&self, index: usize) -> Series<'_> {
        let [batch, steps, channels] = self.shape;
        let before: &[f32] = self.before.storage();
        let size = before.len() / batch;
        Series {
            x: &self.x.storage::<f32>()[index * steps * channels..][..steps * channels],
            before: &before[index * size..][..size],
            filter: self.filter.storage(),
            bias: self.bias.storage(),
        }
    }
}

impl Convolve for Flex {
    fn convolved(x: FlexTensor, filter: FlexTensor, bias: FlexTensor, before: FlexTensor) -> FlexTensor {
        let tensors = Tensors::new(x, filter, bias, before);
        let [batch, steps, channels] = tensors.shape;
        let mut output = vec![0.0; batch * steps * channels];
        output.par_chunks_mut(steps * channels).enumerate().for_each(|(index, output)| {
            let series = tensors.series(index);
            wide(|| series.forward(output));
        });
        tensor(output, tensors.shape)
    }

    fn convolved_gradient(
        x: FlexTensor,
        filter: FlexTensor,
        bias: FlexTensor,
        before: FlexTensor,
        output: FlexTensor,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let tensors = Tensors::new(x, filter, bias, before);
        let [batch, steps, channels] = tensors.shape;
        let size = steps * channels;
        let output = output.to_contiguous();
        let output: &[f32] = output.storage();
        let mut gradient = vec![0.0; batch * size];
        let series = gradient.par_chunks_mut(size).zip(output.par_chunks(size)).enumerate();
        let parts: Vec<Vec<f32>> = series
            .map(|(index, (gradient, output))| {
                let series = tensors.series(index);
                wide(|| series.backward(output, gradient))
            })
            .collect();
        let mut weights = vec![0.0; parts.first().map_or(0, Vec::len)];
        for part in &parts {
            weights.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        let bias = weights.split_off(weights.len() - channels);
        let rows = weights.len() / channels;
        let filter = tensor(weights, [rows, channels]).transpose(0, 1).to_contiguous();
        (tensor(gradient, tensors.shape), filter, tensor(bias, [channels]))
    }
}
