//! The evaluation of models: errors of free-running predictions, beside those of trivial predictors.
//!
//! The model is shown the first `context` true rows of each window. Then it predicts `horizon` rows, one after another, from what is
//! `given` of each (the current alone, or what sensors measure) and from its own predictions of the rest. The cost is the
//! square error of the last `scored` of these rows, scaled, its mean over rows and windows, its sum over features.
pub mod rollout;
pub(crate) mod score;

use std::cmp::Ordering;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::battery::dataset::feature::{FEATURES, Ranges, UNITS, WIDTH};
use crate::battery::evaluation::rollout::{GivenFeatures, Rollout, free_run};
use crate::battery::evaluation::score::{ErrorOverTime, ErrorSums, Score};
use crate::battery::model::Model;
use crate::battery::training::batch;
use crate::battery::training::batch::{Source, WindowStart};
use crate::document::diagnostic::Diagnostic;
use crate::numeric::stream::Stream;
use crate::trial::prediction::{FeatureSeries, SeriesPrediction};

/// The bound of a scaled feature, beyond which a prediction has diverged: the range of the data is 0 to 1.
const BOUND: f64 = 10.0;

/// Settings of the evaluation, the same for every trial. The defaults are those of Cell-Li-Gent's sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Evaluation {
    /// Windows to predict, each at an addressed place of a series, series in turn; default 16.
    pub windows: usize,
    /// True rows that a prediction starts from; default 512.
    pub context: usize,
    /// Rows predicted; default 16,384.
    pub horizon: usize,
    /// Rows at the end of the horizon that count; default 4,096.
    pub scored: usize,
    /// Features of the predicted rows that a model is given, `Current` or `Sensors`; default `Current`.
    pub given: GivenFeatures,
    /// Rows dropped at once when a model's window is full, at most `seq_len`: 1 is the rolling window, more is faster.
    ///
    /// Absent: a quarter of `seq_len`, so that every model predicts with at least three quarters of the context that it
    /// was trained with; the choice of `seq_len` includes this. Costs of one model at different strides are not
    /// comparable, so a trial reports its stride.
    pub stride: Option<usize>,
    /// True where models with a state (Mamba) carry it through all rows, which costs the same at every row, instead of being
    /// shown windows as transformers are; default false. It is a different prediction: windows are what they were trained on.
    pub carry_state: bool,
    /// Features that are no prediction any more beyond these bounds, in physical units, such as `{"soc": (-0.5, 1.5)}`;
    /// others may be off by ten times the range that they are scaled by. A window that leaves them has diverged.
    pub bounds: IndexMap<String, (f64, f64)>,
}

impl Default for Evaluation {
    fn default() -> Self {
        Self {
            windows: 16,
            context: 512,
            horizon: 16_384,
            scored: 4096,
            given: GivenFeatures::Current,
            stride: None,
            carry_state: false,
            bounds: IndexMap::new(),
        }
    }
}

impl Evaluation {
    /// Checks every field for series of `steps` rows; fails with the field that is wrong, and what is allowed there.
    pub(crate) fn validate(&self, steps: usize) -> Result<(), Diagnostic> {
        let wrong = |field: &'static str, message: String| Err(Diagnostic::new(message).field(field));
        for (name, value) in [("windows", self.windows), ("context", self.context), ("scored", self.scored)] {
            if value == 0 {
                return wrong(name, format!("`{name}` must be at least 1"));
            }
        }
        if self.scored > self.horizon {
            let message = format!("`scored` must be at most the `horizon` of {}, not {}", self.horizon, self.scored);
            return wrong("scored", message);
        }
        if self.context + self.horizon > steps {
            let message = format!(
                "`context` {} and `horizon` {} need more than the {steps} rows of a series",
                self.context, self.horizon
            );
            return wrong("horizon", message);
        }
        if self.stride == Some(0) {
            return wrong("stride", "`stride` must be at least 1".to_owned());
        }
        for (name, (least, largest)) in &self.bounds {
            if !FEATURES.contains(&name.as_str()) {
                let message = format!("`bounds` has `{name}`, but the features are `{}`", FEATURES.join("`, `"));
                return wrong("bounds", message);
            }
            if !matches!(least.partial_cmp(largest), Some(Ordering::Less)) {
                return wrong("bounds", format!("`bounds` of `{name}` must rise, not ({least}, {largest})"));
            }
        }
        Ok(())
    }

