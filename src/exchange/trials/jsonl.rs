//! Trials as JSON, one object a line: `config`, `budget`, `cost`, `costs` where they are several, `outcome`.
use serde_json::{Value as Json, json};

use crate::exchange::trials::{FoundResult, UnreadableResults, config, costs, numbers, outcome};
use crate::space::Space;
use crate::trial::history::History;

/// Reads lines such as `galvani trials --format json` prints; only `config` and `cost` must be there, or of several
/// `objectives` their `costs`, in this order or by name.
pub fn read(text: &str, objectives: &[String]) -> Result<Vec<FoundResult>, UnreadableResults> {
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |reason: String| UnreadableResults { line: Some(number), reason };
        let object: Json = serde_json::from_str(line).map_err(|error| wrong(format!("this is not JSON: {error}")))?;
        let Some(Json::Object(config)) = object.get("config") else {
            return Err(wrong("there is no object `config`".into()));
        };
        found.push(FoundResult {
            config: config.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            budget: object.get("budget").and_then(Json::as_f64),
            costs: match object.get("costs").filter(|costs| !costs.is_null()) {
                Some(Json::Object(named)) => objectives.iter().flat_map(|name| numbers(named.get(name))).collect(),
                costs => numbers(costs.or(object.get("cost"))),
            },
        });
    }
    Ok(found)
}

/// Every trial of a history.
pub fn write(space: &Space, history: &History) -> String {
    let line = |trial: &crate::trial::Trial| {
        let proposal = &trial.proposal;
        let row = json!({
            "trial": proposal.trial,
            "config": config(space, trial),
            "budget": proposal.budget.amount(),
            "seed": proposal.seed,
            "outcome": outcome(trial),
            "cost": costs(trial).first(),
            "costs": Some(costs(trial)).filter(|costs| costs.len() > 1),
        });
        format!("{row}\n")
    };
    history.trials().iter().map(line).collect()
}
