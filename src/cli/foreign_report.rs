//! Foreign runs for reports: the folder of SMAC3, or the journal of Optuna, that a user names.
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::failure::Failure;
use super::message::narrate;
use crate::analysis::{Course, ModelKind, ReportInput, Source, Timing};
use crate::document::diagnostic::Diagnostic;
use crate::document::source::read;
use crate::exchange::trials::foreign::ForeignRun;
use crate::exchange::trials::smac::SmacTexts;
use crate::exchange::trials::{optuna, smac};
use crate::trial::direction::Direction;

/// Folders inside of each other in which a run of SMAC is looked for: it writes to NAME/SEED.
const DEEPEST: usize = 3;

/// A program whose run a report is made of, by its word on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ForeignProgram {
    /// The output folder of SMAC3, version 2
    Smac3,
    /// A file of Optuna's journal storage
    Optuna,
}

/// The direction of an objective by its word on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ForeignObjective {
    Minimize,
    Maximize,
}

/// Reads the run of another program at a path, and says what is not in it.
pub(super) fn read_run(
    program: ForeignProgram,
    path: &Path,
    study: Option<&str>,
    objective: Option<ForeignObjective>,
) -> Result<ForeignRun, Failure> {
    let run = match program {
        ForeignProgram::Smac3 if study.is_some() => {
            let message = "`--study` names a study of Optuna, and this is a run of SMAC3".to_owned();
            return Err(Diagnostic::new(message).hint("leave `--study` out").into());
        }
        ForeignProgram::Smac3 => smac_run(path, objective == Some(ForeignObjective::Maximize))?,
        ForeignProgram::Optuna => {
            let text = read(path).map_err(Failure::input)?;
            let unreadable = |error: crate::exchange::trials::found::UnreadableResults| {
                let hint = error.hint.clone().unwrap_or_else(|| "it must be a file of Optuna's journal storage".into());
                Failure::from(Diagnostic::new(format!("{}: {error}", path.display())).hint(hint))
            };
            let run = optuna::run(&text, study).map_err(unreadable)??;
            let is_maximized = run.directions.first() == Direction::Maximize;
            if objective.is_some_and(|objective| (objective == ForeignObjective::Maximize) != is_maximized) {
                let does = if is_maximized { "maximizes" } else { "minimizes" };
                let message = format!("`--objective` contradicts the study `{}`, which {does}", run.name);
                return Err(Diagnostic::new(message).hint("leave `--objective` out: the study says it itself").into());
            }
            run
        }
    };
    run.notes.iter().for_each(|note| narrate(&format!("note: {note}")));
    Ok(run)
}

fn smac_run(path: &Path, maximized: bool) -> Result<ForeignRun, Failure> {
    let folder = match path.is_file() {
        true => path.parent().unwrap_or(Path::new(".")).to_owned(),
        false => folder_of_run(path)?,
    };
    let history = read(&folder.join("runhistory.json")).map_err(Failure::input)?;
    let space_path = folder.join("configspace.json");
    let space = read(&space_path).map_err(Failure::input)?;
    let scenario = read(&folder.join("scenario.json")).ok();
    let texts = SmacTexts { history: &history, space: &space, scenario: scenario.as_deref() };
    smac::run(texts, &space_path, maximized).map_err(|error| match error {
        smac::ForeignError::Results(error) => {
            let hint = error.hint.clone().unwrap_or_else(|| "it must be as SMAC3 writes it".into());
            Diagnostic::new(format!("{}: {error}", folder.join("runhistory.json").display())).hint(hint).into()
        }
        other => Failure::input(other),
    })
}

/// The only folder with a run history in a folder, or this one itself.
fn folder_of_run(path: &Path) -> Result<PathBuf, Failure> {
    let mut found = Vec::new();
    search(path, DEEPEST, &mut found);
    match &found[..] {
        [only] => Ok(only.clone()),
        [] => {
            let message = format!("`{}` has no run of SMAC3: there is no `runhistory.json` in it", path.display());
            Err(Diagnostic::new(message).hint("name the folder that SMAC3 wrote to, `NAME/SEED` in its output").into())
        }
        several => {
            let names: Vec<String> = several.iter().take(5).map(|each| format!("`{}`", each.display())).collect();
            let message = format!("`{}` has several runs of SMAC3: {}", path.display(), names.join(", "));
            Err(Diagnostic::new(message).hint("name one of them").into())
        }
    }
}

fn search(folder: &Path, deep: usize, found: &mut Vec<PathBuf>) {
    if folder.join("runhistory.json").is_file() {
        found.push(folder.to_owned());
        return;
    }
    if deep == 0 || found.len() > 5 {
        return;
    }
    let mut inside: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    inside.sort();
    inside.iter().for_each(|each| search(each, deep - 1, found));
}

/// Hands what the report of a foreign run needs to a function.
pub(super) fn with_foreign_input<T>(
    run: &ForeignRun,
    path: &Path,
    model: Option<ModelKind>,
    then: impl FnOnce(&ReportInput) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let timing =
        |&(trial, started_s, seconds): &(u32, f64, f64)| Timing { trial, started_s, seconds, slot: String::new() };
    let timings: Vec<Timing> = run.times.iter().map(timing).collect();
    let sources = [Source {
        title: format!("search space {}, of {}", run.space.name(), path.display()),
        text: run.space.to_text(),
    }];
    let noun = if run.directions.first() == Direction::Maximize { "value" } else { "cost" };
    then(&ReportInput {
        experiment: &run.name,
        space: &run.space,
        history: &run.history,
        evaluations: &[],
        unit: run.unit,
        measure: run.objectives.first().map_or(noun, String::as_str),
        direction: run.directions.first(),
        objectives: &run.objectives,
        timings: &timings,
        course: Course::default(),
        baseline: None,
        default: None,
        verdict: None,
        model,
        predictions: &[],
        metrics: &[],
        logs: &[],
        warnings: &run.notes,
        sources: &sources,
    })
}
