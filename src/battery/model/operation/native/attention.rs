//! Attention on the processor: one series a task, blocks of queries against the keys up to them.
use burn::backend::flex::FlexTensor;
use burn::backend::{Flex, TensorMetadata};
use gemm::{Parallelism, gemm};
use rayon::prelude::*;

use super::super::attention::{Attend, Heads};
use super::{dot, exp, largest, sum, tensor, wide};

/// Queries that one matrix product takes.
const BLOCK: usize = 64;

/// A matrix in a slice, with the distances from row to row and from column to column.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    values: &'a [f32],
    row: usize,
    column: usize,
}

impl<'a> Matrix<'a> {
    fn rows(values: &'a [f32], row: usize) -> Self {
        Self { values, row, column: 1 }
    }

    fn transposed(self) -> Self {
        Self { row: self.column, column: self.row, ..self }
    }
}

/// `out`, rows × columns with `row` from row to row, is the product of `a`, rows × inner, and `b`, or gets it added.
fn product(out: &mut [f32], row: usize, [rows, columns, inner]: [usize; 3], a: Matrix, b: Matrix, add: bool) {
    assert!((rows - 1) * row + columns <= out.len());
    for (matrix, [rows, columns]) in [(a, [rows, inner]), (b, [inner, columns])] {
        assert!((rows - 1) * matrix.row + (columns - 1) * matrix.column < matrix.values.len());
    }
    // Sound: the lines above say that all three matrices lie inside their slices.
    unsafe {
        gemm(
            rows,
            columns,
            inner,
            out.as_mut_ptr(),
            1,
            row as isize,
            add,
            a.values.as_ptr(),
            a.column as isize,
            a.row as isize,
            b.values.as_ptr(),
            b.column as isize,
            b.row as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// One head of one series.
struct Head<'a> {
    /// Steps × half a head, where positions turn it.
    turn: Option<(&'a [f32], &'a [f32])>,
    slope: f32,
    steps: usize,
    head: usize,
    /// Distance between rows of the packed tensor, and where this head's queries begin in it.
    packed: usize,
    start: usize,
}

/// Queries (scaled), keys and values, steps × head each.
struct Parts {
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl Head<'_> {
    fn width(&self) -> usize {
        self.packed / 3
    }

    fn scale(&self) -> f32 {
        1.0 / (self.head as f32).sqrt()
    }

    /// Copies one of the three parts out of the packed rows, turned where `turned`, times `factor`.
    #[inline(always)]
    fn gather(&self, packed: &[f32], part: usize, turned: bool, factor: f32) -> Vec<f32> {
        let mut out = vec![0.0; self.steps * self.head];
        let half = self.head / 2;
        for (step, out) in out.chunks_exact_mut(self.head).enumerate() {
            let from = &packed[step * self.packed + part * self.width() + self.start..][..self.head];
            match self.turn.filter(|_| turned) {
                Some((cosine, sine)) => {
                    let (cosine, sine) = (&cosine[step * half..][..half], &sine[step * half..][..half]);
                    let (first, second) = from.split_at(half);
                    let (first_out, second_out) = out.split_at_mut(half);
                    for pair in 0..half {
                        first_out[pair] = factor * (first[pair] * cosine[pair] - second[pair] * sine[pair]);
                        second_out[pair] = factor * (second[pair] * cosine[pair] + first[pair] * sine[pair]);
                    }
                }
                None => out.iter_mut().zip(from).for_each(|(out, from)| *out = factor * from),
            }
        }
        out
    }

    /// Adds a gradient of rotated queries or keys back into the packed rows.
    #[inline(always)]
    fn scatter(&self, values: &[f32], packed: &mut [f32], part: usize, turned: bool, factor: f32) {
        let half = self.head / 2;
        for (step, values) in values.chunks_exact(self.head).enumerate() {
            let out = &mut packed[step * self.packed + part * self.width() + self.start..][..self.head];
            match self.turn.filter(|_| turned) {
                Some((cosine, sine)) => {
                    let (cosine, sine) = (&cosine[step * half..][..half], &sine[step * half..][..half]);
                    let (first, second) = values.split_at(half);
                    let (first_out, second_out) = out.split_at_mut(half);
                    for pair in 0..half {
                        first_out[pair] = factor * (first[pair] * cosine[pair] + second[pair] * sine[pair]);
                        second_out[pair] = factor * (second[pair] * cosine[pair] - first[pair] * sine[pair]);
                    }
                }
                None => out.iter_mut().zip(values).for_each(|(out, value)| *out = factor * value),
            }
        }
    }

    #[inline(always)]
    fn parts(&self, packed: &[f32]) -> Parts {
        Parts {
            queries: self.gather(packed, 0, true, self.scale()),
            keys: self.gather(packed, 1, true, 1.0),
            values: self.gather(packed, 2, false, 1.0),
        }
    }

    /// Scores of the queries from `first` on against the keys up to the last of them; those of keys ahead are not masked.
    fn scores(&self, parts: &Parts, first: usize, rows: usize, scores: &mut [f32]) {
        let (keys, head) = (first + rows, self.head);
        let queries = Matrix::rows(&parts.queries[first * head..], head);
        product(scores, keys, [rows, keys, head], queries, Matrix::rows(&parts.keys, head).transposed(), false);
    }

    /// Adds what distance takes from the scores of one query, the last of whose keys is its own.
    #[inline(always)]
    fn fade(&self, scores: &mut [f32]) {
        if self.slope != 0.0 {
            let last = scores.len() as f32 - 1.0;
            for (key, score) in scores.iter_mut().enumerate() {
                *score -= self.slope * (last - key as f32);
            }
        }
    }

    /// Writes mixed values into rows of `width`, from `start` on, and the logarithm of each query's sum of exponentials.
    #[inline(always)]
    fn forward(&self, packed: &[f32], mixed: &mut [f32], sums: &mut [f32]) {
        let (parts, head, width) = (self.parts(packed), self.head, self.width());
        let mut scores = vec![0.0; BLOCK * self.steps];
        for first in (0..self.steps).step_by(BLOCK) {
            let rows = BLOCK.min(self.steps - first);
            let keys = first + rows;
            self.scores(&parts, first, rows, &mut scores);
            for (row, scores) in scores.chunks_exact_mut(keys).take(rows).enumerate() {
                let (scores, ahead) = scores.split_at_mut(first + row + 1);
                self.fade(scores);
                let most = largest(scores);
                scores.iter_mut().for_each(|score| *score = exp(*score - most));
                let total = sum(scores);
                let share = 1.0 / total;
                scores.iter_mut().for_each(|score| *score *= share);
                ahead.fill(0.0);
                sums[first + row] = most + total.ln();
            }
            let out = &mut mixed[first * width + self.start..];
            product(
                out,
                width,
                [rows, head, keys],
                Matrix::rows(&scores, keys),
                Matrix::rows(&parts.values, head),
                false,
            );
        }
    }

    /// Writes the gradients of queries, keys and values into packed rows.
    #[inline(always)]
    fn backward(&self, packed: &[f32], mixed: &[f32], sums: &[f32], output: &[f32], gradient: &mut [f32]) {
        let (parts, head, width) = (self.parts(packed), self.head, self.width());
        let mut query_gradient = vec![0.0; self.steps * head];
        let mut key_gradient = vec![0.0; self.steps * head];
        let mut value_gradient = vec![0.0; self.steps * head];
        let mut weights = vec![0.0; BLOCK * self.steps];
        let mut asked = vec![0.0; BLOCK * self.steps];
        for first in (0..self.steps).step_by(BLOCK) {
            let rows = BLOCK.min(self.steps - first);
            let keys = first + rows;
            self.scores(&parts, first, rows, &mut weights);
            let outputs = Matrix::rows(&output[first * width + self.start..], width);
            let values = Matrix::rows(&parts.values, head).transposed();
            product(&mut asked, keys, [rows, keys, head], outputs, values, false);
            for (row, (weights, asked)) in
                weights.chunks_exact_mut(keys).zip(asked.chunks_exact_mut(keys)).take(rows).enumerate()
            {
                let place = (first + row) * width + self.start..(first + row) * width + self.start + head;
                let along = dot(&output[place.clone()], &mixed[place]);
                let (weights, weights_ahead) = weights.split_at_mut(first + row + 1);
                let (asked, asked_ahead) = asked.split_at_mut(first + row + 1);
                self.fade(weights);
                let total = sums[first + row];
                for (weight, asked) in weights.iter_mut().zip(asked) {
                    *weight = exp(*weight - total);
                    *asked = *weight * (*asked - along);
                }
                weights_ahead.fill(0.0);
                asked_ahead.fill(0.0);
            }
            let (weights, asked) = (Matrix::rows(&weights, keys), Matrix::rows(&asked, keys));
            let queries = Matrix::rows(&parts.queries[first * head..], head);
            product(&mut value_gradient, head, [keys, head, rows], weights.transposed(), outputs, true);
            product(&mut key_gradient, head, [keys, head, rows], asked.transposed(), queries, true);
            let query_gradient = &mut query_gradient[first * head..];
            product(query_gradient, head, [rows, head, keys], asked, Matrix::rows(&parts.keys, head), false);
        }
        self.scatter(&query_gradient, gradient, 0, true, self.scale());
        self.scatter(&key_gradient, gradient, 1, true, 1.0);
        self.scatter(&value_gradient, gradient, 2, false, 1.0);
    }
}

/// The heads of a tensor of `packed` columns.
fn heads<'a>(packed: usize, shape: Heads, cosine: &'a [f32], sine: &'a [f32], slopes: &'a [f32]) -> Vec<Head<'a>> {
    let head = packed / 3 / shape.heads;
    (0..shape.heads)
        .map(|index| Head {
            turn: shape.rotary.then_some((cosine, sine)),
            slope: if shape.fading { slopes[index] } else { 0.0 },
            steps: shape.steps,
            head,
            packed,
            start: index * head,
        })
        .collect()
}

