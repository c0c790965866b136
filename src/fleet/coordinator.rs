//! The coordinator: an executor whose slots are those of workers elsewhere, which lease its jobs.
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::document::diagnostic::Diagnostic;
use crate::executor::job::{JobEvent, JobId, Launch};
use crate::executor::{Executor, ExecutorError};
use crate::fleet::coordinator_file::{CoordinatorFile, FileError};
use crate::fleet::protocol::SentLaunch;
use crate::fleet::result_file::ResultFolder;
use crate::fleet::routes::{SharedFleet, lock, router};
use crate::fleet::service::Service;
use crate::fleet::state::{Fleet, Signal};
use crate::fleet::supply::{Supply, SupplyEvent, WorkerDemand};
use crate::http::address::{ListenAddress, ServeError};
use crate::http::token::Token;

/// The longest that workers are waited for when the run is over, so that they hear of it.
const GOODBYE: Duration = Duration::from_secs(2);
/// The pause between two looks at jobs that are being ended.
const TICK: Duration = Duration::from_millis(10);
/// The time for which slots find no work before no further workers are asked for.
const UNUSED: Duration = Duration::from_secs(2);

/// The settings of a coordinator.
pub(crate) struct CoordinatorSettings {
    /// The path of `coordinator.json`.
    pub file: PathBuf,
    pub address: ListenAddress,
    /// The time for which a worker may be silent before its jobs are given to others.
    pub lease: Duration,
    /// The longest that a trial may take, where there is a limit.
    pub longest: Option<Duration>,
    /// The time that a program has between the request to end and its end.
    pub grace: Duration,
}

