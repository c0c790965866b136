//! The target of a verb: a run, given by its folder, its experiment file, or its name.
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use crate::document::diagnostic::Diagnostic;
use crate::experiment::Experiment;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::log::Log;

/// A run, for verbs that read one.
#[derive(Args)]
pub(super) struct Target {
    /// The experiment's file, its run folder, or its name
    pub(super) experiment: PathBuf,
    /// The folder that holds the runs
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    pub(super) dir: PathBuf,
}

impl Target {
    /// The run's folder.
    pub(super) fn folder(&self) -> Result<RunFolder, Failure> {
        let given = &self.experiment;
        if is_run(given) {
            return Ok(RunFolder::at(given.clone()));
        }
        let name = if given.is_file() {
            Experiment::read(given).map_err(Failure::input)?.name
        } else {
            given.display().to_string()
        };
        let folder = self.dir.join(&name);
        if is_run(&folder) {
            return Ok(RunFolder::at(folder));
        }
        let hint = match (given.is_file(), known(&self.dir).as_slice()) {
            (true, _) => format!("`galvani run {}` starts it", given.display()),
            (false, []) => {
                format!("there are no runs in `{}` yet; `galvani run FILE.ron` starts one", self.dir.display())
            }
            (false, names) => format!("these experiments have run: {}", names.join(", ")),
        };
        Err(Diagnostic::new(format!("`{name}` has not run: there is no `{}`", folder.display())).hint(hint).into())
    }

    /// The run, read from its journal.
    pub(super) fn log(&self) -> Result<Log, Failure> {
        Log::read(self.folder()?).map_err(Failure::input)
    }
}

fn is_run(folder: &Path) -> bool {
    folder.join("store").is_dir()
}

fn known(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let runs = entries.filter(|entry| is_run(&entry.path()));
    let mut names: Vec<_> = runs.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
