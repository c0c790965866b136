//! Writes the trials of a run as a run history of SMAC 2.
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::exchange::export::Exported;
use crate::exchange::trials::exported::{ExportedRun, ExportedTrial};
use crate::exchange::trials::found::counted;
use crate::exchange::trials::smac::entry::{CRASHED, OUT_OF_MEMORY, SUCCESS, TIMED_OUT};
use crate::trial::outcome::Outcome;

/// The cost of a failure; SMAC's own word for infinity is no JSON.
const FAILURE: f64 = 2_147_483_647.0;

/// Every trial that has ended with a cost or a failure. A lost or a pruned one is not known to SMAC.
pub fn write(run: &ExportedRun) -> Exported {
    let (mut data, mut configs, mut origins) = (Vec::new(), IndexMap::new(), IndexMap::new());
    let mut left_out = IndexMap::<&str, usize>::new();
    for each in &run.trials {
        let proposal = &each.trial.proposal;
        let status = match &each.trial.outcome {
            Some(Outcome::Finished(_)) => SUCCESS,
            Some(Outcome::TimedOut) => TIMED_OUT,
            Some(Outcome::OutOfMemory | Outcome::OutOfDeviceMemory) => OUT_OF_MEMORY,
            Some(Outcome::Diverged | Outcome::Crashed { .. }) => CRASHED,
            Some(Outcome::Lost | Outcome::Transient | Outcome::Forgotten | Outcome::Pruned) | None => {
                *left_out.entry(each.outcome()).or_default() += 1;
                continue;
            }
        };
        let id = proposal.configuration_id.to_string();
        origins.entry(id.clone()).or_insert_with(|| proposal.origin.name());
        configs.entry(id).or_insert_with(|| each.config(run.space));
        let cost = match each.costs() {
            [] if run.costs() > 1 => json!(vec![FAILURE; run.costs()]),
            [] => json!(FAILURE),
            [cost] => json!(cost),
            costs => json!(costs),
        };
        // DeepCAVE reads these fields by their places.
        data.push(json!({
            "config_id": proposal.configuration_id,
            "instance": each.instance(),
            "seed": proposal.seed,
            "budget": proposal.budget.amount(),
            "cost": cost,
            "time": each.seconds.unwrap_or(0.0),
            "cpu_time": each.cpu_seconds.unwrap_or(0.0),
            "status": status,
            "starttime": seconds(each.started),
            "endtime": seconds(each.ended),
            "additional_info": additional(each),
        }));
    }
    let stats = json!({ "submitted": data.len(), "finished": data.len(), "running": 0 });
    let history = json!({ "stats": stats, "data": data, "configs": configs, "config_origins": origins });
    let mut text = serde_json::to_string_pretty(&history).expect("plain data becomes JSON");
    text.push('\n');
    let notes = left_out.into_iter().map(|(word, count)| {
        format!("{} left out, because SMAC has no status `{}`", counted(count, "trial"), word.replace('_', " "))
    });
    let mut notes: Vec<String> = notes.collect();
    if run.maximized().contains(&true) {
        notes.push("values that are maximized have the opposite sign there, because SMAC minimizes".into());
    }
    Exported { text, notes }
}

/// Seconds since 1970; 0 where the time is not known.
fn seconds(at: Option<Timestamp>) -> f64 {
    at.map_or(0.0, |at| at.as_duration().as_secs_f64())
}

/// The parts of a trial that SMAC has no field for.
fn additional(each: &ExportedTrial) -> Json {
    let mut fields = Map::new();
    if each.costs().is_empty() {
        fields.insert("outcome".into(), each.outcome().into());
    }
    if let Some(message) = each.message() {
        fields.insert("message".into(), message.into());
    }
    let curve = each.curve();
    if !curve.is_empty() {
        fields.insert("curve".into(), json!(curve));
    }
    if let Some(info) = each.info() {
        fields.insert("info".into(), json!(info));
    }
    Json::Object(fields)
}
