//! The journal file of Optuna: one operation a line, as optuna-dashboard reads it.
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::exchange::trials::{FoundResult, UnreadableResults, config, costs, numbers, outcome};
use crate::space::Space;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
use crate::trial::direction::{Direction, Directions};
use crate::trial::history::History;
use crate::trial::{Trial, outcome::Outcome};

/// The user attribute that holds a trial's budget.
const BUDGET: &str = "budget";

/// Numbers of operations.
const CREATE_STUDY: u64 = 0;
const CREATE_TRIAL: u64 = 4;
const SET_PARAMETER: u64 = 5;
const SET_STATE: u64 = 6;
const SET_USER_ATTRIBUTE: u64 = 8;

/// Numbers of directions.
const MINIMIZE: u64 = 1;
const MAXIMIZE: u64 = 2;

/// Numbers of states.
const RUNNING: u64 = 0;
const COMPLETE: u64 = 1;
const PRUNED: u64 = 2;
const FAILED: u64 = 3;

/// Reads a journal with one study that minimizes its objectives; a trial's budget is its user attribute `budget`, or the
/// full one.
pub fn read(text: &str) -> Result<Vec<FoundResult>, UnreadableResults> {
    let mut trials: BTreeMap<u64, FoundResult> = BTreeMap::new();
    let (mut studies, mut created) = (0, 0);
    for (line, number) in text.lines().zip(1..) {
        let wrong = |reason: &str| UnreadableResults { line: Some(number), reason: reason.into() };
        let operation: Json =
            serde_json::from_str(line).map_err(|error| wrong(&format!("this is not JSON: {error}")))?;
        let code = operation.get("op_code").and_then(Json::as_u64).ok_or_else(|| wrong("there is no `op_code`"))?;
        match code {
            CREATE_STUDY => {
                studies += 1;
                if studies > 1 {
                    return Err(wrong("the journal has a second study; export one of them to a journal of its own"));
                }
                let directions = operation["directions"].as_array();
                if !directions.is_some_and(|all| !all.is_empty() && all.iter().all(|each| *each == 1)) {
                    return Err(wrong("the study does not minimize every objective"));
                }
            }
            CREATE_TRIAL => {
                trials.insert(created, FoundResult::default());
                created += 1;
            }
            _ => {}
        }
        let Some(trial) = operation.get("trial_id").and_then(Json::as_u64).and_then(|id| trials.get_mut(&id)) else {
            continue;
        };
        match code {
            SET_PARAMETER => {
                let name = operation["param_name"].as_str().ok_or_else(|| wrong("there is no `param_name`"))?;
                let value = external(&operation).ok_or_else(|| wrong("the parameter has no value that can be read"))?;
                trial.config.insert(name.to_owned(), value);
            }
            SET_STATE if operation["state"] == COMPLETE => trial.costs = numbers(operation.get("values")),
            SET_USER_ATTRIBUTE => {
                trial.budget = operation["user_attr"].get(BUDGET).and_then(Json::as_f64).or(trial.budget);
            }
            _ => {}
        }
    }
    Ok(trials.into_values().filter(|trial| !trial.config.is_empty()).collect())
}

/// The value that a parameter has outside of Optuna: of a categorical, the choice and not its index.
fn external(operation: &Json) -> Option<Json> {
    let internal = operation["param_value_internal"].as_f64()?;
    let distribution: Json = serde_json::from_str(operation["distribution"].as_str()?).ok()?;
    match distribution["name"].as_str()? {
        "CategoricalDistribution" => distribution["attributes"]["choices"].get(internal as usize).cloned(),
        "IntDistribution" => Some(json!(internal as i64)),
        _ => Some(json!(internal)),
    }
}

/// Every trial of a history, in a study of this name, with values to be optimized in these directions.
pub fn write(name: &str, space: &Space, history: &History, directions: &Directions, at: Timestamp) -> String {
    let mut text = String::new();
    let mut say = |code: u64, fields: Json| {
        let mut operation =
            Map::from_iter([("op_code".to_owned(), json!(code)), ("worker_id".to_owned(), json!("galvani"))]);
        operation.extend(fields.as_object().cloned().unwrap_or_default());
        text.push_str(&format!("{}\n", Json::Object(operation)));
    };
    let at = at.to_string().replace('Z', "+00:00");
    let objectives = history.ended().filter_map(|trial| Some(trial.outcome.as_ref()?.costs().len())).max();
    let direction = |objective: usize| match directions.of_objective(objective) {
        Direction::Minimize => MINIMIZE,
        Direction::Maximize => MAXIMIZE,
    };
    let study_directions: Vec<u64> = (0..objectives.unwrap_or(1).max(1)).map(direction).collect();
    say(CREATE_STUDY, json!({ "study_name": name, "directions": study_directions }));
    for (trial, id) in history.trials().iter().zip(0_u64..) {
        say(CREATE_TRIAL, json!({ "study_id": 0, "datetime_start": at }));
        let config = config(space, trial);
        for hyperparameter in space.hyperparameters() {
            if let Some(value) = config.get(&hyperparameter.name)
                && let Some((internal, distribution)) = internal(hyperparameter, value)
            {
                let fields = json!({
                    "trial_id": id,
                    "param_name": hyperparameter.name,
                    "param_value_internal": internal,
                    "distribution": distribution.to_string(),
                });
                say(SET_PARAMETER, fields);
            }
        }
        let attributes = json!({ BUDGET: trial.proposal.budget.amount(), "outcome": outcome(trial) });
        for (key, value) in attributes.as_object().into_iter().flatten() {
            say(SET_USER_ATTRIBUTE, json!({ "trial_id": id, "user_attr": { key: value } }));
        }
        let (state, values) = (state(trial), Some(costs(trial)).filter(|costs| !costs.is_empty()));
        if state != RUNNING {
            say(SET_STATE, json!({ "trial_id": id, "state": state, "values": values, "datetime_complete": at }));
        }
    }
    text
}

fn state(trial: &Trial) -> u64 {
    match &trial.outcome {
        None => RUNNING,
        Some(Outcome::Finished(_)) => COMPLETE,
        Some(Outcome::Pruned) => PRUNED,
        Some(_) => FAILED,
    }
}

/// A value as Optuna keeps it, with its distribution; ordinals and constants are categories there.
fn internal(hyperparameter: &Hyperparameter, value: &Json) -> Option<(f64, Json)> {
    let listed = |values: &[Value]| {
        let choices: Vec<Json> = values.iter().map(|each| json!(each)).collect();
        let index = choices.iter().position(|each| each == value)? as f64;
        Some((index, json!({ "name": "CategoricalDistribution", "attributes": { "choices": choices } })))
    };
    match &hyperparameter.domain {
        Domain::Float { min, max, log, .. } => Some((
            value.as_f64()?,
            json!({ "name": "FloatDistribution", "attributes": { "step": null, "low": min, "high": max, "log": log } }),
        )),
        Domain::Integer { min, max, log, .. } => Some((
            value.as_f64()?,
            json!({ "name": "IntDistribution", "attributes": { "log": log, "step": 1, "low": min, "high": max } }),
        )),
        other => listed(other.values()),
    }
}
