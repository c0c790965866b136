//! The loop: ask, start, wait, tell, save, repeat.
pub(crate) mod checkpoints;
pub mod estimate;

pub mod event;
pub(crate) mod event_stream;
pub(crate) mod failures;
pub mod launch;
pub(crate) mod pending_event;
pub(crate) mod prepare;
pub mod revalidation;

pub mod validation;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value as Json};

use crate::executor::device::Devices;
use crate::executor::leftover;
use crate::executor::process::Processes;
use crate::executor::slot::Slot;
use crate::executor::{Event as News, Executor, ExecutorError};
use crate::experiment::definition::plan;
use crate::experiment::definition::plan::Work;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::resume;
use crate::experiment::replay::retry::Retries;
use crate::experiment::run::checkpoints::Checkpoints;
use crate::experiment::run::estimate::{Pace, Paces};
use crate::experiment::run::event::{Event, RunStatus, Running, Watcher};
use crate::experiment::run::event_stream::Stream;
use crate::experiment::run::failures::Failures;
use crate::experiment::run::launch::{Purpose, launch, request};
use crate::experiment::run::pending_event::{PendingEvent, PendingEvents};
use crate::experiment::{Experiment, Objective, TICK};
use crate::optimizer::{Ask, Optimizer};
use crate::store::Store;
use crate::store::record;
use crate::store::record::Record;
use crate::trial::budget::Budget;
use crate::trial::curve::CurvePoint;
use crate::trial::front::front;
use crate::trial::incumbent::incumbent;
use crate::trial::outcome::Outcome;
use crate::trial::{Proposal, TrialId};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Everything that was planned is done.
    Complete,
    /// Somebody interrupted it; the same command goes on.
    Interrupted,
}

/// How a run ended, and how long it took since it was started or resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    pub finish: Finish,
    /// The optimizer's own time.
    pub asking: Duration,
    pub elapsed: Duration,
}

/// Runs an experiment in its folder, from the beginning or from where it was left.
///
/// `interrupts` counts the requests to stop: after one, trials that run are finished; after two, they are ended.
pub fn run(
    experiment: &Experiment,
    folder: &RunFolder,
    watcher: &mut dyn Watcher,
    interrupts: &AtomicUsize,
) -> Result<Summary, RunError> {
    let (mut executor, experiment) = executor(experiment)?;
    run_with(&mut executor, &experiment, folder, watcher, interrupts)
}

/// The executor that an experiment asks for on this machine, and the experiment with the workers that it comes to.
pub(crate) fn executor(experiment: &Experiment) -> Result<(Processes, Experiment), RunError> {
    let mut experiment = experiment.clone();
    let execution = &mut experiment.execution;
    let slots = match &execution.slots[..] {
        [] => Slot::plain(execution.workers),
        wanted => Slot::resolve(wanted, &Devices::here()).map_err(ExecutorError::Slots)?,
    };
    execution.workers = slots.len();
    Ok((Processes::with_grace(slots, execution.grace), experiment))
}

