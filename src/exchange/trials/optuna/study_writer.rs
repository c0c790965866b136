//! Writer of a study: a configuration is one trial, whose rungs are intermediate values, told as they come.
use std::collections::BTreeMap;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::exchange::trials::exported::ExportedTrial;
use crate::exchange::trials::mirror::{MirroredPart, TrialMirror};
use crate::exchange::trials::optuna::distribution::internal;
use crate::exchange::trials::optuna::operation::{
    BUDGET, COMPLETE, CREATE_STUDY, CREATE_TRIAL, FAILED, MAXIMIZE, MINIMIZE, PRUNED, RUNGS, SET_INTERMEDIATE_VALUE,
    SET_PARAMETER, SET_STATE, SET_STUDY_SYSTEM_ATTRIBUTE, SET_STUDY_USER_ATTRIBUTE, SET_USER_ATTRIBUTE,
};
use crate::exchange::trials::optuna::rung;
use crate::exchange::trials::run_head::RunHead;
use crate::exchange::trials::state::{ConfigurationState, curve, step};
use crate::trial::budget::Budget;

/// A journal that grows: it holds what was written of each configuration, and the lines that were not taken yet.
#[derive(Debug, Default)]
pub struct StudyWriter {
    text: String,
    /// By the number of the configuration, in the order of the study's trials.
    written: IndexMap<u32, WrittenTrial>,
}

/// A trial of the study as far as it is written.
#[derive(Debug, Default)]
struct WrittenTrial {
    attributes: Map<String, Json>,
    values: IndexMap<i64, f64>,
    /// True once it has its last state: nothing changes after that.
    is_closed: bool,
}

impl StudyWriter {
    /// The lines that were not taken yet.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    fn say(&mut self, code: u64, fields: Json) {
        let mut operation =
            Map::from_iter([("op_code".to_owned(), json!(code)), ("worker_id".to_owned(), json!("galvani"))]);
        operation.extend(fields.as_object().cloned().unwrap_or_default());
        self.text.push_str(&format!("{}\n", Json::Object(operation)));
    }

    /// Writes the study itself.
    pub(super) fn study(&mut self, head: &RunHead) {
        let directions = head.maximized.iter().map(|is_maximized| if *is_maximized { MAXIMIZE } else { MINIMIZE });
        self.say(CREATE_STUDY, json!({ "study_name": head.name, "directions": directions.collect::<Json>() }));
        if !head.objectives.is_empty() {
            let names = json!({ "study:metric_names": head.objectives });
            self.say(SET_STUDY_SYSTEM_ATTRIBUTE, json!({ "study_id": 0, "system_attr": names }));
        }
        if head.steps_a_unit > 1.0 {
            let attribute = json!({ "budget_of_a_step": 1.0 / head.steps_a_unit });
            self.say(SET_STUDY_USER_ATTRIBUTE, json!({ "study_id": 0, "user_attr": attribute }));
        }
    }

    /// Writes what is new of a configuration.
    pub(super) fn configuration(&mut self, head: &RunHead, trials: &[ExportedTrial], state: &ConfigurationState) {
        let (Some(first), Some(last)) = (trials.first(), trials.last()) else { return };
        let number = first.trial.proposal.configuration_id.0;
        let is_new = !self.written.contains_key(&number);
        let entry = self.written.entry(number);
        let id = entry.index() as u64;
        let mut trial = std::mem::take(entry.or_default());
        if is_new {
            self.creation(id, head, trials);
        }
        if !trial.is_closed {
            self.attributes(id, &mut trial, trials, last);
            // Of budgets that share a step, the highest counts.
            let points = curve(trials, head.costs()).into_iter();
            let points: BTreeMap<i64, f64> =
                points.map(|(budget, cost)| (step(budget, head.steps_a_unit), cost)).collect();
            for (step, cost) in points {
                if trial.values.insert(step, cost) != Some(cost) {
                    let value = json!({ "trial_id": id, "step": step, "intermediate_value": cost });
                    self.say(SET_INTERMEDIATE_VALUE, value);
                }
            }
            let (state, values) = match state {
                ConfigurationState::Running => (None, None),
                ConfigurationState::Complete(values) => (Some(COMPLETE), Some(values)),
                ConfigurationState::Pruned(values) => (Some(PRUNED), values.as_ref()),
                ConfigurationState::Failed => (Some(FAILED), None),
            };
            if let Some(state) = state {
                trial.is_closed = true;
                let complete = time(trials.iter().filter_map(|each| each.ended.or(each.started)).max());
                let state = json!({ "trial_id": id, "state": state, "values": values, "datetime_complete": complete });
                self.say(SET_STATE, state);
            }
        }
        self.written.insert(number, trial);
    }

    /// The beginning of a configuration: its start and its parameters.
    fn creation(&mut self, id: u64, head: &RunHead, trials: &[ExportedTrial]) {
        let start = time(trials.iter().filter_map(|each| each.started).min());
        self.say(CREATE_TRIAL, json!({ "study_id": 0, "datetime_start": start }));
        let config = trials[0].config(head.space);
        for hyperparameter in head.space.hyperparameters() {
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
    }

    /// The attributes of a configuration that are new or have changed.
    fn attributes(&mut self, id: u64, trial: &mut WrittenTrial, trials: &[ExportedTrial], last: &ExportedTrial) {
        let proposal = &trials[0].trial.proposal;
        let attributes = json!({
            "configuration_id": proposal.configuration_id,
            "origin": proposal.origin.name(),
            BUDGET: trials.iter().map(|each| each.trial.proposal.budget).max().map(Budget::amount),
            "outcome": last.outcome(),
            RUNGS: trials.iter().map(rung::element).collect::<Json>(),
        });
        for (key, value) in attributes.as_object().into_iter().flatten() {
            if trial.attributes.get(key) != Some(value) {
                trial.attributes.insert(key.clone(), value.clone());
                self.say(SET_USER_ATTRIBUTE, json!({ "trial_id": id, "user_attr": { key: value } }));
            }
        }
    }

    fn part(&mut self) -> Vec<MirroredPart> {
        let bytes = self.take().into_bytes();
        if bytes.is_empty() { vec![] } else { vec![MirroredPart { file: "".into(), bytes }] }
    }
}

impl TrialMirror for StudyWriter {
    fn begin(&mut self, head: &RunHead) -> Vec<MirroredPart> {
        self.study(head);
        self.part()
    }

    fn tell(&mut self, head: &RunHead, trials: &[ExportedTrial], state: &ConfigurationState) -> Vec<MirroredPart> {
        self.configuration(head, trials, state);
        self.part()
    }
}

/// A time as Python reads it in all of its versions: with six digits behind the second.
fn time(at: Option<Timestamp>) -> String {
    at.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}
