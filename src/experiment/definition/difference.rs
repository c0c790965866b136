//! The difference between the experiment that a run was begun with and the present file.
use serde_json::Value as Json;

use crate::experiment::definition::experiment::Experiment;

/// Parts of an experiment that its trials depend on, and how they differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Such as `seed`; empty where the run can go on.
    pub parts: Vec<&'static str>,
    /// A line each, such as `seed: 7, now 8`.
    pub lines: Vec<String>,
}

impl Difference {
    /// The differences that make trials incomparable, except those of the search space. Limits, workers, devices,
    /// prices and the like may change.
    pub fn between(old: &Experiment, new: &Experiment) -> Self {
        let budget = |experiment: &Experiment| {
            let schedule = &experiment.schedule;
            let (min, max) = (schedule.min().amount(), schedule.max().amount());
            serde_json::json!({ "min": min, "max": max, "eta": schedule.eta(), "whole": schedule.is_whole() })
        };
        let json = |value: Result<Json, serde_json::Error>| value.expect("what is read from a file becomes JSON");
        let task = |experiment: &Experiment| json(serde_json::to_value(&experiment.objective));
        let optimizer = |experiment: &Experiment| json(serde_json::to_value(&experiment.settings));
        let direction = |experiment: &Experiment| {
            let words: Vec<&str> = experiment.directions.words(experiment.costs()).collect();
            words.join(", ").into()
        };
        let mut difference = Self::default();
        for (part, is_same, old, new) in [
            ("task", old.objective == new.objective, task(old), task(new)),
            ("objective", old.directions == new.directions, direction(old), direction(new)),
            ("budget", old.schedule == new.schedule, budget(old), budget(new)),
            ("optimizer", old.settings == new.settings, optimizer(old), optimizer(new)),
            ("seed", old.seed == new.seed, old.seed.into(), new.seed.into()),
        ] {
            if !is_same {
                difference.parts.push(part);
                compare(part, &old, &new, &mut difference.lines);
            }
        }
        difference
    }

    /// The parts in words, such as `task and seed`.
    pub(crate) fn names(&self) -> String {
        match self.parts.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

/// Says what differs inside two values, down to the innermost.
fn compare(path: &str, old: &Json, new: &Json, lines: &mut Vec<String>) {
    let (Json::Object(before), Json::Object(after)) = (old, new) else {
        match (variant(old), variant(new)) {
            // Of an enumeration, one without fields and one with.
            (Some(before), Some(after)) if before != after && (old.is_object() || new.is_object()) => {
                lines.push(format!("{path}: {before}, now {after}"));
            }
            _ if old != new => lines.push(format!("{path}: {}, now {}", short(old), short(new))),
            _ => {}
        }
        return;
    };
    if let (Some(one), Some(other)) = (variant(old), variant(new))
        && one != other
    {
        lines.push(format!("{path}: {one}, now {other}"));
        return;
    }
    for (key, value) in before {
        match after.get(key) {
            Some(now) => compare(&format!("{path}.{key}"), value, now, lines),
            None => lines.push(format!("{path}.{key}: {}, now absent", short(value))),
        }
    }
    for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        lines.push(format!("{path}.{key}: absent, now {}", short(value)));
    }
}

/// The name of what can be a variant of an enumeration.
fn variant(value: &Json) -> Option<&str> {
    match value {
        Json::String(name) => Some(name),
        Json::Object(map) if map.len() == 1 => map.keys().next().map(String::as_str),
        _ => None,
    }
}

fn short(value: &Json) -> String {
    match value {
        Json::Null => "absent".to_owned(),
        Json::String(text) => format!("`{text}`"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_edit_that_matters_is_named_with_both_values() {
        let space = r#"(parameters: { "x1": Float(min: 0, max: 1), "x2": Float(min: 0, max: 1) })"#;
        let text = format!(
            "(name: \"n\", search_space: {space}, task: Function(\"branin\"), budget: (min: 1, max: 9, eta: 3), seed: 7)"
        );
        let read = |text: &str| Experiment::with_space(text, Path::new("n.ron"), space).unwrap();
        let check_of = |text: &str, from: &str, to: &str, parts: &str, line: &str| {
            assert!(text.contains(from));
            let difference = Difference::between(&read(text), &read(&text.replace(from, to)));
            assert_eq!(difference.names(), parts);
            assert_eq!(difference.lines.join("; "), line);
        };
        let check = |from: &str, to: &str, parts: &str, line: &str| check_of(&text, from, to, parts, line);
        check("seed: 7", "seed: 8", "seed", "seed: 7, now 8");
        check("seed: 7", "seed: 7, objective: Maximize", "objective", "objective: `minimize`, now `maximize`");
        check("max: 9, eta", "max: 27, eta", "budget", "budget.max: 9.0, now 27.0");
        check("max: 9, eta: 3), seed: 7", "max: 9, eta: 2)", "budget and seed", "budget.eta: 3, now 2; seed: 7, now 0");
        check("Function(\"branin\")", "Command(program: \"true\")", "task", "task: Function, now Command");
        let forest = "optimizer: (surrogate: Forest(trees: 3))";
        check("seed: 7", &format!("seed: 7, {forest}"), "optimizer", "optimizer.surrogate: Automatic, now Forest");
        let line = "optimizer.surrogate.Forest.trees: 3, now 7";
        check_of(&format!("{}, {forest})", text.trim_end_matches(')')), "trees: 3", "trees: 7", "optimizer", line);
        check("seed: 7", "seed: 7, stop: (trials: 3), executor: Process(workers: 9), price_per_device_hour: 1", "", "");
    }
}
