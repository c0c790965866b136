//! The state of a study: its experiment and its ledger, on the disk where the study has a journal.
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Map;

use super::error::{Error, Result};
use crate::document::diagnostic::Diagnostic;
use crate::experiment::Experiment;
use crate::experiment::ask_tell::{Answer, AskTellSession, TellError};
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::log::begun_experiment;
use crate::store::Store;
use crate::store::record::Record;
use crate::trial::budget::Budget;
use crate::trial::curve::CurvePoint;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;
use crate::trial::recommendation::Recommendation;
use crate::trial::{Proposal, TrialId};

/// The answer to an ask.
pub(super) enum Next {
    /// The trial to evaluate.
    Trial(Proposal),
    /// No trial until a running one ends.
    Wait,
    /// No trial will follow, for this reason.
    Done(String),
}

/// A study's session with the experiment that it is of.
pub(super) struct StudySession {
    pub experiment: Arc<Experiment>,
    /// Absent for a study in memory.
    pub folder: Option<RunFolder>,
    inner: AskTellSession,
}

/// The session, also where a thread panicked while it held the lock: no method leaves it half done.
pub(super) fn locked(session: &Mutex<StudySession>) -> MutexGuard<'_, StudySession> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for StudySession {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let (name, trials) = (&self.experiment.name, self.history().trials().len());
        out.debug_struct("Session").field("name", name).field("trials", &trials).finish_non_exhaustive()
    }
}

impl StudySession {
    /// Begins a session or resumes the folder's run; also returns sentences about repairs.
    pub fn open(experiment: Experiment, folder: Option<RunFolder>) -> Result<(Self, Vec<String>)> {
        let (inner, warnings) = match &folder {
            Some(folder) => {
                check_space(&experiment, folder)?;
                AskTellSession::open(&experiment, folder)?
            }
            None => (AskTellSession::in_memory(&experiment)?, Vec::new()),
        };
        Ok((Self { experiment: Arc::new(experiment), folder, inner }, warnings))
    }

    pub fn history(&self) -> &History {
        self.inner.history()
    }

    /// The configuration that the study recommends; `None` without a success.
    pub fn recommendation(&self) -> Option<Recommendation> {
        self.inner.recommendation()
    }

    /// The next trial, which is on the disk.
    pub fn ask(&mut self) -> Result<Next> {
        Ok(match self.inner.ask(1)? {
            Answer::Trials(trials) => trials.into_iter().next().map_or(Next::Wait, Next::Trial),
            Answer::Done(reason) => Next::Done(reason.to_string()),
        })
    }

    /// Takes the outcome of a running trial; it is on the disk when this returns.
    pub fn tell(&mut self, trial: TrialId, outcome: Outcome) -> Result<()> {
        self.inner.tell(trial, outcome, None, Map::new()).map_err(refused)
    }

    /// Takes the cost of a running trial after it spent a part of its budget; true where it has fallen behind.
    pub fn report(&mut self, trial: TrialId, spent: f64, cost: f64) -> Result<bool> {
        let budget = Budget::new(spent).ok_or_else(|| {
            let hint = "report how much of its budget the trial has spent so far";
            Error::Trial(Diagnostic::new(format!("the budget that was spent must be positive, not {spent}")).hint(hint))
        })?;
        self.inner.report(trial, CurvePoint { budget, cost }).map_err(refused)
    }
}

/// The error of a trial that takes no result.
fn refused(error: TellError) -> Error {
    let hint = match error {
        TellError::Broken(broken) => return broken.into(),
        TellError::Unknown(_) => "`ask` gives trials and their numbers",
        TellError::Beyond { .. } => "report how much of its budget the trial has spent so far",
        TellError::Told(..) => "tell the result of each trial only once",
    };
    Error::Trial(Diagnostic::new(error.to_string()).hint(hint))
}

/// Refuses a folder whose run has another search space, which `galvani run` would begin anew.
fn check_space(experiment: &Experiment, folder: &RunFolder) -> Result<()> {
    if !folder.store().exists() {
        return Ok(());
    }
    let records = Store::read(&folder.store()).map_err(RunError::from)?;
    let Some(Record::Begun(begun)) = records.first() else { return Ok(()) };
    let old = begun_experiment(begun, folder)
        .map_err(|error| RunError::Log { folder: folder.root().into(), message: error.to_string() })?;
    let changes = experiment.space.changes_since(&old.space);
    if changes.is_empty() {
        return Ok(());
    }
    let folder = folder.root().display();
    let message = format!("{folder}: this study was begun in another search space: {}", changes.join("; "));
    let hint = "give another `journal` folder to begin a new study, or undo the change to go on";
    Err(Error::Invalid(Diagnostic::new(message).hint(hint).field("journal")))
}
