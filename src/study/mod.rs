//! Studies: optimize a function of the embedding program, in a loop or by ask and tell.
pub mod builder;
pub mod error;
mod optimize;
pub mod result;
mod session;
mod text;
pub mod trial;

use std::sync::{Arc, Mutex};

use error::{Error, Result};
use result::IntoOutcome;
use session::{Next, StudySession, locked};
use trial::Trial;

use crate::document::diagnostic::Diagnostic;
use crate::experiment::Experiment;
use crate::experiment::folder::RunFolder;
use crate::experiment::run::launch::request;
use crate::space::Space;
use crate::trial::front::front;
use crate::trial::outcome::Outcome;
use crate::trial::recommendation::Recommendation;
use crate::trial::{Proposal, TrialId};

/// A search of a [`Space`] for the configuration with the lowest cost.
///
/// [`optimize`](Self::optimize) calls a function for one trial after another, [`optimize_parallel`](Self::optimize_parallel)
/// from several threads. A loop of one's own [asks](Self::ask) for trials and [tells](Self::tell) their results:
///
/// ```
/// use galvani::{Float, Space, Study};
///
/// let space = Space::builder("parabola").add("x", Float::new(-1.0, 1.0)).build()?;
/// let mut study = Study::builder(space).stop_after(20).build()?;
/// while let Some(trial) = study.ask()? {
///     let cost = (trial.float("x")? - 0.3).powi(2);
///     study.tell(trial.id(), cost)?;
/// }
/// assert_eq!(study.trials().len(), 20);
/// assert!(study.best()?.cost() < Some(0.01));
/// # Ok::<(), galvani::Error>(())
/// ```
#[derive(Debug)]
pub struct Study {
    session: Arc<Mutex<StudySession>>,
    experiment: Arc<Experiment>,
    folder: Option<RunFolder>,
    /// The unit of the budget; absent where every trial gets the same.
    unit: Option<Arc<str>>,
    warnings: Vec<String>,
    /// The reason why the study has ended; absent while it goes on.
    ended: Option<String>,
}

impl Study {
    fn of(session: Arc<Mutex<StudySession>>, warnings: Vec<String>) -> Self {
        let (experiment, folder) = {
            let session = locked(&session);
            (session.experiment.clone(), session.folder.clone())
        };
        let unit = (experiment.schedule.rungs() > 1).then(|| experiment.unit.as_str().into());
        Self { session, experiment, folder, unit, warnings, ended: None }
    }

    /// The space that is searched.
    pub fn space(&self) -> &Space {
        &self.experiment.space
    }

    /// Sentences about repairs of the journal when it was opened; empty where it was whole.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The next trial, which is in the journal when this returns; `None` where there is none: for good where
    /// [`ended`](Self::ended) says why, otherwise until a running trial is told. Trials that an earlier process began and
    /// never told come first.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn ask(&mut self) -> Result<Option<Trial>> {
        let next = locked(&self.session).ask()?;
        match next {
            Next::Trial(proposal) => Ok(Some(self.trial(proposal))),
            Next::Wait => Ok(None),
            Next::Done(reason) => {
                self.ended = Some(reason);
                Ok(None)
            }
        }
    }

    /// The reason why the study has ended; `None` while it may go on.
    pub fn ended(&self) -> Option<&str> {
        self.ended.as_deref()
    }

    /// Records the result of a trial: its cost, several costs, an [`Outcome`], or a `Result` of one of them whose error
    /// means that it crashed. When this returns, it is in the journal. A trial with the result [`Outcome::Lost`] is
    /// given away again, up to a limit.
    ///
    /// # Errors
    /// The trial is not running or has another number of costs than the study has objectives, and nothing changes; or the
    /// journal cannot be written.
    pub fn tell(&mut self, trial: TrialId, result: impl IntoOutcome) -> Result<()> {
        if result.is_empty() {
            let hint = "tell a cost, an `Outcome`, or an error";
            return Err(Error::Trial(Diagnostic::new(format!("trial {trial} is told no cost")).hint(hint)));
        }
        let outcome = result.into_outcome();
        match wrong_number(&outcome, self.experiment.costs()) {
            Some(message) => Err(Error::Trial(Diagnostic::new(format!("trial {trial} {message}")))),
            None => locked(&self.session).tell(trial, outcome),
        }
    }

    /// Records the cost of a running trial after a part of its budget is spent. Returns true where the trial has fallen
    /// behind others, so that it should end now with the result [`Outcome::Pruned`]; without pruning in the settings,
    /// always false.
    ///
    /// # Errors
    /// The trial is not running, or the journal cannot be written.
    pub fn report(&mut self, trial: TrialId, spent: f64, cost: f64) -> Result<bool> {
        locked(&self.session).report(trial, spent, cost)
    }

    /// The trial of the recommended configuration at its highest budget: the configuration with the lowest cost that is
    /// expected at the full budget, given all results ([`recommendation`](Self::recommendation)). Without several budgets
    /// and repetitions, this is the trial with the lowest cost.
    ///
    /// # Errors
    /// No trial has succeeded.
    pub fn best(&self) -> Result<Trial> {
        let session = locked(&self.session);
        let history = session.history();
        match session.recommendation().and_then(|best| history.trial(best.trial)) {
            Some(best) => Ok(self.ended_trial(best)),
            None => {
                let failed = history.ended().next_back().and_then(|trial| trial.outcome.as_ref());
                let hint = match failed {
                    Some(Outcome::Crashed { message }) => format!("the last trial crashed: {message}"),
                    Some(outcome) => format!("the last trial ended `{}`", outcome.kind().word()),
                    None => "run trials first: `optimize`, or `ask` and `tell`".to_owned(),
                };
                Err(Error::NoSuccess(Diagnostic::new("no trial has succeeded").hint(hint)))
            }
        }
    }

    /// The recommended configuration with the evidence for it, in costs: values that are maximized are negated. `None`
    /// without a success.
    pub fn recommendation(&self) -> Option<Recommendation> {
        locked(&self.session).recommendation()
    }

    /// The trials at the highest budget that no other of them beats in every objective; of one objective, the best.
    pub fn front(&self) -> Vec<Trial> {
        front(locked(&self.session).history(), &[]).into_iter().map(|point| self.ended_trial(point.trial)).collect()
    }

    /// All trials so far, in the order of asking; those that run have no outcome.
    pub fn trials(&self) -> Vec<Trial> {
        locked(&self.session).history().trials().iter().map(|trial| self.ended_trial(trial)).collect()
    }

    fn ended_trial(&self, trial: &crate::trial::Trial) -> Trial {
        let outcome = trial.outcome.as_ref().map(|outcome| self.experiment.directions.turned(outcome));
        let seconds = trial.seconds;
        Trial { outcome, seconds, ..self.trial(trial.proposal.clone()) }
    }

    fn trial(&self, proposal: Proposal) -> Trial {
        let checkpoint = self
            .folder
            .as_ref()
            .map(|folder| request(&self.experiment, folder, &proposal, folder.trial(proposal.trial), 1).checkpoint);
        Trial {
            space: self.experiment.space.clone(),
            outcome: None,
            seconds: None,
            unit: self.unit.clone(),
            checkpoint,
            session: Arc::downgrade(&self.session),
            proposal,
        }
    }
}

/// The mistake in the number of a trial's costs; `None` where it is right or the trial failed.
fn wrong_number(outcome: &Outcome, objectives: usize) -> Option<String> {
    let count = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let costs = outcome.costs().len();
    (costs > 0 && costs != objectives)
        .then(|| format!("has {}, but the study has {}", count(costs, "cost"), count(objectives, "objective")))
}