impl Attend for Flex {
    fn attended(
        packed: FlexTensor,
        cosine: FlexTensor,
        sine: FlexTensor,
        slopes: FlexTensor,
        _distance: FlexTensor,
        _ahead: FlexTensor,
        shape: Heads,
    ) -> (FlexTensor, FlexTensor) {
        let [rows, columns] = packed.shape().dims();
        let [packed, cosine, sine, slopes] = [packed, cosine, sine, slopes].map(|each| each.to_contiguous());
        let heads = heads(columns, shape, cosine.storage(), sine.storage(), slopes.storage());
        let packed: &[f32] = packed.storage();
        let width = columns / 3;
        let (mut mixed, mut sums) = (vec![0.0; rows * width], vec![0.0; rows * shape.heads]);
        let outputs = mixed.par_chunks_mut(shape.steps * width).zip(sums.par_chunks_mut(shape.steps * shape.heads));
        let series = packed.par_chunks(shape.steps * columns).zip(outputs);
        series.for_each(|(packed, (mixed, sums))| {
            for (head, sums) in heads.iter().zip(sums.chunks_exact_mut(shape.steps)) {
                wide(|| head.forward(packed, mixed, sums));
            }
        });
        (tensor(mixed, [rows, width]), tensor(sums, [shape.batch, shape.heads, shape.steps]))
    }

