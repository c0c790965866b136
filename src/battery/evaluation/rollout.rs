//! Free-running prediction: after a short true context, a model continues from its own predictions and the given features.
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::battery::dataset::feature::WIDTH;
use crate::battery::model::Model;

/// The features of every row beyond the context that a model is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum GivenFeatures {
    /// The current alone.
    #[default]
    Current,
    /// The measurements of a battery management system: current, terminal voltage and surface temperature. State of charge, core
    /// temperature and open-circuit voltage are predicted.
    Sensors,
}

impl GivenFeatures {
    /// Number of given features; they are the first ones.
    pub(crate) fn features(self) -> usize {
        match self {
            Self::Current => 1,
            Self::Sensors => 3,
        }
    }
}

/// Settings of a free run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// True rows at the beginning.
    pub context: usize,
    /// Rows that are dropped at once when the window is full.
    pub stride: usize,
    pub given: GivenFeatures,
    /// True where a model with a state carries it from the first row to the last, instead of being shown windows.
    pub carry_state: bool,
}

/// Predicts the rows after the context of `truth`, series × rows × 6.
///
/// The result is series × (rows − context) × 6, flat; what is given stands there as it was given. Each row is what
/// `Model::forward` says of the last rows before it, between `window − stride + 1` and `window` of them: when the window
/// is full, its oldest `stride` rows are dropped and the cache is filled anew. With `stride` 1 that is the rolling window of
/// the naive algorithm. Where the state is carried, each row is what the model says of all rows before it.
pub fn free_run(model: &Model, truth: &[f32], series: usize, rollout: &Rollout) -> Vec<f32> {
    let &Rollout { context, stride, given, carry_state } = rollout;
    let rows = truth.len() / (series * WIDTH);
    let carried = carry_state && model.carries_state();
    let window = if carried { usize::MAX } else { model.hyperparameters().seq_len };
    assert!(0 < context && context < rows && 0 < stride && stride <= window, "a context, a horizon and a stride");
    let given = given.features();
    let truth = Tensor::<3>::from_data(TensorData::new(truth.to_vec(), [series, rows, WIDTH]), &model.device());
    // Beside what is known of a row stands the current that drives the cell to the next one.
    let currents = truth.clone().narrow(2, 0, 1).narrow(1, 1, rows - 1);
    let rest = truth.clone().narrow(2, 1, WIDTH - 1).narrow(1, 0, rows - 1);
    let known = Tensor::cat(vec![currents, rest], 2);
    let shown = known.clone().narrow(2, 0, given);
    let ahead = |row: usize, predicted: Tensor<3>| {
        Tensor::cat(vec![shown.clone().narrow(1, row, 1), predicted.narrow(2, given, WIDTH - given)], 2)
    };

    let first = context - context.min(window);
    let mut seen: Vec<Tensor<3>> = (first..context).map(|row| known.clone().narrow(1, row, 1)).collect();
    let mut cache = model.cache(series);
    let mut predicted = last(model.extend(Tensor::cat(seen.clone(), 1), &mut cache));
    let mut out = vec![predicted.clone()];
    for row in context..rows - 1 {
        let next = ahead(row, predicted);
        predicted = if carried {
            model.extend(next, &mut cache)
        } else if seen.len() < window {
            seen.push(next.clone());
            model.extend(next, &mut cache)
        } else {
            seen.push(next);
            seen.drain(..stride);
            cache.clear();
            last(model.extend(Tensor::cat(seen.clone(), 1), &mut cache))
        };
        out.push(predicted.clone());
    }
    let out = Tensor::cat(out, 1).narrow(2, given, WIDTH - given);
    let out = Tensor::cat(vec![truth.narrow(1, context, rows - context).narrow(2, 0, given), out], 2);
    out.into_data().try_into_vec().expect("rows are 32-bit floats")
}

fn last(rows: Tensor<3>) -> Tensor<3> {
    let steps = rows.dims()[1];
    rows.narrow(1, steps - 1, 1)
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::battery::model::device::tested;
    use crate::battery::model::fixtures::{model, shapes};
    use crate::battery::training::batch;
    use crate::battery::training::batch::Source;
    use crate::battery::training::toy::Toy;
    use crate::numeric::stream::Stream;

    /// The definition: the whole window again for every row, of one series.
    fn naive(model: &Model, truth: &[f32], rollout: &Rollout) -> Vec<f32> {
        let window = if rollout.carry_state { usize::MAX } else { model.hyperparameters().seq_len };
        let given = rollout.given.features();
        let (rows, context) = (truth.len() / WIDTH, rollout.context);
        let mut known = truth[..context * WIDTH].to_vec();
        let mut start = context - context.min(window);
        for row in context - 1..rows - 1 {
            if row + 1 - start > window {
                start += rollout.stride;
            }
            let mut inputs = known[start * WIDTH..].to_vec();
            for (index, input) in inputs.chunks_exact_mut(WIDTH).enumerate() {
                input[0] = truth[(start + index + 1) * WIDTH];
            }
            let steps = inputs.len() / WIDTH;
            let inputs = Tensor::from_data(TensorData::new(inputs, [1, steps, WIDTH]), &model.device());
            let mut next: Vec<f32> = last(model.forward(inputs)).into_data().try_into_vec().unwrap();
            next[..given].copy_from_slice(&truth[(row + 1) * WIDTH..][..given]);
            known.extend(next);
        }
        known.split_off(context * WIDTH)
    }

    #[test]
    fn a_cached_run_is_the_naive_run() {
        let toy = Toy::new(5, 2, 64, 30.0);
        let window_starts = batch::window_starts(&toy, 40, 3, Stream::of(1, "test", 0));
        let truth = batch::windows(&toy, &window_starts, 40);
        assert_eq!(toy.steps(), 64);
        for shape in shapes() {
            let model = model(shape, 3, &tested());
            for (context, stride, given) in [
                (5, 1, GivenFeatures::Current),
                (20, 1, GivenFeatures::Sensors),
                (12, 3, GivenFeatures::Current),
                (3, 12, GivenFeatures::Sensors),
            ] {
                let rollout = Rollout { context, stride, given, carry_state: stride == 12 && model.carries_state() };
                let fast = free_run(&model, &truth, 3, &rollout);
                let slow: Vec<f32> =
                    truth.chunks_exact(40 * WIDTH).flat_map(|truth| naive(&model, truth, &rollout)).collect();
                assert_eq!((fast.len(), slow.len()), (3 * (40 - context) * WIDTH, fast.len()));
                for (index, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
                    assert!((fast - slow).abs() < 1e-5, "{rollout:?} at {index}: {fast} {slow}");
                }
            }
        }
    }
}
