//! Writes a run as a study: a trial for each configuration, whose rungs are intermediate values.
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::exchange::export::Exported;
use crate::exchange::trials::exported::{ExportedRun, ExportedTrial};
use crate::exchange::trials::found::counted;
use crate::exchange::trials::optuna::distribution::internal;
use crate::exchange::trials::optuna::operation::{
    BUDGET, COMPLETE, CREATE_STUDY, CREATE_TRIAL, FAILED, MAXIMIZE, MINIMIZE, PRUNED, RUNGS, RUNNING,
    SET_INTERMEDIATE_VALUE, SET_PARAMETER, SET_STATE, SET_STUDY_SYSTEM_ATTRIBUTE, SET_STUDY_USER_ATTRIBUTE,
    SET_USER_ATTRIBUTE,
};
use crate::exchange::trials::optuna::rung;
use crate::trial::budget::Budget;

/// Powers of ten by which budgets are multiplied at most, to be whole as Optuna's steps are.
const MOST_DECIMALS: i32 = 6;

/// A run as a journal.
///
/// A configuration is complete where it has a cost at the highest budget of all; one that was not promoted is pruned. Its
/// learning curve and its costs at lower budgets are intermediate values, and the attribute `rungs` holds its trials
/// exactly.
pub fn write(run: &ExportedRun) -> Exported {
    let mut writer = JournalWriter::default();
    let mut configurations: IndexMap<u32, Vec<ExportedTrial>> = IndexMap::new();
    for each in &run.trials {
        configurations.entry(each.trial.proposal.configuration_id.0).or_default().push(*each);
    }
    let directions = run.maximized().into_iter().map(|is_maximized| if is_maximized { MAXIMIZE } else { MINIMIZE });
    writer.say(CREATE_STUDY, json!({ "study_name": run.name, "directions": directions.collect::<Json>() }));
    if !run.objectives.is_empty() {
        let names = json!({ "study:metric_names": run.objectives });
        writer.say(SET_STUDY_SYSTEM_ATTRIBUTE, json!({ "study_id": 0, "system_attr": names }));
    }
    let curves: Vec<_> = configurations.values().map(|trials| curve(trials, run.costs())).collect();
    let steps_a_unit = steps_a_unit(curves.iter().flat_map(BTreeMap::keys));
    if steps_a_unit > 1.0 {
        let attribute = json!({ "budget_of_a_step": 1.0 / steps_a_unit });
        writer.say(SET_STUDY_USER_ATTRIBUTE, json!({ "study_id": 0, "user_attr": attribute }));
    }
    let finished = run.trials.iter().filter(|each| !each.costs().is_empty());
    let highest = finished.map(|each| each.trial.proposal.budget).max();
    for ((trials, curve), id) in configurations.values().zip(&curves).zip(0_u64..) {
        writer.configuration(id, run, trials);
        for (budget, cost) in curve {
            let step = (budget.amount() * steps_a_unit).round().max(1.0) as i64;
            let value = json!({ "trial_id": id, "step": step, "intermediate_value": cost });
            writer.say(SET_INTERMEDIATE_VALUE, value);
        }
        let (state, values) = state(trials, highest, run.costs());
        if state != RUNNING {
            let complete = time(trials.iter().filter_map(|each| each.ended.or(each.started)).max());
            let state = json!({ "trial_id": id, "state": state, "values": values, "datetime_complete": complete });
            writer.say(SET_STATE, state);
        }
    }
    let mut notes = Vec::new();
    if steps_a_unit > 1.0 {
        notes.push(format!("steps are budgets times {steps_a_unit}, because Optuna's are whole numbers"));
    }
    let points: usize = run.trials.iter().map(|each| each.curve().len()).sum();
    if run.costs() > 1 && points > 0 {
        let points = counted(points, "intermediate cost");
        notes.push(format!("{points} left out, because Optuna has none where there are several objectives"));
    }
    Exported { text: writer.text, notes }
}

#[derive(Default)]
struct JournalWriter {
    text: String,
}

impl JournalWriter {
    fn say(&mut self, code: u64, fields: Json) {
        let mut operation =
            Map::from_iter([("op_code".to_owned(), json!(code)), ("worker_id".to_owned(), json!("galvani"))]);
        operation.extend(fields.as_object().cloned().unwrap_or_default());
        self.text.push_str(&format!("{}\n", Json::Object(operation)));
    }

