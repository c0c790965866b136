//! The folder of a run: the places of its store, trials and checkpoints.
use std::path::{Path, PathBuf};

use crate::trial::{ConfigurationId, TrialId};

/// `runs/NAME`: everything that a run keeps, safe to copy while it is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    root: PathBuf,
}

impl RunFolder {
    /// The folder of the experiment `name` under `runs`, the folder of all runs.
    pub fn of(runs: &Path, name: &str) -> Self {
        Self { root: runs.join(name) }
    }

    /// A folder that is known to be a run's.
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The journal and its index.
    pub fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    /// The event stream, a JSON object a line.
    pub fn events(&self) -> PathBuf {
        self.root.join("events.jsonl")
    }

    /// The address of the coordinator of a run whose trials run elsewhere, and the token that it asks for.
    pub fn coordinator(&self) -> PathBuf {
        self.root.join("coordinator.json")
    }

    /// One trial's request, logs and whatever it writes.
    pub(crate) fn trial(&self, trial: TrialId) -> PathBuf {
        self.root.join("trials").join(format!("{:06}", trial.0))
    }

    /// The logs of the programs that answer one trial after another, in a folder for each slot.
    pub(crate) fn workers(&self) -> PathBuf {
        self.root.join("workers")
    }

    /// The configurations that users have added and that no session has taken yet.
    pub(crate) fn queue(&self) -> PathBuf {
        self.root.join("queue")
    }

    /// All checkpoints.
    pub(crate) fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints")
    }

    /// The checkpoint that the trials of one configuration continue from.
    pub(crate) fn checkpoint(&self, configuration: ConfigurationId) -> PathBuf {
        self.checkpoints().join(format!("{:06}", configuration.0))
    }

    /// The folders of the evaluations that compare incumbent and default.
    pub(crate) fn validation(&self) -> PathBuf {
        self.root.join("validation")
    }

    /// The report: `reports/NAME` for a run in `runs/`, else `report` in the run's folder, so that runs of one name in several
    /// folders do not overwrite each other's reports.
    pub(crate) fn report(&self, name: &str) -> PathBuf {
        match self.root.parent() {
            Some(runs) if runs == Path::new("runs") => Path::new("reports").join(name),
            _ => self.root.join("report"),
        }
    }

    /// Datasets, shared by the runs beside this one.
    pub(crate) fn data(&self) -> PathBuf {
        self.root.parent().unwrap_or(&self.root).join("datasets")
    }
}
