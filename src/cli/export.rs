//! The verb `export`: a search space or results in the format of another program.
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::import::write;
use super::message::narrate;
use super::space::search_space;
use super::target::Target;
use crate::document::diagnostic::Diagnostic;
use crate::exchange::trials;
use crate::exchange::{Exported, configspace, pcs};
use crate::experiment::replay::log::Log;
use crate::space::Space;
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
    /// The trials of a run as a run history of SMAC3
    Smac3(Results),
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
        Format::Csv(each) => results(each, |log| trials::csv::write(&log.experiment.space, &values(log))),
        Format::Jsonl(each) => results(each, |log| trials::jsonl::write(&log.experiment.space, &values(log))),
        Format::Smac3(each) => results(each, |log| trials::smac::write(&log.experiment.space, &log.history)),
        Format::Optuna(each) => results(each, |log| {
            let began = log.details.first().and_then(|details| details.asked).unwrap_or_default();
            let experiment = &log.experiment;
            trials::optuna::write(&experiment.name, &experiment.space, &values(log), &experiment.directions, began)
        }),
    }
}

/// The history with the values that trials reported; SMAC alone minimizes always, and takes costs.
fn values(log: &Log) -> History {
    log.history.turned(&log.experiment.directions)
}

fn results(results: &Results, writer: impl Fn(&Log) -> String) -> Result<(), Failure> {
    write(&writer(&results.target.log()?), results.out.as_deref())
}

fn space(file: &File, writer: fn(&Space) -> Result<Exported, Diagnostic>) -> Result<(), Failure> {
    let space = search_space(&file.file)?;
    let Exported { text, notes } = writer(&space).map_err(Failure::input)?;
    notes.iter().for_each(|note| narrate(&format!("note: {note}")));
    write(&text, file.out.as_deref())
}
