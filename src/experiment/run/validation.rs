//! Validation: the recommended configuration beside the default, at the full budget, on data that no trial has seen.
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::sync::atomic::AtomicUsize;

use serde_json::Map;

use crate::executor::Executor;
use crate::executor::job::JobId;
use crate::experiment::error::RunError;
use crate::experiment::replay::note::VALIDATION;
use crate::experiment::replay::validation::{Evaluated, Validation};
use crate::experiment::run::closing::{self, ClosingJob, NAMES};
use crate::experiment::run::evaluations::{EvaluationProgress, evaluate};
use crate::experiment::run::event::RunEvent;
use crate::experiment::run::jobs::Finish;
use crate::experiment::run::launch::{launch, request};
use crate::experiment::run::session::Session;
use crate::trial::evaluation::Evaluation;
use crate::trial::outcome::OutcomeKind;
use crate::trial::{Proposal, Trial};

/// The most configurations that are evaluated one after another because the one before disappointed.
pub(crate) const ROUNDS: usize = 3;

type Results = BTreeMap<&'static str, Result<Evaluated, OutcomeKind>>;

impl Validation {
    /// True where the validation need not be repeated: a default that diverged will diverge again.
    fn is_settled(&self) -> bool {
        self.default.is_some() || self.default_failure == Some(OutcomeKind::Diverged)
    }
}

/// Evaluates the recommended configuration and the default at the full budget, where that is not known, and compares them.
///
/// A recommended configuration with results at smaller budgets alone may disappoint, so that another is recommended: then
/// that one is evaluated too, for a few rounds. What does not fit into the time of the run is left out, with a warning.
pub(crate) fn validate(
    session: &mut Session,
    executor: &mut dyn Executor,
    interrupts: &AtomicUsize,
) -> Result<Finish, RunError> {
    if !session.experiment.validation {
        return Ok(Finish::Complete);
    }
    let mut results = Results::new();
    for round in 0..=ROUNDS {
        let Some(best) = session.ledger.recommendation() else { return Ok(Finish::Complete) };
        let done = session.ledger.notes().get(VALIDATION);
        let done = done.and_then(|note| serde_json::from_value::<Validation>(note.clone()).ok());
        let is_same = |done: &Validation| {
            let validated = session.ledger.history().trial(done.trial);
            validated.is_some_and(|trial| trial.proposal.configuration_id == best.configuration)
        };
        if done.is_some_and(|done| is_same(&done) && done.is_settled()) {
            return Ok(Finish::Complete);
        }
        results.remove(NAMES[0]);
        let (jobs, is_itself) = pending(session, &mut results);
        if round == ROUNDS && jobs.iter().any(|job| job.name == NAMES[0]) {
            return Ok(Finish::Complete);
        }
        if !jobs.is_empty() {
            if let Some(reason) = closing::excluded(session, &jobs) {
                session.announce(&RunEvent::Warning(&reason));
                return Ok(Finish::Complete);
            }
            match execute(session, executor, jobs, &mut results, interrupts)? {
                Some(Finish::Complete) => {}
                Some(Finish::Interrupted) => return Ok(Finish::Interrupted),
                None => return Ok(Finish::Complete),
            }
        }
        let next = session.ledger.recommendation().map(|best| best.configuration);
        if next == Some(best.configuration)
            && let Some(Ok(incumbent)) = results.get(NAMES[0])
        {
            let (default, default_failure) = match results.get(NAMES[1]) {
                _ if is_itself => (Some(incumbent.clone()), None),
                Some(Ok(default)) => (Some(default.clone()), None),
                Some(Err(failure)) => (None, Some(*failure)),
                None => (None, None),
            };
            let validation = Validation { trial: best.trial, incumbent: incumbent.clone(), default, default_failure };
            session.ledger.note(VALIDATION, serde_json::to_value(&validation).expect("plain data becomes JSON"))?;
            return Ok(Finish::Complete);
        }
        if next == Some(best.configuration) {
            return Ok(Finish::Complete);
        }
    }
    Ok(Finish::Complete)
}

