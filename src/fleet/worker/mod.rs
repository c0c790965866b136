//! Workers: programs with slots of their own that lease jobs from a coordinator and run them as processes.
//!
//! Three threads share a `Desk`: one polls, which is the heartbeat; one tells; the caller's runs the jobs, with
//! the executor that runs them where there is one machine only.
mod desk;
mod messenger;
mod order;
pub mod time_left;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::executor::Executor;
use crate::executor::job::{JobEvent, JobId, Launch};
use crate::executor::leftover;
use crate::executor::process::Processes;
use crate::executor::slot::Slot;
use crate::fleet::coordinator_file::FileError;
use crate::fleet::protocol::{Grant, LeaseId, ToldEvent, ToldKind};
use crate::store::record::{AttemptEnd, Forfeit};
use crate::trial::outcome::Outcome;
use desk::{Desk, DeskSettings};
use messenger::Messengers;
use order::{Order, ReadyJob};

/// The longest wait for an event of a job while a grant may come, and while none can.
const TICKS: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(20)];
/// The wait for a command while nothing runs.
const IDLE_TICK: Duration = Duration::from_millis(50);
/// The longest that a worker waits to tell its last results when it was asked to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// The settings of a worker.
pub struct WorkerSettings {
    /// The path of `coordinator.json`.
    pub file: PathBuf,
    pub slots: Vec<Slot>,
    pub name: String,
    pub host: String,
    /// The time without a job after which it ends; absent: it waits as long as the run goes on.
    pub idle: Option<Duration>,
    /// The time for which it waits for a coordinator that cannot be reached.
    pub patience: Duration,
    /// The time after which it will be ended.
    pub time_left: Option<Duration>,
    /// The time that a program has between SIGTERM and SIGKILL.
    pub grace: Duration,
}

/// The reason why a worker has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerEnd {
    /// The run is over, or has no trial that is short enough.
    Over,
    /// It had no job for too long.
    Idle,
    /// It was asked to.
    Released,
}

/// A reason why a worker cannot go on.
#[derive(Debug, Error)]
pub enum WorkerError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{path}: {source}\nhint: the worker must see the folders of the run under the same paths as the coordinator", path = path.display())]
    Directory { path: PathBuf, source: std::io::Error },
    #[error(
        "the coordinator was not reached for {0} s\nhint: is its machine up, and is its port open to this one? `--patience` waits longer"
    )]
    Unreached(u64),
}

/// Runs jobs until there are no more; `interrupts` counts the requests to end: after one, programs have the time of grace.
///
/// # Errors
/// There is no coordinator, or it cannot be reached.
pub fn work(
    settings: WorkerSettings,
    interrupts: &AtomicUsize,
    say: &mut dyn FnMut(&str),
) -> Result<WorkerEnd, WorkerError> {
    let WorkerSettings { file, slots, name, host, idle, patience, time_left, grace } = settings;
    let file = std::path::absolute(&file).unwrap_or(file);
    let names: Vec<String> = slots.iter().map(|slot| slot.name.clone()).collect();
    let desk = Desk::new(DeskSettings { file: file.clone(), name: name.clone(), host, slots: names, time_left });
    let (orders, received) = mpsc::channel();
    let (messengers, directory) = Messengers::start(desk.clone(), orders.clone())?;
    // Programs and relative paths are those of the coordinator.
    std::env::set_current_dir(&directory)
        .map_err(|source| WorkerError::Directory { path: directory.clone(), source })?;
    say(&format!("worker {name} with {} of the run in {}", slots_in_words(slots.len()), folder(&file)));
    let own = std::env::current_exe().map_err(|source| WorkerError::Directory { path: directory, source })?;
    let mut jobs = Jobs {
        count: slots.len(),
        executor: Processes::with_grace(slots, grace),
        desk,
        own,
        name,
        orders,
        ready: Vec::new(),
        is_draining: false,
        begun: 0,
    };
    let end = jobs.run(&received, idle, patience, interrupts);
    match &end {
        Ok(WorkerEnd::Over) => messengers.finish(FAREWELL / 10),
        Ok(_) => messengers.finish(FAREWELL),
        Err(_) => {}
    }
    say(&match &end {
        Ok(WorkerEnd::Over) => format!("the run is over; {} trials were run", jobs.begun),
        Ok(WorkerEnd::Idle) => format!("no trial for too long; {} were run", jobs.begun),
        Ok(WorkerEnd::Released) => format!("asked to end; {} trials were run", jobs.begun),
        Err(_) => format!("{} trials were run", jobs.begun),
    });
    end
}

