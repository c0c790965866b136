//! One attempt at a trial as a disposable process, from its start to its outcome.
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};
use serde_json::{Map, Value as Json};

use crate::executor::leftover::Note;
use crate::executor::limits::{self, Exceeded};
use crate::executor::message::{self, Message};
use crate::executor::output::{self, Heard};
use crate::executor::tree::{MARKER, Process, Tree};
use crate::executor::{Ended, Event, ExecutorError, Launch, proc};
use crate::trial::outcome::Outcome;

/// How often memory is looked at, first and later.
const SAMPLING: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(300)];
/// Messages that wait to be taken before the trial is made to wait.
const BACKLOG: usize = 256;
/// How long the end of the output may take after the last process that could write it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long killed processes may take to vanish before their slot is used again.
const STUCK: Duration = Duration::from_secs(10);

/// A running attempt.
pub struct Attempt {
    launch: Launch,
    slot: String,
    child: Child,
    tree: Tree,
    heard: Receiver<Heard>,
    started: Timestamp,
    begun: Instant,
    exited: Option<Instant>,
    ending: Option<Ending>,
    next_sample: Instant,
    interval: Duration,
    peak_memory: u64,
    kernel_kills: u64,
    report: Option<Map<String, Json>>,
    errors: String,
}

/// Everything that is left of the attempt is being ended.
#[derive(Clone, Copy)]
struct Ending {
    cause: Cause,
    since: Instant,
}

#[derive(Clone, Copy, PartialEq)]
enum Cause {
    /// The program ended and left processes behind.
    Leftovers,
    Limit(Exceeded),
    Stopped,
}

impl Attempt {
    /// Starts the program; `wake` is called when its output ends.
    pub fn start(
        launch: Launch,
        slot: String,
        wake: impl Fn() + Clone + Send + 'static,
    ) -> Result<Self, ExecutorError> {
        let folder = |source| ExecutorError::Folder { path: launch.folder.clone(), source };
        fs::create_dir_all(&launch.folder).map_err(folder)?;
        let log = |name| open_log(&launch.folder.join(name), launch.attempt).map_err(folder);
        let (stdout, stderr) = (log("stdout.log")?, log("stderr.log")?);
        let (started, begun) = (Timestamp::now(), Instant::now());
        // Unique on this machine: no other process has this number at this time.
        let marker = format!("{}-{}-{}.{}", std::process::id(), started.as_nanosecond(), launch.trial, launch.attempt);
        let kernel_kills = limits::kernel_kills();
        let mut child = spawn(&launch, &marker)?;
        let tree = Tree::new(child.id(), marker.clone());
        if let Some(identity) = proc::identity(child.id() as i32) {
            // The trial is as good without the note, which only matters after a kill of this very process.
            let _ = Note { pid: identity.pid, start: identity.start, boot: proc::boot(), marker }.write(&launch.folder);
        }
        let (sender, heard) = sync_channel(BACKLOG);
        let (output, errors) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let (output_sender, woken) = (sender.clone(), wake.clone());
        let readers = thread::Builder::new().spawn(move || {
            output::listen(output, Some(stdout), output_sender);
            woken();
        });
        let readers = readers.and_then(|_| {
            thread::Builder::new().spawn(move || {
                output::listen_to_errors(errors, Some(stderr), sender);
                wake();
            })
        });
        if let Err(source) = readers {
            let _ = child.kill().and_then(|()| child.wait());
            return Err(ExecutorError::Exhausted { source });
        }
        Ok(Self {
            launch,
            slot,
            child,
            tree,
            heard,
            started,
            begun,
            exited: None,
            ending: None,
            next_sample: begun + SAMPLING[0],
            interval: SAMPLING[0],
            peak_memory: 0,
            kernel_kills,
            report: None,
            errors: String::new(),
        })
    }

