//! Validation: the incumbent beside the default, at the full budget, on data that no trial has seen.
use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::executor::Executor;
use crate::executor::job::JobId;
use crate::experiment::error::RunError;
use crate::experiment::replay::note::VALIDATION;
use crate::experiment::run::evaluations::{EvaluationProgress, evaluate};
use crate::experiment::run::event::RunEvent;
use crate::experiment::run::jobs::Finish;
use crate::experiment::run::launch::{Purpose, launch, request};
use crate::experiment::run::session::Session;
use crate::trial::incumbent::incumbent;
use crate::trial::outcome::OutcomeKind;
use crate::trial::{Origin, Proposal, TrialId};

/// The names of the two evaluations, and of their folders.
pub(crate) const NAMES: [&str; 2] = ["incumbent", "default"];

/// The incumbent beside the default configuration, both at the full budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Validation {
    /// The incumbent that was validated.
    pub trial: TrialId,
    pub incumbent: Evaluated,
    /// Absent where the run never tried it, or it failed.
    pub default: Option<Evaluated>,
    /// The way the default failed.
    pub default_failure: Option<OutcomeKind>,
}

/// One configuration at the full budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Evaluated {
    /// As a trial measures it.
    pub cost: f64,
    /// The `info` that the worker reported; its `test` holds the measurements on untouched data, where the task has any.
    pub info: Map<String, Json>,
}

impl Evaluated {
    /// A number of the test on untouched data, such as `cost`.
    pub(crate) fn test(&self, key: &str) -> Option<f64> {
        self.info.get("test")?.get(key)?.as_f64()
    }
}

impl Validation {
    /// True where the validation need not be repeated: a default that diverged will diverge again.
    fn is_settled(&self, incumbent: TrialId) -> bool {
        self.trial == incumbent && (self.default.is_some() || self.default_failure == Some(OutcomeKind::Diverged))
    }
}

/// Compares the incumbent with the default, unless that was done before.
pub(crate) fn validate(
    session: &mut Session,
    executor: &mut dyn Executor,
    interrupts: &AtomicUsize,
) -> Result<Finish, RunError> {
    let history = session.ledger.history();
    let Some(best) = incumbent(history) else { return Ok(Finish::Complete) };
    let trial = best.proposal.trial;
    let done = session.ledger.notes().get(VALIDATION);
    let done = done.and_then(|note| serde_json::from_value::<Validation>(note.clone()).ok());
    if done.is_some_and(|done| done.is_settled(trial)) {
        return Ok(Finish::Complete);
    }
    let full = session.experiment.schedule.max();
    let default = history.trials().iter().find(|trial| trial.proposal.origin == Origin::Default);
    let is_itself = default.is_some_and(|default| default.proposal.configuration_id == best.proposal.configuration_id);
    let candidates = [(NAMES[0], Some(best)), (NAMES[1], default.filter(|_| !is_itself))];

    let mut results: BTreeMap<&str, Result<Evaluated, OutcomeKind>> = BTreeMap::new();
    let mut jobs = Vec::new();
    for (name, candidate) in candidates {
        let Some(candidate) = candidate else { continue };
        let known = history.at(candidate.proposal.configuration_id, full).and_then(|trial| trial.outcome.as_ref());
        let proposal = Proposal { budget: full, ..candidate.proposal.clone() };
        match known {
            _ if session.objective.has_test() => jobs.push((name, proposal, Purpose::Test)),
            None => jobs.push((name, proposal, Purpose::Trial)),
            Some(outcome) => {
                let evaluated = outcome.cost().map(|cost| Evaluated { cost, info: Map::new() });
                results.insert(name, evaluated.ok_or(outcome.kind()));
            }
        }
    }
    if execute(session, executor, jobs, &mut results, interrupts)? == Finish::Interrupted {
        return Ok(Finish::Interrupted);
    }
    if let Some(Ok(incumbent)) = results.remove(NAMES[0]) {
        let (default, default_failure) = match results.remove(NAMES[1]) {
            Some(Ok(default)) => (Some(default), None),
            Some(Err(failure)) => (None, Some(failure)),
            None => (is_itself.then(|| incumbent.clone()), None),
        };
        let validation = Validation { trial, incumbent, default, default_failure };
        session.ledger.note(VALIDATION, serde_json::to_value(&validation).expect("plain data becomes JSON"))?;
    }
    Ok(Finish::Complete)
}

/// Runs the jobs side by side.
fn execute(
    session: &mut Session,
    executor: &mut dyn Executor,
    jobs: Vec<(&'static str, Proposal, Purpose)>,
    results: &mut BTreeMap<&str, Result<Evaluated, OutcomeKind>>,
    interrupts: &AtomicUsize,
) -> Result<Finish, RunError> {
    let Session { experiment, objective, folder, ledger, announcer, .. } = session;
    let mut launch_of = |index: usize| {
        let (name, proposal, purpose) = &jobs[index];
        let path = folder.validation().join(name);
        let divisor = ledger.divisor(proposal.configuration_id);
        let request = request(experiment, folder, proposal, path.clone(), divisor);
        let job = JobId::Evaluation { name: (*name).to_owned(), number: index as u32 };
        launch(experiment, folder, objective, request, *purpose, job)
            .map_err(|source| RunError::Folder { path, source })
    };
    let mut progress = |EvaluationProgress { share, .. }: EvaluationProgress| {
        announcer.announce(&RunEvent::Validating { share }, ledger)
    };
    let ends = evaluate(executor, &experiment.directions, jobs.len(), &mut launch_of, &mut progress, interrupts)?;
    let Some(ends) = ends else { return Ok(Finish::Interrupted) };
    for ((name, ..), end) in jobs.iter().zip(ends) {
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
    Ok(Finish::Complete)
}
