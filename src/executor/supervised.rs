//! A process tree under limits, from its start until nothing of it is left.
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};

use crate::executor::ExecutorError;
use crate::executor::control_group::{self, ControlGroup};
use crate::executor::excerpt::quoted;
use crate::executor::job::Launch;
use crate::executor::leftover::ProcessNote;
use crate::executor::limits::{self, Exceeded, Usage};
use crate::executor::proc::{self, ProcessEntry};
use crate::executor::tree::{MARKER, ProcessTree};

/// The time between two looks at a tree, at first and later.
const SAMPLING: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(300)];
/// The part of the time that may go into measuring folders, as its divisor.
const DISK_SHARE: u32 = 50;
/// The resolution of the kernel's processor time: sampling more often gives no new number.
const KERNEL_TICK: Duration = Duration::from_millis(10);
/// The time that killed processes may take to vanish before their slot is used again.
const STUCK: Duration = Duration::from_secs(10);

/// A running program with everything that it started.
pub(crate) struct Supervised {
    child: Child,
    tree: ProcessTree,
    grace: Duration,
    exited: Option<Instant>,
    ending: Option<Ending>,
    next_sample: Instant,
    interval: Duration,
    next_disk: Instant,
    /// The start of the present job; what follows is its use of time, memory (the most of it) and disk.
    begun: Instant,
    cpu_before: f64,
    peak_memory: u64,
    disk: u64,
    kernel_kills: u64,
    /// The last look at the program alone between two jobs, and the memory that it held.
    observed: Instant,
    memory: u64,
    /// The processor time that the kernel counts at the end.
    cpu_seconds: f64,
    /// The control group of the program, where there are any.
    group: Option<ControlGroup>,
}

/// Everything that is left of the program is being ended.
#[derive(Clone, Copy)]
struct Ending {
    cause: Cause,
    since: Instant,
}

/// The reason why galvani ends a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cause {
    /// It ended and left processes behind.
    Leftovers,
    Limit(Exceeded),
    Stopped,
}

/// The end of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exit {
    /// `None` where the kernel no longer knows.
    pub status: Option<ExitStatus>,
    /// The reason why galvani ended it, if it did.
    pub cause: Option<Cause>,
    /// True where the kernel killed some process for want of memory meanwhile.
    pub kernel_killed: bool,
}

/// The ends of a program's pipes.
pub(crate) struct Pipes {
    pub input: Option<ChildStdin>,
    pub output: ChildStdout,
    pub errors: ChildStderr,
}

impl Supervised {
    /// Starts the launch's program; with an input if it is to be asked by lines.
    pub(crate) fn start(launch: &Launch, grace: Duration) -> Result<(Self, Pipes), ExecutorError> {
        let (started, begun) = (Timestamp::now(), Instant::now());
        // Unique on this machine: no other process has this number at this time.
        let marker = format!("{}-{}-{}", std::process::id(), started.as_nanosecond(), launch.job);
        let kernel_kills = limits::kernel_kills();
        let group = control_group::delegated();
        let group = group.and_then(|parent| ControlGroup::create(parent, &marker, launch.limits.memory).ok());
        let mut child = spawn(launch, &marker, group.as_ref())?;
        let tree = ProcessTree::new(child.id(), marker.clone());
        if let Some(identity) = proc::identity(child.id() as i32) {
            // The trial is as good without the note, which only matters after a kill of this very process.
            let _ = ProcessNote { pid: identity.pid, start: identity.start, boot: proc::boot(), marker }
                .write(&launch.folder);
        }
        let pipes = Pipes {
            input: child.stdin.take(),
            output: child.stdout.take().expect("piped"),
            errors: child.stderr.take().expect("piped"),
        };
        let supervised = Self {
            child,
            tree,
            grace,
            exited: None,
            ending: None,
            next_sample: begun + SAMPLING[0],
            interval: SAMPLING[0],
            next_disk: begun,
            begun,
            cpu_before: 0.0,
            peak_memory: 0,
            disk: 0,
            kernel_kills,
            observed: begun - KERNEL_TICK,
            memory: 0,
            cpu_seconds: 0.0,
            group,
        };
        Ok((supervised, pipes))
    }

    /// Begins to count anew: another attempt starts in the same program.
    pub(crate) fn renew(&mut self) {
        (self.begun, self.peak_memory) = (Instant::now(), 0);
        (self.interval, self.next_sample, self.next_disk) = (SAMPLING[0], self.begun + SAMPLING[0], self.begun);
    }

