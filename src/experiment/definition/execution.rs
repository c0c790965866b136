//! The slots and limits of a run, and the fields of `executor: Process(...)` that ask for them.
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::document::diagnostic::Diagnostic;
use crate::document::source::{Source, SourceError};
use crate::executor::limits::Limits;
use crate::executor::process::GRACE;
use crate::executor::slot::SlotRequest;
use crate::executor::slurm::settings::SlurmSettings;
use crate::experiment::definition::limit_fields;

/// The slots of a run, and the limits of its trials.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// The number of trials at a time.
    pub workers: usize,
    /// The slots that they run in; empty where any will do.
    pub slots: Vec<SlotRequest>,
    pub limits: Limits,
    /// The time between the request to end (SIGTERM) and the end (SIGKILL) of a program.
    pub grace: Duration,
    /// Bytes on disk for the checkpoints that no trial will continue from.
    pub checkpoints: Option<u64>,
    /// The part of a cluster that each worker is given; absent, the workers are processes of this machine.
    pub slurm: Option<SlurmSettings>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProcessFields {
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
    /// The time that a program has between SIGTERM and SIGKILL. Absent: five seconds.
    grace: Option<SignedDuration>,
    /// The most that checkpoints which no trial will continue from may hold together on disk, in MiB.
    checkpoint_budget_mib: Option<u64>,
}

impl ProcessFields {
    /// The execution that the fields ask for.
    ///
    /// # Errors
    /// A field is wrong; the error is at its value.
    pub(super) fn validate(self, source: &Source) -> Result<Execution, SourceError> {
        let error = |field: &str, message: &str, hint: &str| {
            source.error(Diagnostic::new(message).hint(hint).field(format!("executor.{field}")))
        };
        let (workers, slots) = match (self.workers, self.slots) {
            (Some(_), Some(_)) => {
                let hint = "each slot runs one trial at a time: leave `workers` out";
                return Err(error("workers", "`workers` and `slots` must not both be given", hint));
            }
            (Some(0), None) => {
                return Err(error("workers", "`workers` must be at least 1", "for example Process(workers: 2)"));
            }
            (workers, None) => (workers.unwrap_or(1), Vec::new()),
            (None, Some(slots)) => {
                let hint = "for example slots: [\"gpu:0\", \"gpu:1x2\", \"cpu:2\"]: the first GPU, the second for two \
                            trials, two without; `gpu:*` is every GPU";
                let requests: Result<Vec<SlotRequest>, _> = slots.iter().map(|slot| slot.parse()).collect();
                match requests {
                    Ok(requests) if requests.is_empty() => {
                        return Err(error("slots", "`slots` must name at least 1 slot", hint));
                    }
                    Ok(requests) => (requests.iter().map(SlotRequest::count).sum(), requests),
                    Err(wrong) => return Err(source.error(wrong.hint(hint).field("executor.slots"))),
                }
            }
        };
        Ok(Execution {
            workers,
            slots,
            limits: Limits {
                wall: limit_fields::span(source, "time_limit", self.time_limit)?,
                cpu: limit_fields::span(source, "cpu_time_limit", self.cpu_time_limit)?,
                memory: limit_fields::bytes(source, "memory_limit_mib", self.memory_limit_mib)?,
                disk: limit_fields::bytes(source, "disk_limit_mib", self.disk_limit_mib)?,
            },
            grace: limit_fields::span(source, "grace", self.grace)?.unwrap_or(GRACE),
            checkpoints: self.checkpoint_budget_mib.map(|limit| limit.saturating_mul(1 << 20)),
            slurm: None,
        })
    }
}
