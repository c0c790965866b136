//! The gate on the processor.
use burn::backend::flex::FlexTensor;
use burn::backend::{Flex, TensorMetadata};
use rayon::prelude::*;

use super::super::gate::Gate;
use super::{ROWS, sigmoid, tensor, wide};

#[inline(always)]
fn forward(packed: &[f32], width: usize, output: &mut [f32]) {
    for (packed, output) in packed.chunks_exact(2 * width).zip(output.chunks_exact_mut(width)) {
        let (through, value) = packed.split_at(width);
        for index in 0..width {
            output[index] = through[index] * sigmoid(through[index]) * value[index];
        }
    }
}

#[inline(always)]
fn backward(packed: &[f32], width: usize, output: &[f32], gradient: &mut [f32]) {
    let rows = packed.chunks_exact(2 * width).zip(output.chunks_exact(width));
    for ((packed, output), gradient) in rows.zip(gradient.chunks_exact_mut(2 * width)) {
        let (through, value) = packed.split_at(width);
        let (through_gradient, value_gradient) = gradient.split_at_mut(width);
        for index in 0..width {
            let open = sigmoid(through[index]);
            let active = through[index] * open;
            through_gradient[index] = output[index] * value[index] * (open + active - active * open);
            value_gradient[index] = output[index] * active;
        }
    }
}

impl Gate for Flex {
    fn gated(packed: FlexTensor) -> FlexTensor {
        let [rows, both] = packed.shape().dims();
        let packed = packed.to_contiguous();
        let packed: &[f32] = packed.storage();
        let mut output = vec![0.0; rows * both / 2];
        let parts = output.par_chunks_mut(ROWS * both / 2).zip(packed.par_chunks(ROWS * both));
        parts.for_each(|(output, packed)| wide(|| forward(packed, both / 2, output)));
        tensor(output, [rows, both / 2])
    }

    fn gated_gradient(packed: FlexTensor, output: FlexTensor) -> FlexTensor {
        let [rows, both] = packed.shape().dims();
        let (packed, output) = (packed.to_contiguous(), output.to_contiguous());
        let (packed, output): (&[f32], &[f32]) = (packed.storage(), output.storage());
        let mut gradient = vec![0.0; rows * both];
        let inputs = packed.par_chunks(ROWS * both).zip(output.par_chunks(ROWS * both / 2));
        gradient
            .par_chunks_mut(ROWS * both)
            .zip(inputs)
            .for_each(|(gradient, (packed, output))| wide(|| backward(packed, both / 2, output, gradient)));
        tensor(gradient, [rows, both])
    }
}
