//! `battery evaluate`: errors of models in free-running prediction, beside those of trivial predictors.
use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::tensor::Device;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value as Json, json};

use super::{pictures, subject};
use crate::battery::baseline::{BaselineScore, BaselineSettings, Method, baseline_at};
use crate::battery::dataset::Dataset;
use crate::battery::dataset::specification::Split;
use crate::battery::evaluation::rollout::GivenFeatures;
use crate::battery::evaluation::score::{ErrorOverTime, Score};
use crate::battery::evaluation::{Evaluation, EvaluationWindows};
use crate::battery::model::Model;
use crate::battery::training::batch::{Source, SplitSource};
use crate::battery::training::checkpoint;
use crate::battery::training::checkpoint::ModelDescription;
use crate::cli::battery::split::SplitArgument;
use crate::cli::failure::Failure;
use crate::cli::message::{count, duration, narrate, say};
use crate::cli::number_argument::whole;
use crate::cli::table;
use crate::cli::table::Format;
use crate::document::diagnostic::Diagnostic;

const COLUMNS: [&str; 8] = [
    "cell",
    "method",
    "sensors",
    "cost",
    "soc_mean_square_error",
    "soc_mean_absolute_error",
    "voltage_mean_absolute_error",
    "seconds",
];
/// Parts of the horizon with an error of their own.
const PARTS: usize = 64;
/// Windows that are drawn.
const DRAWN: usize = 3;

/// Judge models by free-running prediction, beside the classic method
///
/// A model is shown the true rows of a context, and then predicts row after row from the current alone (or from what
/// sensors measure) and from its own predictions. Errors are those of the last `--scored` rows of the horizon. The cost is
/// the mean square error, scaled, summed over the predicted features; errors of features are in their units (V, °C, 1).
///
/// With several datasets, each model is judged on those of its own cell. The equivalent circuit and the coulomb
/// counter of `--beside-baseline` are judged on the same rows; they are told the true state of charge at the first row of the
/// context, and `real` sensors are off as `battery baseline` says.
///
/// Without an experiment or flags, the rows are those of Cell-Li-Gent: 512, then 16,384, of which the last 4,096 count.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Models: files, or folders with a model.safetensors
    #[arg(value_name = "MODEL", required = true)]
    models: Vec<PathBuf>,
    /// An experiment, whose dataset and evaluation are used
    #[arg(long, value_name = "EXPERIMENT.ron")]
    experiment: Option<PathBuf>,
    /// A dataset; may be repeated
    #[arg(long, value_name = "FILE", required_unless_present = "experiment")]
    dataset: Vec<PathBuf>,
    /// The split whose series are predicted
    #[arg(long, value_enum, default_value_t = SplitArgument::Test)]
    split: SplitArgument,
    /// Windows to predict
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    windows: Option<usize>,
    /// True rows before the prediction
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    context: Option<usize>,
    /// Rows to predict
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    horizon: Option<usize>,
    /// Rows at the end of the horizon that count
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    scored: Option<usize>,
    /// Rows that leave a full window at once; 1 is the rolling window [default: a quarter of the window]
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    stride: Option<usize>,
    /// The features that models are given of the rows that they predict
    #[arg(long, value_enum)]
    given: Option<GivenArgument>,
    /// Let models with a state (Mamba) carry it through all rows instead of seeing windows
    #[arg(long)]
    carry_state: bool,
    /// Judge the classic method too, on the same rows
    #[arg(long)]
    beside_baseline: bool,
    /// `cpu`, `cuda:N`, or `auto`
    #[arg(long, default_value = "cpu")]
    device: String,
    /// The folder for pictures: predictions, errors over time, learning curves
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The folder of all runs, beside which the experiment's dataset is
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    dir: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum GivenArgument {
    /// The current alone
    Current,
    /// Current, terminal voltage and surface temperature
    Sensors,
}