    fn attended_gradient(
        packed: FlexTensor,
        cosine: FlexTensor,
        sine: FlexTensor,
        slopes: FlexTensor,
        _distance: FlexTensor,
        _ahead: FlexTensor,
        mixed: FlexTensor,
        sums: FlexTensor,
        output: FlexTensor,
        shape: Heads,
    ) -> FlexTensor {
        let [rows, columns] = packed.shape().dims();
        let [packed, cosine, sine, slopes] = [packed, cosine, sine, slopes].map(|each| each.to_contiguous());
        let heads = heads(columns, shape, cosine.storage(), sine.storage(), slopes.storage());
        let [mixed, sums, output] = [mixed, sums, output].map(|each| each.to_contiguous());
        let (packed, sums): (&[f32], &[f32]) = (packed.storage(), sums.storage());
        let (mixed, output): (&[f32], &[f32]) = (mixed.storage(), output.storage());
        let (all, part) = (shape.steps * columns, shape.steps * columns / 3);
        let mut gradient = vec![0.0; rows * columns];
        let inputs = packed.par_chunks(all).zip(mixed.par_chunks(part)).zip(output.par_chunks(part));
        let inputs = inputs.zip(sums.par_chunks(shape.steps * shape.heads));
        gradient.par_chunks_mut(all).zip(inputs).for_each(|(gradient, (((packed, mixed), output), sums))| {
            for (head, sums) in heads.iter().zip(sums.chunks_exact(shape.steps)) {
                wide(|| head.backward(packed, mixed, sums, output, gradient));
            }
        });
        tensor(gradient, [rows, columns])
    }
}
