//! A persistent worker: a program that runs one job after another, each requested by a JSON line.
use std::io::{ErrorKind, Write};
use std::process::ChildStdin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::io::ioctl_fionread;

use crate::document::diagnostic::Diagnostic;
use crate::executor::answer::{Attribution, attribution};
use crate::executor::disposable_process::Begun;
use crate::executor::job::{JobEvent, JobId, Launch};
use crate::executor::leftover::ProcessNote;
use crate::executor::limits::Usage;
use crate::executor::message::{self, Message, PrintedReport};
use crate::executor::near_miss::{self, Unanswered};
use crate::executor::output::{Heard, OutputEnd};
use crate::executor::proc::{self, ProcessEntry};
use crate::executor::remark::Remark;
use crate::executor::supervised::Supervised;
use crate::executor::{ExecutorError, disposable_process, verdict};
use crate::store::record::AttemptEnd;
use crate::trial::outcome::Outcome;

/// The time between two looks at a program that is silent.
const GLANCE: Duration = Duration::from_millis(500);
/// The time for which a program waits for the next request without an answer before its job is ended: long enough for an
/// answer on its way.
const SILENCE: Duration = Duration::from_secs(2);
/// The time in which a program should read its request, before the user is told.
const UNREAD: Duration = Duration::from_secs(30);
/// The time for which an answer that was printed twice may still be on its way.
const IN_FLIGHT: Duration = Duration::from_millis(200);

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
    output: Arc<OutputEnd>,
    started: Timestamp,
    asked: Instant,
    /// The last report about the present job, or the answer to the last one.
    report: Option<PrintedReport>,
    /// The answer to the job before.
    before: Option<PrintedReport>,
    errors: String,
    answers: u64,
    /// The moments since which it is known to wait for input, and to have closed its output.
    waits: Option<Instant>,
    closed: Option<Instant>,
    next_glance: Instant,
    is_told: bool,
    /// True where it printed an answer that nobody asked for: no further job is given to it.
    is_out_of_step: bool,
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
        let woken = wake.clone();
        let spoken = move |_: bool| woken();
        let Begun { program, heard, output, input } = disposable_process::begin(&launch, grace, spoken, wake)?;
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
            output,
            started: Timestamp::now(),
            asked: Instant::now(),
            report: None,
            before: None,
            errors: String::new(),
            answers: 0,
            waits: None,
            closed: None,
            next_glance: Instant::now(),
            is_told: false,
            is_out_of_step: false,
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
            && !self.is_out_of_step
            && !self.output.state().is_closed
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
        self.output.renew();
        (self.started, self.asked) = (Timestamp::now(), Instant::now());
        (self.is_busy, self.before, self.is_told) = (true, self.report.take(), false);
        (self.waits, self.closed, self.next_glance) = (None, None, self.asked + GLANCE);
        self.unsent.extend(launch.request.as_deref().unwrap_or_default().bytes());
        self.unsent.push(b'\n');
        self.launch = launch;
        self.send();
    }

    /// Handles messages, limits and the end; true once nothing of the program is left.
    pub(crate) fn step(&mut self, table: &mut Option<Vec<ProcessEntry>>, events: &Sender<JobEvent>) -> bool {
        self.listen(events);
        self.send();
        let is_over = self.program.step(self.is_busy.then_some(&self.launch), table);
        if self.is_busy && !is_over && !self.program.is_ending() && Instant::now() >= self.next_glance {
            self.next_glance = Instant::now() + GLANCE;
            self.glance(table, events);
        }
        is_over
    }

    /// Handles the messages that have come.
    pub(crate) fn listen(&mut self, events: &Sender<JobEvent>) {
        while let Ok(heard) = self.heard.try_recv() {
            self.take(heard, events);
        }
    }

    /// Begins to end the program: it gets no further request, and its present job is cancelled.
    pub(crate) fn stop(&mut self) {
        self.input = None;
        self.program.stop();
    }

    /// Ends the program without time to end by itself.
    pub(crate) fn kill(&mut self) {
        self.input = None;
        self.program.stop_at_once();
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
        let outcome = verdict::outcome(&exit, None, &self.launch, &self.errors, || self.unanswered());
        let usage = self.program.usage();
        let end = self.end(outcome, verdict::description(&exit), &usage);
        WorkerEnd::Job(self.launch.job, Box::new(end))
    }

    fn take(&mut self, heard: Heard, events: &Sender<JobEvent>) {
        let job = self.launch.job.clone();
        match heard {
            Heard::Errors(errors) => self.errors = errors,
            Heard::Message(Message::Report(report)) if !self.is_busy => self.take_unasked(&report, events),
            Heard::Message(Message::Progress(_)) if !self.is_busy => {}
            Heard::Message(Message::Progress(fraction)) => drop(events.send(JobEvent::Progress { job, fraction })),
            Heard::Message(Message::Report(report)) => self.take_report(report, events),
        }
    }

    /// Takes a report while it works at a job: the answer, a cost on the way to it, or a fault that ends the job.
    fn take_report(&mut self, report: PrintedReport, events: &Sender<JobEvent>) {
        let (job, before) = (self.launch.job.clone(), self.before.as_ref());
        match attribution(&report, &self.launch, before) {
            Attribution::Repeated if self.asked.elapsed() < IN_FLIGHT => {}
            Attribution::Repeated => {
                let wrong = attribution(&report, &self.launch, None);
                self.fail(wrong.fault(&report, &self.launch), events);
            }
            Attribution::Intermediate => {
                let line = report.object.clone();
                self.report = Some(report);
                drop(events.send(JobEvent::Report { job, line }));
            }
            Attribution::Answer => {
                let beyond = verdict::beyond(&report, &self.launch);
                let outcome = message::outcome(&report.object, &self.launch.objectives).unwrap_or_else(|error| {
                    let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
                    Outcome::Crashed { message: format!("it answered `{}`: {error}{hint}", report.line) }
                });
                let outcome = match beyond.filter(|_| outcome.cost().is_some()) {
                    Some(fault) => Outcome::Crashed { message: fault.to_string() },
                    None => outcome,
                };
                if outcome.cost().is_some() {
                    drop(events.send(JobEvent::Report { job: job.clone(), line: report.object.clone() }));
                }
                let remark = Remark::on(&report, &outcome);
                if let Some(remark) = remark.clone() {
                    drop(events.send(JobEvent::Remarked { job, remark }));
                }
                self.report = Some(report);
                self.answers += 1;
                self.conclude(outcome, Remark::beside(remark.as_ref(), "answered".to_owned()), events);
            }
            wrong @ (Attribution::Nobody | Attribution::NoNumber | Attribution::Another(_)) => {
                self.fail(wrong.fault(&report, &self.launch), events);
            }
        }
    }

    /// Takes a report while it has no job. An answer that is printed twice does no harm.
    fn take_unasked(&mut self, report: &PrintedReport, events: &Sender<JobEvent>) {
        let is_repeated = self.report.as_ref().is_some_and(|last| last.object == report.object);
        if !is_repeated && !self.is_out_of_step {
            self.is_out_of_step = true;
            let message = format!(
                "the program in {} printed `{}` unasked, and is started anew for the next trial",
                self.slot, report.line
            );
            drop(events.send(JobEvent::Warning { job: self.launch.job.clone(), message }));
        }
    }

    /// Looks at a program that works at a job for signs that it will never answer.
    fn glance(&mut self, table: &mut Option<Vec<ProcessEntry>>, events: &Sender<JobEvent>) {
        let now = Instant::now();
        if self.output.state().is_closed {
            if now - *self.closed.get_or_insert(now) >= SILENCE {
                self.fail("it closed its standard output without an answer".to_owned(), events);
            }
            return;
        }
        let Some(input) = &self.input else {
            if !self.unsent.is_empty() {
                self.fail("it closed its standard input before it read the request".to_owned(), events);
            }
            return;
        };
        let is_read = self.unsent.is_empty() && ioctl_fionread(input).is_ok_and(|unread| unread == 0);
        let pipe = fstat(input).map(|status| status.st_ino);
        if is_read && pipe.is_ok_and(|pipe| self.program.awaits_input(pipe, table.get_or_insert_with(proc::table))) {
            if now - *self.waits.get_or_insert(now) >= SILENCE {
                let said = self.unanswered();
                self.fail(format!("it waits for the next request, but {said}"), events);
            }
            return;
        }
        self.waits = None;
        if !is_read && !self.is_told && self.asked.elapsed() >= UNREAD {
            self.is_told = true;
            let message = format!(
                "the program in {} has not read the request of {} for {} s; a program with `mode: Persistent` reads one line from standard input for each trial",
                self.slot,
                self.launch.job,
                UNREAD.as_secs()
            );
            drop(events.send(JobEvent::Warning { job: self.launch.job.clone(), message }));
        }
    }

    /// The message about an answer that did not come.
    fn unanswered(&self) -> Diagnostic {
        let state = self.output.state();
        let unanswered = Unanswered { output: &state.last, overlong: state.overlong, errors: &self.errors };
        near_miss::explain(&self.launch.wanted(), unanswered)
    }

    /// Ends the present job, for a fault of a program that cannot be trusted with another.
    fn fail(&mut self, fault: String, events: &Sender<JobEvent>) {
        self.conclude(Outcome::Crashed { message: fault }, "ended by galvani".to_owned(), events);
        self.stop();
    }

    /// Ends the present job; the program is idle.
    fn conclude(&mut self, outcome: Outcome, exit: String, events: &Sender<JobEvent>) {
        let usage = self.program.settle();
        let end = self.end(outcome, exit, &usage);
        self.is_busy = false;
        drop(events.send(JobEvent::Ended { job: self.launch.job.clone(), end }));
    }

    fn end(&self, outcome: Outcome, exit: String, usage: &Usage) -> AttemptEnd {
        let report = self.report.as_ref().map(|report| &report.object);
        AttemptEnd { outcome, exit, ..self.launch.end(&self.slot, self.started, usage, report) }
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
