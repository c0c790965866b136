//! Normalisation of activations: root mean square or layer, without bias.
use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::Draw;
use super::hyperparameter::NormKind;

const EPSILON: f32 = 1e-6;

/// One gain a channel.
#[derive(Module, Debug)]
pub struct Norm {
    gain: Param<Tensor<1>>,
    #[module(skip)]
    kind: NormKind,
}

impl Norm {
    pub fn new(kind: NormKind, width: usize, draw: &mut Draw) -> Self {
        Self { gain: draw.ones(width), kind }
    }

    /// Normalises each row of `x`, rows × width.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let centred = match self.kind {
            NormKind::RootMeanSquare => x,
            NormKind::Layer => {
                let mean = x.clone().mean_dim(1);
                x - mean
            }
        };
        let square = (centred.clone() * centred.clone()).mean_dim(1);
        centred / (square + EPSILON).sqrt() * self.gain.val().unsqueeze()
    }
}
