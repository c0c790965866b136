//! The selective scan on the processor: one series a task.
use burn::backend::flex::FlexTensor;
use burn::backend::{Flex, TensorMetadata};
use rayon::prelude::*;

use super::super::selective_scan::{Gradient, SelectiveScan};
use super::{dot, exp, tensor, wide};

/// The rows of one series, and the decays of all.
struct Series<'a> {
    /// Steps × channels.
    input: &'a [f32],
    step: &'a [f32],
    /// State × channels.
    decay: &'a [f32],
    /// Steps × state.
    write: &'a [f32],
    read: &'a [f32],
    /// State × channels.
    before: &'a [f32],
    channels: usize,
    state: usize,
}

/// Gradients of one series, in the shapes of [`Series`].
struct Gradients {
    input: Vec<f32>,
    step: Vec<f32>,
    decay: Vec<f32>,
    write: Vec<f32>,
    read: Vec<f32>,
}

impl Series<'_> {
    /// Input and step of a row.
    #[inline(always)]
    fn row(&self, row: usize) -> (&[f32], &[f32]) {
        let span = row * self.channels..(row + 1) * self.channels;
        (&self.input[span.clone()], &self.step[span])
    }

    /// One row's change of the states, from `from` into `to`; both state × channels.
    #[inline(always)]
    fn advance(&self, row: usize, from: &[f32], to: &mut [f32]) {
        let channels = self.channels;
        let (input, step) = self.row(row);
        let write = &self.write[row * self.state..][..self.state];
        for (index, write) in write.iter().enumerate() {
            let span = index * channels..(index + 1) * channels;
            let (from, decay, to) = (&from[span.clone()], &self.decay[span.clone()], &mut to[span]);
            for channel in 0..channels {
                let kept = from[channel] * exp(step[channel] * decay[channel]);
                to[channel] = kept + step[channel] * input[channel] * write;
            }
        }
    }

    #[inline(always)]
    fn forward(&self, output: &mut [f32], after: &mut [f32]) {
        let (channels, state) = (self.channels, self.state);
        let mut now = self.before.to_vec();
        for (row, output) in output.chunks_exact_mut(channels).enumerate() {
            self.advance(row, &now, after);
            let read = &self.read[row * state..][..state];
            for (read, after) in read.iter().zip(after.chunks_exact(channels)) {
                for (output, after) in output.iter_mut().zip(after) {
                    *output += after * read;
                }
            }
            now.copy_from_slice(after);
        }
    }

    #[inline(always)]
    fn backward(&self, output: &[f32]) -> Gradients {
        let (channels, state) = (self.channels, self.state);
        let (steps, size) = (output.len() / channels, channels * state);
        let mut states = vec![0.0; (steps + 1) * size]; // the states before each row, and the last ones
        states[..size].copy_from_slice(self.before);
        for row in 0..steps {
            let (from, to) = states[row * size..].split_at_mut(size);
            self.advance(row, from, &mut to[..size]);
        }
        let mut all = Gradients {
            input: vec![0.0; steps * channels],
            step: vec![0.0; steps * channels],
            decay: vec![0.0; size],
            write: vec![0.0; steps * state],
            read: vec![0.0; steps * state],
        };
        let mut later = vec![0.0; size]; // what the rows behind this one ask of the states
        let mut asked_input = vec![0.0; channels];
        for row in (0..steps).rev() {
            let (input, step) = self.row(row);
            let place = row * channels..(row + 1) * channels;
            let output = &output[place.clone()];
            let (input_gradient, step_gradient) = (&mut all.input[place.clone()], &mut all.step[place]);
            for index in 0..state {
                let (write, read) = (self.write[row * state + index], self.read[row * state + index]);
                let span = index * channels..(index + 1) * channels;
                let decay = &self.decay[span.clone()];
                let (before, now) = (&states[row * size..][span.clone()], &states[(row + 1) * size..][span.clone()]);
                let (later, decay_gradient) = (&mut later[span.clone()], &mut all.decay[span]);
                for channel in 0..channels {
                    let asked = later[channel] + output[channel] * read;
                    let kept = exp(step[channel] * decay[channel]);
                    let faded = asked * kept * before[channel];
                    asked_input[channel] = asked * step[channel];
                    input_gradient[channel] += asked * step[channel] * write;
                    step_gradient[channel] += asked * input[channel] * write + faded * decay[channel];
                    decay_gradient[channel] += faded * step[channel];
                    later[channel] = asked * kept;
                }
                all.write[row * state + index] = dot(&asked_input, input);
                all.read[row * state + index] = dot(output, now);
            }
        }
        all
    }
}

