//! Waiting for the end of a trial, for the tests of what runs one.
use std::time::{Duration, Instant};

use galvani::executor::Executor;
use galvani::executor::job::{JobEvent, JobId};
use galvani::executor::process::Processes;
use galvani::store::record::AttemptEnd;

/// Longer than anything takes on a machine that is busy otherwise.
pub const LONG: Duration = Duration::from_secs(60);

/// The next end, the events before it, and the job that ended.
pub fn end(executor: &mut Processes) -> (AttemptEnd, Vec<JobEvent>, JobId) {
    let begun = Instant::now();
    let mut events = Vec::new();
    while begun.elapsed() < LONG {
        match executor.wait(Duration::from_millis(100)) {
            Some(JobEvent::Ended { job, end }) => return (end, events, job),
            Some(event) => events.push(event),
            None => {}
        }
    }
    panic!("no end in {LONG:?}")
}