    /// The stride for windows of `length` rows.
    pub(crate) fn stride(&self, length: usize) -> usize {
        self.stride.unwrap_or(length / 4).clamp(1, length)
    }

    /// The starts of the windows, the same for every trial.
    pub(crate) fn window_starts(&self, source: &dyn Source) -> Vec<WindowStart> {
        let starts = source.steps() + 1 - self.rows();
        let start = |window| Stream::of(0, "evaluation", window as u64).below(starts);
        (0..self.windows).map(|window| (window % source.series(), start(window))).collect()
    }

    /// Rows of a window.
    pub(crate) fn rows(&self) -> usize {
        self.context + self.horizon
    }

    /// The bounds of each scaled feature, beyond which a window has diverged.
    fn limits(&self, ranges: &Ranges) -> [(f64, f64); WIDTH] {
        std::array::from_fn(|feature| match self.bounds.get(FEATURES[feature]) {
            Some(&(least, largest)) => {
                let (zero, one) = ranges[feature];
                ((least - zero) / (one - zero), (largest - zero) / (one - zero))
            }
            None => (-BOUND, BOUND),
        })
    }
}

/// The windows of an evaluation with their true rows.
pub(crate) struct EvaluationWindows<'a> {
    evaluation: &'a Evaluation,
    ranges: Ranges,
    truth: Vec<f32>,
}

impl<'a> EvaluationWindows<'a> {
    pub(crate) fn of(evaluation: &'a Evaluation, source: &dyn Source) -> Self {
        let truth = batch::windows(source, &evaluation.window_starts(source), evaluation.rows());
        Self { evaluation, ranges: source.ranges(), truth }
    }

    /// The predictions of a model without gradients: windows × horizon × 6, flat.
    pub(crate) fn predict(&self, model: &Model) -> Vec<f32> {
        let &Evaluation { windows, context, given, carry_state, .. } = self.evaluation;
        let stride = self.evaluation.stride(model.hyperparameters().seq_len);
        free_run(model, &self.truth, windows, &Rollout { context, stride, given, carry_state })
    }

    /// The predictions of the trivial predictor that repeats the mean row of the training series.
    pub(crate) fn mean(&self, mean: [f32; WIDTH]) -> Vec<f32> {
        mean.repeat(self.evaluation.windows * self.evaluation.horizon)
    }

    /// The predictions of the trivial predictor that repeats the last row of the context.
    pub(crate) fn persistence(&self) -> Vec<f32> {
        let last = |window: &[f32]| window[(self.evaluation.context - 1) * WIDTH..][..WIDTH].to_vec();
        let windows = self.truth.chunks_exact(self.evaluation.rows() * WIDTH);
        windows.flat_map(|window| last(window).repeat(self.evaluation.horizon)).collect()
    }

