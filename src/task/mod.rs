//! Tasks: a function, a program, the battery task, or a task of the embedding program.
mod argument;
#[cfg(feature = "battery")]
pub mod battery;
pub mod command;
pub mod custom;
pub mod function;
mod template;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::document::diagnostic::Diagnostic;
use crate::space::hyperparameter::Value;
use crate::space::lookup;

/// The request for a trial: everything that its result may depend on, and the folders that are its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The active hyperparameters.
    pub config: IndexMap<String, Value>,
    /// The budget in the experiment's unit, counted from the start of the configuration; a checkpoint may hold a part
    /// of it already.
    pub budget: f64,
    /// The largest budget of the schedule; equal to `budget` on the highest rung.
    pub full_budget: f64,
    /// The seed, which is the same at every budget of a configuration.
    pub seed: u64,
    /// The instance that it runs on; absent where the experiment has no instances.
    #[serde(default)]
    pub instance: Option<String>,
    /// The trial's own folder.
    pub trial_dir: PathBuf,
    /// The folder that all trials of this configuration resume from and save to.
    pub checkpoint: PathBuf,
    /// The folder for datasets, shared by all trials.
    pub data: PathBuf,
    /// The number of pieces that a batch is divided into, each accumulated into the same step; doubled after the device ran out of
    /// memory. The effective batch stays what the configuration says.
    #[serde(default = "whole")]
    pub micro_batch_divisor: u32,
}

impl Request {
    /// The value of a hyperparameter; `None` where it is inactive, or the space has none of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.config.get(name)
    }

    /// The value of a hyperparameter that must be active.
    ///
    /// # Errors
    /// The configuration has none of this name.
    pub fn value(&self, name: &str) -> Result<&Value, TaskError> {
        let missing = || lookup::unknown(name, self.config.keys().map(String::as_str));
        self.get(name).ok_or_else(|| missing().into())
    }

    /// The value of an active hyperparameter as a real number; a whole number is one too.
    ///
    /// # Errors
    /// Those of [`value`](Self::value), and that it is no number.
    pub fn float(&self, name: &str) -> Result<f64, TaskError> {
        Ok(lookup::float(name, self.value(name)?)?)
    }

    /// The value of an active hyperparameter as a whole number.
    ///
    /// # Errors
    /// Those of [`value`](Self::value), and that it is not of whole numbers.
    pub fn integer(&self, name: &str) -> Result<i64, TaskError> {
        Ok(lookup::integer(name, self.value(name)?)?)
    }

    /// The value of an active hyperparameter as a word.
    ///
    /// # Errors
    /// Those of [`value`](Self::value), and that it is no word.
    pub fn word(&self, name: &str) -> Result<&str, TaskError> {
        Ok(lookup::word(name, self.value(name)?)?)
    }

    /// The value of an active hyperparameter as `true` or `false`.
    ///
    /// # Errors
    /// Those of [`value`](Self::value), and that it is neither.
    pub fn truth(&self, name: &str) -> Result<bool, TaskError> {
        Ok(lookup::truth(name, self.value(name)?)?)
    }
}

fn whole() -> u32 {
    1
}

/// The result of a trial. A cost that is not finite means that it diverged.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The cost; smaller is better.
    pub cost: f64,
    /// Further values, for listings.
    pub info: serde_json::Map<String, serde_json::Value>,
}

impl Report {
    /// A cost and nothing else.
    pub fn of_cost(cost: f64) -> Self {
        Self { cost, info: serde_json::Map::new() }
    }
}

/// The reason why a task cannot evaluate a configuration.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct TaskError {
    /// The mistake or the fault in words.
    pub message: String,
}

impl TaskError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl From<Diagnostic> for TaskError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::new(diagnostic.to_string())
    }
}

/// An objective that evaluates one configuration within a budget, in this process.
pub trait Task {
    /// Makes data that all trials share, such as a dataset, in the folder `data`; `progress` gets shares from 0 to 1.
    fn prepare(&self, _data: &Path, _progress: &(dyn Fn(f64) + Sync)) -> Result<(), TaskError> {
        Ok(())
    }

    /// Spends exactly the requested budget; `progress` gets shares from 0 to 1.
    fn evaluate(&self, request: &Request, progress: &mut dyn FnMut(f64)) -> Result<Report, TaskError>;
}
