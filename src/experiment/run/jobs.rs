//! The loop that runs jobs on an executor: trials, or evaluations after them.
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::executor::job::{JobEvent, JobId, Launch, WorkerEvent};
use crate::executor::remark::Remark;
use crate::executor::{Executor, ExecutorError};
use crate::experiment::error::RunError;
use crate::store::record::AttemptEnd;
use crate::trial::outcome::Outcome;

/// The longest wait for an event before the view is refreshed.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// All planned work is done.
    Complete,
    /// The run was interrupted; the same command resumes it.
    Interrupted,
}

/// The answer of a source of jobs to an idle slot.
pub(crate) enum NextJob {
    Start(Box<Launch>),
    /// No job until a running one has ended.
    Wait,
    /// No further job, unless the end of a running one brings another.
    Done,
}

/// A source of jobs, which is notified of their events.
pub(crate) trait JobSource {
    /// The time that jobs have to finish after a first interruption; a second one ends them at once.
    fn patience_when_interrupted(&self) -> Duration;

    /// True where the time of the jobs is over: those that run are ended.
    fn is_over_time(&self) -> bool {
        false
    }

    /// True where no further job will come, which is known without asking for one.
    fn is_over(&self) -> bool;

    /// The next job, at a time by the executor's clock.
    fn next(&mut self, now: Timestamp) -> Result<NextJob, RunError>;

    /// A job has started in a slot; answers with the number of its record.
    fn started(&mut self, job: &JobId, slot: &str, now: Timestamp) -> Result<u64, RunError>;

    /// A job of an earlier session still runs in a slot; true where it is waited for.
    fn adopted(&mut self, _job: &JobId, _slot: &str, _now: Timestamp) -> Result<bool, RunError> {
        Ok(false)
    }

    /// The number of the last record that survives a power cut.
    fn durable(&self) -> Result<u64, RunError> {
        Ok(u64::MAX)
    }

    /// Waits until every record survives a power cut.
    fn settle(&mut self) -> Result<(), RunError> {
        Ok(())
    }

    /// A share of a job is done, from 0 to 1.
    fn progressed(&mut self, job: &JobId, share: f64);

    /// A job has printed a line with a cost; true where it is to be cancelled.
    fn reported(&mut self, _job: &JobId, _line: &Map<String, Json>, _now: Timestamp) -> Result<bool, RunError> {
        Ok(false)
    }

    /// A sentence for the user about the program of a job.
    fn warned(&mut self, _job: &JobId, _message: &str) {}

    /// The result of a job counts, and its user may have meant it otherwise.
    fn remarked(&mut self, _job: &JobId, _remark: &Remark) {}

    /// A worker elsewhere has come or is gone.
    fn worker(&mut self, _event: &WorkerEvent) {}

    /// A sentence for the user about the place where jobs run.
    fn noticed(&mut self, _message: &str) {}

    /// A job has ended, maybe one that nobody waits for any more; answers with the number of its record.
    fn ended(&mut self, job: &JobId, end: AttemptEnd) -> Result<u64, RunError>;

    /// No job will be started any more; so many still run.
    fn stopping(&mut self, _running: usize) {}

    /// Answers how long the next wait for an event may take.
    fn patience(&mut self) -> Result<Duration, RunError> {
        Ok(TICK)
    }

    /// A wait is over.
    fn waited(&mut self) {}
}

/// Runs the jobs of a source until it has no more, or it is interrupted.
///
/// # Errors
/// The source's or the executor's; nothing runs any more.
pub(crate) fn run_jobs(
    executor: &mut dyn Executor,
    source: &mut dyn JobSource,
    interrupts: &AtomicUsize,
) -> Result<Finish, RunError> {
    let mut records = Records::default();
    let result = drive(executor, source, &mut records, interrupts);
    match result {
        Err(_) => executor.stop(),
        Ok(_) if records.0.is_empty() => {}
        Ok(_) => {
            source.settle()?;
            records.pass_on(executor, u64::MAX);
        }
    }
    result
}

/// Records of jobs that are not known to survive a power cut, in the order of the journal.
#[derive(Default)]
struct Records(VecDeque<(u64, JobRecord)>);

enum JobRecord {
    Start(JobId),
    End(JobId),
}

