//! Operations as loops for the processor: 32-bit floats, in its widest registers, with the same bits on any number of threads.
#![allow(clippy::needless_range_loop)] // slices of one length under one index become vector instructions

mod attention;
mod convolution;
mod gate;
mod norm;
mod selective_scan;

use burn::backend::flex::FlexTensor;
use burn::tensor::{Shape, TensorData};

/// Rows of one task.
const ROWS: usize = 128;

/// A tensor of `values`.
fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, Shape::new(shape)))
}

/// Runs `work` compiled for the widest registers of this processor; its loops must be inlined to gain from it.
#[inline(always)]
fn wide<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// The exponential within two units in the last place, without a branch, so that loops of it become vector instructions.
///
/// Smaller arguments than −87.3 give the smallest normal number, larger ones than 88.3 the largest of the kind.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // one and a half times 2^23: what is added to it is rounded to a whole number
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.3, 88.3);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = x - whole * LN_2_HIGH - whole * LN_2_LOW;
    // Cephes, expf
    let polynomial = ((((1.987_569_2e-4 * rest + 1.398_199_9e-3) * rest + 8.333_452e-3) * rest + 4.166_579_6e-2)
        * rest
        + 0.166_666_65)
        * rest
        + 0.5;
    let mantissa = polynomial * rest * rest + rest + 1.0;
    mantissa * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The sum, in sixteen parts.
#[inline(always)]
fn sum(values: &[f32]) -> f32 {
    let mut sums = [0.0; 16];
    let parts = values.chunks_exact(16);
    let rest: f32 = parts.remainder().iter().sum();
    for part in parts {
        for lane in 0..16 {
            sums[lane] += part[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// The largest of `values`, minus infinity of none.
#[inline(always)]
fn largest(values: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut most = [f32::NEG_INFINITY; 16];
    let parts = values.chunks_exact(16);
    let rest = parts.remainder().iter().copied().fold(f32::NEG_INFINITY, larger);
    for part in parts {
        for lane in 0..16 {
            most[lane] = larger(most[lane], part[lane]);
        }
    }
    most.into_iter().fold(rest, larger)
}

/// The sum of products, in sixteen parts: a vector register of them where there is one.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 16];
    let (a_parts, b_parts) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest: f32 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_parts.zip(b_parts) {
        for lane in 0..16 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_that_of_the_standard_library() {
        for index in -87_000..88_000 {
            let x = index as f32 * 1e-3 + 3e-4;
            let (ours, expected) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((ours - expected).abs() <= 2.5e-7 * expected, "{x}: {ours} {expected}");
        }
        assert!(exp(-1e30) < 2e-38 && exp(f32::NAN).is_nan() && exp(0.0) == 1.0);
    }
}
