//! Where trials run: what an executor is told, and what it tells.
pub mod attempt;
pub mod control_group;

pub mod device;
pub mod leftover;

pub mod limits;
pub mod message;

pub mod output;
pub mod proc;

pub mod persistent_worker;
pub mod process;

pub mod scripted;
pub mod slot;

pub mod supervised;
pub mod tree;

pub mod verdict;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::executor::limits::{Limits, Usage};
use crate::store::record::Ended;
use crate::trial::TrialId;
use crate::trial::outcome::Outcome;

/// Runs trials, as many at a time as it has slots.
pub trait Executor {
    /// How many trials can be started now.
    fn idle(&self) -> usize;

    /// Starts a trial in a free slot, and says which.
    ///
    /// An error means that nothing was started; a program that starts and then fails is an [`Ended`].
    fn start(&mut self, launch: Launch) -> Result<String, ExecutorError>;

    /// The next event; `None` where there was none in time.
    fn wait(&mut self, timeout: Duration) -> Option<Event>;

    /// Ends a trial that runs: it becomes [`Outcome::Lost`] unless it ends by itself before. Returns at once.
    fn cancel(&mut self, trial: TrialId);

    /// Ends everything that runs, and returns when nothing of it is left; what it ends is [`Outcome::Lost`].
    fn stop(&mut self);

    /// The time by this executor's clock.
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// An attempt at a trial, ready to run.
#[derive(Clone, Debug)]
pub struct Launch {
    pub trial: TrialId,
    /// From 1.
    pub attempt: u32,
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    /// Added to the environment of this process.
    pub environment: Vec<(OsString, OsString)>,
    /// The trial's own folder, made where it is missing; `stdout.log` and `stderr.log` go there. Where there is a
    /// `request`, the folder of all programs that are asked, each in one named after its slot.
    pub folder: PathBuf,
    /// The folder that the trials of its configuration continue from and save to.
    pub checkpoint: PathBuf,
    /// The line to ask for it, where the program is to stay and answer one trial after another.
    pub request: Option<String>,
    /// The names of the costs that it reports, where they are several.
    pub objectives: Vec<String>,
    pub limits: Limits,
}

/// Something that a watcher may want to know.
#[derive(Clone, Debug)]
pub enum Event {
    /// How much of a trial is done, from 0 to 1.
    Progress { trial: TrialId, fraction: f64 },
    /// A line with a `cost`; the last one before the end is the result.
    Report { trial: TrialId, attempt: u32, line: Map<String, Json> },
    /// An attempt ended, and its slot is free.
    Ended(Ended),
}

impl Launch {
    /// The end of an attempt whose program did not start again.
    fn unstarted(&self, slot: &str, error: &ExecutorError) -> Ended {
        let outcome = Outcome::Crashed { message: error.to_string() };
        Ended { outcome, ..self.lost(slot, Timestamp::now(), &Usage::default(), None) }
    }

    /// The end of an attempt that used this much, as if its worker had been lost; `report` is its last one.
    fn lost(&self, slot: &str, started: Timestamp, usage: &Usage, report: Option<&Map<String, Json>>) -> Ended {
        Ended {
            trial: self.trial,
            attempt: self.attempt,
            outcome: Outcome::Lost,
            info: report.and_then(|report| report.get("info")?.as_object().cloned()).unwrap_or_default(),
            slot: slot.to_owned(),
            started,
            at: started.saturating_add(usage.wall).unwrap_or(started),
            seconds: usage.wall.as_secs_f64(),
            cpu_seconds: usage.cpu_seconds,
            peak_memory: usage.memory,
            exit: String::new(),
            late: false,
        }
    }
}

/// Why a trial could not be started, and what to do about it.
#[derive(Debug, Error)]
pub enum ExecutorError {
    #[error(
        "the program `{program}` does not start: {source}\nhint: give its full path, or put it on the `PATH` and make it executable"
    )]
    Program { program: PathBuf, source: io::Error },
    #[error("the trial folder `{path}` cannot be written: {source}\nhint: correct its permissions, or free some space")]
    Folder { path: PathBuf, source: io::Error },
    #[error(
        "the operating system refuses another process: {source}\nhint: use fewer workers, or raise the limit (`ulimit -u`, `ulimit -n`)"
    )]
    Exhausted { source: io::Error },
    #[error("{0}")]
    Slots(String),
    #[error("every slot is busy")]
    Busy,
}
