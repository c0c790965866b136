//! The feed-forward layer of a block: each row alone, through a wider layer and back.
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::gelu;

use super::architecture::Activation;
use super::initial::WeightInitializer;
use super::linear::Linear;
use super::operation::gate::gate;

#[derive(Module, Debug)]
pub(crate) struct FeedForward {
    /// Width × hidden width; twice that for a gate, then a value.
    packed: Linear,
    out: Linear,
    #[module(skip)]
    activation: Activation,
}

impl FeedForward {
    pub(crate) fn new(
        width: usize,
        hidden: usize,
        activation: Activation,
        residual: f64,
        draw: &mut WeightInitializer,
    ) -> Self {
        let parts = match activation {
            Activation::SwiGlu => 2,
            Activation::Gelu => 1,
        };
        Self { packed: draw.linear(width, parts * hidden, 1.0), out: draw.linear(hidden, width, residual), activation }
    }

    /// Normalised rows `x`, rows × width.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let packed = self.packed.forward(x);
        let active = match self.activation {
            Activation::SwiGlu => gate(packed),
            Activation::Gelu => gelu(packed),
        };
        self.out.forward(active)
    }
}
