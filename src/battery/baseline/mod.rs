//! The classic method on a dataset: a circuit fitted to the training series, evaluated on windows of other series.
//!
//! Every estimator is given the state of charge at the first row of a context that precedes the window and then, row by
//! row, the measurements of the sensors. Errors are those within the window, against the true values.
pub(crate) mod circuit_fit;
pub(crate) mod equivalent_circuit;
pub(crate) mod estimator;
#[cfg(test)]
mod fixtures;

use rayon::prelude::*;
use serde::Serialize;

use crate::battery::baseline::circuit_fit::{Fit, Window, fit};
use crate::battery::baseline::equivalent_circuit::{EquivalentCircuit, Rhythm};
use crate::battery::baseline::estimator::{Estimate, Measured, Sensors, Trust, estimate};
use crate::battery::dataset::{Dataset, Split};
use crate::numeric::stream::Stream;

/// Settings of the classic method: the windows of the fit and of the evaluation, and the sensors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BaselineSettings {
    /// Windows of the training series that the circuit is fitted to.
    pub fitted: usize,
    /// The number of windows of each split that it is evaluated on.
    pub windows: usize,
    /// Rows of a window.
    pub rows: usize,
    /// Rows before it.
    pub context: usize,
    /// Errors of the sensors where they are not perfect.
    pub sensors: Sensors,
    pub seed: u64,
}

/// The estimator of the state of charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    /// Integrates the current alone.
    CoulombCounter,
    /// Corrects the integral of the current by temperature and voltage.
    KalmanFilter,
}

/// Errors of one method on one split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct BaselineScore {
    pub split: Split,
    pub method: Method,
    /// True where the sensors were perfect and the first state of charge was known.
    pub perfect_sensors: bool,
    pub soc_mean_square: f64,
    pub soc_mean_absolute: f64,
    /// Error of the circuit's voltage before the measured one is used, V.
    pub voltage_root_mean_square: f64,
    pub voltage_mean_absolute: f64,
    pub windows: usize,
}

/// The result of the classic method on a dataset.
pub(crate) struct Baseline {
    pub fit: Fit,
    /// The filter's variances for perfect and for real sensors, chosen on the training series.
    pub trust: [Trust; 2],
    pub scores: Vec<BaselineScore>,
}

/// A window with the number that addresses its sensors' noise.
struct NumberedWindow {
    window: Window,
    index: u64,
}

// The evaluation of models alone compares itself with it.
#[cfg(feature = "battery")]
impl BaselineSettings {
    /// Sensors as good as those of a car, for the cell of a dataset.
    pub(crate) fn usual(dataset: &Dataset) -> Self {
        let hour = dataset.specification().known_cell().capacity_ah;
        let sensors = Sensors {
            current_offset: 0.005 * hour,
            current_noise: 0.002 * hour,
            voltage_offset: 0.002,
            voltage_noise: 0.002,
            initial_soc: 0.05,
        };
        Self { fitted: 256, windows: 64, rows: 8192, context: 3600, sensors, seed: 1 }
    }
}

/// Fits and evaluates the classic method on windows of the test and held-out series; `None` where the training series
/// do not determine a circuit.
///
/// Panics where the series are shorter than context and window together.
pub(crate) fn baseline(dataset: &Dataset, settings: &BaselineSettings) -> Option<Baseline> {
    let splits = [Split::Test, Split::HeldOut].into_iter().filter(|&split| dataset.series(split) > 0);
    let judged = splits.map(|split| (split, drawn(dataset, split, settings.windows, settings))).collect();
    baseline_at(dataset, settings, judged)
}

/// Fits and evaluates like [`baseline`], on windows whose contexts begin at the given series and rows.
pub(crate) fn baseline_at(
    dataset: &Dataset,
    settings: &BaselineSettings,
    judged: Vec<(Split, Vec<(usize, usize)>)>,
) -> Option<Baseline> {
    let specification = dataset.specification();
    let rhythm = Rhythm::of(specification.interval_s);
    let nominal = specification.known_cell();
    let training = |count| cut(dataset, Split::Train, &drawn(dataset, Split::Train, count, settings), settings);
    let windows: Vec<Window> = training(settings.fitted).into_iter().map(|place| place.window).collect();
    let fit = fit(&windows, nominal.capacity(), rhythm)?;

    let judge = Judge { circuit: &fit.circuit, rhythm, context: settings.context };
    let conditions = [Sensors::default(), settings.sensors];
    let training = training(settings.windows);
    let trust = conditions.map(|sensors| judge.trust(&training, sensors, fit.error));
    let mut scores = Vec::new();
    for (split, places) in judged {
        let places = cut(dataset, split, &places, settings);
        for (sensors, trust) in conditions.into_iter().zip(trust) {
            for (method, trust) in [(Method::CoulombCounter, None), (Method::KalmanFilter, Some(trust))] {
                scores.push(judge.score(&places, sensors, method, trust, split));
            }
        }
    }
    Some(Baseline { fit, trust, scores })
}

