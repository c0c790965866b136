//! Journals of Optuna, replayed: studies with their trials, as Optuna itself reads them.
use std::collections::BTreeMap;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::exchange::trials::found::{FoundResult, FoundResults, MOST_RESULTS, UnreadableResults, counted};
use crate::exchange::trials::json::{numbers, parse, quoted};
use crate::exchange::trials::optuna::distribution::external;
use crate::exchange::trials::optuna::operation::{
    BUDGET, COMPLETE, CREATE_STUDY, CREATE_TRIAL, DELETE_STUDY, FAILED, MAXIMIZE, MINIMIZE, NOT_SET, PRUNED, RUNGS,
    SET_INTERMEDIATE_VALUE, SET_PARAMETER, SET_STATE, SET_STUDY_SYSTEM_ATTRIBUTE, SET_STUDY_USER_ATTRIBUTE,
    SET_SYSTEM_ATTRIBUTE, SET_USER_ATTRIBUTE, WAITING,
};
use crate::exchange::trials::optuna::rung::Rung;
use crate::trial::outcome::OutcomeKind;

/// Distributions of one parameter that are kept at most.
const MOST_DISTRIBUTIONS: usize = 100;

/// A study.
#[derive(Clone, Debug, Default)]
pub(super) struct Study {
    pub name: String,
    /// For each objective, true where it is maximized.
    pub maximized: Vec<bool>,
    /// The distributions that each parameter had, in the order of first appearance.
    pub distributions: IndexMap<String, Vec<Json>>,
    /// The budget of a step, where galvani wrote the study.
    pub budget_of_a_step: Option<f64>,
    /// The names of several objectives.
    pub objectives: Vec<String>,
}

/// A trial of a study.
#[derive(Clone, Debug, Default)]
pub(super) struct StudyTrial {
    pub study: u64,
    /// Its parameters, its values and its budget.
    pub result: FoundResult,
    pub state: Option<u64>,
    /// The trials of the configuration, where galvani wrote it.
    pub rungs: Vec<Rung>,
    /// Values on its way by step; absent where one is no number.
    pub intermediate: BTreeMap<i64, Option<f64>>,
    /// Its start and its end in seconds since 1970.
    pub times: (Option<f64>, Option<f64>),
}

/// The state of a journal after all of its operations.
#[derive(Clone, Debug, Default)]
pub(super) struct StudyJournal {
    created: u64,
    /// By number; a deleted one is absent.
    pub studies: BTreeMap<u64, Study>,
    /// By number, those of deleted studies too.
    pub trials: Vec<StudyTrial>,
    /// The number of operations of a kind that is not known, and the code of the first of them.
    unknown: (usize, u64),
}

impl StudyJournal {
    /// The replay of a text; lines that cannot be read are counted in `found`.
    ///
    /// # Errors
    /// No line is one of a journal, or there are more trials than are read.
    pub(super) fn of(text: &str, found: &mut FoundResults) -> Result<Self, UnreadableResults> {
        let mut journal = Self::default();
        let mut operations = 0;
        for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
            if line.trim().is_empty() {
                continue;
            }
            match parse(line).and_then(|operation| journal.apply(&operation)) {
                Ok(()) => operations += 1,
                Err(fault) => found.pass_over(fault.in_line(number, text)),
            }
            if journal.trials.len() > MOST_RESULTS {
                let reason = format!("the journal has more than {MOST_RESULTS} trials");
                return Err(UnreadableResults::whole(reason).hint("copy the best of them to a study of their own"));
            }
        }
        if operations == 0 {
            let fault = found.first_fault.take().unwrap_or_else(|| UnreadableResults::whole("the file is empty"));
            return Err(fault.hint("a journal of Optuna has one operation a line, with its `op_code`"));
        }
        if let (count @ 1.., code) = journal.unknown {
            let operations = counted(count, "operation");
            found.notes.push(format!("{operations} of an unknown kind left out, the first with the `op_code` {code}"));
        }
        Ok(journal)
    }

    fn apply(&mut self, operation: &Json) -> Result<(), UnreadableResults> {
        let wrong = |field: &str| UnreadableResults::whole(format!("there is no `{field}` that can be read"));
        let number = |field: &str| operation[field].as_u64().ok_or_else(|| wrong(field));
        match number("op_code")? {
            CREATE_STUDY => {
                let name = operation["study_name"].as_str().ok_or_else(|| wrong("study_name"))?;
                // A study of a name that is there already is not made.
                if !self.studies.values().any(|study| study.name == name) {
                    // One that cannot be read has its number all the same.
                    let number = self.created;
                    self.created += 1;
                    let directions = operation["directions"].as_array().ok_or_else(|| wrong("directions"))?;
                    let maximized = directions.iter().map(is_maximized).collect::<Result<_, _>>()?;
                    self.studies.insert(number, Study { name: name.to_owned(), maximized, ..Study::default() });
                }
            }
            DELETE_STUDY => drop(self.studies.remove(&number("study_id")?)),
            CREATE_TRIAL => {
                let study = number("study_id")?;
                // Those of a deleted study have no number.
                if self.studies.contains_key(&study) {
                    self.trials.push(StudyTrial::created(study, operation)?);
                    for (name, distribution) in operation["distributions"].as_object().into_iter().flatten() {
                        self.distribution(study, name, distribution);
                    }
                }
            }
            SET_PARAMETER => {
                let name = operation["param_name"].as_str().ok_or_else(|| wrong("param_name"))?;
                let value = external(&operation["param_value_internal"], &operation["distribution"]);
                let value =
                    value.ok_or_else(|| UnreadableResults::whole(format!("`{name}` has no value that can be read")))?;
                if let Some(trial) = self.open(number("trial_id")?) {
                    trial.result.config.insert(name.to_owned(), value);
                    let study = trial.study;
                    self.distribution(study, name, &operation["distribution"]);
                }
            }
            SET_STATE => {
                let state = number("state")?;
                if let Some(trial) = self.open(number("trial_id")?) {
                    trial.result.costs = numbers(Some(&operation["values"]))?;
                    trial.state = Some(state);
                    trial.times.1 = time(&operation["datetime_complete"]).or(trial.times.1);
                    trial.times.0 = trial.times.0.or(time(&operation["datetime_start"]));
                }
            }
            SET_INTERMEDIATE_VALUE => {
                let step = operation["step"].as_i64();
                if let Some((trial, step)) = self.open(number("trial_id")?).zip(step) {
                    trial.intermediate.insert(step, operation["intermediate_value"].as_f64());
                }
            }
            SET_USER_ATTRIBUTE => {
                if let Some(trial) = self.open(number("trial_id")?) {
                    trial.attributes(&operation["user_attr"]);
                }
            }
            SET_STUDY_USER_ATTRIBUTE => {
                let step = operation["user_attr"]["budget_of_a_step"].as_f64();
                if let Some(study) = self.studies.get_mut(&number("study_id")?) {
                    study.budget_of_a_step = step.or(study.budget_of_a_step);
                }
            }
            SET_STUDY_SYSTEM_ATTRIBUTE => {
                let names = operation["system_attr"]["study:metric_names"].as_array();
                if let (Some(study), Some(names)) = (self.studies.get_mut(&number("study_id")?), names) {
                    study.objectives = names.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
                }
            }
            SET_SYSTEM_ATTRIBUTE => {}
            code => {
                let (count, first) = self.unknown;
                self.unknown = (count + 1, if count == 0 { code } else { first });
            }
        }
        Ok(())
    }

    /// Keeps a distribution of a parameter that it has not had before; an object, or its text.
    fn distribution(&mut self, study: u64, name: &str, distribution: &Json) {
        let parsed = distribution.as_str().map_or_else(|| Ok(distribution.clone()), parse);
        if let (Some(study), Ok(distribution)) = (self.studies.get_mut(&study), parsed) {
            let known = study.distributions.entry(name.to_owned()).or_default();
            if known.len() < MOST_DISTRIBUTIONS && !known.contains(&distribution) {
                known.push(distribution);
            }
        }
    }

    /// A trial that has not ended: nothing changes in one that has.
    fn open(&mut self, trial: u64) -> Option<&mut StudyTrial> {
        let trial = self.trials.get_mut(usize::try_from(trial).ok()?)?;
        trial.outcome().is_none().then_some(trial)
    }
}

