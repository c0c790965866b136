//! The incumbent beside the default, at the full budget, on data that no trial has seen.
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::executor::Event as News;
use crate::experiment::TICK;
use crate::experiment::error::RunError;
use crate::experiment::run::event::{Event, Watcher};
use crate::experiment::run::launch::{Purpose, launch, request};
use crate::experiment::run::{Finish, Session};
use crate::store::record::{Noted, Record};
use crate::trial::incumbent::incumbent;
use crate::trial::outcome::OutcomeKind;
use crate::trial::{Origin, Proposal, TrialId};

/// The key of the note that keeps it.
pub const NOTE: &str = "validation";

/// The folders of what is evaluated.
pub const NAMES: [&str; 2] = ["incumbent", "default"];

/// How the incumbent does beside the default configuration, both at the full budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// The incumbent that was validated.
    pub trial: TrialId,
    pub incumbent: Evaluated,
    /// Absent where the run never tried it, or it failed.
    pub default: Option<Evaluated>,
    /// How the default failed.
    pub default_failure: Option<OutcomeKind>,
}

/// One configuration at the full budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    /// As a trial measures it.
    pub cost: f64,
    /// What the worker reported; `test` holds what was measured on untouched data, where the task has any.
    pub info: Map<String, Json>,
}

impl Evaluated {
    /// A number of the test on untouched data, such as `cost`.
    pub fn test(&self, key: &str) -> Option<f64> {
        self.info.get("test")?.get(key)?.as_f64()
    }
}

impl Validation {
    /// Whether there is nothing to gain from another try: a default that diverged will diverge again.
    fn is_settled(&self, incumbent: TrialId) -> bool {
        self.trial == incumbent && (self.default.is_some() || self.default_failure == Some(OutcomeKind::Diverged))
    }
}

/// Compares the incumbent with the default, unless that was done before.
pub(crate) fn validate(
    session: &mut Session,
    watcher: &mut dyn Watcher,
    interrupts: &AtomicUsize,
) -> Result<Finish, RunError> {
    let history = session.optimizer.history();
    let Some(best) = incumbent(history) else { return Ok(Finish::Complete) };
    let trial = best.proposal.trial;
    let done = session.notes.get(NOTE).and_then(|note| serde_json::from_value::<Validation>(note.clone()).ok());
    if done.is_some_and(|done| done.is_settled(trial)) {
        return Ok(Finish::Complete);
    }
    let full = session.experiment.schedule.max();
    let default = history.trials().iter().find(|trial| trial.proposal.origin == Origin::Default);
    let is_itself = default.is_some_and(|default| default.proposal.configuration_id == best.proposal.configuration_id);
    let candidates = [("incumbent", Some(best)), ("default", default.filter(|_| !is_itself))];

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
    if execute(session, jobs, &mut results, watcher, interrupts)? == Finish::Interrupted {
        return Ok(Finish::Interrupted);
    }
    if let Some(Ok(incumbent)) = results.remove("incumbent") {
        let (default, default_failure) = match results.remove("default") {
            Some(Ok(default)) => (Some(default), None),
            Some(Err(failure)) => (None, Some(failure)),
            None => (is_itself.then(|| incumbent.clone()), None),
        };
        let validation = Validation { trial, incumbent, default, default_failure };
        let value = serde_json::to_value(&validation).expect("plain data becomes JSON");
        session.store.append(&Record::Noted(Noted { key: NOTE.into(), value, at: Timestamp::now() }))?;
    }
    Ok(Finish::Complete)
}

/// Runs the jobs side by side.
fn execute(
    session: &mut Session,
    jobs: Vec<(&'static str, Proposal, Purpose)>,
    results: &mut BTreeMap<&str, Result<Evaluated, OutcomeKind>>,
    watcher: &mut dyn Watcher,
    interrupts: &AtomicUsize,
) -> Result<Finish, RunError> {
    if jobs.is_empty() {
        return Ok(Finish::Complete);
    }
    let mut shares = vec![0.0; jobs.len()];
    let (mut started, mut running) = (0, 0);
    while started < jobs.len() || running > 0 {
        if interrupts.load(Ordering::Relaxed) > 0 {
            session.executor.stop();
            return Ok(Finish::Interrupted);
        }
        while started < jobs.len() && session.executor.idle() > 0 {
            let (name, proposal, purpose) = &jobs[started];
            let folder = session.folder.validation().join(name);
            let divisor = session.retries.divisor(proposal.configuration_id);
            let request = request(session.experiment, session.folder, proposal, folder.clone(), divisor);
            let id = (TrialId(started as u32), 1);
            let launch = launch(session.experiment, session.folder, session.objective, request, *purpose, id)
                .map_err(|source| RunError::Folder { path: folder, source })?;
            session.executor.start(launch)?;
            started += 1;
            running += 1;
        }
        match session.executor.wait(TICK) {
            Some(News::Progress { trial, fraction }) => shares[trial.0 as usize] = fraction,
            Some(News::Ended(ended)) => {
                running -= 1;
                let index = ended.trial.0 as usize;
                shares[index] = 1.0;
                let name = jobs[index].0;
                match ended.outcome.cost() {
                    Some(cost) => {
                        results.insert(name, Ok(Evaluated { cost, info: ended.info }));
                    }
                    None => {
                        let (how, log) = (ended.outcome.kind(), session.folder.validation().join(name));
                        let warning = format!(
                            "the {name} could not be evaluated at the full budget: {}; its log is in `{}`",
                            how.in_words(),
                            log.display()
                        );
                        session.notice(&Event::Warning(&warning), watcher);
                        results.insert(name, Err(how));
                    }
                }
            }
            Some(News::Report { .. }) | None => {}
        }
        let share = shares.iter().sum::<f64>() / jobs.len() as f64;
        session.notice(&Event::Validating { share }, watcher);
    }
    Ok(Finish::Complete)
}
