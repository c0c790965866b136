//! A decoder in the manner of Llama: pre-normalised blocks, each a mixer of rows and a feed-forward layer.
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::architecture::Architecture;
use super::cache::Cache;
use super::feed_forward::FeedForward;
use super::hyperparameter::{Hyperparameters, Mixing};
use super::initial::WeightInitializer;
use super::linear::Linear;
use super::mixer::{Mixer, MixerMemory};
use super::norm::Norm;
use super::position::PositionTables;
use super::rows::Rows;
use crate::battery::dataset::feature::WIDTH;

/// The trainable part of a model: six features in, six numbers out for each row.
#[derive(Module, Debug)]
pub struct Decoder {
    input: Linear,
    blocks: Vec<Block>,
    norm: Norm,
    /// The last projection; absent where it is the first one, transposed.
    output: Option<Linear>,
}

#[derive(Module, Debug)]
struct Block {
    mixer_norm: Norm,
    mixer: Mixer,
    feed_forward_norm: Option<Norm>,
    feed_forward: Option<FeedForward>,
}

impl Decoder {
    pub(crate) fn new(
        hyperparameters: &Hyperparameters,
        architecture: &Architecture,
        draw: &mut WeightInitializer,
    ) -> Self {
        let (width, layers) = (hyperparameters.dim_model, hyperparameters.n_layer);
        let wide = ((width as f64 * architecture.feed_forward).round() as usize).max(1);
        let hidden = match hyperparameters.mixing {
            Mixing::Attention { .. } | Mixing::Mamba { d_intermediate: 1 } => wide,
            Mixing::Mamba { d_intermediate } => d_intermediate,
        };
        // A model begins with a stream whose variance does not grow with its depth (Radford et al. 2019, section 2.3).
        let additions = if hidden > 0 { 2 * layers } else { layers };
        let residual = 1.0 / (additions as f64).sqrt();
        let norm = |draw: &mut WeightInitializer| Norm::new(hyperparameters.norm, width, draw);
        let input = match architecture.tied {
            true => draw.tied(WIDTH, width),
            false => draw.linear(WIDTH, width, 1.0),
        };
        let blocks = (0..layers)
            .map(|_| Block {
                mixer_norm: norm(draw),
                mixer: Mixer::new(hyperparameters, architecture, residual, draw),
                feed_forward_norm: (hidden > 0).then(|| norm(draw)),
                feed_forward: (hidden > 0)
                    .then(|| FeedForward::new(width, hidden, architecture.activation, residual, draw)),
            })
            .collect();
        let output = (!architecture.tied).then(|| draw.last(width, WIDTH));
        Self { input, blocks, norm: norm(draw), output }
    }

    /// Rows `x`, batch × steps × 6, which follow those of the cache where there is one.
    pub(crate) fn forward(&self, x: Tensor<3>, tables: &PositionTables, mut cache: Option<&mut Cache>) -> Tensor<3> {
        let [batch, steps, _] = x.dims();
        let width = self.input.weight.dims()[1];
        let rows = Rows { batch, steps, start: cache.as_ref().map_or(0, |cache| cache.length) };
        let embedded = self.input.forward(x.reshape([batch * steps, WIDTH])).reshape([batch, steps, width]);
        let mut stream = tables.add(embedded, rows.start).reshape([batch * steps, width]);
        for (index, block) in self.blocks.iter().enumerate() {
            let memory = cache.as_mut().map(|cache| &mut cache.layers[index]);
            stream = block.forward(stream, rows, tables, memory);
        }
        if let Some(cache) = cache {
            cache.length += steps;
        }
        let last = self.norm.forward(stream);
        let outputs = match &self.output {
            Some(output) => output.forward(last),
            None => self.input.back(last),
        };
        outputs.reshape([batch, steps, WIDTH])
    }

    /// An empty cache for `batch` series of at most `window` rows.
    pub(crate) fn cache(&self, batch: usize, window: usize, device: &Device) -> Cache {
        Cache { layers: self.blocks.iter().map(|block| block.mixer.memory(batch, window, device)).collect(), length: 0 }
    }
}

impl Block {
    fn forward(
        &self,
        stream: Tensor<2>,
        rows: Rows,
        tables: &PositionTables,
        memory: Option<&mut MixerMemory>,
    ) -> Tensor<2> {
        let mixed = self.mixer.forward(self.mixer_norm.forward(stream.clone()), rows, tables, memory);
        let stream = stream + mixed;
        match (&self.feed_forward_norm, &self.feed_forward) {
            (Some(norm), Some(feed_forward)) => stream.clone() + feed_forward.forward(norm.forward(stream)),
            _ => stream,
        }
    }
}
