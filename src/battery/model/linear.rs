//! A projection without bias.
use burn::module::{Module, Param};
use burn::tensor::Tensor;

/// Maps rows of inputs to rows of outputs; the only parameters that decay, and the ones that files hold transposed.
#[derive(Module, Debug)]
pub(crate) struct Linear {
    /// Inputs × outputs.
    pub weight: Param<Tensor<2>>,
}

impl Linear {
    /// Rows × inputs to rows × outputs.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        multiply(x, self.weight.val())
    }

    /// The transposed projection: rows × outputs to rows × inputs.
    pub(crate) fn back(&self, x: Tensor<2>) -> Tensor<2> {
        multiply(x, self.weight.val().transpose())
    }

    /// The matrix of the outputs `start..start + count`.
    ///
    /// A slice of the matrix, not of its product: the gradient of a slice is as large as what was sliced.
    pub(crate) fn part(&self, x: Tensor<2>, start: usize, count: usize) -> Tensor<2> {
        multiply(x, self.weight.val().narrow(1, start, count))
    }
}

/// A product in the precision of the weights, from and to that of the rows.
fn multiply(x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    let (precision, own) = (x.dtype(), weight.dtype());
    match precision == own {
        true => x.matmul(weight),
        false => x.cast(own).matmul(weight).cast(precision),
    }
}
