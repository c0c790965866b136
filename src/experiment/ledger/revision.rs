//! Revision of trials while a run rests: results that are forgotten, and trials that are run again.
use std::fs;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::document::diagnostic::Diagnostic;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::log::Log;
use crate::store::Store;
use crate::store::record::{Record, Revised, Revision};
use crate::trial::outcome::{Outcome, OutcomeKind};
use crate::trial::{Trial, TrialId};

/// Writes a revision of each of these trials to the journal of a run; returns sentences for the user on what was put aside.
///
/// # Errors
/// A trial cannot be revised, and then none is; another process writes the run; or a file cannot be written.
pub(crate) fn revise(log: &Log, trials: &[TrialId], revision: Revision) -> Result<Vec<String>, RunError> {
    for &trial in trials {
        check(log, trial, revision).map_err(RunError::Revision)?;
    }
    let (mut store, _) = Store::open(&log.folder.store())?;
    let mut said = Vec::new();
    for &trial in trials {
        if revision == Revision::Retried
            && let Some(aside) = put_checkpoint_aside(log, trial)?
        {
            said.push(format!("trial {trial} begins anew: its checkpoint is now `{}`", aside.display()));
        }
        store.append(&Record::Revised(Revised { trial, revision, at: Timestamp::now() }))?;
    }
    Ok(said)
}

fn check(log: &Log, trial: TrialId, revision: Revision) -> Result<(), Diagnostic> {
    let last = log.history.trials().len();
    let known = log.history.trial(trial).ok_or_else(|| {
        Diagnostic::new(format!("there is no trial {trial}"))
            .hint(format!("the trials are numbered from 1 to {last}; `galvani trials` lists them"))
    })?;
    let wrong = |message: String, hint: &str| Err(Diagnostic::new(message).hint(hint));
    match (revision, outcome(known)) {
        (Revision::Retried, None) => {
            let hint = "the next `galvani run` starts it again in any case";
            wrong(format!("trial {trial} has no outcome that could be taken back"), hint)
        }
        (Revision::Forgotten, Some(OutcomeKind::Forgotten)) => {
            wrong(format!("trial {trial} is forgotten already"), "`galvani retry` runs it again")
        }
        _ => Ok(()),
    }
}

fn outcome(trial: &Trial) -> Option<OutcomeKind> {
    trial.outcome.as_ref().map(Outcome::kind)
}

/// Renames the checkpoint of a trial that came to its end: a program that goes on from it would have nothing left to do.
fn put_checkpoint_aside(log: &Log, trial: TrialId) -> Result<Option<PathBuf>, RunError> {
    let known = log.history.trial(trial).expect("it was checked");
    let folder: &RunFolder = &log.folder;
    let checkpoint = folder.checkpoint(known.proposal.configuration_id);
    if !matches!(outcome(known), Some(OutcomeKind::Finished | OutcomeKind::Diverged)) || !checkpoint.exists() {
        return Ok(None);
    }
    let failed = |source: io::Error| RunError::Folder { path: checkpoint.clone(), source };
    let name = checkpoint.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let free = (1..).map(|number| checkpoint.with_file_name(format!("{name}.{number}"))).find(|path| !path.exists());
    let aside = free.expect("there are more numbers than folders");
    fs::rename(&checkpoint, &aside).map_err(failed)?;
    Ok(Some(aside))
}
