//! Trials as JSON, one object a line: `config`, `budget`, `cost`, `costs` where they are several, `outcome`.
use serde_json::{Map, Value as Json, json};

use crate::exchange::export::Exported;
use crate::exchange::trials::exported::{ExportedRun, ExportedTrial};
use crate::exchange::trials::found::{FoundResult, FoundResults, UnreadableResults, counted};
use crate::exchange::trials::json::{numbers, parse};

/// Reads lines such as `galvani trials --format json` prints; only `config` and `cost` must be there, or of several
/// `objectives` their `costs`, in this order or by name. A line that cannot be read is passed over.
pub fn read(text: &str, objectives: &[String]) -> Result<FoundResults, UnreadableResults> {
    let mut found = FoundResults::default();
    let mut points = 0;
    for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
        if line.trim().is_empty() {
            continue;
        }
        match result(line, objectives) {
            Ok((result, curve)) => {
                points += curve;
                found.add(result)?;
            }
            Err(fault) => found.pass_over(fault.in_line(number, text)),
        }
    }
    if found.results.is_empty()
        && let Some(fault) = found.first_fault.take()
    {
        return Err(fault.hint("a line is an object such as {\"config\": {\"rate\": 0.1}, \"cost\": 0.5}"));
    }
    if points > 0 {
        found.notes.push(format!("{} of learning curves are not kept", counted(points, "intermediate cost")));
    }
    Ok(found)
}

/// The result of a line, and the number of points of its learning curve.
fn result(line: &str, objectives: &[String]) -> Result<(FoundResult, usize), UnreadableResults> {
    let object = parse(line)?;
    let Some(Json::Object(config)) = object.get("config") else {
        return Err(UnreadableResults::whole("there is no object `config`"));
    };
    let result = FoundResult {
        config: config.clone().into_iter().collect(),
        budget: object.get("budget").and_then(Json::as_f64),
        costs: match object.get("costs").filter(|costs| !costs.is_null()) {
            Some(Json::Object(named)) => {
                let costs = objectives.iter().map(|name| numbers(named.get(name)));
                costs.collect::<Result<Vec<_>, _>>()?.concat()
            }
            costs => numbers(costs.or(object.get("cost")))?,
        },
        ..FoundResult::default()
    };
    let result = match object.get("outcome") {
        None | Some(Json::Null) => result,
        Some(Json::String(word)) => result.ended(word)?,
        Some(other) => result.ended(&other.to_string())?,
    };
    Ok((result, object.get("curve").and_then(Json::as_array).map_or(0, Vec::len)))
}

/// Every trial of a run, with nothing left out.
pub fn write(run: &ExportedRun) -> Exported {
    let text = run.trials.iter().map(|each| format!("{}\n", line(run, each))).collect();
    Exported { text, notes: Vec::new() }
}

fn line(run: &ExportedRun, each: &ExportedTrial) -> Json {
    let proposal = &each.trial.proposal;
    let mut row = Map::from_iter([
        ("trial".to_owned(), json!(proposal.trial)),
        ("config".to_owned(), json!(each.config(run.space))),
        ("budget".to_owned(), json!(proposal.budget.amount())),
        ("seed".to_owned(), json!(proposal.seed)),
        ("outcome".to_owned(), json!(each.outcome())),
        ("cost".to_owned(), json!(each.costs().first())),
        ("costs".to_owned(), json!(Some(each.costs()).filter(|costs| costs.len() > 1))),
    ]);
    let curve = Some(each.curve()).filter(|curve| !curve.is_empty());
    for (name, value) in [
        ("instance", json!(each.instance())),
        ("message", json!(each.message())),
        ("seconds", json!(each.seconds)),
        ("started", json!(each.started.map(|at| at.to_string()))),
        ("ended", json!(each.ended.map(|at| at.to_string()))),
        ("curve", json!(curve)),
        ("info", json!(each.info())),
    ] {
        if !value.is_null() {
            row.insert(name.to_owned(), value);
        }
    }
    Json::Object(row)
}
