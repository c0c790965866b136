//! Causal attention: every row looks at itself and at the rows before it.
use burn::module::{Module, Param};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};

use super::Draw;
use super::position::Tables;

/// Queries, keys and values in one matrix, and the projection back.
#[derive(Module, Debug)]
pub struct Attention {
    /// Width × three times the width: queries, keys, values.
    packed: Param<Tensor<2>>,
    out: Param<Tensor<2>>,
    #[module(skip)]
    heads: usize,
}

/// Keys and values of the rows seen, batch × heads × window × head each, and how many of them are filled.
pub struct KeyValue {
    keys: Tensor<4>,
    values: Tensor<4>,
}

impl KeyValue {
    /// Room for `window` rows.
    pub fn new([batch, heads, window, head]: [usize; 4], device: &Device) -> Self {
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
    pub fn new(width: usize, heads: usize, residual: f64, draw: &mut Draw) -> Self {
        Self { packed: draw.matrix(width, 3 * width, 1.0), out: draw.matrix(width, width, residual), heads }
    }

    /// Rows `x`, (batch · steps) × width, at positions `start..`, which follow those in `past`.
    pub fn forward(
        &self,
        x: Tensor<2>,
        [batch, steps]: [usize; 2],
        start: usize,
        tables: &Tables,
        past: Option<&mut KeyValue>,
    ) -> Tensor<2> {
        let width = x.dims()[1];
        let head = width / self.heads;
        let packed = self.packed.val();
        // Slices of the matrix, not of its product: the gradient of a slice is as large as what was sliced.
        let part = |index: usize| {
            let weight = packed.clone().narrow(1, index * width, width);
            x.clone().matmul(weight).reshape([batch, steps, self.heads, head]).swap_dims(1, 2)
        };
        let queries = tables.rotate(part(0), start) * (head as f32).powf(-0.5);
        let (keys, values) = (tables.rotate(part(1), start), part(2));
        let (keys, values) = match past {
            Some(past) => past.append(keys, values, start),
            None => (keys, values),
        };
        let scores = queries.matmul(keys.swap_dims(2, 3)) + tables.bias(start, steps);
        let mixed = softmax(scores, 3).matmul(values);
        mixed.swap_dims(1, 2).reshape([batch * steps, width]).matmul(self.out.val())
    }
}
