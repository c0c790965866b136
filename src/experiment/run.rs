//! The loop: ask, start, wait, tell, save, repeat.
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value as Json};

use super::error::RunError;
use super::estimate::{Pace, estimate};
use super::event::{Event, Running, Standing, Watcher};
use super::folder::RunFolder;
use super::launch::{Purpose, launch, request};
use super::log::Losses;
use super::{Experiment, Objective, TICK, plan, resume, validation};
use crate::executor::leftover;
use crate::executor::process::Processes;
use crate::executor::{Ended, Event as News, Executor};
use crate::optimizer::{Ask, Optimizer};
use crate::store::Store;
use crate::store::record::{self, Record};
use crate::trial::budget::Budget;
use crate::trial::curve::Point;
use crate::trial::incumbent::incumbent;
use crate::trial::outcome::Outcome;
use crate::trial::{Proposal, TrialId};

/// After this many trials, all crashed, something is wrong with the program and not with the configurations.
const HOPELESS: usize = 5;

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
    run_with(&mut Processes::new(experiment.workers), experiment, folder, watcher, interrupts)
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
    let mut session = Session {
        experiment,
        objective,
        folder,
        store: resumed.store,
        optimizer: resumed.optimizer,
        executor,
        again: resumed.unfinished.into(),
        losses: resumed.losses,
        running: Vec::new(),
        paces: resumed.paces,
        began: Instant::now(),
        asking: Duration::ZERO,
        notes: resumed.notes,
        earlier: resumed.seconds,
    };
    for warning in &resumed.warnings {
        watcher.notice(&Event::Warning(warning), &session.standing());
    }
    if resumed.is_continued {
        let (ended, again) = (session.optimizer.history().ended().count(), session.again.len());
        watcher.notice(&Event::Resumed { ended, again }, &session.standing());
    }
    let mut finish = session.prepare(watcher, interrupts)?;
    if finish == Finish::Complete {
        finish = session.trials(watcher, interrupts)?;
    }
    if finish == Finish::Complete {
        finish = validation::validate(&mut session, watcher, interrupts)?;
    }
    Ok(Summary { finish, asking: session.asking, elapsed: session.began.elapsed() })
}

/// A run while it goes on.
pub(super) struct Session<'a> {
    pub(super) experiment: &'a Experiment,
    pub(super) objective: &'a Objective,
    pub(super) folder: &'a RunFolder,
    pub(super) store: Store,
    pub(super) optimizer: Optimizer,
    pub(super) executor: &'a mut dyn Executor,
    /// Trials that were asked for and must be started, with their attempt.
    again: VecDeque<(Proposal, u32)>,
    losses: Losses,
    running: Vec<Running>,
    paces: Vec<Pace>,
    began: Instant,
    /// The optimizer's own time so far.
    asking: Duration,
    /// The last note of each key, as the journal had them at the start.
    pub(super) notes: HashMap<String, serde_json::Value>,
    /// Seconds that earlier sessions of this run took.
    earlier: f64,
}

