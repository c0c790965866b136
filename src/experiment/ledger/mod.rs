//! The ledger of a run: proposals and results, written to the journal before they are passed on.
//!
//! A ledger combines the optimizer, the journal, the retries and the limits of time. The caller that runs the trials,
//! such as a loop over an executor, a server of JSON lines or the threads of a program, asks it for attempts and tells
//! it their ends:
//!
//! ```ignore
//! use jiff::Timestamp;
//!
//! let folder = RunFolder::at("runs/net".into());
//! let mut ledger = Ledger::open(experiment, &folder)?.ledger; // or `Ledger::in_memory(experiment)?`
//! while let NextAttempt::Attempt(attempt) = ledger.ask(Timestamp::now())? {
//!     ledger.settle()?; // the proposal survives a power cut: it may be given away
//!     let trial = attempt.proposal.trial;
//!     ledger.ended(trial, attempt.number, evaluate(&attempt.proposal))?;
//!     ledger.settle()?; // the result survives a power cut: it may be acknowledged
//! }
//! ```
//!
//! Several threads share a ledger behind a mutex: each asks, evaluates without holding the lock, and tells. A trial
//! that was asked for and not told is returned again when the folder is opened the next time.
mod adoption;
pub(crate) mod answer;
mod evaluated;
pub(crate) mod import;
pub(crate) mod queue;
mod raised_limits;
pub(crate) mod resume;
pub(crate) mod revision;
pub(crate) mod space_migration;
mod time;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::document::diagnostic::Diagnostic;
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::ledger::answer::{Attempt, EndTaken, EndVerdict, NextAttempt, Over, ReportTaken};
use crate::experiment::ledger::queue::{NamedValues, Queue, QueuedConfiguration};
use crate::experiment::replay::evaluation_note;
use crate::experiment::replay::fold::Replay;
use crate::experiment::replay::note::SESSION;
use crate::experiment::replay::pace::{Pace, Paces};
use crate::experiment::replay::retry::Retries;
use crate::optimizer::stop::Stop;
use crate::optimizer::{Ask, Optimizer};
use crate::space::Space;
use crate::store::Store;
use crate::store::record::{Asked, AttemptEnd, Ended, Enqueued, Forfeit, Noted, Record, Reported, Started};
use crate::trial::curve::CurvePoint;
use crate::trial::direction::Directions;
use crate::trial::evaluation::Evaluation;
use crate::trial::history::History;
use crate::trial::metrics::{self, bounded};
use crate::trial::outcome::Outcome;
use crate::trial::prior_result::PriorResult;
use crate::trial::{ConfigurationId, Proposal, TrialId};

/// The slot of an attempt that this program did not start.
pub(crate) const ELSEWHERE: &str = "elsewhere";

/// The ledger of a running experiment: optimizer, journal, retries and limits.
pub(crate) struct Ledger {
    space: Arc<Space>,
    /// The directions of what is told and reported, with the user's signs; everything behind it has costs.
    directions: Directions,
    stop: Stop,
    optimizer: Optimizer,
    /// Absent for a run in memory.
    store: Option<Store>,
    /// The configurations that users add while the run goes on; absent for a run in memory.
    queue: Option<Queue>,
    /// The names of those that were taken.
    taken: HashSet<String>,
    /// Sentences for the user that wait to be told.
    said: Vec<String>,
    /// The number of the last record.
    written: u64,
    /// The number of this session and its beginning, until its first record is written: one that adds nothing leaves none.
    session: Option<(u64, Timestamp)>,
    notes: IndexMap<String, Json>,
    /// Results of configurations outside of the search.
    evaluations: Vec<Evaluation>,
    retries: Retries,
    /// Trials without an outcome that nobody runs, each with the number of its next attempt.
    waiting: VecDeque<(Proposal, u32)>,
    running: Vec<Attempt>,
    paces: Paces,
    /// Seconds that attempts took which have ended, those of earlier sessions included.
    device_seconds: f64,
    began: Instant,
    /// Seconds that earlier sessions took.
    earlier: f64,
    /// The optimizer's own time.
    asking: Duration,
    /// True once the user was told of values beside a cost that are not kept.
    is_cut: bool,
    /// The attempt of each trial that ended it in an earlier session.
    ended_before: HashMap<TrialId, u32>,
}

