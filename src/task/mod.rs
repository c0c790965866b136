//! What is being optimized: a function, a program, or the battery task.
#[cfg(feature = "battery")]
pub mod battery;
pub mod command;

pub mod function;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::space::hyperparameter::Value;

/// What a trial is told: everything that its result may depend on, and the folders that are its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub config: IndexMap<String, Value>,
    /// Effort in the experiment's unit, from the very beginning; a checkpoint may hold a part of it already.
    pub budget: f64,
    /// The largest budget of the schedule; equal to `budget` on the highest rung.
    pub full_budget: f64,
    pub seed: u64,
    /// What it runs on; absent where the experiment has no instances.
    #[serde(default)]
    pub instance: Option<String>,
    /// The trial's own folder.
    pub trial_dir: PathBuf,
    /// The folder that all trials of this configuration resume from and save to.
    pub checkpoint: PathBuf,
    /// The folder for datasets, shared by all trials.
    pub data: PathBuf,
    /// Into how many pieces a batch is divided, each accumulated into the same step; doubled after the device ran out of
    /// memory. The effective batch stays what the configuration says.
    #[serde(default = "whole")]
    pub micro_batch_divisor: u32,
}

fn whole() -> u32 {
    1
}

/// What a trial found out. A cost that is not finite means that it diverged.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub cost: f64,
    pub info: serde_json::Map<String, serde_json::Value>,
}

/// Why a task cannot evaluate anything or this configuration.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct TaskError {
    pub message: String,
}

impl TaskError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// An objective that evaluates one configuration within a budget, in this process.
pub trait Task {
    /// Makes what all trials share (a dataset, say) in the folder `data`; `progress` gets shares from 0 to 1.
    fn prepare(&self, _data: &Path, _progress: &(dyn Fn(f64) + Sync)) -> Result<(), TaskError> {
        Ok(())
    }

    /// Spends exactly the requested budget; `progress` gets shares from 0 to 1.
    fn evaluate(&self, request: &Request, progress: &mut dyn FnMut(f64)) -> Result<Report, TaskError>;
}
