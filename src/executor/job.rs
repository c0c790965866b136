//! Jobs: the unit that an executor runs, with its launch and its events.
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::document::diagnostic::Diagnostic;
use crate::executor::limits::{Limits, Usage};
use crate::executor::message;
use crate::executor::near_miss::Wanted;
use crate::executor::remark::Remark;
use crate::store::record::AttemptEnd;
use crate::trial::TrialId;
use crate::trial::outcome::Outcome;

/// The identity of a job; no two jobs that run at the same time have the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobId {
    /// An attempt at a trial, counted from 1.
    Trial { trial: TrialId, attempt: u32 },
    /// An evaluation beside the trials, such as the one that compares the incumbent with the default.
    Evaluation {
        /// The name of its folder.
        name: String,
        /// The number that stands in a request line where a trial has its own, from 0.
        number: u32,
    },
}

impl JobId {
    /// The number of the attempt, from 1.
    pub fn attempt(&self) -> u32 {
        match self {
            Self::Trial { attempt, .. } => *attempt,
            Self::Evaluation { .. } => 1,
        }
    }

    /// The number of the job in request lines and in answers.
    pub fn number(&self) -> u32 {
        match self {
            Self::Trial { trial, .. } => trial.0,
            Self::Evaluation { number, .. } => *number,
        }
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Trial { trial, attempt } => write!(out, "{trial}.{attempt}"),
            Self::Evaluation { name, .. } => out.write_str(name),
        }
    }
}

/// A job that is ready to run: everything that an executor needs to know of it, on this machine or another.
#[derive(Clone, Debug)]
pub struct Launch {
    pub job: JobId,
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    /// Variables beside those of the environment of this process.
    pub environment: Vec<(OsString, OsString)>,
    /// The job's own folder, made where it is missing; `stdout.log` and `stderr.log` go there. Where there is a
    /// `request`, the folder of all programs that are asked, each in one named after its slot.
    pub folder: PathBuf,
    /// The folder that the trials of its configuration continue from and save to.
    pub checkpoint: PathBuf,
    /// The folder whose files `checkpoint` is given before the start, where the job must not write to that folder itself.
    pub continues_from: Option<PathBuf>,
    /// The line that asks a program for this job where the program stays and answers one job after another.
    pub request: Option<String>,
    /// The names of the objectives, where the program reports several costs.
    pub objectives: Vec<String>,
    /// The budget that the job must reach; absent where it does not matter.
    pub budget: Option<f64>,
    pub limits: Limits,
}

impl Launch {
    /// The result that its program owes, for messages about one that is missing.
    pub(crate) fn wanted(&self) -> Wanted {
        let costs = match &self.objectives[..] {
            [] => "\"cost\": 0.3".to_owned(),
            names => {
                let costs = names.iter().map(|name| (name.clone(), Json::from(0.3))).collect();
                format!("\"costs\": {}", Json::Object(costs))
            }
        };
        let key = if self.objectives.is_empty() { "cost" } else { "costs" };
        match self.request {
            None => Wanted {
                missing: format!("no line of its output is a JSON object with `{key}`"),
                example: format!("{{{costs}}}"),
                advice: "",
            },
            Some(_) => {
                let number = self.job.number();
                Wanted {
                    missing: format!("it did not answer trial {number}"),
                    example: format!("{{\"trial\": {number}, {costs}}}"),
                    advice: ", and flush it at once: in Python, print(..., flush=True)",
                }
            }
        }
    }

    /// The end of this job with this usage and without an outcome yet ([`Outcome::Lost`]).
    pub(crate) fn end(
        &self,
        slot: &str,
        started: Timestamp,
        usage: &Usage,
        report: Option<&Map<String, Json>>,
    ) -> AttemptEnd {
        AttemptEnd {
            outcome: Outcome::Lost,
            info: report.map(message::info).unwrap_or_default(),
            slot: slot.to_owned(),
            started,
            at: started.saturating_add(usage.wall).unwrap_or(started),
            seconds: usage.wall.as_secs_f64(),
            cpu_seconds: usage.cpu_seconds,
            peak_memory: usage.memory,
            exit: String::new(),
            forfeit: None,
        }
    }
}

/// An event of a job that was started.
#[derive(Clone, Debug, PartialEq)]
pub enum JobEvent {
    /// The share of the job that is done, from 0 to 1.
    Progress { job: JobId, fraction: f64 },
    /// A line with a `cost`; the last one before the end is the result.
    Report { job: JobId, line: Map<String, Json> },
    /// A sentence for the user about the job's program.
    Warning { job: JobId, message: String },
    /// The result of the job counts, and its user may have meant it otherwise.
    Remarked { job: JobId, remark: Remark },
    /// The job ended, and its slot is free.
    Ended { job: JobId, end: AttemptEnd },
    /// A job of an earlier session still runs in this slot. [`Executor::confirm`](super::Executor::confirm) keeps it, and
    /// [`Executor::cancel`](super::Executor::cancel) ends it.
    Adopted { job: JobId, slot: String },
    /// A worker elsewhere has come, or is gone.
    Worker(WorkerEvent),
    /// A sentence for the user about the place where jobs run.
    Notice { message: String },
    /// No job can run any more, for this reason.
    Failed { reason: Diagnostic },
}

/// The coming and going of a worker, a program elsewhere that runs jobs in slots of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerEvent {
    Joined {
        name: String,
        host: String,
        slots: usize,
    },
    Left {
        name: String,
        /// The reason, as the word of `events.jsonl`: `released`, or `lost` where it was not heard of any more.
        reason: &'static str,
        /// The jobs that it ran and that are lost with it.
        lost: usize,
    },
}