/// As [`run`], with the trials run by this executor.
pub fn run_with(
    executor: &mut dyn Executor,
    experiment: &Experiment,
    folder: &RunFolder,
    watcher: &mut dyn Watcher,
    interrupts: &AtomicUsize,
) -> Result<Summary, RunError> {
    let objective = experiment.objective.as_ref().ok_or(RunError::NoTask)?;
    let resumed = resume::open(experiment, folder)?;
    for (proposal, _) in &resumed.unfinished {
        leftover::end(&folder.trial(proposal.trial));
    }
    for name in validation::NAMES {
        leftover::end(&folder.validation().join(name));
    }
    for resident in std::fs::read_dir(folder.workers()).into_iter().flatten().flatten() {
        leftover::end(&resident.path());
    }
    let mut session = Session {
        experiment,
        objective,
        folder,
        store: resumed.store,
        optimizer: resumed.optimizer,
        executor,
        again: resumed.unfinished.into(),
        retries: resumed.retries,
        running: Vec::new(),
        notices: PendingEvents::default(),
        stream: Stream::open(&folder.events()).map_err(|source| RunError::Folder { path: folder.events(), source })?,
        planned: None,
        paces: resumed.paces,
        device_seconds: resumed.seconds,
        pruned: HashSet::new(),
        failures: Failures::default(),
        checkpoints: Checkpoints::of(folder, experiment.execution.checkpoints),
        began: Instant::now(),
        asking: Duration::ZERO,
        notes: resumed.notes,
        earlier: resumed.seconds / experiment.execution.workers as f64,
    };
    session.failures = Failures::of(session.optimizer.history());
    session.planned = plan::planned(&session.optimizer.plan(), &experiment.stop);
    for warning in &resumed.warnings {
        session.notice(&Event::Warning(warning), watcher);
    }
    let (ended, again) = (session.optimizer.history().ended().count(), session.again.len());
    session.notice(&if resumed.is_continued { Event::Resumed { ended, again } } else { Event::Begun }, watcher);
    let result = session.all(watcher, interrupts);
    // However it ends: what is written is told once it is durable.
    let settled = session.settle(watcher);
    let finish = result?;
    settled?;
    session.notice(&Event::Over { is_complete: finish == Finish::Complete }, watcher);
    Ok(Summary { finish, asking: session.asking, elapsed: session.began.elapsed() })
}

/// A run while it goes on.
pub(crate) struct Session<'a> {
    pub(crate) experiment: &'a Experiment,
    pub(crate) objective: &'a Objective,
    pub(crate) folder: &'a RunFolder,
    pub(crate) store: Store,
    pub(crate) optimizer: Optimizer,
    pub(crate) executor: &'a mut dyn Executor,
    /// Trials that were asked for and must be started, with their attempt.
    again: VecDeque<(Proposal, u32)>,
    pub(crate) retries: Retries,
    running: Vec<Running>,
    /// What is written and not told yet.
    notices: PendingEvents,
    stream: Stream,
    /// What the whole run takes; unknown where its limits do not say.
    planned: Option<Work>,
    paces: Paces,
    /// Seconds that the devices were busy, those of earlier sessions included.
    device_seconds: f64,
    /// Trials that are being ended because they fell behind.
    pruned: HashSet<TrialId>,
    failures: Failures,
    checkpoints: Checkpoints,
    began: Instant,
    /// The optimizer's own time so far.
    asking: Duration,
    /// The last note of each key, as the journal had them at the start.
    pub(crate) notes: HashMap<String, serde_json::Value>,
    /// Seconds that earlier sessions of this run took.
    earlier: f64,
}

