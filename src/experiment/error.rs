//! Errors of a run: the reasons why it cannot begin or go on, with what to do about them.
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::document::diagnostic::Diagnostic;
use crate::executor::ExecutorError;
use crate::experiment::definition::difference::Difference;
use crate::space::renaming::{PossibleRenaming, UnknownFormerName};
use crate::store::StoreError;
use crate::task::TaskError;

/// An error of the run itself; a failed trial is an outcome and no error.
#[derive(Debug, Error)]
pub enum RunError {
    #[error(
        "the experiment has no `task`, so there is nothing to run\nhint: add one, such as task: Function(\"branin\")"
    )]
    NoTask,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    #[error(transparent)]
    Task(#[from] TaskError),
    #[error("{path}: {source}\nhint: is the folder writable, and is there space on the disk?", path = path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error(
        "{folder}: this run was begun with another {names}\n  {lines}\nhint: its trials would not be comparable: change `name` (or give `--dir`) to begin a new run, or undo the change to go on; limits, workers, `stop` and prices may change",
        folder = folder.display(), names = difference.names(), lines = difference.lines.join("\n  ")
    )]
    Edited { folder: PathBuf, difference: Difference },
    #[error(
        "{folder}: {questions}\nhint: if so, add renamed: {{{answers}}} to the search space, and trials keep their values; an empty name, {no}, says that it is another parameter",
        folder = folder.display(), questions = questions(renamings), answers = answers(renamings), no = no(renamings)
    )]
    Renamed { folder: PathBuf, renamings: Vec<PossibleRenaming> },
    #[error(
        "{folder}: `renamed` of the search space says that `{}` was called `{}`, which no parameter of the run is\nhint: {}",
        name.new, name.former, name.hint, folder = folder.display()
    )]
    FormerName { folder: PathBuf, name: UnknownFormerName },
    #[error("{folder}: {message}", folder = folder.display())]
    Log { folder: PathBuf, message: String },
    #[error(transparent)]
    Revision(Diagnostic),
    #[error(
        "the first {trials} trials all failed, so the run was stopped; the end of their logs:\n\n{said}\n\nhint: `galvani show` prints a trial's logs; correct the program or its limits, take the trials back with `galvani retry`, such as `galvani retry NAME --outcome crashed`, and run the same command again; if `task` itself changes, begin a new run: change `name` or give `--dir`"
    )]
    AllTrialsFailed { trials: usize, said: String },
}

fn questions(renamings: &[PossibleRenaming]) -> String {
    let question = |each: &PossibleRenaming| {
        format!("`{}` is gone and `{}`, with the same values, is new: is it renamed?", each.old, each.new)
    };
    renamings.iter().map(question).collect::<Vec<_>>().join(" ")
}

fn answers(renamings: &[PossibleRenaming]) -> String {
    let answer = |each: &PossibleRenaming| format!("{:?}: {:?}", each.new, each.old);
    renamings.iter().map(answer).collect::<Vec<_>>().join(", ")
}

fn no(renamings: &[PossibleRenaming]) -> String {
    renamings.first().map(|each| format!("{:?}: \"\"", each.new)).unwrap_or_default()
}
