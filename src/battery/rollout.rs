//! Free-running prediction: from a short true context on, a model is told only the current and feeds on its own rows.
use burn::tensor::{Tensor, TensorData};

use super::model::{Model, WIDTH};

/// Predicts the rows after the first `context` of `truth`, series × (context + horizon) rows × 6, from the current alone.
///
/// The result is series × horizon rows × 6, flat. Each row is what [`Model::forward`] says of the last rows before it,
/// between `window − stride + 1` and `window` of them: when the window is full, its oldest `stride` rows are dropped and
/// the cache is filled anew. With `stride` 1 that is the rolling window of the naive algorithm.
pub fn free_run(model: &Model, truth: &[f32], series: usize, context: usize, stride: usize) -> Vec<f32> {
    let window = model.hyperparameters().seq_len;
    let rows = truth.len() / (series * WIDTH);
    assert!(0 < context && context < rows && 0 < stride && stride <= window, "a context, a horizon and a stride");
    let truth = Tensor::<3>::from_data(TensorData::new(truth.to_vec(), [series, rows, WIDTH]), &model.device());
    let currents = truth.clone().narrow(2, 0, 1);
    let input = |row: usize, rest: Tensor<3>| Tensor::cat(vec![currents.clone().narrow(1, row + 1, 1), rest], 2);

    let mut seen: Vec<Tensor<3>> = (context - context.min(window)..context)
        .map(|row| input(row, truth.clone().narrow(1, row, 1).narrow(2, 1, WIDTH - 1)))
        .collect();
    let mut cache = model.cache(series);
    let mut predicted = last(model.extend(Tensor::cat(seen.clone(), 1), &mut cache));
    let mut out = vec![predicted.clone()];
    for row in context..rows - 1 {
        let next = input(row, predicted.narrow(2, 1, WIDTH - 1));
        seen.push(next.clone());
        predicted = if cache.length() < window {
            model.extend(next, &mut cache)
        } else {
            seen.drain(..stride);
            cache.clear();
            last(model.extend(Tensor::cat(seen.clone(), 1), &mut cache))
        };
        out.push(predicted.clone());
    }
    Tensor::cat(out, 1).into_data().try_into_vec().expect("rows are 32-bit floats")
}

fn last(rows: Tensor<3>) -> Tensor<3> {
    let steps = rows.dims()[1];
    rows.narrow(1, steps - 1, 1)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::battery::batch::{self, Source};
    use crate::battery::model::tests::{model, shapes};
    use crate::battery::toy::Toy;
    use crate::numeric::stream::Stream;

    /// The definition: the whole window again for every row.
    fn naive(model: &Model, truth: &[f32], series: usize, context: usize, stride: usize) -> Vec<f32> {
        let window = model.hyperparameters().seq_len;
        let rows = truth.len() / (series * WIDTH);
        let mut out = vec![0.0; series * (rows - context) * WIDTH];
        for each in 0..series {
            let truth = &truth[each * rows * WIDTH..][..rows * WIDTH];
            let mut known = truth[..context * WIDTH].to_vec();
            let mut start = context - context.min(window);
            for row in context - 1..rows - 1 {
                if row + 1 - start > window {
                    start += stride;
                }
                let mut inputs = known[start * WIDTH..].to_vec();
                for (index, input) in inputs.chunks_exact_mut(WIDTH).enumerate() {
                    input[0] = truth[(start + index + 1) * WIDTH];
                }
                let steps = inputs.len() / WIDTH;
                let inputs = Tensor::from_data(TensorData::new(inputs, [1, steps, WIDTH]), &model.device());
                let next: Vec<f32> = last(model.forward(inputs)).into_data().try_into_vec().unwrap();
                out[(each * (rows - context) + row + 1 - context) * WIDTH..][..WIDTH].copy_from_slice(&next);
                known.extend(next);
            }
        }
        out
    }

    #[test]
    fn a_cached_run_is_the_naive_run() {
        let toy = Toy::new(5, 2, 64, 30.0);
        let places = batch::places(&toy, 40, 3, Stream::of(1, "test", 0));
        let truth = batch::windows(&toy, &places, 40);
        assert_eq!(toy.steps(), 64);
        for shape in shapes() {
            let model = model(shape, 3, &Device::flex());
            for (context, stride) in [(5, 1), (20, 1), (12, 3), (3, 12)] {
                let fast = free_run(&model, &truth, 3, context, stride);
                let slow = naive(&model, &truth, 3, context, stride);
                assert_eq!(fast.len(), 3 * (40 - context) * WIDTH);
                for (index, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
                    assert!((fast - slow).abs() < 1e-5, "{context} {stride} at {index}: {fast} {slow}");
                }
            }
        }
    }
}
