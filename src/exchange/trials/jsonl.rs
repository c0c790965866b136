//! Trials as JSON, one object a line: `config`, `budget`, `cost`, `costs` where they are several, `outcome`.
use serde_json::{Map, Value as Json, json};

use crate::exchange::export::Exported;
use crate::exchange::trials::exported::{ExportedRun, ExportedTrial};
use crate::exchange::trials::found::{FoundResult, FoundResults, UnreadableResults, unused_curves};
use crate::exchange::trials::json::{numbers, parse};

/// Reads lines such as `galvani trials --format json` prints; only `config` and `cost` must be there, or of several
/// `objectives` their `costs`, in this order or by name. A line that cannot be read is passed over.
pub fn read(text: &str, objectives: &[String]) -> Result<FoundResults, UnreadableResults> {
    let mut found = FoundResults::default();
    let mut points = 0;
    let text = text.trim_start_matches('\u{feff}');
    let mut take = |found: &mut FoundResults, read: Result<(FoundResult, usize), UnreadableResults>| match read {
        Ok((result, curve)) => {
            points += curve;
            found.add(result)
        }
        Err(fault) => {
            found.pass_over(fault);
            Ok(())
        }
    };
    // One list of all objects is read as well.
    let list = if text.trim_start().starts_with('[') { parse(text).ok() } else { None };
    if let Some(Json::Array(list)) = list {
        for (object, number) in list.iter().zip(1..) {
            let numbered = |fault: UnreadableResults| UnreadableResults {
                reason: format!("entry {number}: {}", fault.reason),
                ..fault
            };
            take(&mut found, result(object, objectives).map_err(numbered))?;
        }
    } else {
        for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
            let read = parse(line).and_then(|object| result(&object, objectives));
            take(&mut found, read.map_err(|fault| fault.in_line(number, text)))?;
        }
    }
    if found.results.is_empty()
        && let Some(fault) = found.first_fault.take()
    {
        let hint =
            "a line is an object such as {\"config\": {\"rate\": 0.1}, \"cost\": 0.5}; a table is read by `import csv`";
        return Err(fault.hint(hint));
    }
    if points > 0 {
        found.notes.push(unused_curves(points));
    }
    Ok(found)
}

/// The result of an object, and the number of points of its learning curve.
fn result(object: &Json, objectives: &[String]) -> Result<(FoundResult, usize), UnreadableResults> {
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

/// The costs of a trial by the names of several objectives; null where there is one, or the trial has none.
fn costs(run: &ExportedRun, each: &ExportedTrial) -> Json {
    let named = run.objectives.iter().zip(each.costs()).map(|(name, cost)| (name.clone(), json!(cost)));
    let named: Map<String, Json> = named.collect();
    if named.is_empty() { Json::Null } else { Json::Object(named) }
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
        ("costs".to_owned(), costs(run, each)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_one_list_are_read_and_a_cut_line_is_told() {
        let good = r#"{"config": {"x": 1}, "cost": 0.5, "outcome": "COMPLETED"}"#;
        let costs = |text: &str| {
            let found = read(text, &[]).unwrap();
            let costs: Vec<f64> = found.results.iter().flat_map(|result| result.costs.clone()).collect();
            (costs, found.first_fault.map(|fault| fault.to_string()).unwrap_or_default())
        };
        assert_eq!(costs(&format!("\u{feff}{good}\r\n\r\n{good}")), (vec![0.5, 0.5], String::new()));
        let (list, fault) = costs(&format!("[{good},\n{good}, {{\"cost\": 1}}]"));
        assert_eq!((list, fault.as_str()), (vec![0.5, 0.5], "entry 3: there is no object `config`"));
        let (_, fault) = costs(&format!("{good}\n{{\"config\": {{\"x\""));
        assert!(fault.starts_with("line 2: the file is cut off here (this is not JSON"), "{fault}");
        let (_, fault) = costs(&format!("{good}\n{{\"cost\": 1}}"));
        assert_eq!(fault, "line 2: there is no object `config`", "a whole last line is not cut");
        assert!(read("[1]", &[]).unwrap_err().hint.unwrap().contains("import csv"));
    }
}
