//! Reads run histories of SMAC 1 and of all versions of SMAC 2.
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};

use crate::exchange::trials::found::{FoundResult, FoundResults, UnreadableResults, counted, unused_curves};
use crate::exchange::trials::json::{numbers, parse};
use crate::exchange::trials::smac::entry::Entry;
use crate::trial::outcome::OutcomeKind;

/// Reads a run history. An entry that cannot be read is passed over. Of entries with equal configuration, instance, seed and
/// budget the first counts, as it does where SMAC reads the file.
pub fn read(text: &str) -> Result<FoundResults, UnreadableResults> {
    let wrong = |reason: &str| UnreadableResults::whole(format!("this is not a run history of SMAC: {reason}"));
    let json = parse(text.trim_start_matches('\u{feff}')).map_err(|fault| UnreadableResults {
        reason: format!("this is not a run history of SMAC: {}", fault.reason),
        ..fault
    })?;
    let data = json.get("data").and_then(Json::as_array).ok_or_else(|| wrong("there is no list `data`"))?;
    let configs = json.get("configs").and_then(Json::as_object).ok_or_else(|| wrong("there is no object `configs`"))?;
    let mut found = FoundResults::default();
    let numbers = numbered(configs);
    let (mut known, mut repeated, mut points) = (HashSet::new(), 0, 0);
    for (entry, number) in data.iter().zip(1..) {
        let fault = |reason: String| UnreadableResults::whole(format!("entry {number}: {reason}"));
        let Some(entry) = Entry::of(entry) else {
            found.pass_over(fault("it has none of the layouts that SMAC writes".into()));
            continue;
        };
        let Some(Json::Object(config)) = configs.get(&entry.key()) else {
            found.pass_over(fault(format!("there is no configuration {}", entry.key())));
            continue;
        };
        let trial = [entry.instance, entry.seed, entry.budget].map(ToString::to_string);
        if known.insert((numbers[&entry.key()], trial)) {
            points += entry.curve().len();
            let origin = json.get("config_origins").and_then(|origins| origins.get(entry.key())?.as_str());
            match result(&entry, config, origin) {
                Ok(result) => found.add(result)?,
                Err(wrong) => found.pass_over(fault(wrong.reason)),
            }
        } else {
            repeated += 1;
        }
    }
    if found.results.is_empty()
        && let Some(fault) = found.first_fault.take()
    {
        return Err(fault);
    }
    if repeated > 0 {
        let repeated = counted(repeated, "entry");
        found
            .notes
            .push(format!("{repeated} with the configuration, instance, seed and budget of an earlier one left out"));
    }
    if points > 0 {
        found.notes.push(unused_curves(points));
    }
    Ok(found)
}

/// A number for each configuration by its key; equal ones have the same.
fn numbered(configs: &Map<String, Json>) -> HashMap<String, usize> {
    let (mut known, mut numbers) = (HashMap::new(), HashMap::new());
    for (key, config) in configs {
        let pairs = config.as_object().into_iter().flatten().map(|(name, value)| (name, value.to_string()));
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort();
        let next = known.len();
        numbers.insert(key.clone(), *known.entry(pairs).or_insert(next));
    }
    numbers
}

fn result(entry: &Entry, config: &Map<String, Json>, origin: Option<&str>) -> Result<FoundResult, UnreadableResults> {
    let outcome = entry.outcome();
    Ok(FoundResult {
        config: config.clone().into_iter().collect(),
        // SMAC 1 writes 0 where there are no budgets.
        budget: entry.budget.as_f64().filter(|budget| *budget > 0.0),
        costs: if outcome == Some(OutcomeKind::Finished) { numbers(Some(entry.cost))? } else { Vec::new() },
        outcome: outcome.filter(|kind| *kind != OutcomeKind::Finished),
        curve: entry.curve(),
        seed: entry.seed.as_u64().unwrap_or(0),
        times: entry.times(),
        origin: origin.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_s_layout_opens() {
        let configs = r#""configs": {"1": {"x": 0.5, "k": null}, "2": {"x": 1}}"#;
        for (rows, expected) in [
            // 2.3 and later, 2.1, 2.0, 1.x, 0.x.
            (
                r#"{"config_id": 1, "instance": null, "seed": 0, "budget": null, "cost": 0.25, "time": 1, "status": 1}"#,
                0.25,
            ),
            (r#"[1, null, 0, null, 0.25, 1.0, 1.0, 1, 0.0, 1.0, {}]"#, 0.25),
            (r#"[1, null, 0, null, 0.25, 1.0, 1, 0.0, 1.0, {}]"#, 0.25),
            (r#"[[1, null, 0, 0.0], [0.25, 1.0, {"__enum__": "StatusType.SUCCESS"}, 0.0, 1.0, {}]]"#, 0.25),
            (r#"[[1, null, 0, 0.0], [0.25, 1.0, {"__enum__": "StatusType.DONOTADVANCE"}, 0.0, 1.0, {}]]"#, 0.25),
            (r#"[["1", "i", 0], [0.25, 1.0, {"__enum__": "StatusType.SUCCESS"}, {}]]"#, 0.25),
        ] {
            let found = read(&format!("{{\"data\": [{rows}], {configs}}}")).unwrap();
            assert_eq!((found.results.len(), found.faults), (1, 0), "{rows}");
            assert_eq!((&found.results[0].costs, found.results[0].budget), (&vec![expected], None), "{rows}");
            assert_eq!(found.results[0].config.len(), 2);
        }
        let failed = [
            (r#"[1, null, 0, 3.0, Infinity, 1.0, 1.0, 2, 0.0, 1.0, {}]"#, Some(OutcomeKind::Crashed)),
            (r#"[1, null, 0, 3.0, [Infinity, 1], 1.0, 3, 0.0, 1.0, {}]"#, Some(OutcomeKind::TimedOut)),
            (
                r#"[[1, null, 0, 3.0], [1, 1.0, {"__enum__": "StatusType.MEMOUT"}, 0.0, 1.0, {}]]"#,
                Some(OutcomeKind::OutOfMemory),
            ),
            (r#"{"config_id": 1, "budget": 3.0, "cost": null, "status": 0}"#, None),
        ];
        for (row, outcome) in failed {
            let found = read(&format!("{{\"data\": [{row}], {configs}}}")).unwrap();
            let only = &found.results[0];
            assert_eq!((&only.costs, only.outcome, only.budget), (&Vec::new(), outcome, Some(3.0)), "{row}");
        }
    }

    #[test]
    fn entries_that_repeat_or_are_broken_cost_themselves() {
        let text = r#"{"stats": NaN, "data": [
            [1, null, 0, null, [1, 2], 1.0, 1, 0.0, 1.0, {}], [2, null, 0, null, [1, 2], 1.0, 1, 0.0, 1.0, {}],
            [3, null, 0, null, [1, 2], 1.0, 1, 0.0, 1.0, {}], [1, null, 1, null, [3, 4], 1.0, 1, 0.0, 1.0, {}], [1], "x"
        ], "configs": {"1": {"x": 0.5, "y": 1}, "2": {"y": 1, "x": 0.5}}}"#;
        let found = read(text).unwrap();
        assert_eq!((found.results.len(), found.faults), (2, 3));
        assert_eq!(found.first_fault.unwrap().to_string(), "entry 3: there is no configuration 3");
        assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
        for text in ["[]", "{\"data\": []}", "{\"data\": [[1]], \"configs\": {}}", "nothing"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
