//! The incumbent beside the default, at the full budget, on data that no trial has seen.
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::TICK;
use super::error::RunError;
use super::event::{Event, Watcher};
use super::launch::{Purpose, launch, request};
use super::run::{Finish, Session};
use crate::executor::{Event as News, Executor};
use crate::store::record::{Noted, Record};
use crate::trial::incumbent::incumbent;
use crate::trial::{Origin, Proposal, TrialId};

/// The key of the note that keeps it.
pub const NOTE: &str = "validation";

/// The folders of what is evaluated.
pub const NAMES: [&str; 2] = ["incumbent", "default"];

/// How the incumbent does beside the default configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// The incumbent that was validated.
    pub trial: TrialId,
    pub incumbent: Evaluated,
    /// Absent where the run never tried it, or it failed.
    pub default: Option<Evaluated>,
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

/// Compares the incumbent with the default, unless that was done before.
pub(super) fn validate(
    session: &mut Session,
    watcher: &mut dyn Watcher,
    interrupts: &AtomicUsize,
) -> Result<Finish, RunError> {
    let history = session.optimizer.history();
    let Some(best) = incumbent(history) else { return Ok(Finish::Complete) };
    let best = best.clone();
    let done = session.notes.get(NOTE).and_then(|note| serde_json::from_value::<Validation>(note.clone()).ok());
    if done.is_some_and(|done| done.trial == best.proposal.trial) {
        return Ok(Finish::Complete);
    }
    let full = session.experiment.schedule.max();
    let default = history.trials().iter().find(|trial| trial.proposal.origin == Origin::Default);
    let default = default.map(|trial| Proposal { budget: full, ..trial.proposal.clone() });
    let known = default.as_ref().and_then(|default| history.at(default.configuration_id, full)?.outcome.clone());
    let known_cost = |cost: Option<f64>| cost.map(|cost| Evaluated { cost, info: Map::new() });

    let mut evaluated: BTreeMap<&str, Evaluated> = BTreeMap::new();
    let mut jobs = Vec::new();
    let has_test = session.objective.has_test();
    if has_test {
        jobs.push(("incumbent", best.proposal.clone(), Purpose::Test));
    } else {
        evaluated
            .extend(known_cost(best.outcome.as_ref().and_then(|outcome| outcome.cost())).map(|it| ("incumbent", it)));
    }
    match (default, known) {
        (None, _) => {}
        (Some(default), _) if default.configuration_id == best.proposal.configuration_id && !has_test => {}
        (Some(_), Some(outcome)) if !has_test => {
            evaluated.extend(known_cost(outcome.cost()).map(|it| ("default", it)));
        }
        (Some(default), _) => jobs.push(("default", default, if has_test { Purpose::Test } else { Purpose::Trial })),
    }
    if execute(session, jobs, &mut evaluated, watcher, interrupts)? == Finish::Interrupted {
        return Ok(Finish::Interrupted);
    }
    if let Some(incumbent) = evaluated.remove("incumbent") {
        let validation = Validation { trial: best.proposal.trial, incumbent, default: evaluated.remove("default") };
        let value = serde_json::to_value(&validation).expect("plain data becomes JSON");
        session.store.append(&Record::Noted(Noted { key: NOTE.into(), value, at: Timestamp::now() }))?;
    }
    Ok(Finish::Complete)
}

/// Runs the jobs side by side; a job that fails is left out of `evaluated`.
fn execute(
    session: &mut Session,
    jobs: Vec<(&'static str, Proposal, Purpose)>,
    evaluated: &mut BTreeMap<&str, Evaluated>,
    watcher: &mut dyn Watcher,
    interrupts: &AtomicUsize,
) -> Result<Finish, RunError> {
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
            let request = request(session.experiment, session.folder, proposal, folder.clone());
            let id = (TrialId(started as u32), 1);
            let launch = launch(session.experiment, session.objective, request, *purpose, id)
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
                match ended.outcome.cost() {
                    Some(cost) => {
                        evaluated.insert(jobs[index].0, Evaluated { cost, info: ended.info });
                    }
                    None => {
                        let warning =
                            format!("the {} could not be validated: it {}", jobs[index].0, ended.outcome.name());
                        watcher.notice(&Event::Warning(&warning), &session.standing());
                    }
                }
            }
            Some(News::Report { .. }) | None => {}
        }
        let share = shares.iter().sum::<f64>() / jobs.len() as f64;
        watcher.notice(&Event::Validating { share }, &session.standing());
    }
    Ok(Finish::Complete)
}