impl Records {
    /// Tells the executor of those that are durable.
    fn pass_on(&mut self, executor: &mut dyn Executor, durable: u64) {
        while let Some((_, record)) = self.0.pop_front_if(|(number, _)| *number <= durable) {
            match record {
                JobRecord::Start(job) => executor.confirm(&job),
                JobRecord::End(job) => executor.acknowledge(&job),
            }
        }
    }
}

fn drive(
    executor: &mut dyn Executor,
    source: &mut dyn JobSource,
    records: &mut Records,
    interrupts: &AtomicUsize,
) -> Result<Finish, RunError> {
    let mut running: BTreeSet<JobId> = BTreeSet::new();
    let mut is_done = false;
    // The time of the first interruption, and what became of the jobs that ran.
    let (mut stopping, mut is_cancelled, mut is_abandoned) = (None, false, false);
    loop {
        let interruptions = interrupts.load(Ordering::Relaxed);
        let is_over_time = source.is_over_time();
        if interruptions > 1 || is_over_time {
            if interruptions > 1 {
                executor.kill();
            } else {
                executor.stop();
            }
            // A job that ended before it was stopped counts.
            while let Some(event) = executor.wait(Duration::ZERO) {
                if let JobEvent::Ended { job, end } = event
                    && end.outcome != Outcome::Lost
                {
                    source.ended(&job, end)?;
                }
            }
            return Ok(if is_over_time { Finish::Complete } else { Finish::Interrupted });
        }
        if interruptions > 0 && stopping.is_none() {
            stopping = Some(executor.now());
            source.stopping(running.len());
        }
        let is_stopping = stopping.is_some();
        if let Some(since) = stopping
            && !is_cancelled
            && executor.now().duration_since(since).unsigned_abs() >= source.patience_when_interrupted()
        {
            is_cancelled = true;
            running.iter().for_each(|job| executor.cancel(job));
        }
        while !is_stopping && executor.idle() > 0 {
            match source.next(executor.now())? {
                NextJob::Start(launch) => {
                    let job = launch.job.clone();
                    let slot = executor.start(*launch)?;
                    let record = source.started(&job, &slot, executor.now())?;
                    records.0.push_back((record, JobRecord::Start(job.clone())));
                    running.insert(job);
                }
                NextJob::Wait => break,
                NextJob::Done => {
                    is_done = true;
                    break;
                }
            }
        }
        if running.is_empty() {
            // An interruption that met the end of the last job has left nothing to do.
            let is_whole = (is_done || source.is_over()) && !is_abandoned;
            let may_go_on = !is_whole && !is_stopping && executor.is_awaited();
            if !may_go_on {
                return Ok(if is_stopping && !is_whole { Finish::Interrupted } else { Finish::Complete });
            }
        }
        let patience = source.patience()?;
        if !records.0.is_empty() {
            records.pass_on(executor, source.durable()?);
        }
        match executor.wait(patience) {
            Some(JobEvent::Progress { job, fraction }) => source.progressed(&job, fraction),
            Some(JobEvent::Report { job, line }) => {
                let is_cancelled = source.reported(&job, &line, executor.now())?;
                if is_cancelled {
                    executor.cancel(&job);
                }
            }
            Some(JobEvent::Warning { job, message }) => source.warned(&job, &message),
            Some(JobEvent::Remarked { job, remark }) => source.remarked(&job, &remark),
            Some(JobEvent::Ended { job, end }) => {
                running.remove(&job);
                // The job is started again by the next session.
                if is_cancelled && end.outcome == Outcome::Lost {
                    is_abandoned = true;
                } else {
                    let record = source.ended(&job, end)?;
                    records.0.push_back((record, JobRecord::End(job)));
                }
            }
            Some(JobEvent::Adopted { job, slot }) => {
                if source.adopted(&job, &slot, executor.now())? {
                    executor.confirm(&job);
                    running.insert(job);
                } else {
                    executor.cancel(&job);
                }
            }
            Some(JobEvent::Worker(event)) => source.worker(&event),
            Some(JobEvent::Notice { message }) => source.noticed(&message),
            Some(JobEvent::Failed { reason }) => return Err(ExecutorError::Workers(reason).into()),
            None => {}
        }
        source.waited();
    }
}