    /// The beginning of a configuration: its start, its parameters and its attributes.
    fn configuration(&mut self, id: u64, run: &ExportedRun, trials: &[ExportedTrial]) {
        let start = time(trials.iter().filter_map(|each| each.started).min());
        self.say(CREATE_TRIAL, json!({ "study_id": 0, "datetime_start": start }));
        let (first, last) = (&trials[0], &trials[trials.len() - 1]);
        let config = first.config(run.space);
        for hyperparameter in run.space.hyperparameters() {
            if let Some(value) = config.get(&hyperparameter.name)
                && let Some((internal, distribution)) = internal(hyperparameter, value)
            {
                let fields = json!({
                    "trial_id": id,
                    "param_name": hyperparameter.name,
                    "param_value_internal": internal,
                    "distribution": distribution.to_string(),
                });
                self.say(SET_PARAMETER, fields);
            }
        }
        let proposal = &first.trial.proposal;
        let attributes = json!({
            "configuration_id": proposal.configuration_id,
            "origin": proposal.origin.name(),
            BUDGET: trials.iter().map(|each| each.trial.proposal.budget).max().map(Budget::amount),
            "outcome": last.outcome(),
            RUNGS: trials.iter().map(rung::element).collect::<Json>(),
        });
        for (key, value) in attributes.as_object().into_iter().flatten() {
            self.say(SET_USER_ATTRIBUTE, json!({ "trial_id": id, "user_attr": { key: value } }));
        }
    }
}

/// The costs of a configuration by budget, those on its way too, the mean where there are several; empty where there are
/// several objectives, for which Optuna has no intermediate values.
fn curve(trials: &[ExportedTrial], objectives: usize) -> BTreeMap<Budget, f64> {
    let mut points: BTreeMap<Budget, Vec<f64>> = BTreeMap::new();
    for each in trials.iter().filter(|_| objectives == 1) {
        for point in each.trial.curve.points() {
            points.entry(point.budget).or_default().push(point.cost);
        }
        if let Some(cost) = each.costs().first() {
            points.entry(each.trial.proposal.budget).or_default().push(*cost);
        }
    }
    points.into_iter().map(|(budget, costs)| (budget, mean(costs.iter().copied()))).collect()
}

/// The steps that a unit of budget has: a power of ten that makes all budgets whole, or else different whole numbers.
fn steps_a_unit<'a>(budgets: impl Iterator<Item = &'a Budget>) -> f64 {
    let budgets: BTreeSet<Budget> = budgets.copied().collect();
    let steps = |scale: f64| budgets.iter().map(move |budget| budget.amount() * scale);
    let is_whole = |scale: &f64| steps(*scale).all(|step| (step - step.round()).abs() <= 1e-9 * step && step >= 0.5);
    let is_told_apart = |scale: &f64| {
        let rounded: Vec<f64> = steps(*scale).map(f64::round).collect();
        rounded.first().is_none_or(|first| *first >= 1.0) && rounded.windows(2).all(|pair| pair[0] < pair[1])
    };
    let scales = (0..=MOST_DECIMALS).map(|decimals| 10_f64.powi(decimals));
    let few = |scale: &f64| *scale <= 1e3;
    let whole = scales.clone().filter(few).find(is_whole);
    whole.or_else(|| scales.clone().find(is_told_apart)).unwrap_or(10_f64.powi(MOST_DECIMALS))
}

/// The state of a configuration, and its values: those at the highest budget of all, or of a pruned one its last.
fn state(trials: &[ExportedTrial], highest: Option<Budget>, objectives: usize) -> (u64, Option<Vec<f64>>) {
    if trials.iter().any(|each| each.trial.outcome.is_none()) {
        return (RUNNING, None);
    }
    let budget = |each: &ExportedTrial| each.trial.proposal.budget;
    let reached = trials.iter().filter(|each| !each.costs().is_empty()).map(budget).max();
    let at_reached = trials.iter().filter(|each| Some(budget(each)) == reached && !each.costs().is_empty());
    let values = (0..objectives)
        .map(|objective| mean(at_reached.clone().filter_map(|each| each.costs().get(objective).copied())));
    let values: Vec<f64> = values.collect();
    let has_failed = trials.last().and_then(|each| each.trial.outcome.as_ref()).is_some_and(|end| end.is_failure());
    match reached {
        Some(_) if reached == highest => (COMPLETE, Some(values)),
        _ if has_failed => (FAILED, None),
        Some(_) if objectives == 1 => (PRUNED, Some(values)),
        Some(_) => (PRUNED, None),
        None if trials.iter().any(|each| !each.curve().is_empty()) => (PRUNED, None),
        None => (FAILED, None),
    }
}

fn mean(costs: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = costs.clone().count();
    costs.map(|cost| cost / count as f64).sum()
}

/// A time as Python reads it in all of its versions: with six digits behind the second.
fn time(at: Option<Timestamp>) -> String {
    at.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}
