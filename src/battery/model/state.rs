//! The memory of a state-space mixer: its state, and the last rows that its convolution has seen.
use burn::tensor::activation::silu;
use burn::tensor::{Device, Tensor};

use super::operation::convolution::convolve;

/// The memory of a state-space mixer, of constant size however many rows it has seen.
pub(crate) struct MixerState {
    /// Batch × (rows of the convolution − 1) × channels.
    pub tail: Tensor<3>,
    /// Batch × heads × state × channels of a head.
    pub state: Tensor<4>,
}

impl MixerState {
    /// An empty memory of the given shapes.
    pub(crate) fn new(tail: [usize; 3], state: [usize; 4], device: &Device) -> Self {
        Self { tail: Tensor::zeros(tail, device), state: Tensor::zeros(state, device) }
    }

    pub(crate) fn clear(&mut self) {
        self.tail.inplace(|tail| tail.zeros_like());
        self.state.inplace(|state| state.zeros_like());
    }
}

/// The convolution of rows `x`, batch × steps × channels, that follow those of the `tail`, which is moved on to the last of them.
pub(crate) fn convolve_on(x: Tensor<3>, filter: Tensor<2>, bias: Tensor<1>, tail: Option<&mut Tensor<3>>) -> Tensor<3> {
    let Some(tail) = tail else { return convolve(x, filter, bias, None) };
    let (steps, rows) = (x.dims()[1], filter.dims()[1]);
    let before = tail.clone();
    *tail = Tensor::cat(vec![before.clone(), x.clone()], 1).narrow(1, steps, rows - 1);
    convolve(x, filter, bias, Some(before))
}

/// `output` times the sigmoid linear unit of `through`, rows × channels both.
pub(crate) fn gate(through: Tensor<2>, output: Tensor<2>) -> Tensor<2> {
    silu(through) * output
}
