//! The fields of `executor: Slurm(...)`, and their validation.
use jiff::SignedDuration;
use serde::Deserialize;

use crate::document::diagnostic::Diagnostic;
use crate::document::source::{Source, SourceError};
use crate::executor::limits::Limits;
use crate::executor::process::GRACE;
use crate::executor::slurm::settings::{POLL, SlurmSettings};
use crate::experiment::definition::execution::Execution;
use crate::experiment::definition::limit_fields;

/// The most workers of a run: every one is a job of its own, of which sites allow far fewer.
const MOST_WORKERS: usize = 100_000;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SlurmFields {
    /// The number of workers, one trial at a time in each.
    workers: Option<usize>,
    /// Whole GPUs of each worker; its trials see them in `CUDA_VISIBLE_DEVICES`.
    gpus_per_worker: u32,
    /// The partition; absent, the site's default.
    partition: Option<String>,
    /// The time limit of each worker, after which another takes its place. Absent: the site's default.
    time: Option<SignedDuration>,
    /// The account that is charged; absent, the user's default.
    account: Option<String>,
    /// Further options of sbatch, each with its value, as in `["--constraint=h100"]`.
    extra: Vec<String>,
    /// The time between two looks at the queue. Absent: a minute.
    poll: Option<SignedDuration>,
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

impl SlurmFields {
    /// The execution that the fields ask for.
    ///
    /// # Errors
    /// A field is wrong; the error is at its value.
    pub(super) fn validate(self, source: &Source) -> Result<Execution, SourceError> {
        let error = |wrong: Diagnostic| source.error(wrong.inside("executor"));
        let hint = "for example Slurm(workers: 16, gpus_per_worker: 1, partition: \"gpu\", time: \"8h\")";
        let Some(workers) = self.workers else {
            let wrong = Diagnostic::new("`executor: Slurm(...)` needs `workers`, the number of jobs that run trials");
            return Err(source.error(wrong.hint(hint).field("executor")));
        };
        if workers == 0 || workers > MOST_WORKERS {
            let wrong = Diagnostic::new(format!("`workers` must be between 1 and {MOST_WORKERS}"));
            return Err(error(wrong.hint(hint).field("workers")));
        }
        let slurm = SlurmSettings {
            gpus_per_worker: self.gpus_per_worker,
            partition: self.partition,
            time: limit_fields::span(source, "time", self.time)?,
            account: self.account,
            extra: self.extra,
            poll: limit_fields::span(source, "poll", self.poll)?.unwrap_or(POLL),
        };
        slurm.validate().map_err(error)?;
        let wall = limit_fields::span(source, "time_limit", self.time_limit)?;
        if let (Some(limit), Some(time)) = (wall, slurm.time)
            && limit > time
        {
            let wrong = Diagnostic::new("`time_limit` must not be above `time`, in which a worker and its trial end");
            return Err(error(wrong.hint("raise `time`, or lower `time_limit`").field("time_limit")));
        }
        Ok(Execution {
            workers,
            slots: Vec::new(),
            limits: Limits {
                wall,
                cpu: limit_fields::span(source, "cpu_time_limit", self.cpu_time_limit)?,
                memory: limit_fields::bytes(source, "memory_limit_mib", self.memory_limit_mib)?,
                disk: limit_fields::bytes(source, "disk_limit_mib", self.disk_limit_mib)?,
            },
            grace: limit_fields::span(source, "grace", self.grace)?.unwrap_or(GRACE),
            checkpoints: self.checkpoint_budget_mib.map(|limit| limit.saturating_mul(1 << 20)),
            slurm: Some(slurm),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::experiment::Experiment;

    fn read(executor: &str) -> Result<Experiment, SourceError> {
        let text = format!("(name: \"x\", search_space: \"s\", executor: {executor})");
        Experiment::with_space(&text, Path::new("e.ron"), "(parameters: {\"x\": Float(min: 0, max: 1)})")
    }

    #[test]
    fn the_text_of_an_experiment_asks_for_a_cluster() {
        let text = "Slurm(workers: 16, gpus_per_worker: 1, partition: \"gpu\", time: \"8h\", account: \"lab\", \
                    extra: [\"--constraint=h100\"], time_limit: \"1h\", memory_limit_mib: 4, grace: \"1m\")";
        let execution = read(text).unwrap().execution;
        let slurm = SlurmSettings {
            gpus_per_worker: 1,
            partition: Some("gpu".into()),
            time: Some(Duration::from_secs(8 * 3600)),
            account: Some("lab".into()),
            extra: vec!["--constraint=h100".into()],
            poll: POLL,
        };
        assert_eq!((execution.workers, execution.slurm, execution.limits.memory), (16, Some(slurm), Some(4 << 20)));
        assert_eq!(execution.grace, Duration::from_secs(60));
        assert_eq!(read("Process(workers: 2)").unwrap().execution.slurm, None);
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (executor, message) in [
            ("Slurm()", "needs `workers`"),
            ("Slurm(workers: 0)", "`workers` must be between 1"),
            ("Slurm(workers: 2, partitoin: \"x\")", "partitoin"),
            ("Slurm(workers: 2, time: \"0s\")", "`time` must be positive"),
            ("Slurm(workers: 2, time: \"10s\")", "at least a minute"),
            ("Slurm(workers: 2, time: \"1h\", time_limit: \"2h\")", "must not be above `time`"),
            ("Slurm(workers: 2, extra: [\"--array=1\"])", "job array depends on"),
            ("Slurm(workers: 2, account: \"\")", "`account` must be a name"),
            ("Slurm(workers: 2, slots: [\"gpu:0\"])", "slots"),
        ] {
            let told = read(executor).unwrap_err();
            assert!(told.to_string().contains(message), "{told}");
            assert!(told.diagnostic.hint.is_some(), "{told}");
        }
    }
}