/// A time in seconds since 1970, with or without the offset of its zone.
fn time(json: &Json) -> Option<f64> {
    let text = json.as_str()?;
    let at = text.parse::<Timestamp>().or_else(|_| format!("{text}Z").parse());
    at.ok().map(|at| at.as_duration().as_secs_f64())
}

/// True for the number of a direction that maximizes.
fn is_maximized(direction: &Json) -> Result<bool, UnreadableResults> {
    match direction.as_u64() {
        Some(MAXIMIZE) => Ok(true),
        Some(MINIMIZE | NOT_SET) => Ok(false),
        _ => {
            let reason = format!(
                "the direction {} is neither {MINIMIZE} (minimize) nor {MAXIMIZE} (maximize)",
                quoted(direction)
            );
            Err(UnreadableResults::whole(reason))
        }
    }
}

impl StudyTrial {
    /// A trial as it is created: empty, or added with its parameters and its values.
    fn created(study: u64, operation: &Json) -> Result<Self, UnreadableResults> {
        let mut trial = Self { study, state: operation["state"].as_u64(), ..Self::default() };
        for (name, internal) in operation["params"].as_object().into_iter().flatten() {
            if let Some(value) = external(internal, &operation["distributions"][name.as_str()]) {
                trial.result.config.insert(name.clone(), value);
            }
        }
        let values = Some(&operation["values"]).filter(|values| !values.is_null());
        trial.result.costs = numbers(values.or_else(|| operation.get("value")))?;
        trial.attributes(&operation["user_attrs"]);
        let intermediate = operation["intermediate_values"].as_object().into_iter().flatten();
        trial.intermediate =
            intermediate.filter_map(|(step, value)| Some((step.parse().ok()?, value.as_f64()))).collect();
        trial.times = (time(&operation["datetime_start"]), time(&operation["datetime_complete"]));
        Ok(trial)
    }

    fn attributes(&mut self, attributes: &Json) {
        if let Some(budget) = attributes.get(BUDGET).and_then(Json::as_f64) {
            self.result.budget = Some(budget);
        }
        if let Some(origin) = attributes.get("origin").and_then(Json::as_str) {
            self.result.origin = Some(origin.to_owned());
        }
        if let Some(rungs) = attributes.get(RUNGS).and_then(Rung::all) {
            self.rungs = rungs;
        }
    }

    /// The kind of its outcome; `None` while it runs or waits.
    pub(super) fn outcome(&self) -> Option<OutcomeKind> {
        match self.state {
            Some(COMPLETE) => Some(OutcomeKind::Finished),
            Some(PRUNED) => Some(OutcomeKind::Pruned),
            Some(FAILED) => Some(OutcomeKind::Crashed),
            _ => None,
        }
    }

    /// True for a trial that waits for its turn, as one that was enqueued.
    pub(super) fn is_waiting(&self) -> bool {
        self.state == Some(WAITING)
    }
}