impl Session<'_> {
    pub(super) fn standing(&self) -> Standing<'_> {
        let history = self.optimizer.history();
        let planned = plan::planned(&self.optimizer.plan(), &self.experiment.stop);
        let left = planned.and_then(|planned| {
            let trials = (planned.trials as usize).saturating_sub(history.ended().count());
            estimate(&self.paces, trials, (planned.budget - history.spent()).max(0.0), self.experiment.workers)
        });
        Standing {
            experiment: self.experiment,
            history,
            choice: self.optimizer.choice(),
            running: &self.running,
            planned,
            left,
            seconds: self.earlier + self.began.elapsed().as_secs_f64(),
        }
    }

    /// Makes what all trials share, while the watcher sees it grow.
    ///
    /// An interruption leaves the thread behind: it ends with this process, and a half-made file counts for nothing.
    fn prepare(&self, watcher: &mut dyn Watcher, interrupts: &AtomicUsize) -> Result<Finish, RunError> {
        let (objective, data) = (self.objective.clone(), self.folder.data());
        let share = Arc::new(AtomicU64::new(0));
        let told = share.clone();
        let worker = thread::spawn(move || match objective.task() {
            Some(task) => task.prepare(&data, &|now| told.store(now.to_bits(), Ordering::Relaxed)),
            None => Ok(()),
        });
        let mut shown = 0;
        while !worker.is_finished() {
            if interrupts.load(Ordering::Relaxed) > 0 {
                return Ok(Finish::Interrupted);
            }
            thread::sleep(TICK / 10);
            let now = share.load(Ordering::Relaxed);
            if now != shown {
                watcher.notice(&Event::Preparing { share: f64::from_bits(now) }, &self.standing());
                shown = now;
            }
        }
        let made = worker.join().expect("a task reports its errors");
        made.map(|()| Finish::Complete).map_err(|error| RunError::Task(error.message))
    }

    fn trials(&mut self, watcher: &mut dyn Watcher, interrupts: &AtomicUsize) -> Result<Finish, RunError> {
        let (mut is_stopping, mut is_done) = (false, false);
        loop {
            match interrupts.load(Ordering::Relaxed) {
                0 => {}
                1 if is_stopping => {}
                1 => {
                    is_stopping = true;
                    watcher.notice(&Event::Stopping { running: self.running.len() }, &self.standing());
                }
                _ => {
                    self.executor.stop();
                    // What ended before it was stopped counts.
                    while let Some(news) = self.executor.wait(Duration::ZERO) {
                        if let News::Ended(ended) = news
                            && ended.outcome != Outcome::Lost
                        {
                            self.end(ended, watcher)?;
                        }
                    }
                    return Ok(Finish::Interrupted);
                }
            }
            while !is_stopping && (!is_done || !self.again.is_empty()) && self.executor.idle() > 0 {
                match self.next()? {
                    Some(Ask::Trial(proposal)) => self.start(proposal, watcher)?,
                    Some(Ask::Wait) => break,
                    Some(Ask::Done(_)) | None => is_done = true,
                }
            }
            if self.running.is_empty() {
                return Ok(if is_stopping && !is_done { Finish::Interrupted } else { Finish::Complete });
            }
            match self.executor.wait(TICK) {
                Some(News::Progress { trial, fraction }) => {
                    if let Some(running) = self.running(trial) {
                        running.share = fraction;
                    }
                }
                Some(News::Ended(ended)) => self.end(ended, watcher)?,
                Some(News::Report { trial, line }) => self.report(trial, &line)?,
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
        let before = Instant::now();
        let ask = self.optimizer.ask();
        self.asking += before.elapsed();
        if let Ask::Trial(proposal) = &ask {
            let asked = record::Asked::of(proposal, &self.experiment.space, self.executor.now());
            self.store.append(&Record::Asked(asked))?;
        }
        Ok(Some(ask))
    }

    fn start(&mut self, proposal: Proposal, watcher: &mut dyn Watcher) -> Result<(), RunError> {
        let attempt = match self.again.pop_front() {
            Some((_, attempt)) => attempt,
            None => 1,
        };
        let trial_dir = self.folder.trial(proposal.trial);
        let request = request(self.experiment, self.folder, &proposal, trial_dir.clone());
        let launch = launch(self.experiment, self.objective, request, Purpose::Trial, (proposal.trial, attempt))
            .map_err(|source| RunError::Folder { path: trial_dir, source })?;
        let slot = self.executor.start(launch)?;
        let started = record::Started { trial: proposal.trial, attempt, slot, at: self.executor.now() };
        self.store.append(&Record::Started(started))?;
        self.running.push(Running { proposal, attempt, share: 0.0, since: Instant::now() });
        let running = self.running.last().expect("a trial was just started");
        watcher.notice(&Event::Started { proposal: &running.proposal, attempt }, &self.standing());
        Ok(())
    }

    /// Keeps a cost that a trial reported on its way, where its line says how far it was.
    fn report(&mut self, trial: TrialId, line: &Map<String, Json>) -> Result<(), RunError> {
        let number = |key| line.get(key).and_then(Json::as_f64);
        let point = number("budget").and_then(Budget::new).zip(number("cost"));
        let (Some((budget, cost)), Some(running)) = (point, self.running(trial)) else { return Ok(()) };
        let attempt = running.attempt;
        if self.optimizer.report(trial, Point { budget, cost }) {
            let (budget, at) = (budget.amount(), self.executor.now());
            self.store.append(&Record::Reported(record::Reported { trial, attempt, budget, cost, at }))?;
        }
        Ok(())
    }

    fn running(&mut self, trial: TrialId) -> Option<&mut Running> {
        self.running.iter_mut().find(|each| each.proposal.trial == trial)
    }

    fn end(&mut self, ended: Ended, watcher: &mut dyn Watcher) -> Result<(), RunError> {
        let Some(index) = self.running.iter().position(|each| each.proposal.trial == ended.trial) else {
            return Ok(());
        };
        let Running { proposal, attempt, .. } = self.running.remove(index);
        let seconds = ended.seconds;
        let ended = recorded(ended);
        self.store.append(&Record::Ended(ended.clone()))?;
        for warning in self.store.take_warnings() {
            watcher.notice(&Event::Warning(&warning), &self.standing());
        }
        if !self.losses.is_final(&ended) {
            watcher.notice(&Event::Retrying { trial: proposal.trial }, &self.standing());
            self.again.push_back((proposal, attempt + 1));
            return Ok(());
        }
        let budget = self.optimizer.history().added_budget(&proposal);
        self.optimizer.tell(proposal.trial, ended.outcome.clone());
        self.paces.push(Pace { budget, seconds });
        let is_incumbent = self.incumbent() == Some(proposal.trial);
        let event = Event::Ended { proposal: &proposal, outcome: &ended.outcome, seconds, is_incumbent };
        watcher.notice(&event, &self.standing());
        self.give_up_if_hopeless()
    }

    pub(super) fn incumbent(&self) -> Option<TrialId> {
        incumbent(self.optimizer.history()).map(|trial| trial.proposal.trial)
    }

    fn give_up_if_hopeless(&mut self) -> Result<(), RunError> {
        let outcomes = self.optimizer.history().ended().map(|trial| trial.outcome.as_ref());
        let crashes = outcomes.map(|outcome| match outcome {
            Some(Outcome::Crashed { message }) => Some(message),
            _ => None,
        });
        let crashes: Option<Vec<_>> = crashes.collect();
        match crashes.as_deref() {
            Some([others @ .., last]) if others.len() + 1 >= HOPELESS => {
                let error = RunError::Hopeless { crashes: others.len() + 1, message: (*last).clone() };
                self.executor.stop();
                Err(error)
            }
            _ => Ok(()),
        }
    }
}

/// The end of an attempt as the journal keeps it.
fn recorded(ended: Ended) -> record::Ended {
    record::Ended {
        trial: ended.trial,
        attempt: ended.attempt,
        outcome: ended.outcome,
        info: ended.info,
        slot: ended.slot,
        started: ended.started,
        at: ended.ended,
        seconds: ended.seconds,
        cpu_seconds: ended.cpu_seconds,
        peak_memory: ended.peak_memory,
    }
}
