//! Evaluation: how far free-running predictions are from the truth, beside predictors that know nothing.
use serde::{Deserialize, Serialize};

use super::batch::{self, Place, Source};
use super::dataset::Ranges;
use super::model::{Model, WIDTH};
use super::rollout::free_run;
use super::specification::{FEATURES, UNITS};
use crate::numeric::stream::Stream;

/// A scaled feature further than this from 0 is no prediction any more: the range of the data is 0 to 1.
const BOUND: f32 = 10.0;

/// How models are judged, the same for every trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Evaluation {
    /// Windows to predict, each at an addressed place of a series, series in turn; default 16.
    pub windows: usize,
    /// True rows that a prediction starts from; default 32.
    pub context: usize,
    /// Rows predicted from the current alone; default 512.
    pub horizon: usize,
    /// Rows at the end of the horizon that count; default 256.
    pub scored: usize,
    /// Rows dropped at once when a model's window is full, at most `seq_len`: 1 is the rolling window, more is faster.
    ///
    /// Absent: a quarter of `seq_len`, so that every model works with at least three quarters of the context that it was
    /// trained for; that is part of what a choice of `seq_len` means. Costs of one model at different strides are not
    /// comparable, so a trial reports its stride.
    pub stride: Option<usize>,
}

impl Default for Evaluation {
    fn default() -> Self {
        Self { windows: 16, context: 32, horizon: 512, scored: 256, stride: None }
    }
}

/// How far predictions are from the truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Mean square errors of the five predicted features, scaled, summed as in the loss; NaN where a window diverged.
    pub cost: f64,
    /// Windows whose prediction left the bounds, or the numbers.
    pub diverged: usize,
    /// Mean square errors in squared physical units, in the order of the features; the current, given, has 0.
    pub mean_square: [f64; WIDTH],
    /// Mean absolute errors in physical units.
    pub mean_absolute: [f64; WIDTH],
}

/// One window, predicted and true, in physical units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    pub title: String,
    /// Seconds from row to row.
    pub interval_s: f64,
    /// Rows of the true context, which the prediction repeats.
    pub context: usize,
    pub features: Vec<Trace>,
}

/// One feature over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    pub name: String,
    pub unit: String,
    pub truth: Vec<f32>,
    pub predicted: Vec<f32>,
}

impl Evaluation {
    /// Which field is out of range, and what is allowed, for series of `steps` rows.
    pub fn validate(&self, steps: usize) -> Result<(), String> {
        for (name, value) in [("windows", self.windows), ("context", self.context), ("scored", self.scored)] {
            if value == 0 {
                return Err(format!("`{name}` must be above 0"));
            }
        }
        if self.scored > self.horizon {
            return Err(format!("`scored` is {}, more than the `horizon` of {}", self.scored, self.horizon));
        }
        if self.context + self.horizon > steps {
            return Err(format!(
                "`context` {} and `horizon` {} need more than the {steps} rows of a series",
                self.context, self.horizon
            ));
        }
        match self.stride {
            Some(0) => Err("`stride` must be above 0".into()),
            _ => Ok(()),
        }
    }

    /// The stride for windows of `length` rows.
    pub fn stride(&self, length: usize) -> usize {
        self.stride.unwrap_or(length / 4).clamp(1, length)
    }

    /// Where the windows are, the same for every trial.
    fn places(&self, source: &dyn Source) -> Vec<Place> {
        let starts = source.steps() + 1 - self.rows();
        let start = |window| Stream::of(0, "evaluation", window as u64).below(starts);
        (0..self.windows).map(|window| (window % source.series(), start(window))).collect()
    }

    fn rows(&self) -> usize {
        self.context + self.horizon
    }
}

/// The windows of a source that an evaluation asks for.
pub struct Windows<'a> {
    evaluation: &'a Evaluation,
    ranges: Ranges,
    truth: Vec<f32>,
}

impl<'a> Windows<'a> {
    pub fn of(evaluation: &'a Evaluation, source: &dyn Source) -> Self {
        let truth = batch::windows(source, &evaluation.places(source), evaluation.rows());
        Self { evaluation, ranges: source.ranges(), truth }
    }

    /// What a model without gradients predicts: windows × horizon × 6, flat.
    pub fn predict(&self, model: &Model) -> Vec<f32> {
        let Evaluation { windows, context, .. } = *self.evaluation;
        free_run(model, &self.truth, windows, context, self.evaluation.stride(model.hyperparameters().seq_len))
    }

    /// What one knows of a cell without a model: the mean row of the training series.
    pub fn mean(&self, mean: [f32; WIDTH]) -> Vec<f32> {
        mean.repeat(self.evaluation.windows * self.evaluation.horizon)
    }

    /// What costs nothing: the last row of the context, for ever.
    pub fn persistence(&self) -> Vec<f32> {
        let last = |window: &[f32]| window[(self.evaluation.context - 1) * WIDTH..][..WIDTH].to_vec();
        let windows = self.truth.chunks_exact(self.evaluation.rows() * WIDTH);
        windows.flat_map(|window| last(window).repeat(self.evaluation.horizon)).collect()
    }