/// A model with the name that it has in tables and pictures.
struct Named {
    name: String,
    model: Model,
    description: ModelDescription,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let device = subject::device(&arguments.device)?;
    let models = open(&arguments.models, &device)?;
    let mut evaluation = Evaluation::default();
    let mut datasets = Vec::new();
    if let Some(path) = &arguments.experiment {
        let (experiment, battery) = subject::read(path)?;
        evaluation = battery.evaluation.clone();
        if arguments.dataset.is_empty() {
            datasets.push(subject::dataset(&experiment, &battery, &arguments.dir)?);
        }
    }
    for path in &arguments.dataset {
        datasets.push(Dataset::open(path).map_err(Failure::input)?);
    }
    adapt(&mut evaluation, arguments);
    let split = Split::from(arguments.split);
    let unsuited = |named: &&Named| datasets.iter().all(|dataset| misfit(named, dataset).is_some());
    if let Some(named) = models.iter().find(unsuited) {
        let reason = datasets.first().and_then(|dataset| misfit(named, dataset));
        let reason = reason.map(|wrong| wrong.message).unwrap_or_default();
        return Err(Failure::Input(format!("`{}` cannot be evaluated: {reason}", named.name)));
    }
    let mut rows = Vec::new();
    for dataset in &datasets {
        let suited: Vec<&Named> = models.iter().filter(|named| misfit(named, dataset).is_none()).collect();
        let bench = Bench { dataset, split, evaluation: &evaluation };
        rows.extend(bench.judge(&suited, datasets.len() > 1, arguments.out.as_deref())?);
        if arguments.beside_baseline {
            rows.extend(bench.classic()?);
        }
    }
    if let Some(out) = &arguments.out {
        let curves: Vec<_> =
            models.iter().map(|named| (named.name.clone(), named.description.curve.as_slice())).collect();
        let learnt: Vec<_> = curves.into_iter().filter(|(_, curve)| !curve.is_empty()).collect();
        if !learnt.is_empty() {
            tell(&pictures::learning(&learnt, out)?);
        }
    }
    match arguments.format {
        Format::Json => rows.iter().for_each(|row| say(&Json::Object(row.clone()).to_string())),
        Format::Csv => {
            rows.iter_mut().for_each(|row| drop(row.shift_remove("error_over_time")));
            table::print(Format::Csv, &COLUMNS, &rows);
        }
        Format::Table => table::print(Format::Table, &COLUMNS, &rows),
    }
    Ok(())
}

fn open(paths: &[PathBuf], device: &Device) -> Result<Vec<Named>, Failure> {
    let mut models: Vec<Named> = Vec::new();
    for path in paths {
        let file = if path.is_dir() { path.join(checkpoint::FILE) } else { path.clone() };
        let (model, description) = checkpoint::load(&file, device).map_err(Failure::input)?;
        // What tells the paths apart: mostly the folder's name.
        let stem = match file.file_name().is_some_and(|name| name == checkpoint::FILE) {
            true => file.parent().filter(|parent| parent.file_name().is_some()).unwrap_or(&file),
            false => &file,
        };
        let stem = stem.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = if models.iter().any(|named| named.name == stem) { path.display().to_string() } else { stem };
        models.push(Named { name, model, description });
    }
    Ok(models)
}

fn adapt(evaluation: &mut Evaluation, arguments: &Arguments) {
    let set = |field: &mut usize, value: Option<usize>| *field = value.unwrap_or(*field);
    set(&mut evaluation.windows, arguments.windows);
    set(&mut evaluation.context, arguments.context);
    set(&mut evaluation.horizon, arguments.horizon);
    set(&mut evaluation.scored, arguments.scored);
    evaluation.stride = arguments.stride.or(evaluation.stride);
    evaluation.carry_state |= arguments.carry_state;
    evaluation.given = match arguments.given {
        Some(GivenArgument::Current) => GivenFeatures::Current,
        Some(GivenArgument::Sensors) => GivenFeatures::Sensors,
        None => evaluation.given,
    };
}

/// The reason why a model cannot be judged on a dataset; `None` where it can.
fn misfit(named: &Named, dataset: &Dataset) -> Option<Diagnostic> {
    named.description.provenance.as_ref()?.suits(&SplitSource(dataset, Split::Train).provenance()).err()
}

fn tell(paths: &[PathBuf]) {
    paths.iter().for_each(|path| narrate(&path.display().to_string()));
}

/// The dataset and split on which models are judged.
struct Bench<'a> {
    dataset: &'a Dataset,
    split: Split,
    evaluation: &'a Evaluation,
}

