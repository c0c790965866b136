//! Jobs as processes of this machine: a disposable one for each, or one a slot that stays.
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;

use crate::executor::disposable_process::DisposableProcess;
use crate::executor::job::{JobEvent, JobId, Launch};
use crate::executor::leftover;
use crate::executor::limits::Usage;
use crate::executor::persistent_worker::{PersistentWorker, WorkerEnd};
use crate::executor::slot::Slot;
use crate::executor::{Executor, ExecutorError};
use crate::store::record::AttemptEnd;
use crate::trial::outcome::Outcome;

/// The time that a program has between the request to end (SIGTERM) and its end (SIGKILL).
pub(crate) const GRACE: Duration = Duration::from_secs(5);
/// The time between two looks at the processes that run.
const TICK: Duration = Duration::from_millis(20);
/// The same right after the output of one has ended, when most of them end.
const CLOSE_TICK: Duration = Duration::from_millis(1);
const CLOSE_LOOKS: u32 = 20;

/// Runs each job in a process of its own or, where the launch has a request, in the persistent process of its slot.
///
/// When the executor ends, its processes and all that they started end with it. When galvani is killed, its own
/// children end at once, and their descendants are ended by [`leftover::end`](crate::executor::leftover::end) at the
/// next start.
pub struct Processes {
    slots: Vec<SlotState>,
    commands: Sender<SupervisorCommand>,
    events: Receiver<JobEvent>,
    supervisor: Option<JoinHandle<()>>,
    threads: usize,
}

struct SlotState {
    slot: Slot,
    is_free: bool,
}

enum SupervisorCommand {
    Start {
        launch: Box<Launch>,
        slot: String,
        reply: Sender<Result<(), ExecutorError>>,
    },
    /// The output of a program has ended or holds a message: look at all of them.
    Look,
    Cancel {
        job: JobId,
    },
    Stop {
        /// True where no program has time to end by itself.
        is_at_once: bool,
        reply: Sender<()>,
    },
    Quit,
}

impl Processes {
    /// An executor with these slots, whose programs have [`GRACE`].
    pub fn new(slots: Vec<Slot>) -> Self {
        Self::with_grace(slots, GRACE)
    }

    /// An executor whose programs have this long between SIGTERM and SIGKILL.
    pub fn with_grace(slots: Vec<Slot>, grace: Duration) -> Self {
        // Orphans of the trials become children of this process, where they can be found.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        let (commands, received) = mpsc::channel();
        let (told, events) = mpsc::channel();
        let wake = commands.clone();
        let supervisor = Supervisor { received, wake, told, grace, disposable: Vec::new(), workers: Vec::new() };
        // The kernel ends the trials when the thread that started them ends: it lives as long as the executor.
        let supervisor = thread::Builder::new()
            .name("trials".into())
            .spawn(move || supervisor.run())
            .expect("the operating system has room for a thread");
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            threads: (cores / slots.len().max(1)).max(1),
            slots: slots.into_iter().map(|slot| SlotState { slot, is_free: true }).collect(),
            commands,
            events,
            supervisor: Some(supervisor),
        }
    }
}

impl Processes {
    /// As [`start`](Executor::start), in the slot of this name; the launch comes back where that slot is busy.
    ///
    /// # Errors
    /// As [`start`](Executor::start).
    #[cfg(feature = "serve")]
    pub(crate) fn start_in(&mut self, slot: &str, launch: Launch) -> Result<Option<Launch>, ExecutorError> {
        match self.slots.iter().position(|state| state.slot.name == slot && state.is_free) {
            None => Ok(Some(launch)),
            Some(index) => self.begin(index, launch).map(|_| None),
        }
    }

    fn begin(&mut self, index: usize, mut launch: Launch) -> Result<String, ExecutorError> {
        let state = &mut self.slots[index];
        let name = state.slot.name.clone();
        const THREADS: &str = "RAYON_NUM_THREADS";
        if !launch.environment.iter().any(|(name, _)| name == THREADS) {
            launch.environment.push((THREADS.into(), OsString::from(self.threads.to_string())));
        }
        let told = state.slot.environment.iter().map(|(name, value)| (name.into(), value.into()));
        launch.environment.extend(told);
        if launch.request.is_some() {
            launch.folder.push(name.replace(':', "-"));
        }
        let (reply, answer) = mpsc::channel();
        let command = SupervisorCommand::Start { launch: Box::new(launch), slot: name.clone(), reply };
        self.commands.send(command).expect("the supervisor lives as long as the executor");
        answer.recv().expect("the supervisor answers")?;
        state.is_free = false;
        Ok(name)
    }

    /// Ends all programs, and waits until nothing of them is left.
    fn end_all(&mut self, is_at_once: bool) {
        let (reply, answer) = mpsc::channel();
        if self.commands.send(SupervisorCommand::Stop { is_at_once, reply }).is_ok() {
            let _ = answer.recv();
        }
    }
}

impl Executor for Processes {
    fn recover(&mut self, folders: &[PathBuf]) {
        for folder in folders {
            leftover::end(folder);
        }
    }

    fn idle(&self) -> usize {
        self.slots.iter().filter(|state| state.is_free).count()
    }

    fn start(&mut self, launch: Launch) -> Result<String, ExecutorError> {
        let index = self.slots.iter().position(|state| state.is_free).ok_or(ExecutorError::Busy)?;
        self.begin(index, launch)
    }

