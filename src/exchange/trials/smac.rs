//! The run history of SMAC3: `runhistory.json` in its output folder.
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::exchange::trials::{FoundResult, UnreadableResults, config, costs, numbers};
use crate::space::Space;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;

/// SMAC's number of a success.
const SUCCESS: u64 = 1;

#[derive(Deserialize, Serialize)]
struct RunHistory {
    stats: Json,
    data: Vec<Json>,
    configs: IndexMap<String, Map<String, Json>>,
    #[serde(default)]
    config_origins: IndexMap<String, Json>,
}

/// Reads the run history of SMAC 2: entries as objects, and as the lists of the versions before 2.3.
pub fn read(text: &str) -> Result<Vec<FoundResult>, UnreadableResults> {
    let wrong = |reason: String| UnreadableResults { line: None, reason };
    let history: RunHistory =
        serde_json::from_str(text).map_err(|error| wrong(format!("this is not a run history of SMAC: {error}")))?;
    let entry = |entry: &Json| {
        // In a list: configuration, instance, seed, budget, cost, time, cpu time, status.
        let field = |name: &str, place: usize| entry.get(name).or_else(|| entry.get(place));
        let id = field("config_id", 0).map(ToString::to_string).unwrap_or_default();
        let config = history.configs.get(&id).ok_or_else(|| wrong(format!("there is no configuration {id}")))?;
        let is_success = field("status", 7).and_then(Json::as_u64) == Some(SUCCESS);
        Ok(FoundResult {
            config: config.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            budget: field("budget", 3).and_then(Json::as_f64),
            costs: if is_success { numbers(field("cost", 4)) } else { Vec::new() },
        })
    };
    history.data.iter().map(entry).collect()
}

/// Every trial of a history that has ended; a lost one never ran for SMAC.
pub fn write(space: &Space, history: &History) -> String {
    let mut data = Vec::new();
    let mut configs = IndexMap::new();
    for trial in history.ended() {
        let proposal = &trial.proposal;
        let status = match trial.outcome.as_ref().expect("it has ended") {
            Outcome::Finished(_) => SUCCESS,
            Outcome::TimedOut => 3,
            Outcome::OutOfMemory | Outcome::OutOfDeviceMemory => 4,
            Outcome::Diverged | Outcome::Crashed { .. } => 2,
            Outcome::Lost | Outcome::Transient | Outcome::Pruned | Outcome::Forgotten => continue,
        };
        configs.insert(proposal.configuration_id.to_string(), config(space, trial).into_iter().collect());
        data.push(json!({
            "config_id": proposal.configuration_id,
            "instance": proposal.instance.as_deref(),
            "seed": proposal.seed,
            "budget": proposal.budget.amount(),
            "cost": match costs(trial) {
                // What SMAC writes for a failure; its own word for infinity is no JSON.
                [] => json!(2_147_483_647.0),
                [cost] => json!(cost),
                costs => json!(costs),
            },
            "time": 0.0,
            "cpu_time": 0.0,
            "status": status,
            "starttime": 0.0,
            "endtime": 0.0,
            "additional_info": {},
        }));
    }
    let origins = configs.keys().map(|id| (id.clone(), Json::from("galvani"))).collect();
    let count = data.len();
    let stats = json!({ "submitted": count, "finished": count, "running": 0 });
    let history = RunHistory { stats, data, configs, config_origins: origins };
    let mut text = serde_json::to_string_pretty(&history).expect("plain data becomes JSON");
    text.push('\n');
    text
}
