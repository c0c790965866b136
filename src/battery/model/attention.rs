//! Causal attention: every row looks at itself and at the rows before it.
use burn::module::Module;
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};

use super::initial::WeightInitializer;
use super::linear::Linear;
use super::operation::attention::attend;
use super::position::PositionTables;
use super::rows::Rows;

/// Queries, keys and values in one matrix, and the projection back.
#[derive(Module, Debug)]
pub(crate) struct Attention {
    /// Width × three times the width: queries, keys, values.
    packed: Linear,
    out: Linear,
    #[module(skip)]
    heads: usize,
}

/// Keys and values of the rows seen, batch × heads × window × head each, and how many of them are filled.
pub(crate) struct KeyValueCache {
    keys: Tensor<4>,
    values: Tensor<4>,
}

impl KeyValueCache {
    /// Room for `window` rows.
    pub(crate) fn new([batch, heads, window, head]: [usize; 4], device: &Device) -> Self {
        let zeros = || Tensor::zeros([batch, heads, window, head], device);
        Self { keys: zeros(), values: zeros() }
    }

    /// Writes rows at `start..` and returns all keys and values up to them.
    fn append(&mut self, keys: Tensor<4>, values: Tensor<4>, start: usize) -> (Tensor<4>, Tensor<4>) {
        let [batch, heads, steps, head] = keys.dims();
        let place = [0..batch, 0..heads, start..start + steps, 0..head];
        self.keys.inplace(|all| all.slice_assign(place.clone(), keys));
        self.values.inplace(|all| all.slice_assign(place, values));
        let filled = |all: &Tensor<4>| all.clone().narrow(2, 0, start + steps);
        (filled(&self.keys), filled(&self.values))
    }
}

impl Attention {
    pub(crate) fn new(width: usize, heads: usize, residual: f64, draw: &mut WeightInitializer) -> Self {
        Self { packed: draw.linear(width, 3 * width, 1.0), out: draw.linear(width, width, residual), heads }
    }

    /// Rows `x`, (batch · steps) × width; those of `past` come before them.
    pub(crate) fn forward(
        &self,
        x: Tensor<2>,
        rows: Rows,
        tables: &PositionTables,
        past: Option<&mut KeyValueCache>,
    ) -> Tensor<2> {
        let packed = self.packed.forward(x);
        let mixed = match past {
            None => {
                let (positions, heads) = tables.attention(rows.batch, rows.steps);
                attend(packed, positions, heads)
            }
            Some(past) => self.after(packed, rows, tables, past),
        };
        self.out.forward(mixed)
    }

    /// Attention of rows that follow others, for predictions: without gradients, and with scores in memory.
    fn after(&self, packed: Tensor<2>, rows: Rows, tables: &PositionTables, past: &mut KeyValueCache) -> Tensor<2> {
        let Rows { batch, steps, start } = rows;
        let width = self.out.weight.dims()[1];
        let head = width / self.heads;
        let part = |index: usize| {
            let part = packed.clone().narrow(1, index * width, width);
            part.reshape([batch, steps, self.heads, head]).swap_dims(1, 2)
        };
        let queries = tables.rotate(part(0), start) * (head as f32).powf(-0.5);
        let (keys, values) = past.append(tables.rotate(part(1), start), part(2), start);
        let scores = queries.matmul(keys.swap_dims(2, 3));
        let scores = match tables.bias(start, steps) {
            Some(bias) => scores + bias,
            None => scores,
        };
        softmax(scores, 3).matmul(values).swap_dims(1, 2).reshape([batch * steps, width])
    }

    /// Room for `window` rows.
    pub(crate) fn memory(&self, batch: usize, window: usize, device: &Device) -> KeyValueCache {
        KeyValueCache::new([batch, self.heads, window, self.out.weight.dims()[1] / self.heads], device)
    }
}