    /// Sees to messages, limits and the end; true once nothing of the attempt is left.
    ///
    /// `table` is read at most once for all attempts of a round.
    pub fn step(&mut self, table: &mut Option<Vec<Process>>, grace: Duration, events: &Sender<Event>) -> bool {
        let now = Instant::now();
        self.hear(events);
        if self.exited.is_none() && has_exited(&self.child) {
            self.exited = Some(now);
        }
        let late = self.launch.limits.wall.is_some_and(|limit| now - self.begun > limit);
        if self.exited.is_none() && self.ending.is_none() && !late && now < self.next_sample {
            return false;
        }
        self.interval = (self.interval * 2).min(SAMPLING[1]);
        self.next_sample = now + self.interval;
        let members = self.tree.update(table.get_or_insert_with(proc::table));
        let memory = self.memory(&members);
        self.peak_memory = self.peak_memory.max(memory);
        if self.ending.is_none() {
            if self.exited.is_some() {
                if !members.is_empty() {
                    self.end(Cause::Leftovers);
                }
            } else if let Some(limit) = self.launch.limits.exceeded(now - self.begun, memory) {
                self.end(Cause::Limit(limit));
            }
            if self.ending.is_some() {
                self.tree.signal(&members, Signal::TERM);
            }
        }
        if let Some(Ending { cause, since }) = self.ending {
            // Memory that is not given back at once may be the whole machine's.
            if cause == Cause::Limit(Exceeded::Memory) || now - since >= grace {
                self.tree.signal(&members, Signal::KILL);
            }
            if now - since >= grace + STUCK {
                // Not even the kernel can end a process that waits for a dead disk.
                self.exited.get_or_insert(now);
                return true;
            }
        }
        self.exited.is_some() && members.is_empty()
    }

    /// Begins to end the attempt because nobody wants its result any more.
    pub fn stop(&mut self) {
        if self.ending.is_none() {
            self.end(Cause::Stopped);
            let members = self.tree_now();
            self.tree.signal(&members, Signal::TERM);
        }
    }

    /// The attempt's end, once [`Attempt::step`] says so.
    pub fn finish(mut self, events: &Sender<Event>) -> Ended {
        let status = self.child.try_wait();
        let deadline = Instant::now() + PATIENCE;
        while let Ok(heard) = self.heard.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(heard, events);
        }
        Note::remove(&self.launch.folder);
        let info = self.report.as_ref().and_then(|report| report.get("info")?.as_object().cloned()).unwrap_or_default();
        let exited = self.exited.unwrap_or_else(Instant::now);
        let elapsed = exited - self.begun;
        Ended {
            trial: self.launch.trial,
            attempt: self.launch.attempt,
            outcome: self.outcome(status),
            info,
            started: self.started,
            ended: self.started.saturating_add(elapsed).unwrap_or(self.started),
            seconds: elapsed.as_secs_f64(),
            cpu_seconds: self.tree.cpu_seconds(),
            peak_memory: self.peak_memory,
            slot: self.slot.clone(),
        }
    }

    fn end(&mut self, cause: Cause) {
        self.ending = Some(Ending { cause, since: Instant::now() });
    }

    fn tree_now(&mut self) -> Vec<Process> {
        self.tree.update(&proc::table())
    }

    fn hear(&mut self, events: &Sender<Event>) {
        // The latest progress alone is worth telling.
        let mut fraction = None;
        while let Ok(heard) = self.heard.try_recv() {
            match heard {
                Heard::Message(Message::Progress(latest)) => fraction = Some(latest),
                heard => self.take(heard, events),
            }
        }
        if let Some(fraction) = fraction {
            let _ = events.send(Event::Progress { trial: self.launch.trial, fraction });
        }
    }

    fn take(&mut self, heard: Heard, events: &Sender<Event>) {
        match heard {
            Heard::Message(Message::Report(line)) => {
                self.report = Some(line.clone());
                let _ = events.send(Event::Report { trial: self.launch.trial, line });
            }
            Heard::Message(Message::Progress(_)) => {}
            Heard::Errors(errors) => self.errors = errors,
        }
    }

    /// What the tree keeps in memory: first an upper bound that is quick, near the limit what it really is.
    fn memory(&self, members: &[Process]) -> u64 {
        let sum = |of: fn(i32) -> u64| members.iter().map(|process| of(process.identity.pid)).sum::<u64>();
        let bound = sum(proc::memory);
        if self.launch.limits.memory.is_some_and(|limit| bound > limit) {
            sum(proc::shared_memory).min(bound)
        } else {
            bound
        }
    }

    fn outcome(&self, status: io::Result<Option<ExitStatus>>) -> Outcome {
        match self.ending.map(|ending| ending.cause) {
            Some(Cause::Limit(Exceeded::Wall)) => return Outcome::TimedOut,
            Some(Cause::Limit(Exceeded::Memory)) => return Outcome::OutOfMemory,
            Some(Cause::Stopped) => return Outcome::Lost,
            Some(Cause::Leftovers) | None => {}
        }
        let crashed = |what: String| {
            let errors = if self.errors.is_empty() { "nothing on standard error" } else { &self.errors };
            Outcome::Crashed { message: format!("{what}: {errors}") }
        };
        let Ok(Some(status)) = status else { return Outcome::Lost };
        if status.success() {
            return match self.report.as_ref().map(message::outcome) {
                Some(Ok(outcome)) => outcome,
                Some(Err(problem)) => crashed(format!("exit code 0, but {problem}")),
                None => crashed("exit code 0, but no line of its output is a JSON object with `cost`".to_owned()),
            };
        }
        // A shell that waited for what was killed exits with 128 + 9.
        let killed = status.signal() == Some(Signal::KILL.as_raw()) || status.code() == Some(137);
        if killed && limits::kernel_kills() > self.kernel_kills || limits::names_memory(&self.errors) {
            return Outcome::OutOfMemory;
        }
        match (status.code(), status.signal()) {
            (Some(code), _) => crashed(format!("exit code {code}")),
            (None, signal) => crashed(format!("killed by {}", signal_name(signal.unwrap_or(0)))),
        }
    }
}