impl Session<'_> {
    pub(crate) fn standing(&self) -> RunStatus<'_> {
        let history = self.optimizer.history();
        RunStatus {
            experiment: self.experiment,
            history,
            choice: self.optimizer.choice(),
            running: &self.running,
            planned: self.planned,
            paces: &self.paces,
            device_seconds: self.device_seconds,
            seconds: self.earlier + self.began.elapsed().as_secs_f64(),
        }
    }

    /// Tells the watcher, and the event stream.
    pub(crate) fn notice(&mut self, event: &Event, watcher: &mut dyn Watcher) {
        let mut stream = std::mem::take(&mut self.stream);
        if let Err(error) = stream.write(event, &self.standing()) {
            let path = self.folder.events();
            let warning = format!("`{}` cannot be written any more: {error}", path.display());
            watcher.notice(&Event::Warning(&warning), &self.standing());
        }
        self.stream = stream;
        watcher.notice(event, &self.standing());
    }

    /// Tells what has become durable since the last time.
    fn acknowledge(&mut self, watcher: &mut dyn Watcher) -> Result<(), RunError> {
        let durable = self.store.durable()?;
        while let Some(notice) = self.notices.pop(durable) {
            self.notice(&notice.event(), watcher);
        }
        for warning in self.store.take_warnings() {
            self.notice(&Event::Warning(&warning), watcher);
        }
        Ok(())
    }

    /// Waits until everything written is durable, and tells it.
    fn settle(&mut self, watcher: &mut dyn Watcher) -> Result<(), RunError> {
        if let Some(record) = self.notices.last() {
            self.store.wait(record)?;
        }
        self.acknowledge(watcher)
    }

    /// From what the trials share to the comparison at the end.
    fn all(&mut self, watcher: &mut dyn Watcher, interrupts: &AtomicUsize) -> Result<Finish, RunError> {
        let mut finish = self.prepare(watcher, interrupts)?;
        if finish == Finish::Complete {
            finish = self.trials(watcher, interrupts)?;
            self.settle(watcher)?;
        }
        if finish == Finish::Complete {
            finish = validation::validate(self, watcher, interrupts)?;
        }
        self.checkpoints.tidy(&self.optimizer, self.folder);
        Ok(finish)
    }

    fn trials(&mut self, watcher: &mut dyn Watcher, interrupts: &AtomicUsize) -> Result<Finish, RunError> {
        let (mut is_stopping, mut is_done) = (false, false);
        loop {
            match interrupts.load(Ordering::Relaxed) {
                0 => {}
                1 if is_stopping => {}
                1 => {
                    is_stopping = true;
                    self.notice(&Event::Stopping { running: self.running.len() }, watcher);
                }
                _ => {
                    self.executor.stop();
                    // What ended before it was stopped counts.
                    while let Some(news) = self.executor.wait(Duration::ZERO) {
                        if let News::Ended(ended) = news
                            && ended.outcome != Outcome::Lost
                        {
                            self.end(ended)?;
                        }
                    }
                    return Ok(Finish::Interrupted);
                }
            }
            while !is_stopping && (!is_done || !self.again.is_empty()) && self.executor.idle() > 0 {
                match self.next()? {
                    Some(Ask::Trial(proposal)) => self.start(proposal)?,
                    Some(Ask::Wait) => break,
                    Some(Ask::Done(_)) | None => is_done = true,
                }
            }
            if self.running.is_empty() {
                return Ok(if is_stopping && !is_done { Finish::Interrupted } else { Finish::Complete });
            }
            self.acknowledge(watcher)?;
            let patience = if self.notices.last().is_some() { TICK / 50 } else { TICK };
            match self.executor.wait(patience) {
                Some(News::Progress { trial, fraction }) => {
                    if let Some(running) = self.running(trial) {
                        running.share = fraction;
                    }
                }
                Some(News::Ended(ended)) => self.end(ended)?,
                Some(News::Report { trial, line, .. }) => self.report(trial, &line)?,
                None => {}
            }
            watcher.tick(&self.standing());
        }
    }

    /// The next trial to start: one that must be started again, or a new one; `None` where the time is over.
    fn next(&mut self) -> Result<Option<Ask>, RunError> {
        if let Some((proposal, _)) = self.again.front() {
            return Ok(Some(Ask::Trial(proposal.clone())));
        }
        let seconds = self.earlier + self.began.elapsed().as_secs_f64();
        if self.experiment.stop.wall_clock.is_some_and(|limit| seconds >= limit.as_secs_f64()) {
            return Ok(None);
        }
        let running: f64 = self.running.iter().map(|each| each.since.elapsed().as_secs_f64()).sum();
        let hours = (self.device_seconds + running) / 3600.0;
        if self.experiment.stop.device_hours.is_some_and(|limit| hours >= limit) {
            return Ok(None);
        }
        let before = Instant::now();
        let ask = self.optimizer.ask();
        self.asking += before.elapsed();
        if let Ask::Trial(proposal) = &ask {
            let asked = record::Asked::of(proposal, &self.experiment.space, self.executor.now());
            // In the file before its process starts; on the disk before anybody hears of it.
            self.store.write(&Record::Asked(asked))?;
        }
        Ok(Some(ask))
    }

    fn start(&mut self, proposal: Proposal) -> Result<(), RunError> {
        let attempt = match self.again.pop_front() {
            Some((_, attempt)) => attempt,
            None => 1,
        };
        let trial_dir = self.folder.trial(proposal.trial);
        let divisor = self.retries.divisor(proposal.configuration_id);
        let request = request(self.experiment, self.folder, &proposal, trial_dir.clone(), divisor);
        let id = (proposal.trial, attempt);
        let launch = launch(self.experiment, self.folder, self.objective, request, Purpose::Trial, id)
            .map_err(|source| RunError::Folder { path: trial_dir, source })?;
        self.checkpoints.used(proposal.configuration_id);
        let slot = self.executor.start(launch)?;
        let (trial, at) = (proposal.trial, self.executor.now());
        tracing::debug!(%trial, attempt, slot, "started");
        let started = record::Started { trial, attempt, slot: slot.clone(), at };
        let record = self.store.write(&Record::Started(started))?;
        self.notices.push(record, PendingEvent::Started { proposal: proposal.clone(), attempt, slot: slot.clone() });
        self.running.push(Running { proposal, attempt, slot, share: 0.0, since: Instant::now() });
        Ok(())
    }

    /// Keeps a cost that a trial reported on its way, where its line says how far it was.
    fn report(&mut self, trial: TrialId, line: &Map<String, Json>) -> Result<(), RunError> {
        let number = |key| line.get(key).and_then(Json::as_f64);
        let point = number("budget").and_then(Budget::new).zip(number("cost"));
        let (Some((budget, cost)), Some(running)) = (point, self.running(trial)) else { return Ok(()) };
        let attempt = running.attempt;
        if self.optimizer.report(trial, CurvePoint { budget, cost }) {
            let (budget, at) = (budget.amount(), self.executor.now());
            self.store.write(&Record::Reported(record::Reported { trial, attempt, budget, cost, at }))?;
            if self.optimizer.prunes(trial) && self.pruned.insert(trial) {
                self.executor.cancel(trial);
            }
        }
        Ok(())
    }

    fn running(&mut self, trial: TrialId) -> Option<&mut Running> {
        self.running.iter_mut().find(|each| each.proposal.trial == trial)
    }

    fn end(&mut self, mut ended: record::Ended) -> Result<(), RunError> {
        if self.pruned.remove(&ended.trial) && ended.outcome == Outcome::Lost {
            ended.outcome = Outcome::Pruned;
        }
        let is_it = |each: &Running| each.proposal.trial == ended.trial && each.attempt == ended.attempt;
        let Some(index) = self.running.iter().position(is_it) else {
            // Another attempt took its place, or has ended already: kept, and counted for nothing.
            let late = record::Ended { late: true, ..ended };
            self.store.write(&Record::Ended(late))?;
            return Ok(());
        };
        let Running { proposal, attempt, slot, .. } = self.running.remove(index);
        let (trial, seconds, outcome) = (ended.trial, ended.seconds, ended.outcome.clone());
        tracing::info!(%trial, attempt, outcome = outcome.kind().word(), cost = outcome.cost(), seconds, "ended");
        let is_final = self.retries.is_final(&ended, proposal.configuration_id);
        let record = self.store.write(&Record::Ended(ended))?;
        self.device_seconds += seconds;
        if !is_final {
            let divisor = self.retries.divisor(proposal.configuration_id);
            let divisor = (outcome == Outcome::OutOfDeviceMemory).then_some(divisor);
            self.notices.push(record, PendingEvent::Retrying { trial, divisor });
            self.again.push_back((proposal, attempt + 1));
            return Ok(());
        }
        let budget = self.optimizer.history().added_budget(&proposal);
        self.optimizer.tell_after(trial, outcome.clone(), seconds);
        self.paces.push(Pace { budget, seconds });
        self.failures.count(&outcome);
        self.checkpoints.tidy_now_and_then(&self.optimizer, self.folder);
        let is_incumbent = match self.experiment.objectives() {
            [] => self.incumbent() == Some(trial),
            _ => front(self.optimizer.history()).iter().any(|member| member.proposal.trial == trial),
        };
        self.notices.push(record, PendingEvent::Ended { proposal, attempt, slot, outcome, seconds, is_incumbent });
        let hope = self.failures.check(self.optimizer.history(), self.folder);
        hope.inspect_err(|_| self.executor.stop())
    }

    pub(crate) fn incumbent(&self) -> Option<TrialId> {
        incumbent(self.optimizer.history()).map(|trial| trial.proposal.trial)
    }
}