impl Bench<'_> {
    fn judge(&self, models: &[&Named], several: bool, out: Option<&Path>) -> Result<Vec<Map<String, Json>>, Failure> {
        let Self { dataset, split, evaluation } = *self;
        let specification = dataset.specification();
        if dataset.series(split) == 0 {
            return Err(Failure::Input(format!("the dataset has no series of the split `{}`", split.name())));
        }
        evaluation
            .validate(dataset.steps())
            .map_err(|wrong| wrong.hint("give smaller `--context`, `--horizon` and `--scored`"))?;
        let source = SplitSource(dataset, split);
        let windows = EvaluationWindows::of(evaluation, &source);
        let interval = f64::from(specification.interval_s);
        let cell = specification.cell.as_str();
        let suffix = if several { format!("-{cell}") } else { String::new() };
        let (mut rows, mut courses) = (Vec::new(), Vec::new());
        for named in models {
            let begun = Instant::now();
            let predicted = windows.predict(&named.model);
            let seconds = begun.elapsed().as_secs_f64();
            let score = windows.score(&predicted);
            let course = windows.over_time(&predicted, PARTS, interval);
            rows.push(row(cell, &named.name, &score, Some(seconds), &course, Some(named.model.parameters())));
            narrate(&format!(
                "{}: {} of {} rows in {}{}",
                named.name,
                count(evaluation.windows, "window"),
                evaluation.horizon,
                duration(seconds),
                match score.diverged {
                    0 => String::new(),
                    diverged => format!("; {} left the bounds, so that it has no cost", count(diverged, "window")),
                }
            ));
            courses.push((named.name.clone(), course));
            if let Some(out) = out {
                let title = |window: usize| format!("{} series {}", split.name(), window % dataset.series(split) + 1);
                let traces: Vec<_> = (0..evaluation.windows.min(DRAWN))
                    .map(|window| windows.trace(&predicted, window, title(window), interval))
                    .collect();
                let name = format!("predictions-{}{suffix}", named.name.replace('/', "_"));
                let title = format!("{} · {} of the cell {cell}", named.name, subject::kind(&named.model));
                tell(&pictures::predictions(&title, &traces, out, &name)?);
            }
        }
        let statistics = models.first().map(|named| named.model.statistics().mean);
        let mean = statistics.map(|mean| ("mean of the training series", windows.mean(mean)));
        for (name, predicted) in mean.into_iter().chain([("last true row", windows.persistence())]) {
            let course = windows.over_time(&predicted, PARTS, interval);
            rows.push(row(cell, name, &windows.score(&predicted), None, &course, None));
            courses.push((name.into(), course));
        }
        if let Some(out) = out {
            let title = format!("Errors over time · {cell}");
            tell(&pictures::over_time(&title, &courses, 2, out, &format!("error_over_time{suffix}"))?);
        }
        Ok(rows)
    }

    /// The classic method on the same rows.
    fn classic(&self) -> Result<Vec<Map<String, Json>>, Failure> {
        let Self { dataset, split, evaluation } = *self;
        let settings = BaselineSettings {
            rows: evaluation.scored,
            context: evaluation.rows() - evaluation.scored,
            ..BaselineSettings::usual(dataset)
        };
        let begun = Instant::now();
        let window_starts = evaluation.window_starts(&SplitSource(dataset, split));
        let done = baseline_at(dataset, &settings, vec![(split, window_starts)]).ok_or_else(|| {
            Failure::Input(
                "the training series do not determine an equivalent circuit\nhint: leave out `--beside-baseline`"
                    .into(),
            )
        })?;
        narrate(&format!("equivalent circuit fitted and judged in {}", duration(begun.elapsed().as_secs_f64())));
        let row = |score: &BaselineScore| {
            let method = match score.method {
                Method::CoulombCounter => "coulomb counter",
                Method::KalmanFilter => "equivalent circuit, Kalman filter",
            };
            let mut row = empty(&dataset.specification().cell, method);
            row["sensors"] = json!(if score.perfect_sensors { "perfect" } else { "real" });
            row["soc_mean_square_error"] = json!(score.soc_mean_square);
            row["soc_mean_absolute_error"] = json!(score.soc_mean_absolute);
            row["voltage_mean_absolute_error"] = json!(score.voltage_mean_absolute);
            row
        };
        Ok(done.scores.iter().map(row).collect())
    }
}

/// A row without numbers.
fn empty(cell: &str, method: &str) -> Map<String, Json> {
    let mut row = Map::new();
    row.insert("cell".into(), json!(cell));
    row.insert("method".into(), json!(method));
    row.insert("sensors".into(), json!("perfect"));
    let numbers = [
        "cost",
        "soc_mean_square_error",
        "soc_mean_absolute_error",
        "voltage_mean_absolute_error",
        "ocv_mean_absolute_error",
        "surface_temperature_mean_absolute_error",
        "core_temperature_mean_absolute_error",
        "diverged_windows",
        "parameters",
        "seconds",
        "error_over_time",
    ];
    numbers.iter().for_each(|name| drop(row.insert((*name).into(), Json::Null)));
    row
}

fn row(
    cell: &str,
    method: &str,
    score: &Score,
    seconds: Option<f64>,
    course: &ErrorOverTime,
    parameters: Option<usize>,
) -> Map<String, Json> {
    let mut row = empty(cell, method);
    row["cost"] = json!(score.cost);
    row["soc_mean_square_error"] = json!(score.mean_square[3]);
    let absolute = [(1, "voltage"), (2, "surface_temperature"), (3, "soc"), (4, "core_temperature"), (5, "ocv")];
    for (feature, name) in absolute.into_iter().filter(|(feature, _)| *feature >= score.given) {
        row[&format!("{name}_mean_absolute_error")] = json!(score.mean_absolute[feature]);
    }
    row["diverged_windows"] = json!(score.diverged);
    row["parameters"] = json!(parameters);
    row["seconds"] = json!(seconds);
    row["error_over_time"] = json!(course);
    row
}
