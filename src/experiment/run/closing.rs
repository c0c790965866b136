//! Closing evaluations: those that a run makes after its last trial, their checkpoints, and the time that they take.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::experiment::definition::objective::Objective;
use crate::experiment::folder::RunFolder;
use crate::experiment::ledger::Ledger;
use crate::experiment::run::launch::Purpose;
use crate::experiment::run::session::Session;
use crate::report::draw::words::duration;
use crate::trial::recommendation::mean_cost;
use crate::trial::{ConfigurationId, Origin, Proposal, Trial};

/// The names of the recommended configuration and of the default as evaluations, and of their folders.
pub(crate) const NAMES: [&str; 2] = ["incumbent", "default"];

/// The greatest share of a time limit that is kept free for the closing evaluations.
const SHARE: f64 = 0.25;

/// The times of trial and evaluations are known roughly: so many times as much is kept free.
const MARGIN: f64 = 1.5;

/// A configuration that is to be evaluated at the full budget.
pub(crate) struct ClosingJob {
    pub name: &'static str,
    pub proposal: Proposal,
}

/// The recommended configuration and the default at the full budget; true where they are the same, which is then
/// listed once.
pub(crate) fn candidates(ledger: &Ledger) -> (Vec<ClosingJob>, bool) {
    let (history, full) = (ledger.history(), ledger.optimizer().schedule().max());
    let default = history.trials().iter().find(|trial| trial.proposal.origin == Origin::Default);
    let best = ledger.recommendation().and_then(|best| history.trial(best.trial));
    let is_same =
        |other: &Trial| best.is_some_and(|best| best.proposal.configuration_id == other.proposal.configuration_id);
    let is_itself = default.is_some_and(is_same);
    let both = [(NAMES[0], best), (NAMES[1], default.filter(|_| !is_itself))];
    let job = |(name, trial): (&'static str, Option<&Trial>)| {
        Some(ClosingJob { name, proposal: Proposal { budget: full, ..trial?.proposal.clone() } })
    };
    (both.into_iter().filter_map(job).collect(), is_itself)
}

/// The cost of a configuration at the full budget, from a trial or an earlier evaluation.
pub(crate) fn known(ledger: &Ledger, proposal: &Proposal) -> Option<f64> {
    mean_cost(ledger.history(), ledger.evaluations(), proposal.configuration_id, proposal.budget)
}

/// The purpose of the evaluations: a test where the task has data that no trial has seen.
pub(crate) fn purpose(objective: &Objective) -> Purpose {
    if objective.has_test() { Purpose::Test } else { Purpose::Trial }
}

/// The seconds that the evaluations which are left would take after the last trial, by the pace of the trials; `None` where
/// nothing is left, or no trial says.
pub(crate) fn seconds(session: &Session) -> Option<f64> {
    let Session { experiment, objective, ledger, .. } = session;
    if !experiment.validation {
        return None;
    }
    let (mut jobs, _) = candidates(ledger);
    jobs.retain(|job| objective.has_test() || known(ledger, &job.proposal).is_none());
    expected(session, &jobs)
}

/// The seconds that evaluations would take side by side, by the pace of the trials.
fn expected(session: &Session, jobs: &[ClosingJob]) -> Option<f64> {
    let ledger = &session.ledger;
    let each = jobs.iter().map(|job| ledger.paces().longest(ledger.history().added_budget(&job.proposal)));
    let each: Vec<f64> = each.collect::<Option<_>>()?;
    let (all, longest) = (each.iter().sum::<f64>(), each.iter().copied().max_by(f64::total_cmp)?);
    Some(longest.max(all / session.experiment.execution.workers.max(1) as f64))
}

/// True where another trial would leave no time for the closing evaluations within the time limit of the run, and they take
/// no more than a quarter of it.
pub(crate) fn needs_the_rest(session: &Session) -> bool {
    let Some(limit) = session.ledger.time_limit() else { return false };
    let Some(closing) = seconds(session).filter(|closing| *closing <= SHARE * limit) else { return false };
    session.ledger.seconds() + MARGIN * (session.ledger.paces().mean() + closing) >= limit
}

/// The reason to leave the evaluations out, in words: they do not fit into the time limit of the run.
pub(crate) fn excluded(session: &Session, jobs: &[ClosingJob]) -> Option<String> {
    let limit = session.ledger.time_limit()?;
    let left = (limit - session.ledger.seconds()).max(0.0);
    let time = expected(session, jobs);
    if time.is_some_and(|time| time <= left) {
        return None;
    }
    let names: Vec<&str> = jobs.iter().map(|job| if job.name == NAMES[0] { "best" } else { job.name }).collect();
    let time = time.map(|time| format!("about {}", duration(time))).unwrap_or_else(|| "an unknown time".into());
    Some(format!(
        "the {} at the full budget would take {time}, and `stop.wall_clock` leaves {}: not evaluated; `galvani validate` does it later",
        names.join(" and the "),
        duration(left)
    ))
}

/// The checkpoint that a closing evaluation goes on from: a copy, because a later trial of the configuration must find
/// its own as it left it. One that an interrupted evaluation has left is continued.
pub(crate) fn checkpoint(folder: &RunFolder, configuration: ConfigurationId, own: &Path) -> io::Result<PathBuf> {
    let path = place(folder, configuration);
    if !path.is_dir() {
        let part = path.with_extension("part");
        match fs::remove_dir_all(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => copy(own, &part)?,
        }
        fs::rename(&part, &path)?;
    }
    std::path::absolute(&path)
}

/// Removes the checkpoint of an evaluation that has ended, so that a repetition does not go on from a finished one.
pub(crate) fn forget_checkpoint(folder: &RunFolder, configuration: ConfigurationId) {
    let path = place(folder, configuration);
    if let Err(error) = fs::remove_dir_all(&path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "checkpoint not removed");
    }
}

fn place(folder: &RunFolder, configuration: ConfigurationId) -> PathBuf {
    folder.validation().join("checkpoints").join(format!("{:06}", configuration.0))
}

/// Copies a folder with its files; links are left out, and a folder that does not exist is empty.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
