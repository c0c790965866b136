//! The verb `export`: a search space or results in the format of another program.
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Args, Subcommand};

#[cfg(feature = "tables")]
use super::columns::parquet::write_parquet;
#[cfg(feature = "tables")]
use super::columns::{Column, Columns, about};
use super::failure::Failure;
use super::message::{narrate, say};
use super::output::write;
#[cfg(feature = "tables")]
use super::output::{Existing, Output};
use super::space::search_space;
use super::target::Target;
use crate::document::diagnostic::Diagnostic;
#[cfg(feature = "tables")]
use crate::exchange::trials::columns::{TrialColumns, columns};
use crate::exchange::trials::exported::{ExportedRun, ExportedTrial};
use crate::exchange::{Exported, configspace, pcs, trials};
use crate::experiment::replay::fold::Details;
use crate::experiment::replay::log::Log;
use crate::space::Space;
use crate::trial::Trial;
use crate::trial::history::History;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    format: Format,
}

#[derive(Subcommand)]
enum Format {
    /// A search space as JSON for ConfigSpace, format 0.4
    Configspace(File),
    /// A search space in the format pcs-new
    #[command(alias = "pcs")]
    PcsNew(File),
    /// The trials of a run as CSV
    Csv(Results),
    /// The trials of a run as JSON lines
    Jsonl(Results),
    /// The trials of a run as Parquet, a column for each hyperparameter, cost and metric
    Parquet(Results),
    /// The trials of a run as a run history of SMAC3, or as a folder such as SMAC3 writes, for example for DeepCAVE
    Smac3(SmacResults),
    /// The trials of a run as event files, a folder for each configuration, for TensorBoard
    Tensorboard(Folder),
    /// The trials of a run as a journal of Optuna, for example for optuna-dashboard
    Optuna(Results),
}

#[derive(Args)]
struct Results {
    #[command(flatten)]
    target: Target,
    /// The file to write [default: stdout]
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Args)]
struct SmacResults {
    #[command(flatten)]
    results: Results,
    /// The folder to write, with the search space and the scenario beside the run history
    #[arg(long, value_name = "FOLDER", conflicts_with = "out")]
    folder: Option<PathBuf>,
}

#[derive(Args)]
struct Folder {
    #[command(flatten)]
    target: Target,
    /// The folder to write, which must not exist or be empty
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

#[derive(Args)]
struct File {
    /// The file of a search space or an experiment
    file: PathBuf,
    /// The file to write [default: stdout]
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.format {
        Format::Configspace(file) => space(file, configspace::write),
        Format::PcsNew(file) => space(file, pcs::write),
        Format::Csv(each) => values(each, trials::csv::write),
        Format::Jsonl(each) => values(each, trials::jsonl::write),
        Format::Optuna(each) => values(each, trials::optuna::write),
        Format::Parquet(each) => parquet(each),
        Format::Smac3(SmacResults { results, folder }) => {
            let log = results.target.log()?;
            let run = exported_run(&log, &log.history);
            let Some(folder) = folder else { return put(trials::smac::write(&run), results.out.as_deref()) };
            let budgets = log.experiment.schedule.ends();
            let (files, notes) = trials::smac::write_folder(&run, budgets, log.experiment.seed)?;
            put_folder(folder, files, &notes)
        }
        Format::Tensorboard(each) => {
            let log = each.target.log()?;
            let history = log.history.turned(&log.experiment.directions);
            let (files, notes) = trials::tensorboard::write(&exported_run(&log, &history));
            put_folder(&each.out, files, &notes)
        }
    }
}

/// Writes the values that trials reported; SMAC alone minimizes always, and takes costs.
fn values(results: &Results, writer: fn(&ExportedRun) -> Exported) -> Result<(), Failure> {
    let log = results.target.log()?;
    let history = log.history.turned(&log.experiment.directions);
    put(writer(&exported_run(&log, &history)), results.out.as_deref())
}

/// A trial as the writers of all formats take it.
pub(super) fn exported_trial<'a>(trial: &'a Trial, details: &'a Details) -> ExportedTrial<'a> {
    let ended = details.ended.as_ref();
    ExportedTrial {
        trial,
        started: ended.map(|ended| ended.started).or(details.started.last().copied()).or(details.asked),
        ended: ended.map(|ended| ended.at),
        seconds: ended.map(|ended| ended.seconds),
        cpu_seconds: ended.map(|ended| ended.cpu_seconds),
        info: ended.map(|ended| &ended.info),
    }
}

#[cfg(not(feature = "tables"))]
fn parquet(_: &Results) -> Result<(), Failure> {
    let message = "this build of galvani cannot write Parquet, it lacks the feature `tables`";
    Err(Diagnostic::new(message).hint("build with `--features tables`, or use `galvani export csv`").into())
}

#[cfg(feature = "tables")]
fn parquet(results: &Results) -> Result<(), Failure> {
    let Some(out) = results.out.as_deref() else {
        return Err(Diagnostic::new("Parquet is no text to print").hint("name a file: `--out trials.parquet`").into());
    };
    let log = results.target.log()?;
    let history = log.history.turned(&log.experiment.directions);
    let TrialColumns { columns, notes } = columns(&exported_run(&log, &history));
    let mut about = about();
    about.insert(0, ("experiment".into(), log.experiment.name.to_string()));
    let columns = columns.into_iter().map(|(name, values)| Column::of_json(&name, &values)).collect();
    let output = Output::to(out, Existing::Refuse, &[])?;
    notes.iter().for_each(|note| narrate(&format!("note: {note}")));
    output.write(|out| write_parquet(out, &about, &mut [Columns { columns, about: Vec::new() }].into_iter()))?;
    if !output.is_stdout() {
        say(&output.shown());
    }
    Ok(())
}

/// A run as the writers of all formats take it.
fn exported_run<'a>(log: &'a Log, history: &'a History) -> ExportedRun<'a> {
    let trial = |(trial, details)| exported_trial(trial, details);
    ExportedRun {
        name: &log.experiment.name,
        space: &log.experiment.space,
        objectives: log.experiment.objectives(),
        measure: log.experiment.measure(),
        directions: &log.experiment.directions,
        trials: history.trials().iter().zip(&log.details).map(trial).collect(),
    }
}

fn space(file: &File, writer: fn(&Space) -> Result<Exported, Diagnostic>) -> Result<(), Failure> {
    let space = search_space(&file.file)?;
    put(writer(&space).map_err(Failure::input)?, file.out.as_deref())
}

/// Writes a text, and says on stderr what it does not hold.
fn put(exported: Exported, out: Option<&Path>) -> Result<(), Failure> {
    exported.notes.iter().for_each(|note| narrate(&format!("note: {note}")));
    write(&exported.text, out)
}

/// Writes files into a new or an empty folder, and says on stderr what they do not hold.
fn put_folder(folder: &Path, files: Vec<(PathBuf, Vec<u8>)>, notes: &[String]) -> Result<(), Failure> {
    let unwritable = |path: &Path, error: io::Error| {
        Diagnostic::new(format!("cannot write `{}`: {error}", path.display()))
            .hint("check that the folder is writable and has room")
    };
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        let message = format!("cannot write `{}`: there are files in it already", folder.display());
        return Err(Diagnostic::new(message).hint("choose another folder, or remove it").into());
    }
    notes.iter().for_each(|note| narrate(&format!("note: {note}")));
    for (name, bytes) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| unwritable(parent, error))?;
        fs::write(&path, bytes).map_err(|error| unwritable(&path, error))?;
    }
    say(&folder.display().to_string());
    Ok(())
}
