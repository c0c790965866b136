//! The executor of an experiment file: what is written, and what it means.
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::document::diagnostic::Diagnostic;
use crate::document::source::{Source, SourceError};
use crate::executor::limits::Limits;
use crate::executor::process::GRACE;
use crate::executor::slot::Wanted;

/// Where and within which limits trials run.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// How many trials at a time.
    pub workers: usize,
    /// Where each of them runs; empty where that is all the same.
    pub slots: Vec<Wanted>,
    pub limits: Limits,
    /// How long a program has between the request to end and its end.
    pub grace: Duration,
    /// Bytes on disk for the checkpoints that no trial will continue from.
    pub checkpoints: Option<u64>,
}

#[derive(Deserialize)]
pub(crate) enum ExecutorFile {
    /// Processes of this machine.
    Process(Process),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Process {
    /// So many trials at a time, each of which sees the whole machine.
    workers: Option<usize>,
    /// One trial at a time in each, as in `["gpu:0", "gpu:1x2", "cpu:2"]`.
    slots: Option<Vec<String>>,
    /// The longest that a trial may take, as in `"1h 30m"`.
    time_limit: Option<SignedDuration>,
    /// The most processor time that a trial and its children may take.
    cpu_time_limit: Option<SignedDuration>,
    /// The most memory that a trial and its children may hold, in MiB.
    memory_limit_mib: Option<u64>,
    /// The most that a trial's folder and its checkpoint may hold on disk, in MiB.
    disk_limit_mib: Option<u64>,
    /// How long a program has between SIGTERM and SIGKILL. Absent: five seconds.
    grace: Option<SignedDuration>,
    /// The most that checkpoints which no trial will continue from may hold together on disk, in MiB.
    checkpoint_budget_mib: Option<u64>,
}

impl Default for ExecutorFile {
    fn default() -> Self {
        Self::Process(Process::default())
    }
}

impl ExecutorFile {
    /// What the file says; the error is at the place of the field.
    pub(crate) fn validate(self, source: &Source) -> Result<Execution, SourceError> {
        let Self::Process(process) = self;
        let error = |field: &str, message: String, hint: &str| {
            source.error(Diagnostic::new(message).hint(hint).field(format!("executor.{field}")))
        };
        let span = |field: &str, span: Option<SignedDuration>| match span {
            Some(limit) if limit <= SignedDuration::ZERO => {
                Err(error(field, "a time must be positive".into(), "for example \"1h 30m\""))
            }
            limit => Ok(limit.map(|limit| Duration::try_from(limit).unwrap_or_default())),
        };
        let bytes = |field: &str, mebibytes: Option<u64>| match mebibytes.map(|amount| amount.checked_mul(1 << 20)) {
            Some(Some(0)) => {
                Err(error(field, format!("`{field}` must be positive"), &format!("for example {field}: 4096")))
            }
            Some(None) => Err(error(field, format!("`{field}` is too large"), "leave it out where there is no limit")),
            amount => Ok(amount.flatten()),
        };
        let (workers, slots) = match (process.workers, process.slots) {
            (Some(_), Some(_)) => {
                let hint = "each slot runs one trial at a time: leave `workers` out";
                return Err(error("workers", "`workers` and `slots` say the same thing twice".into(), hint));
            }
            (Some(0), None) => {
                return Err(error(
                    "workers",
                    "there must be at least 1 worker".into(),
                    "for example Process(workers: 2)",
                ));
            }
            (workers, None) => (workers.unwrap_or(1), Vec::new()),
            (None, Some(slots)) => {
                let hint = "for example slots: [\"gpu:0\", \"gpu:1x2\", \"cpu:2\"]: the first GPU, the second for two \
                            trials, two without; `gpu:*` is every GPU";
                let wanted: Result<Vec<Wanted>, _> = slots.iter().map(|slot| slot.parse()).collect();
                match wanted {
                    Ok(slots) if slots.is_empty() => {
                        return Err(error("slots", "there must be at least 1 slot".into(), hint));
                    }
                    Ok(slots) => (slots.iter().map(Wanted::count).sum(), slots),
                    Err(message) => return Err(error("slots", message, hint)),
                }
            }
        };
        Ok(Execution {
            workers,
            slots,
            limits: Limits {
                wall: span("time_limit", process.time_limit)?,
                cpu: span("cpu_time_limit", process.cpu_time_limit)?,
                memory: bytes("memory_limit_mib", process.memory_limit_mib)?,
                disk: bytes("disk_limit_mib", process.disk_limit_mib)?,
            },
            grace: span("grace", process.grace)?.unwrap_or(GRACE),
            checkpoints: process.checkpoint_budget_mib.map(|limit| limit.saturating_mul(1 << 20)),
        })
    }
}
