//! A decoder in the manner of Llama: pre-normalised blocks of causal attention and gated feed-forward layers.
use burn::module::{Module, Param};
use burn::tensor::activation::silu;
use burn::tensor::{Device, Tensor};

use super::attention::{Attention, KeyValue};
use super::hyperparameter::Hyperparameters;
use super::norm::Norm;
use super::position::Tables;
use super::{Architecture, Cache, Draw, WIDTH};

/// Six features in, six numbers out for each row.
#[derive(Module, Debug)]
pub struct Transformer {
    input: Param<Tensor<2>>,
    blocks: Vec<Block>,
    norm: Norm,
    output: Param<Tensor<2>>,
    #[module(skip)]
    heads: usize,
}

#[derive(Module, Debug)]
struct Block {
    attention_norm: Norm,
    attention: Attention,
    feed_forward_norm: Norm,
    feed_forward: FeedForward,
}

/// `SwiGLU` (Shazeer 2020): a product of two projections, one of them through the sigmoid linear unit.
#[derive(Module, Debug)]
struct FeedForward {
    /// Width × twice the hidden width: gate, value.
    packed: Param<Tensor<2>>,
    out: Param<Tensor<2>>,
}

impl Transformer {
    pub fn new(hyperparameters: &Hyperparameters, architecture: &Architecture, draw: &mut Draw) -> Self {
        let (width, layers) = (hyperparameters.dim_model, hyperparameters.n_layer);
        let hidden = ((width as f64 * architecture.feed_forward).round() as usize).max(1);
        // Each block adds to the residual stream twice (Radford et al. 2019, section 2.3).
        let residual = 1.0 / (2.0 * layers as f64).sqrt();
        let input = draw.matrix(WIDTH, width, 1.0);
        let blocks = (0..layers)
            .map(|_| Block {
                attention_norm: Norm::new(hyperparameters.norm, width, draw),
                attention: Attention::new(width, hyperparameters.n_heads, residual, draw),
                feed_forward_norm: Norm::new(hyperparameters.norm, width, draw),
                feed_forward: FeedForward {
                    packed: draw.matrix(width, 2 * hidden, 1.0),
                    out: draw.matrix(hidden, width, residual),
                },
            })
            .collect();
        let norm = Norm::new(hyperparameters.norm, width, draw);
        Self { input, blocks, norm, output: draw.matrix(width, WIDTH, 0.02), heads: hyperparameters.n_heads }
    }

    /// Rows `x`, batch × steps × 6, which follow those of the cache where there is one.
    pub fn forward(&self, x: Tensor<3>, tables: &Tables, mut cache: Option<&mut Cache>) -> Tensor<3> {
        let [batch, steps, _] = x.dims();
        let width = self.input.dims()[1];
        let start = cache.as_ref().map_or(0, |cache| cache.length);
        let embedded = x.reshape([batch * steps, WIDTH]).matmul(self.input.val()).reshape([batch, steps, width]);
        let mut stream = tables.add(embedded, start).reshape([batch * steps, width]);
        for (index, block) in self.blocks.iter().enumerate() {
            let past = cache.as_mut().map(|cache| &mut cache.layers[index]);
            let normed = block.attention_norm.forward(stream.clone());
            stream = stream + block.attention.forward(normed, [batch, steps], start, tables, past);
            let normed = block.feed_forward_norm.forward(stream.clone());
            stream = stream + block.feed_forward.forward(normed);
        }
        if let Some(cache) = cache {
            cache.length += steps;
        }
        self.norm.forward(stream).matmul(self.output.val()).reshape([batch, steps, WIDTH])
    }

    /// An empty cache for `batch` series of at most `window` rows.
    pub fn cache(&self, batch: usize, window: usize, device: &Device) -> Cache {
        let head = self.input.dims()[1] / self.heads;
        let layer = |_: &Block| KeyValue::new([batch, self.heads, window, head], device);
        Cache { layers: self.blocks.iter().map(layer).collect(), length: 0 }
    }
}

impl FeedForward {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let packed = self.packed.val();
        let hidden = packed.dims()[1] / 2;
        let part = |start: usize| x.clone().matmul(packed.clone().narrow(1, start, hidden));
        (silu(part(0)) * part(hidden)).matmul(self.out.val())
    }
}