impl Ledger {
    fn of(experiment: &Experiment, optimizer: Optimizer, store: Option<Store>, replay: Replay) -> Self {
        let waiting = replay.unfinished().collect();
        let ended_before = replay.ended_attempts();
        let Replay { history, notes, retries, paces, device_seconds, enqueued, times, .. } = replay;
        let evaluations = evaluation_note::evaluations(&notes, &history, experiment.schedule.max());
        let mut optimizer = optimizer.with_history(history);
        let mut taken = HashSet::new();
        for (id, configuration) in enqueued {
            taken.insert(id);
            optimizer.enqueue(configuration);
        }
        Self {
            space: experiment.space.clone(),
            directions: experiment.directions.clone(),
            stop: experiment.stop.clone(),
            optimizer,
            store,
            queue: None,
            taken,
            said: Vec::new(),
            written: 0,
            session: None,
            notes,
            evaluations,
            retries,
            waiting,
            running: Vec::new(),
            paces,
            device_seconds,
            began: Instant::now(),
            earlier: times.seconds(experiment.execution.workers),
            asking: Duration::ZERO,
            is_cut: false,
            ended_before,
        }
    }

    /// The next attempt: those first whose trial has no outcome and runs nowhere, then new trials within the limits.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) fn ask(&mut self, at: Timestamp) -> Result<NextAttempt, RunError> {
        if let Some((proposal, number)) = self.waiting.pop_front() {
            return Ok(NextAttempt::Attempt(self.run(proposal, number, false, at)));
        }
        if let Some(limit) = self.limit() {
            return Ok(NextAttempt::Over(limit));
        }
        self.take_enqueued(at)?;
        let before = Instant::now();
        let ask = self.optimizer.ask();
        self.asking += before.elapsed();
        Ok(match ask {
            Ask::Trial(proposal) => {
                let asked = Asked::of(&proposal, &self.space, at);
                self.write(&Record::Asked(asked))?;
                NextAttempt::Attempt(self.run(proposal, 1, true, at))
            }
            Ask::Wait => NextAttempt::Wait,
            Ask::Done(reason) => NextAttempt::Over(Over::Asked(reason)),
        })
    }

    /// True where the limits leave nothing to start, which is known without asking.
    pub(crate) fn is_over(&self) -> bool {
        self.waiting.is_empty() && (self.limit().is_some() || self.optimizer.limit().is_some())
    }

    /// Takes the configurations that users have added since the last call into the journal.
    fn take_enqueued(&mut self, at: Timestamp) -> Result<(), RunError> {
        let Some(queue) = self.queue.clone() else { return Ok(()) };
        for QueuedConfiguration { id, values } in queue.waiting() {
            if self.taken.contains(&id) {
                queue.remove(&id);
                continue;
            }
            let named = |values: NamedValues| {
                self.space
                    .configuration_of(values.iter().map(|(name, value)| (name.as_str(), value.clone())))
                    .map_err(|illegal| Diagnostic::new(illegal.to_string()))
            };
            match values.and_then(named) {
                Ok(configuration) => {
                    let named = self.space.named(&configuration);
                    let config = named.map(|(name, value)| (name.to_owned(), value.clone())).collect();
                    self.write(&Record::Enqueued(Enqueued { id: id.clone(), config, at }))?;
                    self.settle()?;
                    self.optimizer.enqueue(configuration);
                    queue.remove(&id);
                }
                Err(reason) => {
                    let refused = queue.refuse(&id);
                    let sentence = format!("an enqueued configuration is not tried: {}", reason.message);
                    self.said.push(format!("{sentence}; it is now `{}`", refused.display()));
                }
            }
            self.taken.insert(id);
        }
        Ok(())
    }

    /// Records that an attempt has started in a slot; returns the number of the record.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) fn started(&mut self, trial: TrialId, slot: &str, at: Timestamp) -> Result<u64, RunError> {
        let running = self.running.iter_mut().find(|each| each.proposal.trial == trial);
        let attempt = running.expect("only a trial that was asked for is started");
        (attempt.slot, attempt.started, attempt.since) = (slot.to_owned(), at, Instant::now());
        let attempt = attempt.number;
        self.write(&Record::Started(Started { trial, attempt, slot: slot.to_owned(), at }))
    }

    /// Updates the share of a running trial that is done, from 0 to 1.
    pub(crate) fn progressed(&mut self, trial: TrialId, share: f64) {
        if let Some(attempt) = self.running.iter_mut().find(|each| each.proposal.trial == trial) {
            attempt.share = share;
        }
    }

    /// Records a cost that a trial without an outcome reports during its attempt; a value that is maximized as it is.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) fn reported(
        &mut self,
        trial: TrialId,
        point: CurvePoint,
        at: Timestamp,
    ) -> Result<ReportTaken, RunError> {
        let point = CurvePoint { cost: self.directions.first().turn(point.cost), ..point };
        let is_new = self.optimizer.report(trial, point);
        if is_new {
            let attempt = self.attempt(trial).map_or(1, |attempt| attempt.number);
            let (budget, cost) = (point.budget.amount(), point.cost);
            self.write(&Record::Reported(Reported { trial, attempt, budget, cost, at }))?;
        }
        Ok(ReportTaken { is_new, is_behind: self.optimizer.prunes(trial) })
    }

    /// Records the end of an attempt, with values that are maximized as they are. An attempt that is not running any more
    /// is late.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) fn ended(&mut self, trial: TrialId, attempt: u32, end: AttemptEnd) -> Result<EndTaken, RunError> {
        let (info, left_out) = bounded(end.info);
        let end = AttemptEnd { info, outcome: self.directions.turned(&end.outcome), ..end };
        if left_out > 0 && !std::mem::replace(&mut self.is_cut, true) {
            self.said.push(metrics::too_many(trial, left_out));
        }
        let is_it = |each: &Attempt| each.proposal.trial == trial && each.number == attempt;
        let Some(index) = self.running.iter().position(is_it) else {
            let record = self.write(&Record::Ended(Ended { trial, attempt, end, late: true }))?;
            return Ok(EndTaken { record, verdict: EndVerdict::Late });
        };
        let record = self.write(&Record::Ended(Ended { trial, attempt, end: end.clone(), late: false }))?;
        let attempt = self.running.remove(index);
        let (seconds, outcome) = (end.seconds, end.outcome);
        self.device_seconds += seconds;
        let configuration = attempt.proposal.configuration_id;
        let is_released = end.forfeit == Some(Forfeit::Released);
        if is_released || !self.retries.is_final(trial, configuration, &outcome) {
            let divisor = (outcome == Outcome::OutOfDeviceMemory).then(|| self.retries.divisor(configuration));
            self.waiting.push_back((attempt.proposal, attempt.number + 1));
            return Ok(EndTaken { record, verdict: EndVerdict::Again { after: outcome.kind(), divisor } });
        }
        let budget = self.optimizer.history().added_budget(&attempt.proposal);
        self.optimizer.tell_after(trial, outcome.clone(), seconds);
        self.paces.push(Pace { budget, seconds });
        Ok(EndTaken { record, verdict: EndVerdict::Final { attempt, outcome } })
    }

    /// The running attempt of a trial. A trial that waits for another attempt counts as running again, because the
    /// worker of its last attempt has reported. `None` for a trial with an outcome, and for one that was never asked
    /// for.
    pub(crate) fn revive(&mut self, trial: TrialId, at: Timestamp) -> Option<&Attempt> {
        if let Some(index) = self.waiting.iter().position(|(each, _)| each.trial == trial)
            && let Some((proposal, next)) = self.waiting.remove(index)
        {
            self.run(proposal, next.saturating_sub(1).max(1), false, at);
        }
        self.attempt(trial)
    }

    /// Writes a note to the journal; the last note of a key counts.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(crate) fn note(&mut self, key: &str, value: Json) -> Result<(), RunError> {
        self.notes.insert(key.to_owned(), value.clone());
        self.write(&Record::Noted(Noted { key: key.to_owned(), value, at: Timestamp::now() }))?;
        self.settle()
    }

    /// The number of the last record that survives a power cut.
    ///
    /// # Errors
    /// The journal could not be written.
    pub(crate) fn durable(&self) -> Result<u64, RunError> {
        Ok(self.store.as_ref().map_or(Ok(self.written), Store::durable)?)
    }

    /// Waits until everything that was written survives a power cut.
    ///
    /// # Errors
    /// The journal could not be written.
    pub(crate) fn settle(&self) -> Result<(), RunError> {
        Ok(self.store.as_ref().map_or(Ok(()), |store| store.wait(self.written))?)
    }

    /// Warnings about the store, the queue and values that are not kept since the last call, for the user; no record was lost.
    pub(crate) fn take_warnings(&mut self) -> Vec<String> {
        let mut warnings = self.store.as_mut().map(Store::take_warnings).unwrap_or_default();
        warnings.append(&mut self.said);
        warnings
    }

    /// The optimizer, which holds the history.
    pub(crate) fn optimizer(&self) -> &Optimizer {
        &self.optimizer
    }

    /// All trials so far.
    pub(crate) fn history(&self) -> &History {
        self.optimizer.history()
    }

    /// The running attempt of a trial.
    pub(crate) fn attempt(&self, trial: TrialId) -> Option<&Attempt> {
        self.running.iter().find(|each| each.proposal.trial == trial)
    }

    /// The attempts that run, in the order of asking.
    pub(crate) fn running(&self) -> &[Attempt] {
        &self.running
    }

    /// The trials without an outcome that are not running.
    pub(crate) fn waiting(&self) -> impl ExactSizeIterator<Item = &Proposal> {
        self.waiting.iter().map(|(proposal, _)| proposal)
    }

    /// The last note of each key.
    pub(crate) fn notes(&self) -> &IndexMap<String, Json> {
        &self.notes
    }

    /// The number of pieces that the batches of a configuration are divided into, after a device had no memory left for
    /// them.
    pub(crate) fn divisor(&self, configuration: ConfigurationId) -> u32 {
        self.retries.divisor(configuration)
    }

    /// The paces of the trials that ended.
    pub(crate) fn paces(&self) -> &Paces {
        &self.paces
    }

    /// Seconds that attempts took which have ended, those of earlier sessions included.
    pub(crate) fn device_seconds(&self) -> f64 {
        self.device_seconds
    }

    fn learn_from(&mut self, results: Vec<PriorResult>) {
        self.optimizer.learn_from(results);
    }

    fn run(&mut self, proposal: Proposal, number: u32, is_new: bool, at: Timestamp) -> Attempt {
        let (slot, since) = (ELSEWHERE.to_owned(), Instant::now());
        let attempt = Attempt { proposal, number, is_new, slot, share: 0.0, started: at, since };
        self.running.push(attempt.clone());
        attempt
    }

    fn write(&mut self, record: &Record) -> Result<u64, RunError> {
        if let Some((number, at)) = self.session.take() {
            self.notes.insert(SESSION.to_owned(), number.into());
            self.write(&Record::Noted(Noted { key: SESSION.to_owned(), value: number.into(), at }))?;
        }
        self.written = match &mut self.store {
            Some(store) => store.write(record)?,
            None => self.written + 1,
        };
        Ok(self.written)
    }
}

#[cfg(test)]
mod tests;
