//! A disposable process: one job from its start to its end.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::executor::job::{JobEvent, JobId, Launch};
use crate::executor::leftover::ProcessNote;
use crate::executor::message::{self, Message, PrintedReport};
use crate::executor::near_miss::{self, Unanswered};
use crate::executor::output::{self, Heard, OutputEnd};
use crate::executor::proc::ProcessEntry;
use crate::executor::remark::Remark;
use crate::executor::supervised::{Pipes, Supervised};
use crate::executor::{ExecutorError, verdict};
use crate::store::record::AttemptEnd;

/// Messages that wait to be taken before the trial is made to wait.
const BACKLOG: usize = 256;
/// The time that the end of the output may take after the last process that could write it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process of a job that runs.
pub(crate) struct DisposableProcess {
    launch: Launch,
    slot: String,
    program: Supervised,
    heard: Receiver<Heard>,
    output: Arc<OutputEnd>,
    started: Timestamp,
    report: Option<PrintedReport>,
    errors: String,
}

/// A program that was started, and the ways to hear and to ask it.
pub(super) struct Begun {
    pub program: Supervised,
    pub heard: Receiver<Heard>,
    pub output: Arc<OutputEnd>,
    /// Present where it is asked by lines.
    pub input: Option<std::process::ChildStdin>,
}

impl DisposableProcess {
    /// Starts the program; `wake` is called when its output ends.
    pub(crate) fn start(
        launch: Launch,
        slot: String,
        grace: Duration,
        wake: impl Fn() + Clone + Send + 'static,
    ) -> Result<Self, ExecutorError> {
        let started = Timestamp::now();
        let full = wake.clone();
        let Begun { program, heard, output, .. } = begin(
            &launch,
            grace,
            move |must_wait| {
                if must_wait {
                    full()
                }
            },
            wake,
        )?;
        Ok(Self { launch, slot, program, heard, output, started, report: None, errors: String::new() })
    }

    /// The job that it runs.
    pub(crate) fn job(&self) -> &JobId {
        &self.launch.job
    }

    /// Handles messages, limits and the end; true once nothing of the process is left.
    pub(crate) fn step(&mut self, table: &mut Option<Vec<ProcessEntry>>, events: &Sender<JobEvent>) -> bool {
        // The latest progress alone is worth telling, and of costs without a budget the latest.
        let (mut fraction, mut cost) = (None, None);
        while let Ok(heard) = self.heard.try_recv() {
            match heard {
                Heard::Message(Message::Progress(latest)) => fraction = Some(latest),
                Heard::Message(Message::Report(latest)) if message::reached(&latest.object).is_none() => {
                    cost = Some(latest);
                }
                Heard::Message(message) => {
                    let earlier = cost.take().map(Message::Report);
                    earlier.into_iter().chain([message]).for_each(|each| self.take(Heard::Message(each), events));
                }
                Heard::Errors(_) => self.take(heard, events),
            }
        }
        if let Some(cost) = cost {
            self.take(Heard::Message(Message::Report(cost)), events);
        }
        if let Some(fraction) = fraction {
            let _ = events.send(JobEvent::Progress { job: self.launch.job.clone(), fraction });
        }
        self.program.step(Some(&self.launch), table)
    }

    /// Begins to end the process; its job is cancelled.
    pub(crate) fn stop(&mut self) {
        self.program.stop();
    }

    /// Ends the process without time to end by itself.
    pub(crate) fn kill(&mut self) {
        self.program.stop_at_once();
    }

    /// The end of the job, once [`DisposableProcess::step`] says that nothing is left.
    pub(crate) fn finish(mut self, events: &Sender<JobEvent>) -> AttemptEnd {
        let exit = self.program.exit();
        for heard in rest(&self.heard) {
            self.take(heard, events);
        }
        ProcessNote::remove(&self.launch.folder);
        let missing = || {
            let state = self.output.state();
            let unanswered = Unanswered { output: &state.last, overlong: state.overlong, errors: &self.errors };
            near_miss::explain(&self.launch.wanted(), unanswered)
        };
        let outcome = verdict::outcome(&exit, self.report.as_ref(), &self.launch, &self.errors, missing);
        let remark = self.report.as_ref().and_then(|report| Remark::on(report, &outcome));
        if let Some(remark) = remark.clone() {
            let _ = events.send(JobEvent::Remarked { job: self.launch.job.clone(), remark });
        }
        AttemptEnd {
            outcome,
            exit: Remark::beside(remark.as_ref(), verdict::description(&exit)),
            ..self.launch.end(
                &self.slot,
                self.started,
                &self.program.usage(),
                self.report.as_ref().map(|report| &report.object),
            )
        }
    }

    fn take(&mut self, heard: Heard, events: &Sender<JobEvent>) {
        match heard {
            Heard::Message(Message::Report(report)) => {
                let line = report.object.clone();
                self.report = Some(report);
                let _ = events.send(JobEvent::Report { job: self.launch.job.clone(), line });
            }
            Heard::Message(Message::Progress(_)) => {}
            Heard::Errors(errors) => self.errors = errors,
        }
    }
}

/// Starts a launch's program and listens to it: `said` is called for each message, `ended` when the output ends.
pub(super) fn begin(
    launch: &Launch,
    grace: Duration,
    said: impl Fn(bool) + Send + 'static,
    ended: impl Fn() + Clone + Send + 'static,
) -> Result<Begun, ExecutorError> {
    let folder = |source| ExecutorError::Folder { path: launch.folder.clone(), source };
    fs::create_dir_all(&launch.folder).map_err(folder)?;
    let log = |name| open_log(&launch.folder.join(name), launch.job.attempt()).map_err(folder);
    let (stdout, stderr) = (log("stdout.log")?, log("stderr.log")?);
    let (program, Pipes { input, output, errors }) = Supervised::start(launch, grace)?;
    let (sender, heard): (SyncSender<Heard>, _) = sync_channel(BACKLOG);
    let (output_sender, output_ended) = (sender.clone(), ended.clone());
    let end = Arc::new(OutputEnd::default());
    let shared = end.clone();
    let readers = thread::Builder::new().spawn(move || {
        output::listen(output, Some(stdout), output_sender, &shared, said);
        output_ended();
    });
    let readers = readers.and_then(|_| {
        thread::Builder::new().spawn(move || {
            output::listen_to_errors(errors, Some(stderr), sender);
            ended();
        })
    });
    // Dropped, the program ends.
    readers.map_err(|source| ExecutorError::Exhausted { source })?;
    Ok(Begun { program, heard, output: end, input })
}

/// The rest of the output of a program that has ended.
pub(super) fn rest(heard: &Receiver<Heard>) -> Vec<Heard> {
    let deadline = Instant::now() + PATIENCE;
    let next = || heard.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok();
    std::iter::from_fn(next).collect()
}

fn open_log(path: &Path, attempt: u32) -> io::Result<File> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    if attempt <= 1 {
        file.set_len(0)?;
    } else {
        writeln!(file, "\n[attempt {attempt}]")?;
    }
    Ok(file)
}