    /// Compares predictions, windows × horizon × 6, with the truth over the scored rows.
    pub fn score(&self, predicted: &[f32]) -> Score {
        let Evaluation { windows, context, horizon, scored, .. } = *self.evaluation;
        let (mut square, mut absolute) = ([0.0; WIDTH], [0.0; WIDTH]);
        let mut diverged = 0;
        let truth = self.truth.chunks_exact(self.evaluation.rows() * WIDTH);
        for (truth, predicted) in truth.zip(predicted.chunks_exact(horizon * WIDTH)) {
            diverged += usize::from(!predicted.iter().all(|value| value.abs() <= BOUND));
            let skipped = (horizon - scored) * WIDTH;
            let rows =
                truth[context * WIDTH + skipped..].chunks_exact(WIDTH).zip(predicted[skipped..].chunks_exact(WIDTH));
            for (truth, predicted) in rows {
                for feature in 1..WIDTH {
                    let error = f64::from(predicted[feature]) - f64::from(truth[feature]);
                    square[feature] += error * error;
                    absolute[feature] += error.abs();
                }
            }
        }
        let count = (windows * scored) as f64;
        let spans = self.ranges.map(|(least, largest)| largest - least);
        Score {
            cost: if diverged > 0 { f64::NAN } else { square.iter().sum::<f64>() / count },
            diverged,
            mean_square: std::array::from_fn(|feature| square[feature] / count * spans[feature] * spans[feature]),
            mean_absolute: std::array::from_fn(|feature| absolute[feature] / count * spans[feature]),
        }
    }

    /// Truth and prediction of one window in physical units.
    pub fn trace(&self, predicted: &[f32], window: usize, title: String, interval_s: f64) -> Prediction {
        let Evaluation { context, horizon, .. } = *self.evaluation;
        let truth = &self.truth[window * self.evaluation.rows() * WIDTH..][..self.evaluation.rows() * WIDTH];
        let predicted = &predicted[window * horizon * WIDTH..][..horizon * WIDTH];
        let column = |rows: &mut dyn Iterator<Item = &f32>, feature| -> Vec<f32> {
            let (least, largest) = self.ranges[feature];
            let physical = |value: &f32| (least + f64::from(*value) * (largest - least)) as f32;
            rows.skip(feature).step_by(WIDTH).map(physical).collect()
        };
        let trace = |feature: usize| Trace {
            name: FEATURES[feature].into(),
            unit: UNITS[feature].into(),
            truth: column(&mut truth.iter(), feature),
            predicted: column(&mut truth[..context * WIDTH].iter().chain(predicted), feature),
        };
        Prediction { title, interval_s, context, features: (0..WIDTH).map(trace).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::model::Statistics;
    use crate::battery::toy::Toy;

    fn small() -> Evaluation {
        Evaluation { windows: 3, context: 4, horizon: 10, scored: 5, stride: None }
    }

    #[test]
    fn the_truth_costs_nothing_and_an_error_what_it_should() {
        let toy = Toy::new(1, 2, 64, 30.0);
        let evaluation = small();
        let windows = Windows::of(&evaluation, &toy);
        let mut predicted: Vec<f32> =
            windows.truth.chunks_exact(14 * WIDTH).flat_map(|window| window[4 * WIDTH..].to_vec()).collect();
        assert_eq!(windows.score(&predicted).cost, 0.0);

        predicted[0] += 1.0; // a current, given and not scored
        predicted[4 * WIDTH + 1] += 1.0; // before the scored rows
        predicted[5 * WIDTH + 1] += 0.3;
        predicted[29 * WIDTH + 3] -= 0.1;
        let score = windows.score(&predicted);
        assert!((score.cost - (0.09 + 0.01) / 15.0).abs() < 1e-6, "{score:?}");
        assert!((score.mean_square[1] - 0.09 * 1.75 * 1.75 / 15.0).abs() < 1e-6, "volts squared: {score:?}");
        assert!((score.mean_absolute[3] - 0.1 / 15.0).abs() < 1e-6, "{score:?}");
        assert_eq!((score.mean_absolute[0], score.diverged), (0.0, 0));

        for wild in [f32::NAN, f32::INFINITY, -10.5] {
            predicted[7] = wild;
            let score = windows.score(&predicted);
            assert!(score.cost.is_nan() && score.diverged == 1, "{wild}");
        }
    }

    #[test]
    fn baselines_and_traces_have_the_windows_shape() {
        let toy = Toy::new(1, 2, 64, 30.0);
        let evaluation = small();
        let windows = Windows::of(&evaluation, &toy);
        let statistics = Statistics::of(&toy);
        let (mean, persistence) = (windows.mean(statistics.mean), windows.persistence());
        assert_eq!((mean.len(), persistence.len()), (3 * 10 * WIDTH, 3 * 10 * WIDTH));
        assert!(windows.score(&mean).cost > 0.0 && windows.score(&persistence).cost > 0.0);

        let prediction = windows.trace(&persistence, 2, "third".into(), 30.0);
        for trace in &prediction.features {
            assert_eq!((trace.truth.len(), trace.predicted.len()), (14, 14));
            assert_eq!(trace.truth[..4], trace.predicted[..4], "the context is true");
            assert!(trace.predicted[4..].iter().all(|value| *value == trace.truth[3]), "{}", trace.name);
        }
        assert_eq!(prediction.features[1].unit, "V");
    }

    #[test]
    fn settings_out_of_range_are_named() {
        assert!(Evaluation::default().validate(544).is_ok());
        assert!(Evaluation::default().validate(543).unwrap_err().contains("`context` 32 and `horizon` 512"));
        assert!(Evaluation { scored: 513, ..Evaluation::default() }.validate(2000).unwrap_err().contains("`scored`"));
        assert!(
            Evaluation { stride: Some(0), ..Evaluation::default() }.validate(2000).unwrap_err().contains("`stride`")
        );
        assert_eq!([1, 3, 64].map(|length| Evaluation::default().stride(length)), [1, 1, 16]);
    }
}
