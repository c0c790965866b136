//! `battery baseline`: the classic method, an equivalent circuit and a coulomb counter, as a reference for models.
use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value as Json, json};

use crate::battery::baseline::estimator::Sensors;
use crate::battery::baseline::{Baseline, BaselineSettings, Method, baseline};
use crate::battery::dataset::Dataset;
use crate::cli::failure::Failure;
use crate::cli::message::{duration, narrate, number, say};
use crate::cli::number_argument::{real, whole};
use crate::cli::table;
use crate::cli::table::Format;

const COLUMNS: [&str; 8] = [
    "cell",
    "split",
    "method",
    "sensors",
    "soc_mean_square_error",
    "soc_mean_absolute_error",
    "voltage_root_mean_square_error",
    "voltage_mean_absolute_error",
];

/// Judge the classic method: an equivalent circuit and a coulomb counter
///
/// Fits an equivalent circuit (open-circuit voltage, a resistor, two resistor-capacitor pairs; tables over state of
/// charge and temperature) to the training series of each dataset, and judges it on windows of the test and held-out
/// series.
///
/// An estimator is told the state of charge at the first row of a context before the window, and then what the sensors
/// show: the coulomb counter uses the current, the Kalman filter voltage and surface temperature too. Perfect sensors show
/// the truth; real ones have the errors below. Voltage errors (V) are of the circuit before it sees the voltage.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Datasets, one for each cell; `galvani battery generate` makes them
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Windows of each split to judge on
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    windows: usize,
    /// Rows of a window
    #[arg(long, default_value_t = 8192, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    rows: usize,
    /// Rows before a window, at the first of which the state of charge is told
    #[arg(long, default_value_t = 3600, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    context: usize,
    /// Offset of a real current sensor, at most, as a share of the current that empties the cell in an hour
    #[arg(long, default_value_t = 0.005, value_name = "SHARE", value_parser = real, allow_negative_numbers = true)]
    current_offset: f64,
    /// Noise of a real current sensor, likewise
    #[arg(long, default_value_t = 0.002, value_name = "SHARE", value_parser = real, allow_negative_numbers = true)]
    current_noise: f64,
    /// Offset of a real voltage sensor, at most, mV
    #[arg(long, default_value_t = 2.0, value_name = "MILLIVOLT", value_parser = real, allow_negative_numbers = true)]
    voltage_offset: f64,
    /// Noise of a real voltage sensor, mV
    #[arg(long, default_value_t = 2.0, value_name = "MILLIVOLT", value_parser = real, allow_negative_numbers = true)]
    voltage_noise: f64,
    /// Error of the state of charge that is told where the sensors are real, at most
    #[arg(long, default_value_t = 0.05, value_name = "SHARE", value_parser = real, allow_negative_numbers = true)]
    initial_soc_error: f64,
    /// Seed of the windows' places and the sensors' noise
    #[arg(long, default_value_t = 1, value_parser = whole::<u64>, allow_negative_numbers = true)]
    seed: u64,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    for (flag, count) in
        [("--windows", arguments.windows), ("--rows", arguments.rows), ("--context", arguments.context)]
    {
        if count == 0 {
            return Err(Failure::Input(format!("`{flag}` must be at least 1")));
        }
    }
    for (flag, size) in [
        ("--current-offset", arguments.current_offset),
        ("--current-noise", arguments.current_noise),
        ("--voltage-offset", arguments.voltage_offset),
        ("--voltage-noise", arguments.voltage_noise),
        ("--initial-soc-error", arguments.initial_soc_error),
    ] {
        if !(0.0..1e3).contains(&size) {
            return Err(Failure::Input(format!("`{flag}` must be from 0 to 1000, not {size}")));
        }
    }
    let mut rows = Vec::new();
    for file in &arguments.files {
        let dataset = Dataset::open(file).map_err(Failure::input)?;
        let needed = arguments.rows + arguments.context;
        if dataset.steps() < needed {
            return Err(Failure::Input(format!(
                "the series of `{}` have {} rows, but context and window take {needed}\nhint: give smaller `--rows` and `--context`",
                file.display(),
                dataset.steps()
            )));
        }
        let begun = std::time::Instant::now();
        let done = baseline(&dataset, &settings(arguments, &dataset)).ok_or_else(|| {
            Failure::Input(format!(
                "the training series of `{}` do not determine an equivalent circuit",
                file.display()
            ))
        })?;
        let [fast, slow] = done.fit.circuit.time_constants;
        narrate(&format!(
            "{}: time constants {} and {} s, voltage off by {} mV (root mean square of {} training rows); {}",
            file.display(),
            number(fast),
            number(slow),
            number(1e3 * done.fit.error),
            number(done.fit.rows as f64),
            duration(begun.elapsed().as_secs_f64())
        ));
        rows.extend(listed(&dataset, &done, arguments.format == Format::Json));
    }
    match arguments.format {
        Format::Json => rows.iter().for_each(|row| say(&Json::Object(row.clone()).to_string())),
        format => table::print(format, &COLUMNS, &rows),
    }
    Ok(())
}

fn settings(arguments: &Arguments, dataset: &Dataset) -> BaselineSettings {
    let hour = dataset.specification().known_cell().capacity_ah;
    BaselineSettings {
        fitted: 4 * arguments.windows,
        windows: arguments.windows,
        rows: arguments.rows,
        context: arguments.context,
        sensors: Sensors {
            current_offset: arguments.current_offset * hour,
            current_noise: arguments.current_noise * hour,
            voltage_offset: 1e-3 * arguments.voltage_offset,
            voltage_noise: 1e-3 * arguments.voltage_noise,
            initial_soc: arguments.initial_soc_error,
        },
        seed: arguments.seed,
    }
}

/// A row for each score; the circuit itself stands in the first, where it is asked for.
fn listed(dataset: &Dataset, done: &Baseline, with_circuit: bool) -> Vec<Map<String, Json>> {
    let method = |method: Method| match method {
        Method::CoulombCounter => "coulomb counter",
        Method::KalmanFilter => "Kalman filter",
    };
    let row = |index: usize| {
        let score = &done.scores[index];
        let mut row = Map::new();
        let values = [
            json!(dataset.specification().cell),
            json!(score.split.name()),
            json!(method(score.method)),
            json!(if score.perfect_sensors { "perfect" } else { "real" }),
            json!(score.soc_mean_square),
            json!(score.soc_mean_absolute),
            json!(score.voltage_root_mean_square),
            json!(score.voltage_mean_absolute),
        ];
        row.extend(COLUMNS.into_iter().map(str::to_owned).zip(values));
        row.insert("windows".into(), json!(score.windows));
        if with_circuit {
            let trust = done.trust[usize::from(!score.perfect_sensors)];
            row.insert(
                "kalman_filter".into(),
                json!({"growth_per_s": trust.growth, "voltage_variance": trust.voltage, "initial_deviation": trust.initial}),
            );
            if index == 0 {
                let fit = json!({"rows": done.fit.rows, "voltage_root_mean_square_error": done.fit.error});
                row.insert("fit".into(), fit);
                row.insert("circuit".into(), json!(done.fit.circuit));
            }
        }
        row
    };
    (0..done.scores.len()).map(row).collect()
}
