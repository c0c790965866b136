//! Executors: where jobs run, as processes of this machine or as a script on a simulated clock.
pub(crate) mod answer;
pub(crate) mod control_group;
pub(crate) mod device;
pub(crate) mod disposable_process;
pub(crate) mod excerpt;
pub mod job;
pub mod leftover;
pub mod limits;
pub(crate) mod message;
pub(crate) mod near_miss;
pub(crate) mod outcome_word;
pub(crate) mod output;
pub(crate) mod persistent_worker;
pub(crate) mod proc;
pub mod process;
pub mod remark;
pub mod scripted;
pub mod slot;
pub mod slurm;
pub(crate) mod supervised;
pub mod transcript;
pub(crate) mod tree;
pub(crate) mod verdict;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

use crate::document::diagnostic::Diagnostic;
use crate::executor::job::{JobEvent, JobId, Launch};

/// Runs jobs, as many at a time as it has slots.
///
/// A run depends on the place where its jobs run only through this trait: an executor may start processes, submit to a
/// queue, or wait for workers on other machines that take jobs.
pub trait Executor {
    /// Ends the processes that jobs of an earlier session have left running; called once, before the first start.
    ///
    /// Each folder is the [`Launch::folder`] of a job without an end, with the files that this executor wrote there to
    /// find its processes.
    fn recover(&mut self, _folders: &[PathBuf]) {}

    /// The number of jobs that can be started now.
    fn idle(&self) -> usize;

    /// Starts a job in a free slot, and answers with the slot's name.
    ///
    /// # Errors
    /// Nothing was started. A program that starts and then fails is a [`JobEvent::Ended`].
    fn start(&mut self, launch: Launch) -> Result<String, ExecutorError>;

    /// The next event; `None` where there was none in time.
    fn wait(&mut self, timeout: Duration) -> Option<JobEvent>;

    /// Ends a job that runs: it becomes [`Outcome::Lost`](crate::trial::outcome::Outcome::Lost) unless it ends by itself
    /// before. Returns at once.
    fn cancel(&mut self, job: &JobId);

    /// Ends all running jobs, and returns when none of their processes is left; their outcome is
    /// [`Outcome::Lost`](crate::trial::outcome::Outcome::Lost).
    fn stop(&mut self);

    /// As [`stop`](Self::stop), without time for a program to end by itself.
    fn kill(&mut self) {
        self.stop();
    }

    /// The run is this process's from now on; called once, before the first start. `unseen` are jobs of an earlier session
    /// that may still run elsewhere: those that do are announced by [`JobEvent::Adopted`].
    ///
    /// # Errors
    /// The executor cannot begin.
    fn open(&mut self, _unseen: Vec<JobId>) -> Result<(), ExecutorError> {
        Ok(())
    }

    /// The record of a job's start survives a power cut. An executor that gives jobs away does not before this.
    fn confirm(&mut self, _job: &JobId) {}

    /// The record of a job's end survives a power cut.
    fn acknowledge(&mut self, _job: &JobId) {}

    /// True where slots may become idle although no job runs: a worker may come.
    fn is_awaited(&self) -> bool {
        false
    }

    /// True where two attempts at a trial may run at the same time, because one that was given up may go on unseen: each
    /// needs files of its own.
    fn may_overlap(&self) -> bool {
        false
    }

    /// The time by this executor's clock.
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A reason why a job could not be started, with what to do about it.
#[derive(Debug, Error)]
pub enum ExecutorError {
    #[error(
        "the program `{program}` does not start: {source}\nhint: give its full path, or put it on the `PATH` and make it executable"
    )]
    Program { program: PathBuf, source: io::Error },
    #[error(
        "the program `{program}` does not start: its first line is `{line}`, and there is no such interpreter\nhint: is it installed at this path, and does the line end without a carriage return (\\r\\n)?"
    )]
    Interpreter { program: PathBuf, line: String },
    #[error("the trial folder `{path}` cannot be written: {source}\nhint: {}", match .source.kind() {
        io::ErrorKind::PermissionDenied => "correct its permissions",
        _ => "is there a file of this name, or no space left?",
    })]
    Folder { path: PathBuf, source: io::Error },
    #[error(
        "the operating system refuses another process: {source}\nhint: use fewer workers, or raise the limit (`ulimit -u`, `ulimit -n`)"
    )]
    Exhausted { source: io::Error },
    #[error(transparent)]
    Slots(Diagnostic),
    #[error(transparent)]
    Workers(Diagnostic),
    #[error("every slot is busy")]
    Busy,
}