    /// Truth and prediction of each window over the horizon, flat.
    fn pairs<'b>(&'b self, predicted: &'b [f32]) -> impl Iterator<Item = (&'b [f32], &'b [f32])> {
        let truth = self.truth.chunks_exact(self.evaluation.rows() * WIDTH);
        let truth = truth.map(|truth| &truth[self.evaluation.context * WIDTH..]);
        truth.zip(predicted.chunks_exact(self.evaluation.horizon * WIDTH))
    }

    /// Compares predictions, windows × horizon × 6, with the truth over the scored rows.
    pub(crate) fn score(&self, predicted: &[f32]) -> Score {
        let limits = self.evaluation.limits(&self.ranges);
        let is_sound = |(index, value): (usize, &f32)| {
            let (least, largest) = limits[index % WIDTH];
            (least..=largest).contains(&f64::from(*value))
        };
        let skipped = (self.evaluation.horizon - self.evaluation.scored) * WIDTH;
        let (mut sums, mut diverged) = (ErrorSums::default(), 0);
        for (truth, predicted) in self.pairs(predicted) {
            diverged += usize::from(!predicted.iter().enumerate().all(is_sound));
            sums.add(&truth[skipped..], &predicted[skipped..]);
        }
        sums.score(&self.ranges, self.evaluation.given.features(), diverged)
    }

    /// The error over the horizon in at most `parts` parts, for rows `interval_s` seconds apart.
    pub(crate) fn over_time(&self, predicted: &[f32], parts: usize, interval_s: f64) -> ErrorOverTime {
        let rows = self.evaluation.horizon.div_ceil(parts);
        let mut sums = vec![ErrorSums::default(); self.evaluation.horizon.div_ceil(rows)];
        for (truth, predicted) in self.pairs(predicted) {
            let both = truth.chunks(rows * WIDTH).zip(predicted.chunks(rows * WIDTH));
            both.zip(&mut sums).for_each(|((truth, predicted), sums)| sums.add(truth, predicted));
        }
        let middle = |part: usize| {
            let (first, end) = (part * rows, ((part + 1) * rows).min(self.evaluation.horizon));
            (first + end + 1) as f64 / 2.0 * interval_s / 3600.0
        };
        let errors: Vec<[f64; WIDTH]> = sums.iter().map(|sums| sums.root_mean_square(&self.ranges)).collect();
        ErrorOverTime {
            hours: (0..sums.len()).map(middle).collect(),
            root_mean_square: std::array::from_fn(|feature| errors.iter().map(|part| part[feature]).collect()),
        }
    }

    /// Truth and prediction of one window in physical units.
    pub(crate) fn trace(&self, predicted: &[f32], window: usize, title: String, interval_s: f64) -> SeriesPrediction {
        let &Evaluation { context, horizon, .. } = self.evaluation;
        let truth = &self.truth[window * self.evaluation.rows() * WIDTH..][..self.evaluation.rows() * WIDTH];
        let predicted = &predicted[window * horizon * WIDTH..][..horizon * WIDTH];
        let column = |rows: &mut dyn Iterator<Item = &f32>, feature| -> Vec<f32> {
            let (least, largest) = self.ranges[feature];
            let physical = |value: &f32| (least + f64::from(*value) * (largest - least)) as f32;
            rows.skip(feature).step_by(WIDTH).map(physical).collect()
        };
        let trace = |feature: usize| FeatureSeries {
            name: FEATURES[feature].into(),
            unit: UNITS[feature].into(),
            truth: column(&mut truth.iter(), feature),
            predicted: column(&mut truth[..context * WIDTH].iter().chain(predicted), feature),
        };
        SeriesPrediction { title, interval_s, context, features: (0..WIDTH).map(trace).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::model::Statistics;
    use crate::battery::training::toy::Toy;

    fn small() -> Evaluation {
        Evaluation { windows: 3, context: 4, horizon: 10, scored: 5, ..Evaluation::default() }
    }

    #[test]
    fn the_truth_costs_nothing_and_an_error_what_it_should() {
        let toy = Toy::new(1, 2, 64, 30.0);
        let evaluation = small();
        let windows = EvaluationWindows::of(&evaluation, &toy);
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

        let sensors = Evaluation { given: GivenFeatures::Sensors, ..small() };
        let (sensors, all) = (EvaluationWindows::of(&sensors, &toy).score(&predicted), windows.score(&predicted));
        assert_eq!((sensors.mean_square[1], sensors.mean_square[3]), (0.0, all.mean_square[3]));
        assert!((sensors.cost - 0.01 / 15.0).abs() < 1e-6, "{sensors:?}");

        let course = windows.over_time(&predicted, 4, 1800.0);
        assert_eq!(course.hours, [1.0, 2.5, 4.0, 5.0]);
        let volts = &course.root_mean_square[1];
        assert!((volts[1] - 1.75 * ((1.0 + 0.09) / 9.0f64).sqrt()).abs() < 1e-6 && volts[0] == 0.0, "{volts:?}");
        let close = Evaluation { bounds: [("soc".to_owned(), (-1.0, -0.5))].into(), ..small() };
        assert_eq!(EvaluationWindows::of(&close, &toy).score(&predicted).diverged, 3, "no cell is emptier than empty");

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
        let windows = EvaluationWindows::of(&evaluation, &toy);
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
        let default = Evaluation::default;
        assert!(default().validate(16_896).is_ok());
        assert!(default().validate(16_895).unwrap_err().message.contains("`context` 512 and `horizon` 16384"));
        let wrong = |evaluation: Evaluation| evaluation.validate(20_000).unwrap_err().message;
        assert!(wrong(Evaluation { scored: 16_385, ..default() }).contains("`scored`"));
        assert!(wrong(Evaluation { stride: Some(0), ..default() }).contains("`stride`"));
        let bounds = |name: &str, bounds| Evaluation { bounds: [(name.to_owned(), bounds)].into(), ..default() };
        assert!(wrong(bounds("charge", (0.0, 1.0))).contains("`charge`, but the features are `current`"));
        assert!(wrong(bounds("soc", (1.0, 1.0))).contains("must rise"));
        assert_eq!([1, 3, 64].map(|length| Evaluation::default().stride(length)), [1, 1, 16]);
    }
}
