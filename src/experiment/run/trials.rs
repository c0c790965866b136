//! The trials of a run as jobs: starts the attempts that the ledger returns, and records their ends in it.
use std::collections::HashSet;
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::executor::job::{JobId, WorkerEvent};
use crate::executor::remark::Remark;
use crate::experiment::error::RunError;
use crate::experiment::ledger::answer::{EndVerdict, NextAttempt};
use crate::experiment::run::attempt_files::AttemptFiles;
use crate::experiment::run::closing;
use crate::experiment::run::event::RunEvent;
use crate::experiment::run::failures::Failures;
use crate::experiment::run::jobs::{JobSource, NextJob};
use crate::experiment::run::launch::{Purpose, launch, request};
use crate::experiment::run::pending_event::PendingEvent;
use crate::experiment::run::session::Session;
use crate::store::record::{AttemptEnd, Forfeit};
use crate::trial::TrialId;
use crate::trial::budget::Budget;
use crate::trial::curve::CurvePoint;
use crate::trial::front::front;
use crate::trial::outcome::Outcome;
use crate::trial::recommendation::Recommendation;

/// The time that trials have to finish after a first interruption.
pub(crate) const FAREWELL: Duration = Duration::from_secs(10);

/// The number of warnings about programs that a session gives.
const WARNINGS: u32 = 3;

/// The trials that a session asks for.
pub(crate) struct Trials<'s, 'a> {
    session: &'s mut Session<'a>,
    /// Trials that are being ended because they fell behind.
    pruned: HashSet<TrialId>,
    failures: Failures,
    /// Warnings about programs that were given so far.
    warnings: u32,
    /// The kinds of remarks on results that were told so far: each is told once.
    remarks: HashSet<Discriminant<Remark>>,
    /// A limit was reached: only trials that are started again are left.
    is_over: bool,
    /// Each attempt has files of its own.
    may_overlap: bool,
}

impl<'s, 'a> Trials<'s, 'a> {
    /// The trials of a session, from where its ledger stands.
    /// With `may_overlap`, each attempt has files of its own, which become the trial's when its end counts.
    pub(crate) fn of(session: &'s mut Session<'a>, may_overlap: bool) -> Self {
        let failures = Failures::of(session.ledger.history());
        let (pruned, remarks) = (HashSet::new(), HashSet::new());
        Self { session, pruned, failures, warnings: 0, remarks, is_over: false, may_overlap }
    }

    /// The files of an attempt, where each has its own.
    fn files(&self, trial: TrialId, attempt: u32) -> Option<AttemptFiles> {
        let known = self.session.ledger.history().trial(trial).filter(|_| self.may_overlap)?;
        Some(AttemptFiles::of(self.session.folder, &known.proposal, attempt))
    }

    /// True where a trial is that of the recommended configuration; of several objectives, where it is on the front.
    fn is_incumbent(&self, trial: TrialId, recommended: Option<&Recommendation>) -> bool {
        match self.session.experiment.objectives() {
            [] => recommended.is_some_and(|best| best.trial == trial),
            _ => {
                let ledger = &self.session.ledger;
                let front = front(ledger.history(), ledger.evaluations());
                front.iter().any(|member| !member.is_evaluated && member.trial.proposal.trial == trial)
            }
        }
    }
}

impl JobSource for Trials<'_, '_> {
    fn patience_when_interrupted(&self) -> Duration {
        FAREWELL
    }

    fn is_over_time(&self) -> bool {
        self.session.ledger.is_over_time()
    }

    fn is_over(&self) -> bool {
        self.session.ledger.is_over()
    }

    fn next(&mut self, now: Timestamp) -> Result<NextJob, RunError> {
        let is_waited_for = self.session.ledger.waiting().len() > 0;
        self.is_over |= !self.is_over && !is_waited_for && closing::needs_the_rest(self.session);
        if self.is_over && !is_waited_for {
            return Ok(NextJob::Done);
        }
        let Session { experiment, objective, folder, ledger, checkpoints, .. } = &mut *self.session;
        let attempt = match ledger.ask(now)? {
            NextAttempt::Attempt(attempt) => attempt,
            NextAttempt::Wait => return Ok(NextJob::Wait),
            NextAttempt::Over(_) => {
                self.is_over = true;
                return Ok(NextJob::Done);
            }
        };
        let proposal = attempt.proposal;
        let files = self.may_overlap.then(|| AttemptFiles::of(folder, &proposal, attempt.number));
        let trial_dir = files.as_ref().map_or_else(|| folder.trial(proposal.trial), |files| files.folder.clone());
        let divisor = ledger.divisor(proposal.configuration_id);
        let mut request = request(experiment, folder, &proposal, trial_dir.clone(), divisor);
        let mut continues_from = None;
        if let Some(files) = files.filter(|_| !experiment.intensifier.starts_anew_on_each_pair()) {
            continues_from = Some(std::mem::replace(&mut request.checkpoint, files.absolute_checkpoint()));
        }
        let job = JobId::Trial { trial: proposal.trial, attempt: attempt.number };
        let mut launch = launch(experiment, folder, objective, request, Purpose::Trial, job)
            .map_err(|source| RunError::Folder { path: trial_dir, source })?;
        launch.continues_from = continues_from;
        checkpoints.used(proposal.configuration_id);
        Ok(NextJob::Start(Box::new(launch)))
    }

    fn started(&mut self, job: &JobId, slot: &str, now: Timestamp) -> Result<u64, RunError> {
        let JobId::Trial { trial, attempt } = *job else { return Ok(0) };
        tracing::debug!(%trial, attempt, slot, "started");
        let record = self.session.ledger.started(trial, slot, now)?;
        let running = self.session.ledger.attempt(trial).expect("it has just started");
        let event = PendingEvent::Started { proposal: running.proposal.clone(), attempt, slot: slot.to_owned() };
        self.session.announcer.defer(record, event);
        Ok(record)
    }

