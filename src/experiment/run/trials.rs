//! The trials of a run as jobs: starts the attempts that the ledger returns, and records their ends in it.
use std::collections::HashSet;
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::executor::job::JobId;
use crate::executor::remark::Remark;
use crate::experiment::error::RunError;
use crate::experiment::ledger::answer::{EndVerdict, NextAttempt};
use crate::experiment::run::closing;
use crate::experiment::run::event::RunEvent;
use crate::experiment::run::failures::Failures;
use crate::experiment::run::jobs::{JobSource, NextJob};
use crate::experiment::run::launch::{Purpose, launch, request};
use crate::experiment::run::pending_event::PendingEvent;
use crate::experiment::run::session::Session;
use crate::store::record::AttemptEnd;
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
}

impl<'s, 'a> Trials<'s, 'a> {
    /// The trials of a session, from where its ledger stands.
    pub(crate) fn of(session: &'s mut Session<'a>) -> Self {
        let failures = Failures::of(session.ledger.history());
        Self { session, pruned: HashSet::new(), failures, warnings: 0, remarks: HashSet::new(), is_over: false }
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
        let trial_dir = folder.trial(proposal.trial);
        let divisor = ledger.divisor(proposal.configuration_id);
        let request = request(experiment, folder, &proposal, trial_dir.clone(), divisor);
        let job = JobId::Trial { trial: proposal.trial, attempt: attempt.number };
        let launch = launch(experiment, folder, objective, request, Purpose::Trial, job)
            .map_err(|source| RunError::Folder { path: trial_dir, source })?;
        checkpoints.used(proposal.configuration_id);
        Ok(NextJob::Start(Box::new(launch)))
    }

    fn started(&mut self, job: &JobId, slot: &str, now: Timestamp) -> Result<(), RunError> {
        let JobId::Trial { trial, attempt } = *job else { return Ok(()) };
        tracing::debug!(%trial, attempt, slot, "started");
        let record = self.session.ledger.started(trial, slot, now)?;
        let running = self.session.ledger.attempt(trial).expect("it has just started");
        let event = PendingEvent::Started { proposal: running.proposal.clone(), attempt, slot: slot.to_owned() };
        self.session.announcer.defer(record, event);
        Ok(())
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

    fn ended(&mut self, job: &JobId, mut end: AttemptEnd) -> Result<(), RunError> {
        let JobId::Trial { trial, attempt } = *job else { return Ok(()) };
        if self.pruned.remove(&trial) && end.outcome == Outcome::Lost {
            end.outcome = Outcome::Pruned;
        }
        let (seconds, kind, cost) = (end.seconds, end.outcome.kind(), end.outcome.cost());
        tracing::info!(%trial, attempt, outcome = kind.word(), cost, seconds, "ended");
        let taken = self.session.ledger.ended(trial, attempt, end)?;
        match taken.verdict {
            EndVerdict::Late => Ok(()),
            EndVerdict::Again { after, divisor } => {
                self.session.announcer.defer(taken.record, PendingEvent::Retrying { trial, after, divisor });
                Ok(())
            }
            EndVerdict::Final { attempt, outcome } => {
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
                self.failures.check(self.session.ledger.history(), self.session.folder)
            }
        }
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
