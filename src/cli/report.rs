//! The verb `report`: the report of a run as HTML, figures and JSON.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use clap::{Args, ValueEnum};

use super::analysis_progress::AnalysisProgress;
use super::failure::Failure;
use super::incumbent;
use super::interrupt;
use super::message::narrate;
use super::target::Target;
use crate::analysis::metric::Metric;
use crate::analysis::{Findings, ModelKind, ReportInput, Source, TestCosts, Timing};
use crate::document::diagnostic::Diagnostic;
use crate::document::json::JsonError;
use crate::experiment::replay::log::Log;
use crate::experiment::replay::note::REPAIRS;
use crate::report;
use crate::trial::metrics;
use crate::trial::penalty::penalty;
use crate::trial::prediction::{self, SeriesPrediction};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The folder to write to [default: reports/NAME; report/ in the run's folder if that is not in runs/]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// The model of the interactions [default: the best in cross-validation]
    #[arg(long, value_name = "MODEL")]
    model: Option<Model>,
}

/// A model by its word on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum Model {
    /// A support-vector machine
    Svm,
    /// A Gaussian process
    Process,
    /// A random forest
    Forest,
}

impl From<Model> for ModelKind {
    fn from(model: Model) -> Self {
        match model {
            Model::Svm => Self::Svm,
            Model::Process => Self::Process,
            Model::Forest => Self::Forest,
        }
    }
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let log = arguments.target.log()?;
    let folder = arguments.out.clone().unwrap_or_else(|| folder(&log));
    let interrupts = interrupt::count().map_err(Failure::input)?;
    let page = write(&log, &folder, arguments.model.map(ModelKind::from), &interrupts)?;
    super::message::say(&page.display().to_string());
    Ok(())
}

/// The folder of a run's report: `reports/NAME` for a run in `runs/`, else `report` in the run's folder, so that runs of
/// one name in several folders do not overwrite each other's reports.
pub(super) fn folder(log: &Log) -> PathBuf {
    let root = log.folder.root();
    match root.parent() {
        Some(runs) if runs == Path::new("runs") => Path::new("reports").join(&log.experiment.name),
        _ => root.join("report"),
    }
}

/// Writes the report of a run; returns the path of its page. An interrupt ends it without a report.
pub(super) fn write(
    log: &Log,
    folder: &Path,
    model: Option<ModelKind>,
    interrupts: &Arc<AtomicUsize>,
) -> Result<PathBuf, Failure> {
    let experiment = &log.experiment;
    let verdict = verdict(log);
    let timings = timings(log);
    let (predictions, unreadable) = match predictions(log) {
        Ok(predictions) => (predictions, None),
        Err(diagnostic) => (Vec::new(), Some(diagnostic)),
    };
    let sources = [
        Source { title: format!("{}.ron", experiment.name), text: experiment.text.clone() },
        Source { title: format!("search space {}", experiment.space.name()), text: experiment.space_text.clone() },
    ];
    let mut warnings = warnings(log);
    if let Some(diagnostic) = unreadable {
        super::message::narrate(&format!("warning: {diagnostic}"));
        warnings.push(format!("The report shows no predictions: {}.", diagnostic.message));
    }
    let input = ReportInput {
        experiment: &experiment.name,
        space: &experiment.space,
        history: &log.history,
        unit: &experiment.unit,
        measure: match experiment.objectives() {
            [] => match experiment.objective.as_ref().map_or("cost", |objective| objective.measure()) {
                "cost" => experiment.noun(),
                measure => measure,
            },
            [first, ..] => first,
        },
        direction: experiment.direction(),
        objectives: experiment.objectives(),
        timings: &timings,
        baseline: incumbent::validation(log)
            .and_then(|done| done.incumbent.info.get("mean_predictor")?.as_f64())
            .map(|value| experiment.direction().turn(value)),
        default: incumbent::default_cost(log, experiment.schedule.max())
            .map(|cost| (experiment.schedule.max().amount(), experiment.direction().turn(cost))),
        evaluations: &log.evaluations,
        verdict: verdict.as_ref(),
        model,
        predictions: &predictions,
        metrics: &metrics(log),
        warnings: &warnings,
        sources: &sources,
    };
    let progress = AnalysisProgress::new(interrupts);
    let Ok(findings) = Findings::watched(&input, &progress) else {
        drop(progress);
        narrate(&format!("interrupted; `galvani report {}` writes the report", experiment.name));
        return Err(Failure::Interrupted);
    };
    drop(progress);
    let findings = findings.turned(&experiment.directions);
    report::write(&findings, &input, folder).map_err(Failure::input)?;
    Ok(folder.join("report.html"))
}

/// The numbers that trials reported beside their cost, by their names.
fn metrics(log: &Log) -> Vec<Metric> {
    let ended = || {
        log.history
            .trials()
            .iter()
            .zip(&log.details)
            .filter_map(|(trial, details)| Some((trial.proposal.trial.0, &details.ended.as_ref()?.info)))
    };
    let of = |name: &str| Metric {
        name: name.to_owned(),
        values: ended().filter_map(|(trial, info)| Some((trial, info.get(name)?.as_f64()?))).collect(),
    };
    metrics::names(ended().map(|(_, info)| info)).into_iter().map(of).collect()
}

/// Sentences about repairs of the run's store, and about a cost that looks like a penalty.
fn warnings(log: &Log) -> Vec<String> {
    let repairs = log.notes.get(REPAIRS).and_then(|note| note.as_array());
    let sentences = repairs.into_iter().flatten().filter_map(|sentence| sentence.as_str());
    let repairs = sentences.map(|sentence| format!("The store was repaired. {sentence}"));
    let penalty = penalty(&log.history).map(|penalty| format!("{}.", penalty.warning(log.experiment.direction())));
    repairs.chain(penalty).collect()
}

fn timings(log: &Log) -> Vec<Timing> {
    let first = log.details.iter().filter_map(|details| details.started.first()).min().copied();
    let trials = log.history.trials().iter().zip(&log.details);
    trials
        .filter_map(|(trial, details)| {
            let ended = details.ended.as_ref()?;
            Some(Timing {
                trial: trial.proposal.trial.0,
                started_s: ended.started.duration_since(first?).as_secs_f64(),
                seconds: ended.seconds,
                slot: ended.slot.clone(),
            })
        })
        .collect()
}

fn verdict(log: &Log) -> Option<TestCosts> {
    let validation = incumbent::validation(log)?;
    let incumbent = &validation.incumbent;
    Some(TestCosts {
        default_cost: validation.default.as_ref().and_then(|default| default.test("cost")),
        incumbent_cost: incumbent.test("cost")?,
        baseline_cost: incumbent.test("mean_predictor")?,
        persistence_cost: incumbent.test("persistence"),
        on: format!("{} untouched test series", incumbent.test("series")?),
    })
}

/// The predictions of the best model on untouched series, as its worker left them; none where there is no such file.
fn predictions(log: &Log) -> Result<Vec<SeriesPrediction>, Diagnostic> {
    let path = log.folder.validation().join("incumbent").join(prediction::FILE);
    let unusable = |error: &dyn std::fmt::Display| {
        Diagnostic::new(format!("cannot read the predictions in `{}`: {error}", path.display()))
            .hint("`galvani run` writes this file at the end of a run; the rest of the report does not need it")
    };
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|error| unusable(&error))?,
    };
    serde_json::from_slice(&bytes).map_err(|error| unusable(&JsonError::of(&error, &String::from_utf8_lossy(&bytes))))
}
