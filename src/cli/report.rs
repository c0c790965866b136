//! The verb `report`: the report of a run as HTML, figures and JSON.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::analysis_progress::AnalysisProgress;
use super::failure::Failure;
use super::foreign_report::{ForeignObjective, ForeignProgram, read_run, with_foreign_input};
use super::incumbent;
use super::interrupt;
use super::log_tail::log_tails;
use super::message::narrate;
use super::target::Target;
use crate::analysis::metric::Metric;
use crate::analysis::{Course, Findings, ModelKind, ReportInput, Source, TestCosts, Timing, Watcher};
use crate::document::diagnostic::Diagnostic;
use crate::document::json::JsonError;
use crate::document::spelling::suggestion;
use crate::experiment::replay::log::Log;
use crate::experiment::replay::note::REPAIRS;
use crate::report;
use crate::report::ReportError;
use crate::report::figure::list::{FIGURES, FigureEntry};
use crate::report::print::{PrintFormat, PrintWidth, PrintWidthError, print};
use crate::store::record::AttemptEnd;
use crate::trial::Trial;
use crate::trial::direction::Directions;
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
    /// Shows the page in the browser
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    printed: Printed,
    /// Reads the run of another program instead: `galvani report --from smac3 FOLDER`, `galvani report --from optuna FILE`
    #[arg(long, value_name = "PROGRAM")]
    from: Option<ForeignProgram>,
    /// The study of that file, where it has several
    #[arg(long, value_name = "NAME", requires = "from")]
    study: Option<String>,
    /// The direction of what SMAC3 minimized: `maximize` where its costs are negated values
    #[arg(long, value_name = "DIRECTION", requires = "from")]
    objective: Option<ForeignObjective>,
}

/// Figures one by one, as a paper needs them.
#[derive(Args)]
struct Printed {
    /// Writes only these figures, each with a caption, instead of the page
    #[arg(long, value_name = "FIGURES", value_delimiter = ',', value_parser = figure)]
    only: Vec<&'static FigureEntry>,
    /// The format of these figures
    #[arg(long, value_name = "FORMAT", requires = "only", default_value = "svg")]
    format: Format,
    /// The width for which these figures are laid out, such as `90mm`, `9cm`, `3.5in` or `340px`
    #[arg(long, value_name = "WIDTH", requires = "only", value_parser = width, allow_negative_numbers = true)]
    width: Option<PrintWidth>,
}

/// A format of a single figure by its word on the command line.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines and text, at any size
    Svg,
    /// Pixels, 384 an inch
    Png,
    /// The numbers behind it, as tables
    Csv,
}

impl From<Format> for PrintFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Svg => Self::Svg,
            Format::Png => Self::Png,
            Format::Csv => Self::Csv,
        }
    }
}

/// The figure of this name.
fn figure(name: &str) -> Result<&'static FigureEntry, Diagnostic> {
    FigureEntry::named(name).ok_or_else(|| {
        let names = FIGURES.iter().map(|figure| figure.name);
        Diagnostic::new(format!("there is no figure `{name}`")).hint(suggestion(name, names))
    })
}

/// The width that a text names.
fn width(text: &str) -> Result<PrintWidth, PrintWidthError> {
    text.parse()
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
    if let Some(program) = arguments.from {
        return foreign(arguments, program);
    }
    let log = arguments.target.log()?;
    let folder = arguments.out.clone().unwrap_or_else(|| folder(&log));
    let interrupts = interrupt::count().map_err(Failure::input)?;
    let (model, printed) = (arguments.model.map(ModelKind::from), &arguments.printed);
    let written = with_input(&log, model, |input| {
        let directions = &log.experiment.directions;
        output(input, directions, &folder, printed, &interrupts).map_err(|failure| again(failure, &log))
    })?;
    shown(&written, arguments.open);
    Ok(())
}

/// Writes the report of another program's run.
fn foreign(arguments: &Arguments, program: ForeignProgram) -> Result<(), Failure> {
    let path = &arguments.target.experiment;
    let run = read_run(program, path, arguments.study.as_deref(), arguments.objective)?;
    let interrupts = interrupt::count().map_err(Failure::input)?;
    // A name of another program may be no name of a folder.
    let name: String =
        run.name.chars().map(|sign| if sign.is_alphanumeric() || "-_.".contains(sign) { sign } else { '-' }).collect();
    let folder = arguments.out.clone().unwrap_or_else(|| Path::new("reports").join(name.trim_start_matches('.')));
    let written = with_foreign_input(&run, path, arguments.model.map(ModelKind::from), |input| {
        output(input, &run.directions, &folder, &arguments.printed, &interrupts)
    })?;
    shown(&written, arguments.open);
    Ok(())
}