/// The reason why there is no coordinator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CoordinatorError {
    #[error(transparent)]
    Address(#[from] ServeError),
    #[error("the random numbers of a token, or the folder that it is started in, cannot be had: {0}")]
    System(#[from] std::io::Error),
}

/// Gives the jobs of a run to workers elsewhere.
pub(crate) struct Coordinator {
    settings: CoordinatorSettings,
    fleet: SharedFleet,
    service: Service,
    events: Receiver<Signal>,
    /// The content of the file, once it may be written.
    file: CoordinatorFile,
    /// True where the coordinator of an earlier session was killed: its workers may be there still.
    is_again: bool,
    is_open: bool,
    supply: Option<Supply>,
    tended: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Coordinator {
    /// Listens for workers. When the run is this process's, the file that leads them here is written, and the supply is
    /// asked for them.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub(crate) fn listen(settings: CoordinatorSettings, supply: Option<Supply>) -> Result<Self, CoordinatorError> {
        let earlier = CoordinatorFile::read(&settings.file).ok();
        let epoch = earlier.as_ref().map_or(0, |file| file.epoch).saturating_add(1);
        let token = Token::random()?;
        let (sender, events) = mpsc::channel();
        let results = ResultFolder::beside(&settings.file);
        let fleet = Fleet::new(settings.lease, settings.longest, epoch, results, sender);
        let fleet = Arc::new(Mutex::new(fleet));
        let service = Service::start(settings.address, token.clone(), router(fleet.clone()))?;
        let file = CoordinatorFile {
            address: service.reached_at(),
            epoch,
            token: token.text().to_owned(),
            directory: std::env::current_dir()?,
            pid: std::process::id(),
        };
        let is_again = earlier.is_some();
        Ok(Self { settings, fleet, service, events, file, is_again, is_open: false, supply, tended: None })
    }

    /// Host and port by which workers reach it.
    pub(crate) fn reached_at(&self) -> String {
        self.service.reached_at()
    }

    /// True where other machines reach it.
    pub(crate) fn is_open_to_others(&self) -> bool {
        !self.service.address().ip().is_loopback()
    }

    /// Ends all jobs, and waits for their ends as long as a living worker may take.
    fn end_all(&mut self, is_at_once: bool) {
        {
            let mut fleet = lock(&self.fleet);
            (fleet.is_stopping, fleet.kill) = (true, is_at_once);
            fleet.requeued.clear();
            fleet.cancel(|_| true);
        }
        let patience = self.settings.lease + if is_at_once { Duration::ZERO } else { self.settings.grace };
        let deadline = Instant::now() + patience;
        loop {
            let mut fleet = lock(&self.fleet);
            fleet.look();
            if fleet.leases.is_empty() || Instant::now() >= deadline {
                let left: Vec<_> = fleet.leases.keys().copied().collect();
                left.into_iter().for_each(|id| fleet.give_up(id, None, "not heard of when the run was ended"));
                (fleet.is_stopping, fleet.kill) = (false, false);
                return;
            }
            drop(fleet);
            thread::sleep(TICK);
        }
    }

    /// Tells the workers that the run is over, ends those of the supply, and removes the file: whoever comes later finds nothing.
    /// Answers with what the supply had to say at the end.
    pub(crate) fn finish(&mut self) -> Vec<String> {
        if !self.is_open {
            return Vec::new();
        }
        self.is_open = false;
        {
            let mut fleet = lock(&self.fleet);
            fleet.is_over = true;
            fleet.workers.values().for_each(|worker| worker.wake.notify_one());
        }
        let deadline = Instant::now() + GOODBYE.min(self.settings.lease);
        while Instant::now() < deadline && lock(&self.fleet).workers.values().any(|worker| !worker.is_dismissed) {
            thread::sleep(TICK);
        }
        if let Some((stop, thread)) = self.tended.take() {
            drop(stop);
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.settings.file);
        lock(&self.fleet).results.clear();
        let notice = |signal: Signal| match signal {
            Some(JobEvent::Notice { message }) => Some(message),
            _ => None,
        };
        self.events.try_iter().filter_map(notice).collect()
    }
}

impl Executor for Coordinator {
    fn open(&mut self, unseen: Vec<JobId>) -> Result<(), ExecutorError> {
        if self.is_again && !unseen.is_empty() {
            let mut fleet = lock(&self.fleet);
            fleet.hold = Some(Instant::now() + self.settings.lease);
            fleet.expected.extend(unseen);
        }
        let unwritable = |error: FileError| ExecutorError::Workers(Diagnostic::new(error.to_string()));
        self.file.write(&self.settings.file).map_err(unwritable)?;
        self.is_open = true;
        self.tended = self.supply.take().map(|supply| tended(supply, self.fleet.clone()));
        Ok(())
    }

    fn idle(&self) -> usize {
        lock(&self.fleet).idle()
    }

    fn start(&mut self, launch: Launch) -> Result<String, ExecutorError> {
        let sent = SentLaunch::of(&launch, self.settings.grace).ok_or_else(|| {
            let reason = Diagnostic::new("a program for workers elsewhere has an argument that is not text in UTF-8");
            ExecutorError::Workers(reason)
        })?;
        lock(&self.fleet).assign(sent, 0, false).ok_or(ExecutorError::Busy)
    }

    fn wait(&mut self, timeout: Duration) -> Option<JobEvent> {
        lock(&self.fleet).look();
        let deadline = Instant::now() + timeout;
        let mut is_woken = false;
        loop {
            let left = if is_woken { Duration::ZERO } else { deadline.saturating_duration_since(Instant::now()) };
            match self.events.recv_timeout(left) {
                Ok(Some(event)) => {
                    lock(&self.fleet).heard(&event);
                    return Some(event);
                }
                Ok(None) => is_woken = true,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn cancel(&mut self, job: &JobId) {
        lock(&self.fleet).cancel(|each| each == job);
    }

    fn stop(&mut self) {
        self.end_all(false);
    }

    fn kill(&mut self) {
        self.end_all(true);
    }

    fn confirm(&mut self, job: &JobId) {
        lock(&self.fleet).confirm(job);
    }

    fn acknowledge(&mut self, job: &JobId) {
        lock(&self.fleet).acknowledge(job);
    }

    fn is_awaited(&self) -> bool {
        let fleet = lock(&self.fleet);
        fleet.idle() == 0 || !fleet.requeued.is_empty()
    }

    fn may_overlap(&self) -> bool {
        true
    }
}

impl Drop for Coordinator {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Calls a supply from a thread of its own until the sender is dropped, then cancels what it has started.
fn tended(Supply { mut supply, workers }: Supply, fleet: SharedFleet) -> (Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = mpsc::channel();
    let thread = thread::spawn(move || {
        let pass_on = |events: Vec<SupplyEvent>| {
            let fleet = lock(&fleet);
            events.into_iter().for_each(|event| {
                fleet.send(match event {
                    SupplyEvent::Notice(message) => JobEvent::Notice { message },
                    SupplyEvent::Warning(message) => JobEvent::Notice { message: format!("warning: {message}") },
                    SupplyEvent::Failed(reason) => JobEvent::Failed { reason },
                });
            });
        };
        while stopped.recv_timeout(Duration::ZERO) == Err(RecvTimeoutError::Timeout) {
            let demand = demand(&lock(&fleet), workers);
            pass_on(supply.tend(&demand));
            if stopped.recv_timeout(supply.pause()) != Err(RecvTimeoutError::Timeout) {
                break;
            }
        }
        pass_on(supply.cancel_all());
    });
    (stop, thread)
}

/// The workers that a run can use, of which `workers` were asked for.
fn demand(fleet: &Fleet, workers: usize) -> WorkerDemand {
    let connected: Vec<String> = fleet.workers.values().map(|worker| worker.name.clone()).collect();
    let slots = fleet.workers.values().flat_map(|worker| &worker.slots);
    let is_unused = slots.into_iter().any(|slot| slot.lease.is_none() && slot.since.elapsed() > UNUSED);
    let wanted = match (fleet.is_over, is_unused && fleet.hold.is_none()) {
        (true, _) => 0,
        (_, true) => connected.len().min(workers),
        _ => workers,
    };
    WorkerDemand { wanted, connected }
}
