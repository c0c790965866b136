//! The verb `import`: a search space or results from another program.
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::message::{count, narrate, say};
use crate::document::diagnostic::Diagnostic;
use crate::document::source::{SourceError, read};
use crate::exchange::trials::{self, FoundResult, UnreadableResults};
use crate::exchange::{Imported, configspace, pcs};
use crate::experiment::Experiment;
use crate::experiment::folder::RunFolder;
use crate::experiment::ledger::import;
use crate::experiment::replay::imported_results;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    format: Format,
}

#[derive(Subcommand)]
enum Format {
    /// A search space of ConfigSpace as JSON, format 0.4 or older
    Configspace(File),
    /// A search space in the format pcs-new, or in the older pcs format
    #[command(alias = "pcs")]
    PcsNew(File),
    /// Results as CSV: a column for each hyperparameter, `cost`, and `budget` if there are several budgets
    Csv(Results),
    /// Results as JSON lines: `{"config": {...}, "cost": 0.3, "budget": 9}`
    Jsonl(Results),
    /// Results of SMAC3: a file `runhistory.json`
    Smac3(Results),
    /// Results of Optuna: a file of its journal storage
    Optuna(Results),
}

/// Arguments for results, from which an experiment's model learns.
#[derive(Args)]
struct Results {
    /// The file to read
    file: PathBuf,
    /// The experiment that learns from the results, started or not
    experiment: PathBuf,
    /// The folder that holds the runs
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    dir: PathBuf,
}

#[derive(Args)]
struct File {
    /// The file to read
    file: PathBuf,
    /// The file of the search space to write [default: stdout]
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.format {
        Format::Configspace(file) => space(file, configspace::read),
        Format::PcsNew(file) => space(file, pcs::read),
        Format::Csv(each) => results(each, |text, experiment| {
            let (found, passed_over) = trials::csv::read(text, &experiment.space)?;
            if !passed_over.is_empty() {
                narrate(&format!("note: ignored the columns {}", passed_over.join(", ")));
            }
            Ok(found)
        }),
        Format::Jsonl(each) => results(each, |text, experiment| trials::jsonl::read(text, experiment.objectives())),
        Format::Smac3(each) => results(each, |text, _| trials::smac::read(text)),
        Format::Optuna(each) => results(each, |text, _| trials::optuna::read(text)),
    }
}

/// Reads results and keeps those that fit the experiment in its run.
fn results(
    results: &Results,
    reader: impl Fn(&str, &Experiment) -> Result<Vec<FoundResult>, UnreadableResults>,
) -> Result<(), Failure> {
    let experiment = Experiment::read(&results.experiment).map_err(Failure::input)?;
    let text = read(&results.file).map_err(Failure::input)?;
    let source = results.file.display().to_string();
    let found = reader(&text, &experiment)
        .map_err(|error| Diagnostic::new(format!("{source}: {error}")).hint("check that the file has this format"))?;
    let fitted = imported_results::fitting(&experiment, &found);
    if let Some(warning) = fitted.mismatch_warning(&source) {
        narrate(&format!("warning: {warning}"));
    }
    if fitted.results.is_empty() {
        let failures = count(fitted.failures, "result");
        let message =
            format!("{source}: no result can be used: none fits the experiment, and {failures} without a cost");
        let hint = format!("names, values and budgets must be those of {}", results.experiment.display());
        return Err(Diagnostic::new(message).hint(hint).into());
    }
    let folder = RunFolder::of(&results.dir, &experiment.name);
    import::import(&experiment, &folder, &source, &fitted.results).map_err(Failure::input)?;
    narrate(&format!(
        "kept {} of {} in {}; left out {} without a cost",
        count(fitted.results.len(), "result"),
        found.len(),
        folder.root().display(),
        count(fitted.failures, "result"),
    ));
    Ok(())
}

fn space(file: &File, reader: fn(&str, &Path) -> Result<Imported, SourceError>) -> Result<(), Failure> {
    let text = read(&file.file).map_err(Failure::input)?;
    let Imported { space, notes } = reader(&text, &file.file).map_err(Failure::input)?;
    notes.iter().for_each(|note| narrate(&format!("note: {note}")));
    write(&space.to_text(), file.out.as_deref())?;
    if let Some(out) = &file.out {
        narrate(&format!("hint: try `galvani check {}`", out.display()));
    }
    Ok(())
}

/// Writes a text to a new file and prints its path, or prints the text.
pub(super) fn write(text: &str, out: Option<&Path>) -> Result<(), Failure> {
    let Some(out) = out else {
        say(text.trim_end());
        return Ok(());
    };
    let file = OpenOptions::new().write(true).create_new(true).open(out);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::AlreadyExists => "choose another name, or remove the file",
            io::ErrorKind::NotFound => "check that the folder exists",
            _ => "check that the folder is writable",
        };
        Diagnostic::new(format!("cannot write `{}`: {error}", out.display())).hint(hint)
    })?;
    say(&out.display().to_string());
    Ok(())
}
