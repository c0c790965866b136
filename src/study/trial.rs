//! A trial as its evaluation sees it: values by name, budget, seed, and its outcome.
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};

use super::error::{Error, Result};
use super::session::{StudySession, locked};
use crate::document::diagnostic::Diagnostic;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::lookup;
use crate::space::value::Value;
use crate::trial::outcome::Outcome;
use crate::trial::{ConfigurationId, Proposal, TrialId};

/// A configuration with a budget to evaluate it with, and its outcome once it has ended.
///
/// ```
/// use galvani::{Float, Space, Study};
///
/// let space = Space::builder("parabola").add("x", Float::new(-1.0, 1.0)).build()?;
/// let mut study = Study::builder(space).stop_after(5).build()?;
/// let trial = study.ask()?.expect("five trials are allowed");
/// assert_eq!(trial.float("x")?, 0.0); // the default comes first
/// let error = trial.float("y").unwrap_err();
/// assert!(error.to_string().starts_with("there is no hyperparameter `y`\nhint: "));
/// # Ok::<(), galvani::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trial {
    pub(super) space: Arc<Space>,
    pub(super) proposal: Proposal,
    pub(super) outcome: Option<Outcome>,
    pub(super) seconds: Option<f64>,
    /// The unit of the budget; absent where every trial gets the same.
    pub(super) unit: Option<Arc<str>>,
    pub(super) checkpoint: Option<PathBuf>,
    pub(super) session: Weak<Mutex<StudySession>>,
}

impl Trial {
    /// The number of the trial, from 1, by which the study is told its outcome.
    pub fn id(&self) -> TrialId {
        self.proposal.trial
    }

    /// The number of the configuration, from 1; trials of a configuration at several budgets share it.
    pub fn configuration_id(&self) -> ConfigurationId {
        self.proposal.configuration_id
    }

    /// The values of all hyperparameters.
    pub fn configuration(&self) -> &Configuration {
        &self.proposal.configuration
    }

    /// The active hyperparameters with their values, in the order of the space.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.space.named(&self.proposal.configuration)
    }

    /// The value of a hyperparameter; `None` where its condition makes it inactive.
    ///
    /// # Errors
    /// The space has no hyperparameter of this name.
    pub fn get(&self, name: &str) -> Result<Option<&Value>> {
        self.space.value_in(&self.proposal.configuration, name).map_err(Error::Value)
    }

    /// The value of a hyperparameter that is active.
    ///
    /// # Errors
    /// The space has no hyperparameter of this name, or it is inactive.
    pub fn value(&self, name: &str) -> Result<&Value> {
        self.space.active_value_in(&self.proposal.configuration, name).map_err(Error::Value)
    }

    /// The value of an active hyperparameter as a real number; a whole number is one too.
    ///
    /// # Errors
    /// Those of [`value`](Self::value), and that it is no number.
    pub fn float(&self, name: &str) -> Result<f64> {
        lookup::float(name, self.value(name)?).map_err(Error::Value)
    }

    /// The value of an active hyperparameter as a whole number.
    ///
    /// # Errors
    /// Those of [`value`](Self::value), and that it is not of whole numbers.
    pub fn integer(&self, name: &str) -> Result<i64> {
        lookup::integer(name, self.value(name)?).map_err(Error::Value)
    }

    /// The value of an active hyperparameter as a word.
    ///
    /// # Errors
    /// Those of [`value`](Self::value), and that it is no word.
    pub fn word(&self, name: &str) -> Result<&str> {
        lookup::word(name, self.value(name)?).map_err(Error::Value)
    }

    /// The value of an active hyperparameter as `true` or `false`.
    ///
    /// # Errors
    /// Those of [`value`](Self::value), and that it is neither.
    pub fn truth(&self, name: &str) -> Result<bool> {
        lookup::truth(name, self.value(name)?).map_err(Error::Value)
    }

    /// The budget of the trial, counted from the start of its configuration, in the study's unit; 1 where the study has
    /// no budgets. A trial of a configuration that ran at a lower budget may continue from its checkpoint.
    pub fn budget(&self) -> f64 {
        self.proposal.budget.amount()
    }

    /// The seed to draw random numbers from, below 2³¹; the same at every budget of a configuration.
    pub fn seed(&self) -> u64 {
        self.proposal.seed
    }

    /// The instance to evaluate on, where the study races over instances.
    pub fn instance(&self) -> Option<&str> {
        self.proposal.instance.as_deref()
    }

    /// The folder that all trials of this configuration may keep their state in, and go on from at a higher budget;
    /// `None` where the study has no journal. The folder is made by whoever writes into it.
    pub fn checkpoint_dir(&self) -> Option<&Path> {
        self.checkpoint.as_deref()
    }

    /// Reports the cost after a part of the budget is spent. Answers whether the trial has fallen behind others, so that
    /// it should end now with [`Outcome::Pruned`]; never unless the study's settings prune.
    ///
    /// # Errors
    /// The trial has ended, or the journal cannot be written.
    pub fn report(&self, spent: f64, cost: f64) -> Result<bool> {
        match self.session.upgrade() {
            Some(session) => locked(&session).report(self.id(), spent, cost),
            None => {
                let message = format!("the study of trial {} was dropped", self.id());
                Err(Error::Trial(Diagnostic::new(message).hint("report before the study is dropped")))
            }
        }
    }

    /// The outcome; `None` while the trial runs.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// The cost of a trial that finished; of several objectives, that of the first.
    pub fn cost(&self) -> Option<f64> {
        self.outcome.as_ref().and_then(Outcome::cost)
    }

    /// The costs of a trial that finished, one for each objective; otherwise none.
    pub fn costs(&self) -> &[f64] {
        self.outcome.as_ref().map_or(&[], Outcome::costs)
    }

    /// The seconds that the trial took; `None` while it runs.
    pub fn seconds(&self) -> Option<f64> {
        self.seconds
    }
}

impl fmt::Display for Trial {
    /// For example `{"rate": 0.003} costs 0.07 at 27 epochs (trial 12)`.
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}", self.space.to_ron(&self.proposal.configuration))?;
        match (&self.outcome, self.costs()) {
            (None, _) => {}
            (Some(_), [cost]) => write!(out, " costs {cost}")?,
            (Some(outcome), []) => write!(out, " {}", outcome.kind().in_words())?,
            (Some(_), costs) => {
                let costs: Vec<_> = costs.iter().map(ToString::to_string).collect();
                write!(out, " costs {}", costs.join(" and "))?;
            }
        }
        if let Some(unit) = &self.unit {
            write!(out, " at {} {unit}", self.budget())?;
        }
        write!(out, " (trial {})", self.id())
    }
}