/// Writes a report, or single figures; returns the files for the reader, the first of them to be shown.
fn output(
    input: &ReportInput,
    directions: &Directions,
    folder: &Path,
    printed: &Printed,
    interrupts: &Arc<AtomicUsize>,
) -> Result<Vec<PathBuf>, Failure> {
    if printed.only.is_empty() {
        return Ok(vec![page(input, directions, folder, interrupts)?]);
    }
    analysed(input, directions, interrupts, |findings, _| {
        let mut files = Vec::new();
        for figure in &printed.only {
            let as_asked = (printed.format.into(), printed.width);
            let Some((written, caption)) = print(figure, (findings, input), folder, as_asked)? else {
                narrate(&format!("warning: the run has nothing for the figure `{}`", figure.name));
                continue;
            };
            written.iter().for_each(|file| narrate(&format!("wrote {}", file.display())));
            super::message::say(&caption);
            files.extend(written);
        }
        Ok(files)
    })
}

/// Names the page on stdout, and shows the first file in the browser where that is wanted.
fn shown(files: &[PathBuf], opened: bool) {
    if let [page] = files {
        super::message::say(&page.display().to_string());
    }
    if let Some(first) = files.first().filter(|_| opened)
        && let Err(error) = open::that_detached(first)
    {
        narrate(&format!("warning: no program to show it was found: {error}\nhint: open {} yourself", first.display()));
    }
}

/// The folder of a run's report.
pub(super) fn folder(log: &Log) -> PathBuf {
    log.folder.report(&log.experiment.name)
}

/// Writes the report of a run; returns the path of its page. An interrupt ends it without a report.
pub(super) fn write(
    log: &Log,
    folder: &Path,
    model: Option<ModelKind>,
    interrupts: &Arc<AtomicUsize>,
) -> Result<PathBuf, Failure> {
    with_input(log, model, |input| page(input, &log.experiment.directions, folder, interrupts))
        .map_err(|failure| again(failure, log))
}

/// Says how an interrupted report is written after all.
fn again(failure: Failure, log: &Log) -> Failure {
    if matches!(failure, Failure::Interrupted) {
        narrate(&format!("interrupted; `galvani report {}` writes the report", log.experiment.name));
    }
    failure
}

/// Analyses an input and writes its report; returns the path of its page.
pub(super) fn page(
    input: &ReportInput,
    directions: &Directions,
    folder: &Path,
    interrupts: &Arc<AtomicUsize>,
) -> Result<PathBuf, Failure> {
    analysed(input, directions, interrupts, |findings, watcher| report::write_watched(findings, input, folder, watcher))
        .map(|written| written.page)
}

/// Analyses an input and hands the findings, with the user's signs, to what writes them; an interrupt ends either.
fn analysed<T>(
    input: &ReportInput,
    directions: &Directions,
    interrupts: &Arc<AtomicUsize>,
    then: impl FnOnce(&Findings, &dyn Watcher) -> Result<T, ReportError>,
) -> Result<T, Failure> {
    let progress = AnalysisProgress::new(interrupts);
    let findings = Findings::watched(input, &progress).map_err(|_| Failure::Interrupted)?;
    match then(&findings.turned(directions), &progress) {
        Err(ReportError::Interrupted) => Err(Failure::Interrupted),
        written => written.map_err(Failure::input),
    }
}

/// Hands what the report of a run needs to a function.
fn with_input<T>(
    log: &Log,
    model: Option<ModelKind>,
    then: impl FnOnce(&ReportInput) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let experiment = &log.experiment;
    let verdict = verdict(log);
    let times = RunTimes::of(log);
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
        measure: experiment.measure(),
        direction: experiment.direction(),
        objectives: experiment.objectives(),
        timings: &times.timings,
        course: Course {
            repeated: &times.repeated,
            sessions: &times.sessions,
            workers: experiment.execution.workers,
            price_per_hour: experiment.price_per_device_hour,
            full_budget: Some(experiment.schedule.max().amount()),
        },
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
        logs: &log_tails(log),
        warnings: &warnings,
        sources: &sources,
    };
    then(&input)
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

/// The attempts of a run, those that count before those that do not, and its sessions.
struct RunTimes {
    timings: Vec<Timing>,
    repeated: Vec<Timing>,
    sessions: Vec<(f64, f64)>,
}

impl RunTimes {
    /// The times of a run, in seconds from the first start of a trial.
    fn of(log: &Log) -> Self {
        let Some(first) = log.details.iter().filter_map(|details| details.started.first()).min().copied() else {
            return Self { timings: vec![], repeated: vec![], sessions: vec![] };
        };
        let since = |at: Timestamp| at.duration_since(first).as_secs_f64();
        let timing = |trial: &Trial, end: &AttemptEnd| Timing {
            trial: trial.proposal.trial.0,
            started_s: since(end.started),
            seconds: end.seconds,
            slot: end.slot.clone(),
        };
        let trials = || log.history.trials().iter().zip(&log.details);
        let repeated = trials().flat_map(|(trial, details)| details.repeated.iter().map(move |end| timing(trial, end)));
        Self {
            timings: trials().filter_map(|(trial, details)| Some(timing(trial, details.ended.as_ref()?))).collect(),
            repeated: repeated.collect(),
            sessions: log.session_spans().into_iter().map(|(from, to)| (since(from), since(to))).collect(),
        }
    }
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