    fn wait(&mut self, timeout: Duration) -> Option<JobEvent> {
        let event = self.events.recv_timeout(timeout).ok()?;
        if let JobEvent::Ended { end, .. } = &event
            && let Some(state) = self.slots.iter_mut().find(|state| state.slot.name == end.slot)
        {
            state.is_free = true;
        }
        Some(event)
    }

    fn cancel(&mut self, job: &JobId) {
        let _ = self.commands.send(SupervisorCommand::Cancel { job: job.clone() });
    }

    fn stop(&mut self) {
        self.end_all(false);
    }

    fn kill(&mut self) {
        self.end_all(true);
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.stop();
        let _ = self.commands.send(SupervisorCommand::Quit);
        if let Some(supervisor) = self.supervisor.take() {
            let _ = supervisor.join();
        }
    }
}

/// The thread that starts the processes and looks after them.
struct Supervisor {
    received: Receiver<SupervisorCommand>,
    wake: Sender<SupervisorCommand>,
    told: Sender<JobEvent>,
    grace: Duration,
    disposable: Vec<DisposableProcess>,
    workers: Vec<PersistentWorker>,
}

impl Supervisor {
    fn run(mut self) {
        let mut close_looks = 0;
        let mut stopping: Vec<Sender<()>> = Vec::new();
        loop {
            let command = if self.disposable.is_empty() && self.workers.is_empty() {
                for reply in stopping.drain(..) {
                    let _ = reply.send(());
                }
                self.received.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.received.recv_timeout(if close_looks > 0 { CLOSE_TICK } else { TICK })
            };
            match command {
                Ok(SupervisorCommand::Start { launch, slot, reply }) => {
                    let _ = reply.send(self.start(*launch, slot));
                }
                Ok(SupervisorCommand::Look) => close_looks = CLOSE_LOOKS,
                Ok(SupervisorCommand::Cancel { job }) => {
                    self.disposable.iter_mut().filter(|each| *each.job() == job).for_each(DisposableProcess::stop);
                    let workers = self.workers.iter_mut().filter(|each| each.job() == Some(&job));
                    workers.for_each(PersistentWorker::stop);
                }
                Ok(SupervisorCommand::Stop { is_at_once: true, reply }) => {
                    self.disposable.iter_mut().for_each(DisposableProcess::kill);
                    self.workers.iter_mut().for_each(PersistentWorker::kill);
                    stopping.push(reply);
                }
                Ok(SupervisorCommand::Stop { is_at_once: false, reply }) => {
                    self.disposable.iter_mut().for_each(DisposableProcess::stop);
                    self.workers.iter_mut().for_each(PersistentWorker::stop);
                    stopping.push(reply);
                }
                Err(RecvTimeoutError::Timeout) => close_looks = u32::saturating_sub(close_looks, 1),
                // Processes that still run are ended as they are dropped.
                Ok(SupervisorCommand::Quit) | Err(RecvTimeoutError::Disconnected) => return,
            }
            self.look();
        }
    }

    fn start(&mut self, launch: Launch, slot: String) -> Result<(), ExecutorError> {
        let wake = self.wake.clone();
        let wake = move || drop(wake.send(SupervisorCommand::Look));
        self.workers.iter_mut().filter(|each| each.is_in(&slot)).for_each(|each| each.listen(&self.told));
        if launch.request.is_none() {
            self.disposable.push(DisposableProcess::start(launch, slot, self.grace, wake)?);
        } else if let Some(worker) = self.workers.iter_mut().find(|each| each.is_ready(&slot, &launch)) {
            worker.ask(launch);
        } else {
            // What is there is on its way out, or another program.
            self.workers.retain(|worker| !worker.is_in(&slot));
            self.workers.push(PersistentWorker::start(launch, slot, self.grace, wake)?);
        }
        Ok(())
    }

    fn look(&mut self) {
        let mut table = None;
        let mut position = 0;
        while position < self.disposable.len() {
            if self.disposable[position].step(&mut table, &self.told) {
                let process = self.disposable.remove(position);
                let job = process.job().clone();
                let end = process.finish(&self.told);
                let _ = self.told.send(JobEvent::Ended { job, end });
            } else {
                position += 1;
            }
        }
        position = 0;
        while position < self.workers.len() {
            if !self.workers[position].step(&mut table, &self.told) {
                position += 1;
                continue;
            }
            let (job, end) = match self.workers.remove(position).finish(&self.told) {
                WorkerEnd::Idle => continue,
                WorkerEnd::Job(job, end) => (job, *end),
                WorkerEnd::Unasked(launch, slot) => match self.start((*launch).clone(), slot.clone()) {
                    Ok(()) => continue,
                    Err(error) => (launch.job.clone(), unstarted(&launch, &slot, &error)),
                },
            };
            let _ = self.told.send(JobEvent::Ended { job, end });
        }
    }
}

/// The end of a job whose program did not start again.
fn unstarted(launch: &Launch, slot: &str, error: &ExecutorError) -> AttemptEnd {
    let outcome = Outcome::Crashed { message: error.to_string() };
    AttemptEnd { outcome, ..launch.end(slot, Timestamp::now(), &Usage::default(), None) }
}
