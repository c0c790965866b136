//! Trials as rows: their configuration, outcome and costs under the names that listings and JSON use.
use serde_json::{Map, Value, json};

use crate::experiment::Experiment;
use crate::experiment::replay::log::Log;
use crate::trial::Trial;
use crate::trial::metrics::metrics;

/// The cost of a trial, the first of several, or its value that is maximized; `None` if it has none.
pub(super) fn cost(experiment: &Experiment, trial: &Trial) -> Option<f64> {
    Some(experiment.direction().turn(trial.outcome.as_ref()?.cost()?))
}

/// A trial with all of its columns, as `trials --format json` prints it.
pub(super) fn row(log: &Log, trial: &Trial) -> Map<String, Value> {
    let proposal = &trial.proposal;
    let details = log.details(proposal.trial);
    let ended = details.ended.as_ref();
    let curve = log.experiment.directions.points(&trial.curve);
    let row = json!({
        "trial": proposal.trial.0,
        "configuration_id": proposal.configuration_id.0,
        "config": config(log, trial),
        "budget": proposal.budget.amount(),
        "bracket": proposal.bracket,
        "rung": proposal.rung,
        "seed": proposal.seed,
        "instance": proposal.instance.as_deref(),
        "outcome": trial.word(),
        "cost": cost(&log.experiment, trial),
        "started": ended.map(|ended| ended.started).or(details.started.last().copied()).map(|at| at.to_string()),
        "ended": ended.map(|ended| ended.at.to_string()),
        "seconds": ended.map(|ended| ended.seconds),
        "device": ended.map(|ended| ended.slot.clone()),
        "origin": proposal.origin.name(),
        "curve": curve.map(|point| json!([point.budget.amount(), point.cost])).collect::<Value>(),
        "info": ended.map_or_else(Map::new, |ended| ended.info.clone()),
        "metrics": ended.map_or(json!({}), |ended| metrics(&ended.info).map(|(name, value)| (name, json!(value))).collect()),
    });
    let Value::Object(mut row) = row else { unreachable!("a row is an object") };
    if !log.experiment.objectives().is_empty() {
        row.insert(
            "costs".into(),
            by_objective(&log.experiment, trial.outcome.as_ref().map(|it| it.costs()).unwrap_or_default()),
        );
    }
    row
}

/// Costs by the names of the objectives; null if there are none.
pub(super) fn by_objective(experiment: &Experiment, costs: &[f64]) -> Value {
    let costs = experiment.directions.turn(costs);
    let named = experiment.objectives().iter().zip(&costs).map(|(name, cost)| (name.clone(), json!(cost)));
    if costs.is_empty() { Value::Null } else { Value::Object(named.collect()) }
}

/// The active hyperparameters by name.
pub(super) fn config(log: &Log, trial: &Trial) -> Value {
    let named = log.experiment.space.named(&trial.proposal.configuration);
    Value::Object(named.map(|(name, value)| (name.to_owned(), json!(value))).collect())
}