/// The evaluations that are left to do, and true where the recommended configuration is the default; known results are
/// added to `results`.
fn pending(session: &Session, results: &mut Results) -> (Vec<ClosingJob>, bool) {
    let (jobs, is_itself) = closing::candidates(&session.ledger);
    let has_test = session.objective.has_test();
    let left = jobs.into_iter().filter(|job| {
        if results.contains_key(job.name) {
            return false;
        }
        match closing::known(&session.ledger, &job.proposal).filter(|_| !has_test) {
            Some(cost) => results.insert(job.name, Ok(Evaluated { cost, info: Map::new() })).is_some(),
            None => true,
        }
    });
    (left.collect(), is_itself)
}

/// Runs the jobs side by side, and keeps their judged results in the journal; `None` where the time was over before.
fn execute(
    session: &mut Session,
    executor: &mut dyn Executor,
    jobs: Vec<ClosingJob>,
    results: &mut Results,
    interrupts: &AtomicUsize,
) -> Result<Option<Finish>, RunError> {
    let Session { experiment, objective, folder, ledger, announcer, .. } = session;
    let purpose = closing::purpose(objective);
    let mut launch_of = |index: usize| {
        let ClosingJob { name, proposal } = &jobs[index];
        let path = folder.validation().join(name);
        let unusable = |source| RunError::Folder { path: path.clone(), source };
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(unusable(error)),
            _ => {}
        }
        let divisor = ledger.divisor(proposal.configuration_id);
        let mut request = request(experiment, folder, proposal, path.clone(), divisor);
        let is_complete = |trial: &Trial| {
            trial.proposal.budget >= proposal.budget && trial.outcome.as_ref().is_some_and(|it| it.cost().is_some())
        };
        if !ledger.history().of(proposal.configuration_id).any(is_complete) {
            request.checkpoint =
                closing::checkpoint(folder, proposal.configuration_id, &request.checkpoint).map_err(unusable)?;
        }
        let job = JobId::Evaluation { name: (*name).to_owned(), number: index as u32 };
        launch(experiment, folder, objective, request, purpose, job).map_err(unusable)
    };
    let mut progress = |EvaluationProgress { share, .. }: EvaluationProgress| {
        announcer.announce(&RunEvent::Validating { share }, ledger)
    };
    let is_over_time = || ledger.is_over_time();
    let (count, directions) = (jobs.len(), &experiment.directions);
    let ends = evaluate(executor, directions, count, &mut launch_of, &mut progress, &is_over_time, interrupts)?;
    let (is_whole, is_over_time) = (ends.are_all(), is_over_time());
    // What has ended is kept, whatever became of the others.
    for (ClosingJob { name, proposal }, end) in jobs.iter().zip(ends.ends) {
        let Some(end) = end else { continue };
        closing::forget_checkpoint(folder, proposal.configuration_id);
        let Proposal { configuration_id: configuration, budget, seed, instance, .. } = proposal.clone();
        if end.outcome.is_judged() {
            let (cost, others) = (end.outcome.cost(), end.outcome.costs().iter().skip(1).copied().collect());
            ledger.evaluated(Evaluation { configuration, budget, seed, instance, cost, others })?;
        }
        let result = match end.outcome.cost() {
            Some(cost) => Ok(Evaluated { cost, info: end.info }),
            None => {
                let (kind, log) = (end.outcome.kind(), folder.validation().join(name));
                let warning = format!(
                    "the {name} could not be evaluated at the full budget: {}; its log is in `{}`",
                    kind.in_words(),
                    log.display()
                );
                announcer.announce(&RunEvent::Warning(&warning), ledger);
                Err(kind)
            }
        };
        results.insert(name, result);
    }
    if !is_whole && is_over_time {
        announcer.announce(&RunEvent::Warning("the evaluations at the end were ended by the time limit"), ledger);
        return Ok(None);
    }
    Ok(Some(if is_whole { Finish::Complete } else { Finish::Interrupted }))
}