impl Drop for Attempt {
    /// Whatever happens to the supervisor, nothing keeps running.
    fn drop(&mut self) {
        if self.exited.is_none() {
            let members = self.tree_now();
            self.tree.signal(&members, Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

fn open_log(path: &Path, attempt: u32) -> io::Result<File> {
    use io::Write;
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    if attempt <= 1 {
        file.set_len(0)?;
    } else {
        writeln!(file, "\n[attempt {attempt}]")?;
    }
    Ok(file)
}

fn spawn(launch: &Launch, marker: &str) -> Result<Child, ExecutorError> {
    let mut command = Command::new(&launch.program);
    command.args(&launch.arguments).envs(launch.environment.iter().map(|(name, value)| (name, value)));
    command.env(MARKER, marker).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let parent = rustix::process::getpid();
    // SAFETY: between fork and exec only system calls are made, nothing is allocated or locked.
    unsafe { command.pre_exec(move || become_disposable(parent)) };
    command.spawn().map_err(|source| match source.kind() {
        ErrorKind::WouldBlock | ErrorKind::OutOfMemory => ExecutorError::Exhausted { source },
        _ if source.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) => {
            ExecutorError::Exhausted { source }
        }
        _ => ExecutorError::Program { program: launch.program.clone(), source },
    })
}

/// Leads a session of its own, which a Ctrl-C in the terminal does not reach, and dies with the thread that started it.
fn become_disposable(parent: Pid) -> io::Result<()> {
    rustix::process::setsid()?;
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // The parent may have died before the request.
    if rustix::process::getppid() != Some(parent) { Err(ErrorKind::BrokenPipe.into()) } else { Ok(()) }
}

/// Whether the process has ended; it stays a zombie, so that its number is not given away while its tree is ended.
fn has_exited(child: &Child) -> bool {
    let Some(pid) = Pid::from_raw(child.id() as i32) else { return true };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
}

fn signal_name(number: i32) -> String {
    let named = signal_hook::low_level::signal_name(number);
    named.map_or_else(|| format!("signal {number}"), str::to_owned)
}