fn slots_in_words(count: usize) -> String {
    if count == 1 { "1 slot".to_owned() } else { format!("{count} slots") }
}

fn folder(file: &Path) -> String {
    file.parent().unwrap_or(file).display().to_string()
}

/// The jobs of a worker.
struct Jobs {
    executor: Processes,
    /// The number of slots.
    count: usize,
    desk: Desk,
    own: PathBuf,
    name: String,
    orders: Sender<Order>,
    /// Jobs that wait for their slot.
    ready: Vec<ReadyJob>,
    is_draining: bool,
    /// The number of jobs that were begun.
    begun: usize,
}

impl Jobs {
    fn run(
        &mut self,
        received: &Receiver<Order>,
        idle: Option<Duration>,
        patience: Duration,
        interrupts: &AtomicUsize,
    ) -> Result<WorkerEnd, WorkerError> {
        let mut busy = Instant::now();
        let mut end = None;
        loop {
            if self.desk.held() > 0 {
                busy = Instant::now();
            }
            self.start_ready();
            if let Some(reason) = end.filter(|_| self.desk.running() == 0) {
                return Ok(reason);
            }
            if end.is_none() && idle.is_some_and(|idle| busy.elapsed() > idle) {
                self.drain();
                end = Some(WorkerEnd::Idle);
            }
            match interrupts.load(Ordering::Relaxed) {
                0 => {}
                count => {
                    if end.is_none() {
                        self.drain();
                        end = Some(WorkerEnd::Released);
                    }
                    if count > 1 {
                        self.executor.kill();
                    }
                }
            }
            if self.desk.silence() > patience {
                self.executor.stop();
                return Err(WorkerError::Unreached(patience.as_secs()));
            }
            let order = if self.desk.running() == 0 {
                received.recv_timeout(IDLE_TICK)
            } else {
                let tick = TICKS[usize::from(self.desk.running() >= self.count)];
                if let Some(event) = self.executor.wait(tick) {
                    self.tell(event, interrupts);
                }
                received.try_recv().map_err(|_| RecvTimeoutError::Timeout)
            };
            match order {
                Ok(Order::Over) if end.is_none() => {
                    self.drain();
                    end = Some(WorkerEnd::Over);
                }
                Ok(order) => self.obey(order),
                Err(_) => {}
            }
        }
    }

    /// Takes no further jobs, and asks those that run to end.
    fn drain(&mut self) {
        self.is_draining = true;
        self.desk.drain();
        for job in self.desk.jobs() {
            self.executor.cancel(&job);
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Grant(grant) => self.begin(*grant),
            Order::Ready(job) => {
                self.ready.push(*job);
                self.start_ready();
            }
            Order::Unready(lease, reason) => self.fail(lease, Outcome::Lost, Some(Forfeit::Expired), &reason),
            Order::Cancel(lease) => {
                if let Some(job) = self.desk.job(lease) {
                    self.executor.cancel(&job);
                    if self.ready.iter().any(|ready| ready.lease == lease) {
                        self.ready.retain(|ready| ready.lease != lease);
                        self.fail(lease, Outcome::Lost, None, "not begun");
                    }
                }
            }
            Order::Kill => self.executor.kill(),
            Order::Over => {}
        }
    }