    fn adopted(&mut self, job: &JobId, slot: &str, now: Timestamp) -> Result<bool, RunError> {
        let JobId::Trial { trial, attempt } = *job else { return Ok(false) };
        let is_adopted = self.session.ledger.adopt(trial, attempt, slot, now);
        tracing::info!(%trial, attempt, slot, is_adopted, "still runs elsewhere");
        if is_adopted && let Some(running) = self.session.ledger.attempt(trial) {
            self.session.checkpoints.used(running.proposal.configuration_id);
        }
        Ok(is_adopted)
    }

    fn durable(&self) -> Result<u64, RunError> {
        self.session.ledger.durable()
    }

    fn settle(&mut self) -> Result<(), RunError> {
        self.session.ledger.settle()
    }

    fn progressed(&mut self, job: &JobId, share: f64) {
        if let JobId::Trial { trial, .. } = job {
            self.session.ledger.progressed(*trial, share);
        }
    }

    /// Keeps a cost that a trial reports on its way, where its line says how far it is.
    fn reported(&mut self, job: &JobId, line: &Map<String, Json>, now: Timestamp) -> Result<bool, RunError> {
        let JobId::Trial { trial, attempt } = *job else { return Ok(false) };
        let number = |key| line.get(key).and_then(Json::as_f64);
        let Some(budget) = number("budget").and_then(Budget::new) else { return Ok(false) };
        let Some(running) = self.session.ledger.attempt(trial).filter(|running| running.number == attempt) else {
            return Ok(false);
        };
        let is_beyond = running.proposal.budget.is_exceeded_by(budget.amount());
        let share = budget.amount() / running.proposal.budget.amount();
        self.session.ledger.progressed(trial, share.min(1.0));
        // A cost above the budget of its trial is none of the trial's.
        if is_beyond {
            return Ok(false);
        }
        let Some(cost) = number("cost") else { return Ok(false) };
        let taken = self.session.ledger.reported(trial, CurvePoint { budget, cost }, now)?;
        Ok(taken.is_new && taken.is_behind && self.pruned.insert(trial))
    }

    fn ended(&mut self, job: &JobId, mut end: AttemptEnd) -> Result<u64, RunError> {
        let JobId::Trial { trial, attempt } = *job else { return Ok(0) };
        // Only a program that makes up trials tells of one that was never asked for.
        if self.session.ledger.history().trial(trial).is_none() || self.session.ledger.was_told(trial, attempt) {
            return Ok(0);
        }
        if self.pruned.remove(&trial) && end.outcome == Outcome::Lost {
            end.outcome = Outcome::Pruned;
        }
        let (seconds, kind, cost) = (end.seconds, end.outcome.kind(), end.outcome.cost());
        tracing::info!(%trial, attempt, outcome = kind.word(), cost, seconds, "ended");
        let files = self.files(trial, attempt);
        let is_current = self.session.ledger.attempt(trial).is_some_and(|running| running.number == attempt);
        if let Some(files) = files.as_ref().filter(|_| is_current && end.forfeit != Some(Forfeit::Expired)) {
            files.accept_checkpoint();
        }
        let forfeit = end.forfeit;
        let taken = self.session.ledger.ended(trial, attempt, end)?;
        match taken.verdict {
            EndVerdict::Late => {
                files.iter().for_each(AttemptFiles::discard_checkpoint);
                self.session.announcer.defer(taken.record, PendingEvent::Late { trial, attempt, outcome: kind });
            }
            EndVerdict::Again { after, divisor } => {
                let event = PendingEvent::Retrying { trial, after, divisor, forfeit };
                self.session.announcer.defer(taken.record, event);
            }
            EndVerdict::Final { attempt, outcome } => {
                files.iter().for_each(AttemptFiles::keep);
                self.failures.count(&outcome);
                let Session { folder, ledger, checkpoints, .. } = &mut *self.session;
                checkpoints.tidy_now_and_then(ledger, folder);
                let recommended = self.session.ledger.recommendation();
                let event = PendingEvent::Ended {
                    proposal: attempt.proposal,
                    attempt: attempt.number,
                    slot: attempt.slot,
                    outcome,
                    seconds,
                    is_incumbent: self.is_incumbent(trial, recommended.as_ref()),
                    recommended,
                };
                self.session.announcer.defer(taken.record, event);
                self.failures.check(self.session.ledger.history(), self.session.folder)?;
            }
        }
        Ok(taken.record)
    }

    fn worker(&mut self, event: &WorkerEvent) {
        self.session.announce(&RunEvent::Worker(event));
    }

    fn noticed(&mut self, message: &str) {
        self.session.announce(&RunEvent::Notice(message));
    }

    fn warned(&mut self, _job: &JobId, message: &str) {
        self.warnings += 1;
        if self.warnings <= WARNINGS {
            self.session.announce(&RunEvent::Warning(message));
        }
    }

    fn remarked(&mut self, job: &JobId, remark: &Remark) {
        if let JobId::Trial { trial, .. } = job
            && self.remarks.insert(discriminant(remark))
        {
            self.session.announce(&RunEvent::Warning(&format!("trial {trial} {remark}")));
        }
    }

    fn stopping(&mut self, running: usize) {
        self.session.announce(&RunEvent::Stopping { running });
    }

    fn patience(&mut self) -> Result<Duration, RunError> {
        self.session.announcer.acknowledge(&mut self.session.ledger)?;
        Ok(self.session.announcer.patience())
    }

    fn waited(&mut self) {
        self.session.announcer.tick(&self.session.ledger);
    }
}
