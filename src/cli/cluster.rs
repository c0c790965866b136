//! The workers of an experiment on a cluster: their command line, and the answer of Slurm before anything is submitted.
use std::ffi::OsString;
use std::path::PathBuf;

use super::failure::Failure;
use super::message::{count, say};
use crate::document::diagnostic::Diagnostic;
use crate::executor::slurm::check::{SubmissionPlan, check};
use crate::executor::slurm::client::SlurmClient;
use crate::experiment::Experiment;
use crate::experiment::folder::RunFolder;

/// Seconds for which a worker without work keeps its place; the next one may wait in the queue for longer.
const IDLE: &str = "300";

/// The folder of a run's script, job numbers and workers' output.
pub(super) fn slurm_folder(folder: &RunFolder) -> Result<PathBuf, Diagnostic> {
    Ok(absolute(folder)?.join("slurm"))
}

/// The command that each worker runs: this program, and the file that leads it to its coordinator.
pub(super) fn worker_command(folder: &RunFolder) -> Result<Vec<OsString>, Diagnostic> {
    let program = std::env::current_exe()
        .map_err(|error| Diagnostic::new(format!("this program does not find its own file: {error}")))?;
    let file = folder.coordinator();
    let file = std::path::absolute(&file).unwrap_or(file);
    let mut command: Vec<OsString> = vec![program.into(), "worker".into(), "--coordinator".into(), file.into()];
    command.extend(["--slots", "1", "--idle", IDLE].map(OsString::from));
    Ok(command)
}

/// A run's folder from the root of the file system, as nodes need it.
fn absolute(folder: &RunFolder) -> Result<PathBuf, Diagnostic> {
    std::path::absolute(folder.root())
        .map_err(|error| Diagnostic::new(format!("`{}` has no absolute path: {error}", folder.root().display())))
}

/// The submission of an experiment that asks for Slurm, which was asked about it; `None` for any other.
pub(super) fn submission(experiment: &Experiment, folder: &RunFolder) -> Result<Option<SubmissionPlan>, Failure> {
    let Some(settings) = &experiment.execution.slurm else { return Ok(None) };
    let (workers, command) = (experiment.execution.workers, worker_command(folder)?);
    let client = SlurmClient::default();
    Ok(Some(check(settings, workers, &slurm_folder(folder)?, &experiment.name, &command, &client)?))
}

/// Prints the submission of an experiment that asks for Slurm.
pub(super) fn print_submission(experiment: &Experiment, folder: &RunFolder) -> Result<(), Failure> {
    let Some(plan) = submission(experiment, folder)? else { return Ok(()) };
    say(&format!("\n`run` submits {}:", count(experiment.execution.workers, "worker")));
    say(&format!("  {}", plan.command));
    say("each of which runs this script:");
    plan.script.lines().for_each(|line| say(&format!("  {line}")));
    say(&format!("Slurm: {}", plan.answer));
    Ok(())
}
