//! The selective scan on a graphics card: one unit a channel of a series, its states in registers.
#![allow(clippy::too_many_arguments)] // a kernel has as many as it has tensors

use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::{DType, Shape};
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;
use cubecl::{CubeCount, CubeDim, cube};

use super::super::selective_scan::{Gradient, SelectiveScan};

/// Units of one cube.
const UNITS: u32 = 64;

#[cube(launch)]
fn forward(
    input: &Tensor<f32>,
    step: &Tensor<f32>,
    decay: &Tensor<f32>,
    write: &Tensor<f32>,
    read: &Tensor<f32>,
    before: &Tensor<f32>,
    output: &mut Tensor<f32>,
    after: &mut Tensor<f32>,
    #[comptime] state: usize,
) {
    let batch = input.shape(0);
    let steps = input.shape(1);
    let channels = input.shape(2);
    if ABSOLUTE_POS >= batch * channels {
        terminate!();
    }
    let series = ABSOLUTE_POS / channels;
    let channel = ABSOLUTE_POS % channels;
    let mut now = Array::<f32>::new(state);
    #[unroll]
    for index in 0..state {
        now[index] = before[(series * state + index) * channels + channel];
    }
    for row in 0..steps {
        let place = (series * steps + row) * channels + channel;
        let vector = (series * steps + row) * state;
        let length = step[place];
        let added = length * input[place];
        let mut sum = 0.0f32;
        #[unroll]
        for index in 0..state {
            let kept = now[index] * (length * decay[index * channels + channel]).exp();
            let next = kept + added * write[vector + index];
            now[index] = next;
            sum += next * read[vector + index];
        }
        output[place] = sum;
    }
    #[unroll]
    for index in 0..state {
        after[(series * state + index) * channels + channel] = now[index];
    }
}

/// Fills `states`, batch × steps × state × channels, with the states after each row, then goes back over the rows. What `read`
/// and `write` have of each channel is left to be summed, in an order that does not depend on which unit is first.
#[cube(launch)]
fn backward(
    input: &Tensor<f32>,
    step: &Tensor<f32>,
    decay: &Tensor<f32>,
    write: &Tensor<f32>,
    read: &Tensor<f32>,
    before: &Tensor<f32>,
    output: &Tensor<f32>,
    states: &mut Tensor<f32>,
    write_parts: &mut Tensor<f32>,
    input_gradient: &mut Tensor<f32>,
    step_gradient: &mut Tensor<f32>,
    decay_parts: &mut Tensor<f32>,
    #[comptime] state: usize,
) {
    let batch = input.shape(0);
    let steps = input.shape(1);
    let channels = input.shape(2);
    if ABSOLUTE_POS >= batch * channels {
        terminate!();
    }
    let series = ABSOLUTE_POS / channels;
    let channel = ABSOLUTE_POS % channels;
    let mut now = Array::<f32>::new(state);
    let mut later = Array::<f32>::new(state);
    let mut faded = Array::<f32>::new(state);
    #[unroll]
    for index in 0..state {
        now[index] = before[(series * state + index) * channels + channel];
        later[index] = 0.0f32;
        faded[index] = 0.0f32;
    }
    for row in 0..steps {
        let place = (series * steps + row) * channels + channel;
        let vector = (series * steps + row) * state;
        let length = step[place];
        let added = length * input[place];
        #[unroll]
        for index in 0..state {
            let kept = now[index] * (length * decay[index * channels + channel]).exp();
            let next = kept + added * write[vector + index];
            now[index] = next;
            states[(vector + index) * channels + channel] = next;
        }
    }
    for back in 0..steps {
        let row = steps - 1 - back;
        let place = (series * steps + row) * channels + channel;
        let vector = (series * steps + row) * state;
        let length = step[place];
        let entry = input[place];
        let asked_output = output[place];
        let mut written = 0.0f32;
        let mut fading = 0.0f32;
        #[unroll]
        for index in 0..state {
            let rate = decay[index * channels + channel];
            let kept = (length * rate).exp();
            let here = (vector + index) * channels + channel;
            let mut previous = before[(series * state + index) * channels + channel];
            if row > 0 {
                previous = states[here - state * channels];
            }
            let asked = later[index] + asked_output * read[vector + index];
            let fade = asked * kept * previous;
            states[here] = asked_output * states[here]; // what `read` has of this channel
            write_parts[here] = asked * length * entry;
            written += asked * write[vector + index];
            fading += fade * rate;
            faded[index] = faded[index] + fade * length;
            later[index] = asked * kept;
        }
        input_gradient[place] = written * length;
        step_gradient[place] = written * entry + fading;
    }
    #[unroll]
    for index in 0..state {
        decay_parts[(series * state + index) * channels + channel] = faded[index];
    }
}

