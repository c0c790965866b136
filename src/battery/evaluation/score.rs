//! Scores of predictions: costs, errors in physical units, errors over time.
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::battery::dataset::feature::{FEATURES, Ranges, UNITS, WIDTH};

/// The errors of predictions over the scored rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Score {
    /// Mean square errors of the predicted features, scaled, summed as in the loss; NaN where a window diverged.
    pub cost: f64,
    /// Windows whose prediction left the bounds or was not finite.
    pub diverged: usize,
    /// Mean square errors in squared physical units, in the order of the features; what is given has 0.
    pub mean_square: [f64; WIDTH],
    /// Mean absolute errors in physical units.
    pub mean_absolute: [f64; WIDTH],
    /// Number of given features; they are the first ones.
    pub given: usize,
}

impl Score {
    /// The score as JSON: the cost, windows that diverged, and errors of each predicted feature in physical units.
    pub(crate) fn describe(&self) -> Map<String, Json> {
        let mut info = Map::new();
        info.insert("cost".into(), json!(self.cost));
        info.insert("diverged_windows".into(), json!(self.diverged));
        let feature = |index: usize| {
            let errors = json!({
                "unit": UNITS[index],
                "mean_square_error": self.mean_square[index],
                "mean_absolute_error": self.mean_absolute[index],
            });
            (FEATURES[index].to_string(), errors)
        };
        info.insert("features".into(), Json::Object((self.given..FEATURES.len()).map(feature).collect()));
        info
    }
}

/// Errors of predictions in parts of their horizon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ErrorOverTime {
    /// Hours since the context, at the middle of each part.
    pub hours: Vec<f64>,
    /// Root mean square error of each feature in each part over all windows, in its unit.
    pub root_mean_square: [Vec<f64>; WIDTH],
}

/// Squared and absolute errors of each feature, summed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ErrorSums {
    square: [f64; WIDTH],
    absolute: [f64; WIDTH],
    rows: usize,
}

impl ErrorSums {
    /// Adds the errors of rows, flat, scaled.
    pub(crate) fn add(&mut self, truth: &[f32], predicted: &[f32]) {
        for (truth, predicted) in truth.chunks_exact(WIDTH).zip(predicted.chunks_exact(WIDTH)) {
            for feature in 0..WIDTH {
                let error = f64::from(predicted[feature]) - f64::from(truth[feature]);
                self.square[feature] += error * error;
                self.absolute[feature] += error.abs();
            }
            self.rows += 1;
        }
    }

    /// The mean over rows of features from `given` on, where `diverged` windows left the bounds.
    pub(crate) fn score(&self, ranges: &Ranges, given: usize, diverged: usize) -> Score {
        let rows = self.rows as f64;
        let of = |feature: usize, sum: f64, power: i32| match feature < given {
            true => 0.0,
            false => sum / rows * (ranges[feature].1 - ranges[feature].0).powi(power),
        };
        Score {
            cost: if diverged > 0 { f64::NAN } else { self.square[given..].iter().sum::<f64>() / rows },
            diverged,
            mean_square: std::array::from_fn(|feature| of(feature, self.square[feature], 2)),
            mean_absolute: std::array::from_fn(|feature| of(feature, self.absolute[feature], 1)),
            given,
        }
    }

    /// Root mean square errors in physical units.
    pub(crate) fn root_mean_square(&self, ranges: &Ranges) -> [f64; WIDTH] {
        let rows = self.rows as f64;
        std::array::from_fn(|each| (self.square[each] / rows).sqrt() * (ranges[each].1 - ranges[each].0))
    }
}