/// Starts of contexts: series in turn, and rows drawn from an addressed stream.
fn drawn(dataset: &Dataset, split: Split, count: usize, settings: &BaselineSettings) -> Vec<(usize, usize)> {
    let starts = dataset.steps() + 1 - settings.context - settings.rows;
    let start = |index: u64| {
        let purpose = format!("window {}", split.name());
        Stream::of(settings.seed, &purpose, index).below(starts)
    };
    (0..count).map(|index| (index % dataset.series(split), start(index as u64))).collect()
}

/// Context and window from each start on.
fn cut(dataset: &Dataset, split: Split, places: &[(usize, usize)], settings: &BaselineSettings) -> Vec<NumberedWindow> {
    let place = |(index, &(series, start)): (usize, &(usize, usize))| {
        let rows = dataset.rows(split, series, start, start + settings.context + settings.rows);
        let column = |feature: usize| rows.iter().map(|row| row[feature]).collect();
        let window = Window { current: column(0), voltage: column(1), temperature: column(2), soc: column(3) };
        NumberedWindow { window, index: index as u64 }
    };
    places.par_iter().enumerate().map(place).collect()
}

struct Judge<'a> {
    circuit: &'a EquivalentCircuit,
    rhythm: Rhythm,
    context: usize,
}

impl Judge<'_> {
    fn measured(&self, place: &NumberedWindow, sensors: Sensors) -> Measured {
        let Window { current, voltage, temperature, soc } = &place.window;
        sensors.measure(current, voltage, temperature, soc[0], Stream::of(1, "sensors", place.index))
    }

    fn score(
        &self,
        places: &[NumberedWindow],
        sensors: Sensors,
        method: Method,
        trust: Option<Trust>,
        split: Split,
    ) -> BaselineScore {
        let errors = |place: &NumberedWindow| {
            let Estimate { soc, voltage } = estimate(self.circuit, self.rhythm, &self.measured(place, sensors), trust);
            let mut sums = [0.0; 4];
            for row in self.context..soc.len() {
                let (soc, voltage) = (soc[row] - place.window.soc[row], voltage[row] - place.window.voltage[row]);
                let more = [soc * soc, soc.abs(), voltage * voltage, voltage.abs()];
                sums.iter_mut()
                    .zip(more)
                    .for_each(|(sum, more)| *sum += more / (place.window.soc.len() - self.context) as f64);
            }
            sums
        };
        let all: Vec<[f64; 4]> = places.par_iter().map(errors).collect();
        let mean = |k: usize| all.iter().map(|sums| sums[k]).sum::<f64>() / all.len() as f64;
        BaselineScore {
            split,
            method,
            perfect_sensors: sensors == Sensors::default(),
            soc_mean_square: mean(0),
            soc_mean_absolute: mean(1),
            voltage_root_mean_square: mean(2).sqrt(),
            voltage_mean_absolute: mean(3),
            windows: places.len(),
        }
    }

    /// The variances with the least error on training windows, from a grid in powers of ten.
    fn trust(&self, training: &[NumberedWindow], sensors: Sensors, error: f64) -> Trust {
        let voltage = error * error + sensors.voltage_noise.powi(2) + sensors.voltage_offset.powi(2) / 3.0;
        let trust = |power: i32, patience: i32| Trust {
            initial: (sensors.initial_soc / 3f64.sqrt()).max(1e-6),
            growth: 10f64.powi(power),
            voltage: voltage * 10f64.powi(patience),
        };
        let candidates = (-16..=-7).flat_map(|power| (0..=4).map(move |patience| trust(power, patience)));
        let cost = |trust: &Trust| {
            let score = self.score(training, sensors, Method::KalmanFilter, Some(*trust), Split::Train);
            score.soc_mean_square
        };
        let judged = candidates.map(|trust| (cost(&trust), trust));
        judged.min_by(|a, b| a.0.total_cmp(&b.0)).expect("there are candidates").1
    }
}