/// The parts of tensors that belong to one series.
struct Tensors {
    all: [FlexTensor; 6],
    /// Batch, steps, channels, state.
    shape: [usize; 4],
}

impl Tensors {
    fn new(all: [FlexTensor; 6]) -> Self {
        let [batch, steps, channels] = all[0].shape().dims();
        let [state, _] = all[2].shape().dims();
        Self { all: all.map(|each| each.to_contiguous()), shape: [batch, steps, channels, state] }
    }

    fn series(&self, index: usize) -> Series<'_> {
        let [_, steps, channels, state] = self.shape;
        let part = |which: usize, size: usize| &self.all[which].storage::<f32>()[index * size..][..size];
        Series {
            input: part(0, steps * channels),
            step: part(1, steps * channels),
            decay: self.all[2].storage(),
            write: part(3, steps * state),
            read: part(4, steps * state),
            before: part(5, channels * state),
            channels,
            state,
        }
    }
}

impl SelectiveScan for Flex {
    fn scan(
        input: FlexTensor,
        step: FlexTensor,
        decay: FlexTensor,
        write: FlexTensor,
        read: FlexTensor,
        before: FlexTensor,
    ) -> (FlexTensor, FlexTensor) {
        let tensors = Tensors::new([input, step, decay, write, read, before]);
        let [batch, steps, channels, state] = tensors.shape;
        let (mut output, mut after) = (vec![0.0; batch * steps * channels], vec![0.0; batch * channels * state]);
        let places = output.par_chunks_mut(steps * channels).zip(after.par_chunks_mut(channels * state));
        places.enumerate().for_each(|(index, (output, after))| {
            let series = tensors.series(index);
            wide(|| series.forward(output, after));
        });
        (tensor(output, [batch, steps, channels]), tensor(after, [batch, state, channels]))
    }

    fn scan_gradient(
        input: FlexTensor,
        step: FlexTensor,
        decay: FlexTensor,
        write: FlexTensor,
        read: FlexTensor,
        before: FlexTensor,
        output: FlexTensor,
    ) -> Gradient<Self> {
        let tensors = Tensors::new([input, step, decay, write, read, before]);
        let [batch, steps, channels, state] = tensors.shape;
        let output = output.to_contiguous();
        let output: &[f32] = output.storage();
        let each: Vec<Gradients> = (0..batch)
            .into_par_iter()
            .map(|index| {
                let series = tensors.series(index);
                wide(|| series.backward(&output[index * steps * channels..][..steps * channels]))
            })
            .collect();
        let mut decay = vec![0.0; channels * state];
        for gradients in &each {
            decay.iter_mut().zip(&gradients.decay).for_each(|(sum, part)| *sum += part);
        }
        let joined = |of: fn(&Gradients) -> &[f32], last: usize| {
            tensor(each.iter().flat_map(|gradients| of(gradients).iter().copied()).collect(), [batch, steps, last])
        };
        (
            joined(|all| &all.input, channels),
            joined(|all| &all.step, channels),
            tensor(decay, [state, channels]),
            joined(|all| &all.write, state),
            joined(|all| &all.read, state),
        )
    }
}
