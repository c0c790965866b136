//! Normalisation of activations: root mean square or layer, without bias.
use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::hyperparameter::NormKind;
use super::initial::WeightInitializer;
use super::operation::norm::normalize;

/// One gain a channel.
#[derive(Module, Debug)]
pub(crate) struct Norm {
    weight: Param<Tensor<1>>,
    #[module(skip)]
    kind: NormKind,
}

impl Norm {
    pub(crate) fn new(kind: NormKind, width: usize, draw: &mut WeightInitializer) -> Self {
        Self { weight: draw.ones(width), kind }
    }

    /// Normalises each row of `x`, rows × width.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        normalize(x, self.weight.val(), self.kind == NormKind::Layer)
    }
}
