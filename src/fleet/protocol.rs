//! The protocol between a coordinator and its workers: JSON bodies of HTTP requests.
//!
//! A worker sends [`Poll`] without pause: it is its heartbeat, and the answer, which may be waited for, has what it is to do.
//! A [`Tell`] brings what became of its jobs.
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::executor::job::{JobId, Launch};
use crate::executor::limits::Limits;
use crate::store::record::AttemptEnd;

/// The path of polls.
pub(crate) const POLL: &str = "/worker/poll";
/// The path of tells.
pub(crate) const TELL: &str = "/worker/tell";

/// The number of a lease; unique over all sessions of a run.
pub(crate) type LeaseId = u64;

/// A worker is alive, and may be given jobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Poll {
    /// A name that no other process has ever had.
    pub instance: String,
    pub name: String,
    pub host: String,
    /// The names of its slots.
    pub slots: Vec<String>,
    /// The seconds that it has left; absent where nothing ends it.
    #[serde(default)]
    pub time_left: Option<f64>,
    /// The leases that it holds.
    #[serde(default)]
    pub held: Vec<HeldLease>,
    /// True where it takes no jobs any more.
    #[serde(default)]
    pub is_draining: bool,
    /// True where it ends now.
    #[serde(default)]
    pub is_leaving: bool,
}

/// A lease that a worker holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct HeldLease {
    pub lease: LeaseId,
    pub job: JobId,
    pub slot: String,
}

/// The answer to a poll: commands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Commands {
    pub grants: Vec<Grant>,
    /// Leases whose jobs are to be ended.
    pub cancel: Vec<LeaseId>,
    /// Leases that are not this worker's any more: their jobs are to be ended, and what comes of them is late.
    pub lost: Vec<LeaseId>,
    /// All jobs are to be ended at once.
    pub is_kill: bool,
    /// The run is over: the worker is to end.
    pub is_over: bool,
}

impl Commands {
    /// True where there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A job for a slot of a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub lease: LeaseId,
    pub slot: String,
    pub launch: SentLaunch,
}

/// A launch on its way to another machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SentLaunch {
    pub job: JobId,
    /// Absent where it is the worker's own program.
    pub program: Option<PathBuf>,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub folder: PathBuf,
    pub checkpoint: PathBuf,
    pub continues_from: Option<PathBuf>,
    pub request: Option<String>,
    pub objectives: Vec<String>,
    pub budget: Option<f64>,
    /// Limits: seconds, seconds, bytes, bytes.
    pub wall: Option<f64>,
    pub cpu: Option<f64>,
    pub memory: Option<u64>,
    pub disk: Option<u64>,
    /// The seconds between the request to end and the end.
    pub grace: f64,
}

impl SentLaunch {
    /// A launch as it is sent; `None` where it has arguments that are not text.
    pub(crate) fn of(launch: &Launch, grace: Duration) -> Option<Self> {
        let text = |text: &OsString| text.to_str().map(str::to_owned);
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let is_own = std::env::current_exe().is_ok_and(|own| own == launch.program);
        let Limits { wall, cpu, memory, disk } = launch.limits;
        Some(Self {
            job: launch.job.clone(),
            program: (!is_own).then(|| launch.program.clone()),
            arguments: launch.arguments.iter().map(text).collect::<Option<_>>()?,
            environment: launch
                .environment
                .iter()
                .map(|(name, value)| Some((text(name)?, text(value)?)))
                .collect::<Option<_>>()?,
            folder: absolute(&launch.folder),
            checkpoint: absolute(&launch.checkpoint),
            continues_from: launch.continues_from.as_ref().map(absolute),
            request: launch.request.clone(),
            objectives: launch.objectives.clone(),
            budget: launch.budget,
            wall: wall.map(|limit| limit.as_secs_f64()),
            cpu: cpu.map(|limit| limit.as_secs_f64()),
            memory,
            disk,
            grace: grace.as_secs_f64(),
        })
    }

    /// The launch on this machine; `own` is the program of this process.
    pub(crate) fn launch(self, own: PathBuf) -> Launch {
        let seconds = |limit: f64| Duration::try_from_secs_f64(limit).unwrap_or(Duration::MAX);
        Launch {
            job: self.job,
            program: self.program.unwrap_or(own),
            arguments: self.arguments.into_iter().map(OsString::from).collect(),
            environment: self.environment.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            folder: self.folder,
            checkpoint: self.checkpoint,
            continues_from: self.continues_from,
            request: self.request,
            objectives: self.objectives,
            budget: self.budget,
            limits: Limits {
                wall: self.wall.map(seconds),
                cpu: self.cpu.map(seconds),
                memory: self.memory,
                disk: self.disk,
            },
        }
    }
}

/// Events of the jobs of a worker, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tell {
    pub instance: String,
    pub events: Vec<ToldEvent>,
}

/// An event of a leased job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ToldEvent {
    pub lease: LeaseId,
    pub job: JobId,
    pub event: ToldKind,
}

/// The kinds of events that are told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ToldKind {
    Progress(f64),
    Report(Map<String, Json>),
    Warning(String),
    Remarked(crate::executor::remark::Remark),
    Ended(Box<AttemptEnd>),
}

impl ToldKind {
    /// True for the last event of a job.
    pub(crate) fn is_end(&self) -> bool {
        matches!(self, Self::Ended(_))
    }
}

/// The answer to a tell: all of it was taken, and ends are durable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Leases that are to be ended, so that a trial that has fallen behind is told with its report.
    pub cancel: Vec<LeaseId>,
    /// Leases that are not this worker's any more.
    pub lost: Vec<LeaseId>,
}
