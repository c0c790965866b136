//! Trials as processes of this machine: one disposable process a trial, so many at a time.
use std::ffi::OsString;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::executor::attempt::Attempt;
use crate::executor::{Event, Executor, ExecutorError, Launch};

/// How long a program has between the request to end (SIGTERM) and its end (SIGKILL).
pub const GRACE: Duration = Duration::from_secs(5);
/// How often running attempts are looked at.
const TICK: Duration = Duration::from_millis(20);
/// How often they are looked at right after the output of one has ended, which is when most of them end.
const CLOSE_TICK: Duration = Duration::from_millis(1);
const CLOSE_LOOKS: u32 = 20;

/// Runs each trial in a process of its own, with the slots `cpu:0`, `cpu:1`, ...
///
/// Its processes and all that they started end with it. When this process is killed, its own children end at once;
/// what they started goes on until [`leftover::end`](crate::executor::leftover::end) at the next start.
pub struct Processes {
    /// The free slots, the next one last.
    free: Vec<String>,
    commands: Sender<Command>,
    events: Receiver<Event>,
    supervisor: Option<JoinHandle<()>>,
    threads: usize,
}

enum Command {
    Start {
        launch: Box<Launch>,
        slot: String,
        reply: Sender<Result<(), ExecutorError>>,
    },
    /// Somebody's output ended.
    Look,
    Stop {
        reply: Sender<()>,
    },
    Quit,
}

impl Processes {
    /// An executor with so many workers.
    pub fn new(workers: usize) -> Self {
        Self::with_grace(workers, GRACE)
    }

    /// An executor whose programs have this long between SIGTERM and SIGKILL.
    pub fn with_grace(workers: usize, grace: Duration) -> Self {
        // Orphans of the trials become children of this process, where they can be found.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        let (commands, received) = mpsc::channel();
        let (told, events) = mpsc::channel();
        let wake = commands.clone();
        // The kernel ends the trials when the thread that started them ends: it lives as long as the executor.
        let supervisor = thread::Builder::new()
            .name("trials".into())
            .spawn(move || Supervisor { received, wake, told, grace, running: Vec::new() }.run())
            .expect("the operating system has room for a thread");
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            free: (0..workers).rev().map(|slot| format!("cpu:{slot}")).collect(),
            commands,
            events,
            supervisor: Some(supervisor),
            threads: (cores / workers.max(1)).max(1),
        }
    }
}

impl Executor for Processes {
    fn idle(&self) -> usize {
        self.free.len()
    }

    fn start(&mut self, mut launch: Launch) -> Result<String, ExecutorError> {
        let slot = self.free.last().ok_or(ExecutorError::Busy)?.clone();
        const THREADS: &str = "RAYON_NUM_THREADS";
        if !launch.environment.iter().any(|(name, _)| name == THREADS) {
            launch.environment.push((THREADS.into(), OsString::from(self.threads.to_string())));
        }
        let (reply, answer) = mpsc::channel();
        let command = Command::Start { launch: Box::new(launch), slot: slot.clone(), reply };
        self.commands.send(command).expect("the supervisor lives as long as the executor");
        answer.recv().expect("the supervisor answers")?;
        self.free.pop();
        Ok(slot)
    }

    fn wait(&mut self, timeout: Duration) -> Option<Event> {
        let event = self.events.recv_timeout(timeout).ok()?;
        if let Event::Ended(ended) = &event {
            self.free.push(ended.slot.clone());
            self.free.sort_by_key(|slot| std::cmp::Reverse((slot.len(), slot.clone())));
        }
        Some(event)
    }

    fn stop(&mut self) {
        let (reply, answer) = mpsc::channel();
        if self.commands.send(Command::Stop { reply }).is_ok() {
            let _ = answer.recv();
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.stop();
        let _ = self.commands.send(Command::Quit);
        if let Some(supervisor) = self.supervisor.take() {
            let _ = supervisor.join();
        }
    }
}

/// The thread that starts the processes and looks after them.
struct Supervisor {
    received: Receiver<Command>,
    wake: Sender<Command>,
    told: Sender<Event>,
    grace: Duration,
    running: Vec<Attempt>,
}

impl Supervisor {
    fn run(mut self) {
        let mut close_looks = 0;
        let mut stopping: Vec<Sender<()>> = Vec::new();
        loop {
            let command = if self.running.is_empty() {
                for reply in stopping.drain(..) {
                    let _ = reply.send(());
                }
                self.received.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.received.recv_timeout(if close_looks > 0 { CLOSE_TICK } else { TICK })
            };
            match command {
                Ok(Command::Start { launch, slot, reply }) => {
                    let _ = reply.send(self.start(*launch, slot));
                }
                Ok(Command::Look) => close_looks = CLOSE_LOOKS,
                Ok(Command::Stop { reply }) => {
                    self.running.iter_mut().for_each(Attempt::stop);
                    stopping.push(reply);
                }
                Err(RecvTimeoutError::Timeout) => close_looks = u32::saturating_sub(close_looks, 1),
                // Attempts that still run are ended as they are dropped.
                Ok(Command::Quit) | Err(RecvTimeoutError::Disconnected) => return,
            }
            self.look();
        }
    }

    fn start(&mut self, launch: Launch, slot: String) -> Result<(), ExecutorError> {
        let wake = self.wake.clone();
        let attempt = Attempt::start(launch, slot, move || drop(wake.send(Command::Look)))?;
        self.running.push(attempt);
        Ok(())
    }

    fn look(&mut self) {
        let mut table = None;
        let mut position = 0;
        while position < self.running.len() {
            if self.running[position].step(&mut table, self.grace, &self.told) {
                let ended = self.running.remove(position).finish(&self.told);
                let _ = self.told.send(Event::Ended(ended));
            } else {
                position += 1;
            }
        }
    }
}
