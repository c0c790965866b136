//! The loss: errors of each feature in a unit of its own, averaged over rows, then put together.
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::battery::dataset::feature::WIDTH;
use crate::battery::model::Model;

/// Features that a model predicts: all but the current, which is given.
const PREDICTED: usize = WIDTH - 1;

/// The unit in which a feature's error counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorUnit {
    /// The standard deviation of the feature's change from row to row: slow features count as much as fast ones.
    #[default]
    Change,
    /// The standard deviation of the feature.
    Deviation,
    /// The range that the feature is scaled by.
    Range,
}

/// The loss of an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    /// The square of the error.
    #[default]
    MeanSquare,
    /// The absolute error.
    MeanAbsolute,
    /// ln cosh of the error: half the square of a small one, the absolute value of a large one minus ln 2.
    LogCosh,
}

/// The aggregation of the features' losses into one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Aggregate {
    #[default]
    Sum,
    Mean,
}

/// The loss function of one model.
pub(crate) struct Objective {
    loss: Loss,
    aggregate: Aggregate,
    /// One over the unit of each feature, 1 × 1 × 6.
    weights: Tensor<3>,
}

impl Objective {
    pub(crate) fn new(loss: Loss, aggregate: Aggregate, unit: ErrorUnit, model: &Model) -> Self {
        let weights = match unit {
            ErrorUnit::Change => model.statistics().change.map(|change| 1.0 / change),
            ErrorUnit::Deviation => model.statistics().deviation.map(|deviation| 1.0 / deviation),
            ErrorUnit::Range => [1.0; WIDTH],
        };
        let weights = Tensor::from_data(TensorData::new(weights.to_vec(), [1, 1, WIDTH]), &model.device());
        Self { loss, aggregate, weights }
    }

    /// The loss, and beside it the mean square error of each feature, scaled, without gradients.
    pub(crate) fn of(&self, predicted: Tensor<3>, target: Tensor<3>) -> (Tensor<1>, Tensor<1>) {
        let [batch, steps, _] = predicted.dims();
        let error = predicted - target;
        let mean = |each: Tensor<3>| {
            each.reshape([batch * steps, WIDTH]).sum_dim(0).reshape([WIDTH]) * (1.0 / (batch * steps) as f64)
        };
        let plain = error.clone().inner();
        let squares = mean(plain.clone() * plain);
        let error = error * self.weights.clone();
        let features = mean(match self.loss {
            Loss::MeanSquare => error.clone() * error,
            Loss::MeanAbsolute => error.abs(),
            Loss::LogCosh => {
                let size = error.abs();
                size.clone() + (size * -2.0).exp().log1p() - std::f64::consts::LN_2
            }
        });
        // The current's error is 0 always.
        let total = match self.aggregate {
            Aggregate::Sum => features.sum(),
            Aggregate::Mean => features.sum() * (1.0 / PREDICTED as f64),
        };
        (total, squares)
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::battery::model::device::tested;
    use crate::battery::model::fixtures::{model, shapes};

    #[test]
    fn losses_are_what_they_say_and_so_are_their_gradients() {
        let device = tested().autodiff();
        let model = model(shapes().remove(0), 1, &device);
        let errors = [0.0, 0.1, -0.2, 3.0, 0.0, -40.0, 0.0, 0.3, 0.0, -1.0, 0.5, 0.0f32];
        let unit = f64::from(model.statistics().change[1]);
        let scalar = |tensor: Tensor<1>| f64::from(tensor.into_scalar::<f32>());
        type Reference = (Loss, fn(f64) -> f64, fn(f64) -> f64);
        let references: [Reference; 3] = [
            (Loss::MeanSquare, |x| x * x, |x| 2.0 * x),
            (Loss::MeanAbsolute, f64::abs, |x| if x == 0.0 { 0.0 } else { x.signum() }),
            (Loss::LogCosh, |x| x.abs() + (-2.0 * x.abs()).exp().ln_1p() - 2f64.ln(), f64::tanh),
        ];
        for (loss, value, slope) in references {
            for (aggregate, share) in [(Aggregate::Sum, 1.0), (Aggregate::Mean, 0.2)] {
                let objective = Objective::new(loss, aggregate, ErrorUnit::Change, &model);
                let predicted: Tensor<3> = Tensor::from_data(TensorData::new(errors.to_vec(), [1, 2, 6]), &device);
                let predicted = predicted.require_grad();
                let (total, squares) = objective.of(predicted.clone(), Tensor::zeros([1, 2, 6], &device));
                let expected = errors.iter().map(|error| value(f64::from(*error) / unit)).sum::<f64>() / 2.0 * share;
                let got = scalar(total.clone());
                assert!((got / expected - 1.0).abs() < 1e-5, "{loss:?} {aggregate:?}: {got} {expected}");
                let square: Vec<f32> = squares.into_data().try_into_vec().unwrap();
                assert!((square[1] - (0.01 + 0.09) / 2.0).abs() < 1e-6 && square[0] == 0.0, "{square:?}");

                let gradients = total.backward();
                let gradient: Vec<f32> = predicted.grad(&gradients).unwrap().into_data().try_into_vec().unwrap();
                for (error, gradient) in errors.iter().zip(gradient) {
                    let expected = slope(f64::from(*error) / unit) / unit / 2.0 * share;
                    assert!(
                        (f64::from(gradient) - expected).abs() < 1e-4 * expected.abs().max(1.0),
                        "{loss:?} {error}"
                    );
                }
            }
        }
    }
}
