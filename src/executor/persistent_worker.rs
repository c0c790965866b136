//! A persistent worker: a program that runs one job after another, each requested by a JSON line.
use std::io::{ErrorKind, Write};
use std::process::ChildStdin;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use jiff::Timestamp;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use serde_json::{Map, Value as Json};

use crate::executor::job::{JobEvent, JobId, Launch};
use crate::executor::leftover::ProcessNote;
use crate::executor::limits::Usage;
use crate::executor::message::{self, Message};
use crate::executor::output::Heard;
use crate::executor::proc::ProcessEntry;
use crate::executor::supervised::Supervised;
use crate::executor::{ExecutorError, disposable_process, verdict};
use crate::store::record::AttemptEnd;
use crate::trial::outcome::Outcome;

/// The program of a slot, and the job that it works at.
pub(crate) struct PersistentWorker {
    slot: String,
    /// The latest job.
    launch: Launch,
    is_busy: bool,
    program: Supervised,
    input: Option<ChildStdin>,
    /// The bytes that the program's input has not taken yet.
    unsent: Vec<u8>,
    heard: Receiver<Heard>,
    started: Timestamp,
    report: Option<Map<String, Json>>,
    errors: String,
    answers: u64,
}

/// The end of a program that ran several jobs.
pub(crate) enum WorkerEnd {
    /// It had nothing to do.
    Idle,
    /// It ended while it worked at a job.
    Job(JobId, Box<AttemptEnd>),
    /// It ended after an answer and before it took the next request, which another process may run.
    Unasked(Box<Launch>, String),
}

impl PersistentWorker {
    /// Starts the program and asks it; `wake` is called for every message and when the output ends.
    pub(crate) fn start(
        launch: Launch,
        slot: String,
        grace: Duration,
        wake: impl Fn() + Clone + Send + 'static,
    ) -> Result<Self, ExecutorError> {
        let spoken = wake.clone();
        let (program, heard, input) = disposable_process::begin(&launch, grace, spoken, wake)?;
        if let Some(input) = &input {
            // A program that never reads must not make us wait.
            let _ = fcntl_getfl(input).and_then(|flags| fcntl_setfl(input, flags | OFlags::NONBLOCK));
        }
        let mut worker = Self {
            slot,
            launch: launch.clone(),
            is_busy: false,
            program,
            input,
            unsent: Vec::new(),
            heard,
            started: Timestamp::now(),
            report: None,
            errors: String::new(),
            answers: 0,
        };
        worker.ask(launch);
        Ok(worker)
    }

    /// True where it can be asked for this launch: it is the same program, and idle.
    pub(crate) fn is_ready(&self, slot: &str, launch: &Launch) -> bool {
        let (here, there) = (&self.launch, launch);
        let is_same = here.program == there.program && here.arguments == there.arguments;
        self.is_in(slot)
            && !self.is_busy
            && !self.program.is_ending()
            && is_same
            && here.environment == there.environment
    }

    /// The job that it works at.
    pub(crate) fn job(&self) -> Option<&JobId> {
        self.is_busy.then_some(&self.launch.job)
    }

    /// True where it is in this slot.
    pub(crate) fn is_in(&self, slot: &str) -> bool {
        self.slot == slot
    }

    /// Asks for the next job.
    pub(crate) fn ask(&mut self, launch: Launch) {
        self.program.renew();
        self.started = Timestamp::now();
        (self.is_busy, self.report) = (true, None);
        self.unsent.extend(launch.request.as_deref().unwrap_or_default().bytes());
        self.unsent.push(b'\n');
        self.launch = launch;
        self.send();
    }

    /// Handles messages, limits and the end; true once nothing of the program is left.
    pub(crate) fn step(&mut self, table: &mut Option<Vec<ProcessEntry>>, events: &Sender<JobEvent>) -> bool {
        while let Ok(heard) = self.heard.try_recv() {
            self.take(heard, events);
        }
        self.send();
        self.program.step(self.is_busy.then_some(&self.launch), table)
    }

    /// Begins to end the program: it gets no further request, and its present job is cancelled.
    pub(crate) fn stop(&mut self) {
        self.input = None;
        self.program.stop();
    }

    /// The end of the program, once [`PersistentWorker::step`] returns true.
    pub(crate) fn finish(mut self, events: &Sender<JobEvent>) -> WorkerEnd {
        let exit = self.program.exit();
        for heard in disposable_process::rest(&self.heard) {
            self.take(heard, events);
        }
        ProcessNote::remove(&self.launch.folder);
        if !self.is_busy {
            return WorkerEnd::Idle;
        }
        // A program may end after any answer, to give memory back; a new one must answer at least once.
        let left = exit.cause.is_none() && exit.status.is_some_and(|status| status.success());
        if left && self.answers > 0 && self.report.is_none() {
            return WorkerEnd::Unasked(Box::new(self.launch), self.slot);
        }
        // An intermediate report is no answer.
        let outcome =
            verdict::outcome(&exit, None, &self.launch.objectives, &self.errors, "it did not answer the trial");
        let usage = self.program.usage();
        let end = self.end(outcome, verdict::description(&exit), &usage);
        WorkerEnd::Job(self.launch.job, Box::new(end))
    }

    fn take(&mut self, heard: Heard, events: &Sender<JobEvent>) {
        let job = self.launch.job.clone();
        match heard {
            Heard::Errors(errors) => self.errors = errors,
            // It speaks of what nobody asked.
            Heard::Message(_) if !self.is_busy => {}
            Heard::Message(Message::Progress(fraction)) => drop(events.send(JobEvent::Progress { job, fraction })),
            Heard::Message(Message::Report(line)) => {
                if line.get("trial").and_then(Json::as_u64) != Some(u64::from(job.number())) {
                    return;
                }
                self.report = Some(line.clone());
                if message::is_intermediate(&line) {
                    drop(events.send(JobEvent::Report { job, line }));
                    return;
                }
                let outcome = message::outcome(&line, &self.launch.objectives)
                    .unwrap_or_else(|error| Outcome::Crashed { message: error.to_string() });
                if outcome.cost().is_some() {
                    drop(events.send(JobEvent::Report { job: job.clone(), line }));
                }
                let usage = self.program.settle();
                let end = self.end(outcome, "answered".to_owned(), &usage);
                (self.is_busy, self.answers) = (false, self.answers + 1);
                drop(events.send(JobEvent::Ended { job, end }));
            }
        }
    }

    fn end(&self, outcome: Outcome, exit: String, usage: &Usage) -> AttemptEnd {
        AttemptEnd { outcome, exit, ..self.launch.end(&self.slot, self.started, usage, self.report.as_ref()) }
    }

    fn send(&mut self) {
        let Some(input) = self.input.as_mut().filter(|_| !self.unsent.is_empty()) else { return };
        match input.write(&self.unsent) {
            Ok(count) => drop(self.unsent.drain(..count)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            // Its end will be noticed.
            Err(_) => self.input = None,
        }
    }
}