    /// The usage of a job whose program goes on; the next one is counted from here.
    pub(crate) fn settle(&mut self) -> Usage {
        let pid = self.child.id() as i32;
        if self.observed.elapsed() >= KERNEL_TICK {
            self.memory = proc::memory(pid);
            self.tree.observe(pid);
            self.observed = Instant::now();
        }
        self.peak_memory = self.peak_memory.max(self.memory);
        let usage = self.usage();
        self.cpu_before = self.all_cpu_seconds();
        usage
    }

    /// Processor time since the start.
    fn all_cpu_seconds(&self) -> f64 {
        let counted = self.group.as_ref().map_or(0.0, ControlGroup::cpu_seconds);
        self.tree.cpu_seconds().max(self.cpu_seconds).max(counted)
    }

    /// Enforces the limits and handles the end; true once nothing is left.
    ///
    /// `table` is read at most once for all programs of a round.
    pub(crate) fn step(&mut self, launch: Option<&Launch>, table: &mut Option<Vec<ProcessEntry>>) -> bool {
        let now = Instant::now();
        if self.exited.is_none() && has_exited(&self.child) {
            self.exited = Some(now);
        }
        let limits = launch.map(|launch| launch.limits).unwrap_or_default();
        let late = limits.wall.is_some_and(|limit| now - self.begun > limit);
        if self.exited.is_none() && self.ending.is_none() && !late && now < self.next_sample {
            return false;
        }
        self.interval = (self.interval * 2).min(SAMPLING[1]);
        self.next_sample = now + self.interval;
        self.group.iter().flat_map(ControlGroup::members).for_each(|pid| self.tree.observe(pid));
        let members = self.tree.update(table.get_or_insert_with(proc::table));
        let memory = memory(&members, limits.memory);
        self.peak_memory = self.peak_memory.max(memory);
        if limits.disk.is_some() && now >= self.next_disk {
            self.disk = launch.map_or(0, |launch| limits::disk(&launch.folder) + limits::disk(&launch.checkpoint));
            self.next_disk = Instant::now() + now.elapsed() * DISK_SHARE;
        }
        if self.ending.is_none() {
            if self.exited.is_some() {
                if !members.is_empty() {
                    self.end(Cause::Leftovers);
                }
            } else if let Some(limit) = limits.exceeded(&Usage { memory, ..self.usage() }) {
                self.end(Cause::Limit(limit));
            }
            if self.ending.is_some() {
                self.tree.signal(&members, Signal::TERM);
            }
        }
        if let Some(Ending { cause, since }) = self.ending {
            // Memory that is not given back at once may be the whole machine's.
            if cause == Cause::Limit(Exceeded::Memory) || now - since >= self.grace {
                self.kill(&members);
            }
            if now - since >= self.grace + STUCK {
                // Not even the kernel can end a process that waits for a dead disk.
                self.exited.get_or_insert(now);
                return true;
            }
        }
        self.exited.is_some() && members.is_empty()
    }

    /// Begins to end the program; its job is cancelled.
    pub(crate) fn stop(&mut self) {
        if self.ending.is_none() {
            self.end(Cause::Stopped);
            let members = self.tree.update(&proc::table());
            self.tree.signal(&members, Signal::TERM);
        }
    }

    /// Ends the program without time to end by itself; its job is cancelled.
    pub(crate) fn stop_at_once(&mut self) {
        self.stop();
        self.grace = Duration::ZERO;
        let members = self.tree.update(&proc::table());
        self.kill(&members);
        self.next_sample = Instant::now();
    }

    /// True where all of its processes wait for a line on this pipe or for each other, so that nothing happens until the
    /// next request.
    pub(crate) fn awaits_input(&mut self, pipe: u64, table: &[ProcessEntry]) -> bool {
        let states: Vec<_> = self.tree.update(table).iter().map(|each| proc::wait(each.identity.pid, pipe)).collect();
        states.contains(&proc::Wait::Input) && !states.contains(&proc::Wait::None)
    }

