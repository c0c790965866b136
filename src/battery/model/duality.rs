//! The state of Mamba-2 for many rows at once, as matrix products over chunks (Dao and Gu 2024, section 6).
use burn::tensor::{Bool, Tensor};

/// Computes the outputs of the rows, batch × steps × heads × channels, and the state after the last row, batch × heads
/// × state × channels.
///
/// Each row multiplies the state by the exponential of `decay`, batch × steps × heads and not above 0, adds the product of
/// `write` and `x`, batch × steps × state and batch × steps × heads × channels, and reads the state with `read`. `before` is
/// the state before the first row, nothing where absent. `chunk` rows make one matrix product.
pub(crate) fn mix(
    x: Tensor<4>,
    decay: Tensor<3>,
    write: Tensor<3>,
    read: Tensor<3>,
    before: Option<Tensor<4>>,
    chunk: usize,
) -> (Tensor<4>, Tensor<4>) {
    let [batch, steps, heads, channels] = x.dims();
    let state = write.dims()[2];
    let before = before.unwrap_or_else(|| Tensor::zeros([batch, heads, state, channels], &x.device()));
    if steps == 1 {
        let kept = before * decay.exp().reshape([batch, heads, 1, 1]);
        let written = write.reshape([batch, 1, state, 1]) * x.reshape([batch, heads, 1, channels]);
        let after = kept + written;
        let output = read.reshape([batch, 1, 1, state]).matmul(after.clone());
        return (output.reshape([batch, 1, heads, channels]), after);
    }
    // Rows of nothing, which decay nothing, fill up the last chunk.
    let chunk = chunk.min(steps);
    let chunks = steps.div_ceil(chunk);
    let missing = chunks * chunk - steps;
    let x = fill(x, missing).reshape([batch * chunks, chunk, heads, channels]).swap_dims(1, 2);
    let faded = fill(decay, missing).reshape([batch * chunks, chunk, heads]).swap_dims(1, 2).cumsum(2);
    let write = fill(write, missing).reshape([batch * chunks, 1, chunk, state]);
    let read = fill(read, missing).reshape([batch * chunks, 1, chunk, state]);

    // What a row reads of the rows in its own chunk.
    let weights = read.clone().matmul(write.clone().swap_dims(2, 3)) * between(faded.clone());
    let inside = weights.matmul(x.clone());

    // What a chunk leaves behind, and what is left of that before each chunk and after the last.
    let all = faded.clone().narrow(2, chunk - 1, 1);
    let left = (all.clone() - faded.clone()).exp().reshape([batch * chunks, heads, chunk, 1]);
    let added = write.swap_dims(2, 3).matmul(x * left).reshape([batch, chunks, heads, state * channels]);
    let added = Tensor::cat(vec![before.reshape([batch, 1, heads, state * channels]), added], 1).swap_dims(1, 2);
    let faded_chunks = all.reshape([batch, chunks, heads]).swap_dims(1, 2).cumsum(2);
    let faded_chunks = Tensor::cat(vec![Tensor::zeros([batch, heads, 1], &faded_chunks.device()), faded_chunks], 2);
    let states = between(faded_chunks).matmul(added).swap_dims(1, 2);
    let after = states.clone().narrow(1, chunks, 1).reshape([batch, heads, state, channels]);
    let states = states.narrow(1, 0, chunks).reshape([batch * chunks, heads, state, channels]);

    let outside = read.matmul(states) * faded.exp().reshape([batch * chunks, heads, chunk, 1]);
    let output = (inside + outside).swap_dims(1, 2).reshape([batch, chunks * chunk, heads, channels]);
    (output.narrow(1, 0, steps), after)
}

/// The decay from each row to each later one, given cumulative sums of decays: exponentials of differences,
/// 0 for rows ahead.
fn between(sums: Tensor<3>) -> Tensor<4> {
    let [first, second, rows] = sums.dims();
    let difference = sums.clone().reshape([first, second, rows, 1]) - sums.reshape([first, second, 1, rows]);
    let ahead = Tensor::<2, Bool>::tril_mask([rows, rows], 0, &difference.device()).reshape([1, 1, rows, rows]);
    // Before the exponential, which would overflow there and leave infinity times zero to the gradient.
    difference.mask_fill(ahead, -1e30).exp()
}

/// Adds `missing` rows of zeros at the end of dimension 1.
fn fill<const D: usize>(x: Tensor<D>, missing: usize) -> Tensor<D> {
    if missing == 0 {
        return x;
    }
    let mut shape = x.dims();
    shape[1] = missing;
    let zeros = Tensor::zeros(shape, &x.device());
    Tensor::cat(vec![x, zeros], 1)
}
