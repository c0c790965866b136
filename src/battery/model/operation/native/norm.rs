//! Normalisation on the processor.
use burn::backend::flex::FlexTensor;
use burn::backend::{Flex, TensorMetadata};
use rayon::prelude::*;

use super::super::norm::{EPSILON, Normalize};
use super::{ROWS, dot, sum, tensor, wide};

/// Mean, and one over the root of the mean square after it is subtracted.
#[inline(always)]
fn moments(x: &[f32], centre: bool) -> (f32, f32) {
    let width = x.len() as f32;
    let mean = if centre { sum(x) / width } else { 0.0 };
    let square = match centre {
        // In two passes: the difference of large numbers would not be exact.
        true => {
            let centred: Vec<f32> = x.iter().map(|x| x - mean).collect();
            dot(&centred, &centred)
        }
        false => dot(x, x),
    };
    (mean, 1.0 / (square / width + EPSILON).sqrt())
}

#[inline(always)]
fn forward(x: &[f32], gain: &[f32], centre: bool, output: &mut [f32]) {
    let width = gain.len();
    for (x, output) in x.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
        let (mean, inverse) = moments(x, centre);
        for index in 0..width {
            output[index] = (x[index] - mean) * inverse * gain[index];
        }
    }
}

/// Writes the gradient of some rows, and returns theirs of the gain.
#[inline(always)]
fn backward(x: &[f32], gain: &[f32], output: &[f32], centre: bool, gradient: &mut [f32]) -> Vec<f32> {
    let width = gain.len();
    let mut gain_gradient = vec![0.0; width];
    let (mut unit, mut asked) = (vec![0.0; width], vec![0.0; width]);
    for ((x, output), gradient) in
        x.chunks_exact(width).zip(output.chunks_exact(width)).zip(gradient.chunks_exact_mut(width))
    {
        let (mean, inverse) = moments(x, centre);
        for index in 0..width {
            unit[index] = (x[index] - mean) * inverse;
            asked[index] = output[index] * gain[index];
            gain_gradient[index] += output[index] * unit[index];
        }
        let along = dot(&asked, &unit) / width as f32;
        // The mean of unit rows is 0, so that of the gradient is that of what is asked.
        let offset = if centre { sum(&asked) / width as f32 } else { 0.0 };
        for index in 0..width {
            gradient[index] = (asked[index] - unit[index] * along - offset) * inverse;
        }
    }
    gain_gradient
}

impl Normalize for Flex {
    fn normalized(x: FlexTensor, gain: FlexTensor, centre: bool) -> FlexTensor {
        let [rows, width] = x.shape().dims();
        let (x, gain) = (x.to_contiguous(), gain.to_contiguous());
        let (x, gain): (&[f32], &[f32]) = (x.storage(), gain.storage());
        let mut output = vec![0.0; rows * width];
        let parts = output.par_chunks_mut(ROWS * width).zip(x.par_chunks(ROWS * width));
        parts.for_each(|(output, x)| wide(|| forward(x, gain, centre, output)));
        tensor(output, [rows, width])
    }

    fn normalized_gradient(
        x: FlexTensor,
        gain: FlexTensor,
        output: FlexTensor,
        centre: bool,
    ) -> (FlexTensor, FlexTensor) {
        let [rows, width] = x.shape().dims();
        let (x, gain, output) = (x.to_contiguous(), gain.to_contiguous(), output.to_contiguous());
        let (x, gain, output): (&[f32], &[f32], &[f32]) = (x.storage(), gain.storage(), output.storage());
        let mut gradient = vec![0.0; rows * width];
        let size = ROWS * width;
        let parts = gradient.par_chunks_mut(size).zip(x.par_chunks(size)).zip(output.par_chunks(size));
        let gains: Vec<Vec<f32>> =
            parts.map(|((gradient, x), output)| wide(|| backward(x, gain, output, centre, gradient))).collect();
        let mut gain = vec![0.0; width];
        for part in &gains {
            gain.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        (tensor(gradient, [rows, width]), tensor(gain, [width]))
    }
}