    /// Prepares the files of a job and starts it.
    fn begin(&mut self, grant: Grant) {
        let Grant { lease, slot, launch } = grant;
        let mut launch = launch.launch(self.own.clone());
        if launch.request.is_some() {
            launch.folder.push(&self.name);
        }
        end_earlier_attempts(&launch);
        match launch.continues_from.clone().filter(|from| from.is_dir()) {
            None => self.obey(Order::Ready(Box::new(ReadyJob { lease, slot, launch }))),
            // A checkpoint may be large, and the heartbeat of other jobs goes on meanwhile, but not their events.
            Some(from) => {
                let orders = self.orders.clone();
                std::thread::spawn(move || {
                    let copied = copy(&from, &launch.checkpoint);
                    let _ = orders.send(match copied {
                        Ok(()) => Order::Ready(Box::new(ReadyJob { lease, slot, launch })),
                        Err(error) => {
                            let reason = format!("{} is not copied: {error}", from.display());
                            Order::Unready(lease, reason)
                        }
                    });
                });
            }
        }
    }

    /// Starts the jobs whose slots are free. A slot may be busy with a job that this worker has lost.
    fn start_ready(&mut self) {
        for job in std::mem::take(&mut self.ready) {
            let ReadyJob { lease, slot, launch } = job;
            if self.is_draining || self.desk.is_lost(lease) {
                self.fail(lease, Outcome::Lost, Some(Forfeit::Released), "not begun");
                continue;
            }
            match self.executor.start_in(&slot, launch) {
                Ok(None) => self.begun += 1,
                Ok(Some(launch)) => self.ready.push(ReadyJob { lease, slot, launch }),
                Err(error) => self.fail(lease, Outcome::Crashed { message: error.to_string() }, None, "not started"),
            }
        }
    }

    /// Tells the end of a job that was not started.
    fn fail(&mut self, lease: LeaseId, outcome: Outcome, forfeit: Option<Forfeit>, exit: &str) {
        let now = jiff::Timestamp::now();
        let end = AttemptEnd {
            outcome,
            info: serde_json::Map::new(),
            slot: String::new(),
            started: now,
            at: now,
            seconds: 0.0,
            cpu_seconds: 0.0,
            peak_memory: 0,
            exit: exit.to_owned(),
            forfeit,
        };
        if let Some(job) = self.desk.job(lease) {
            self.desk.put(ToldEvent { lease, job, event: ToldKind::Ended(Box::new(end)) });
        }
    }

    fn tell(&mut self, event: JobEvent, interrupts: &AtomicUsize) {
        let (job, event) = match event {
            JobEvent::Progress { job, fraction } => (job, ToldKind::Progress(fraction)),
            JobEvent::Report { job, line } => (job, ToldKind::Report(line)),
            JobEvent::Warning { job, message } => (job, ToldKind::Warning(message)),
            JobEvent::Remarked { job, remark } => (job, ToldKind::Remarked(remark)),
            JobEvent::Ended { job, mut end } => {
                if matches!(end.outcome, Outcome::Crashed { .. }) && is_asked_to_end(interrupts) {
                    end.outcome = Outcome::Lost;
                    end.forfeit = Some(Forfeit::Released);
                }
                if self.is_draining && end.outcome == Outcome::Lost {
                    end.forfeit = Some(Forfeit::Released);
                }
                (job, ToldKind::Ended(Box::new(end)))
            }
            _ => return,
        };
        if let Some(lease) = self.desk.lease(&job) {
            self.desk.put(ToldEvent { lease, job, event });
        }
    }
}

/// True where this worker was asked to end, or is at this moment. `scancel` sends SIGTERM to every process of a job, so that a
/// trial may have ended of it before the worker, which got it too, has noticed.
fn is_asked_to_end(interrupts: &AtomicUsize) -> bool {
    (0..30).any(|look| {
        if look > 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
        interrupts.load(Ordering::Relaxed) > 0
    })
}

/// Ends what earlier attempts at the trial have left running on this machine.
fn end_earlier_attempts(launch: &Launch) {
    let JobId::Trial { attempt, .. } = launch.job else { return };
    for earlier in 1..attempt {
        leftover::end(&launch.folder.with_file_name(format!("attempt-{earlier}")));
    }
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
