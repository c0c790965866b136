//! Events of the job arrays, as sentences for the user.
use std::fmt;
use std::time::Duration;

use crate::executor::slurm::queue::ElementId;

/// A change of the job arrays that a run tells its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArrayEvent {
    Submitted {
        job: u64,
        workers: usize,
    },
    /// An array of an earlier session, or of a submission that was never answered.
    Found {
        job: u64,
        workers: usize,
    },
    /// A worker has ended, or its job is gone from the queue.
    Ended {
        element: ElementId,
        state: String,
    },
    /// `sbatch` refused a further submission.
    Refused(String),
    /// Nobody answered; nothing is changed until somebody does.
    Unreachable(String),
    Reachable,
    /// More or fewer workers run than at the last look.
    Running {
        workers: usize,
        nodes: usize,
        waiting: usize,
        reason: String,
        longest_wait: Option<Duration>,
    },
    /// More workers than asked for, which are cancelled.
    Surplus(usize),
}

impl ArrayEvent {
    /// True where the user should know of it without asking.
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Unreachable(_) | Self::Surplus(_))
    }
}

impl fmt::Display for ArrayEvent {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Submitted { job, workers: 1 } => write!(out, "submitted 1 worker to Slurm as job {job}"),
            Self::Submitted { job, workers } => write!(out, "submitted {workers} workers to Slurm as job {job}"),
            Self::Found { job, workers } => write!(out, "found job {job} of this run, with {workers} of its workers"),
            Self::Ended { element, state } => write!(out, "the worker of job {element} has ended ({state})"),
            Self::Refused(words) => write!(out, "sbatch refused to replace workers that have ended: {words}"),
            Self::Unreachable(words) => {
                write!(out, "Slurm does not answer, so no worker is replaced until it does: {words}")
            }
            Self::Reachable => out.write_str("Slurm answers again"),
            Self::Running { workers, nodes, waiting, reason, longest_wait } => {
                let s = |count: usize| if count == 1 { "" } else { "s" };
                let verb = if *workers == 1 { "runs" } else { "run" };
                write!(out, "{workers} worker{} {verb} on {nodes} node{}", s(*workers), s(*nodes))?;
                if let Some(wait) = longest_wait {
                    write!(out, ", after at most {} s in the queue", wait.as_secs())?;
                }
                match waiting {
                    0 => Ok(()),
                    waiting => write!(out, "; {waiting} wait{} ({reason})", if *waiting == 1 { "s" } else { "" }),
                }
            }
            Self::Surplus(count) => write!(out, "{count} more workers than asked for are cancelled"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_told_in_a_sentence() {
        let running = |workers, nodes, waiting, longest_wait: Option<u64>| {
            let (reason, longest_wait) = ("Resources".to_owned(), longest_wait.map(Duration::from_secs));
            ArrayEvent::Running { workers, nodes, waiting, reason, longest_wait }.to_string()
        };
        assert_eq!(running(1, 1, 1, None), "1 worker runs on 1 node; 1 waits (Resources)");
        assert_eq!(running(8, 4, 0, Some(75)), "8 workers run on 4 nodes, after at most 75 s in the queue");
    }
}