    /// True where the program is being ended, or has ended.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.is_some() || self.exited.is_some()
    }

    /// The end of the program, once [`Supervised::step`] says that nothing is left.
    pub(crate) fn exit(&mut self) -> Exit {
        let ended = self.ending.map(|ending| ending.cause).filter(|cause| *cause != Cause::Leftovers);
        let starved = self.group.as_ref().is_some_and(ControlGroup::was_out_of_memory);
        Exit {
            status: self.reap(),
            cause: ended.or(starved.then_some(Cause::Limit(Exceeded::Memory))),
            kernel_killed: limits::kernel_kills() > self.kernel_kills,
        }
    }

    /// The usage up to now, or up to its end.
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            wall: self.exited.unwrap_or_else(Instant::now).duration_since(self.begun),
            cpu_seconds: (self.all_cpu_seconds() - self.cpu_before).max(0.0),
            memory: self.peak_memory,
            disk: self.disk,
        }
    }

    /// Reaps the program, which has ended, with the kernel's account of it and of its reaped children: the only usage
    /// that is known of a program that ended before the first sample.
    fn reap(&mut self) -> Option<ExitStatus> {
        let (mut status, mut account) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
        // SAFETY: both pointers are valid for the call, and an `rusage` of zeros is one.
        let (pid, account) = unsafe {
            (
                libc::wait4(self.child.id() as i32, &mut status, libc::WNOHANG, account.as_mut_ptr()),
                account.assume_init(),
            )
        };
        if pid <= 0 {
            return None;
        }
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
        self.cpu_seconds = seconds(account.ru_utime) + seconds(account.ru_stime);
        if self.peak_memory == 0 && cfg!(target_os = "linux") {
            self.peak_memory = account.ru_maxrss as u64 * 1024;
        }
        Some(ExitStatus::from_raw(status))
    }

    fn kill(&self, members: &[ProcessEntry]) {
        self.group.iter().for_each(ControlGroup::kill);
        self.tree.signal(members, Signal::KILL);
    }

    fn end(&mut self, cause: Cause) {
        self.ending = Some(Ending { cause, since: Instant::now() });
    }
}

impl Drop for Supervised {
    /// Whatever happens to the supervisor, nothing keeps running.
    fn drop(&mut self) {
        if self.exited.is_none() {
            let members = self.tree.update(&proc::table());
            self.kill(&members);
            let _ = self.child.wait();
        }
    }
}

/// The memory of a tree in bytes: an upper bound that is quick to compute or, near the limit, the exact amount.
fn memory(members: &[ProcessEntry], limit: Option<u64>) -> u64 {
    let sum = |of: fn(i32) -> u64| members.iter().map(|process| of(process.identity.pid)).sum::<u64>();
    let bound = sum(proc::memory);
    if limit.is_some_and(|limit| bound > limit) { sum(proc::shared_memory).min(bound) } else { bound }
}

fn spawn(launch: &Launch, marker: &str, group: Option<&ControlGroup>) -> Result<Child, ExecutorError> {
    let mut command = Command::new(&launch.program);
    command.args(&launch.arguments).envs(launch.environment.iter().map(|(name, value)| (name, value)));
    let input = if launch.request.is_some() { Stdio::piped() } else { Stdio::null() };
    command.env(MARKER, marker).stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
    let parent = rustix::process::getpid();
    let entry = group.map(|group| group.entry.as_raw_fd());
    // SAFETY: between fork and exec only system calls are made, nothing is allocated or locked; the group outlives `spawn`.
    unsafe { command.pre_exec(move || join(entry).and_then(|()| become_disposable(parent))) };
    command.spawn().map_err(|source| match source.kind() {
        ErrorKind::WouldBlock | ErrorKind::OutOfMemory => ExecutorError::Exhausted { source },
        _ if source.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) => {
            ExecutorError::Exhausted { source }
        }
        ErrorKind::NotFound => match first_line(&launch.program) {
            Some(line) => ExecutorError::Interpreter { program: launch.program.clone(), line },
            None => ExecutorError::Program { program: launch.program.clone(), source },
        },
        _ => ExecutorError::Program { program: launch.program.clone(), source },
    })
}

/// The line of a script that names its interpreter; `None` where there is no such file, or it is no script.
fn first_line(program: &Path) -> Option<String> {
    let mut start = Vec::new();
    File::open(program).ok()?.take(200).read_to_end(&mut start).ok()?;
    let line = start.split(|&byte| byte == b'\n').next()?;
    line.starts_with(b"#!").then(|| quoted(&String::from_utf8_lossy(line).replace('\r', "\\r")))
}

/// Moves this process into the group with that entry.
fn join(entry: Option<RawFd>) -> io::Result<()> {
    let Some(entry) = entry else { return Ok(()) };
    // SAFETY: the parent keeps the file open until its child has started.
    rustix::io::write(unsafe { BorrowedFd::borrow_raw(entry) }, b"0")?;
    Ok(())
}

/// Leads a session of its own, which a Ctrl-C in the terminal does not reach, and dies with the thread that started it.
fn become_disposable(parent: Pid) -> io::Result<()> {
    rustix::process::setsid()?;
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // The parent may have died before the request.
    if rustix::process::getppid() != Some(parent) { Err(ErrorKind::BrokenPipe.into()) } else { Ok(()) }
}

/// True where the process has ended; it stays a zombie, so that its number is not given away while its tree is ended.
fn has_exited(child: &Child) -> bool {
    let Some(pid) = Pid::from_raw(child.id() as i32) else { return true };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
}