fn empty<const D: usize>(like: &CubeTensor, shape: [usize; D]) -> CubeTensor {
    empty_device_contiguous_dtype(like.client.clone(), like.device.clone(), Shape::new(shape), DType::F32)
}

fn grid(units: usize) -> (CubeCount, CubeDim) {
    (CubeCount::Static((units as u32).div_ceil(UNITS), 1, 1), CubeDim::new_1d(UNITS))
}

impl SelectiveScan for CubeBackend {
    fn scan(
        input: CubeTensor,
        step: CubeTensor,
        decay: CubeTensor,
        write: CubeTensor,
        read: CubeTensor,
        before: CubeTensor,
    ) -> (CubeTensor, CubeTensor) {
        let [batch, steps, channels] = input.shape().dims();
        let [state, _] = decay.shape().dims();
        let [input, step, decay, write, read, before] = [input, step, decay, write, read, before].map(into_contiguous);
        let (output, after) = (empty(&input, [batch, steps, channels]), empty(&input, [batch, state, channels]));
        let (count, size) = grid(batch * channels);
        forward::launch(
            &output.client.clone(),
            count,
            size,
            input.into_tensor_arg(),
            step.into_tensor_arg(),
            decay.into_tensor_arg(),
            write.into_tensor_arg(),
            read.into_tensor_arg(),
            before.into_tensor_arg(),
            output.clone().into_tensor_arg(),
            after.clone().into_tensor_arg(),
            state,
        );
        (output, after)
    }

    fn scan_gradient(
        input: CubeTensor,
        step: CubeTensor,
        decay: CubeTensor,
        write: CubeTensor,
        read: CubeTensor,
        before: CubeTensor,
        output: CubeTensor,
    ) -> Gradient<Self> {
        let [batch, steps, channels] = input.shape().dims();
        let [state, _] = decay.shape().dims();
        let [input, step, decay, write, read, before, output] =
            [input, step, decay, write, read, before, output].map(into_contiguous);
        let rows = || empty(&input, [batch, steps, channels]);
        let (input_gradient, step_gradient) = (rows(), rows());
        let history = || empty(&input, [batch, steps, state, channels]);
        let (states, write_parts) = (history(), history());
        let decay_parts = empty(&input, [batch, state, channels]);
        let (count, size) = grid(batch * channels);
        backward::launch(
            &states.client.clone(),
            count,
            size,
            input.into_tensor_arg(),
            step.into_tensor_arg(),
            decay.into_tensor_arg(),
            write.into_tensor_arg(),
            read.into_tensor_arg(),
            before.into_tensor_arg(),
            output.into_tensor_arg(),
            states.clone().into_tensor_arg(),
            write_parts.clone().into_tensor_arg(),
            input_gradient.clone().into_tensor_arg(),
            step_gradient.clone().into_tensor_arg(),
            decay_parts.clone().into_tensor_arg(),
            state,
        );
        let over_channels =
            |parts| Self::float_reshape(Self::float_sum_dim(parts, 3), Shape::new([batch, steps, state]));
        let decay = Self::float_reshape(Self::float_sum_dim(decay_parts, 0), Shape::new([state, channels]));
        (input_gradient, step_gradient, decay, over_channels(write_parts), over_channels(states))
    }
}
