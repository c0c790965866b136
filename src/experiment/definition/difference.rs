//! The difference between the experiment that a run was begun with and the present file.
use serde_json::{Map, Value as Json, json};

use crate::experiment::definition::experiment::Experiment;
use crate::report::draw::words::duration;

/// Parts of an experiment that its trials depend on, and how they differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Such as `seed`; empty where the run can go on.
    pub parts: Vec<&'static str>,
    /// A line each, such as `seed: 7, now 8`.
    pub lines: Vec<String>,
}

/// A setting that has two values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DifferentSetting {
    /// Such as `optimizer.surrogate.Forest.trees`.
    pub field: String,
    pub values: [String; 2],
}

impl DifferentSetting {
    /// Every setting that differs between two experiments, those that may change while a run goes on too.
    pub(crate) fn between(first: &Experiment, second: &Experiment) -> Vec<Self> {
        let mut found = Vec::new();
        let parts = comparable(first).into_iter().zip(comparable(second));
        let others = changeable(first).into_iter().zip(changeable(second));
        for ((part, first), (_, second)) in parts.chain(others) {
            compare(part, &first, &second, &mut found);
        }
        found
    }
}

/// The parts that the trials of an experiment depend on, but for its search space.
fn comparable(experiment: &Experiment) -> [(&'static str, Json); 5] {
    let schedule = &experiment.schedule;
    let (min, max) = (schedule.min().amount(), schedule.max().amount());
    let budget = json!({ "min": min, "max": max, "eta": schedule.eta(), "whole": schedule.is_whole() });
    let plain = |value: Result<Json, serde_json::Error>| value.expect("what is read from a file becomes JSON");
    let directions: Vec<&str> = experiment.directions.words(experiment.costs()).collect();
    [
        ("task", plain(serde_json::to_value(&experiment.objective))),
        ("objective", directions.join(", ").into()),
        ("budget", budget),
        ("optimizer", plain(serde_json::to_value(&experiment.settings))),
        ("seed", experiment.seed.into()),
    ]
}

/// The search space, and the parts that may change while a run goes on.
fn changeable(experiment: &Experiment) -> [(&'static str, Json); 7] {
    let space = &experiment.space;
    let parameters = space.hyperparameters().iter().enumerate().map(|(index, each)| {
        let condition = space.condition(index).map(|condition| format!(", if {condition}")).unwrap_or_default();
        let default = each.default.unmistakable();
        (each.name.clone(), json!(format!("{}, default {default}{condition}", each.domain)))
    });
    let mut search_space: Map<String, Json> = parameters.collect();
    let forbidden: Vec<String> = space.forbidden().iter().map(ToString::to_string).collect();
    if !forbidden.is_empty() {
        search_space.insert("forbidden".into(), forbidden.join("; ").into());
    }
    let span = |seconds: f64| json!(duration(seconds));
    let mut stop = serde_json::to_value(&experiment.stop).expect("limits become JSON");
    for (field, limit) in [("wall_clock", experiment.stop.wall_clock), ("overtime", experiment.stop.overtime)] {
        stop[field] = limit.map_or(Json::Null, |limit| span(limit.as_secs_f64()));
    }
    let (execution, limits) = (&experiment.execution, &experiment.execution.limits);
    let mebibytes = |bytes: Option<u64>| json!(bytes.map(|bytes| bytes >> 20));
    let slots: Vec<String> = execution.slots.iter().map(ToString::to_string).collect();
    let mut executor = json!({
        "workers": execution.workers,
        "slots": Some(slots.join(", ")).filter(|slots| !slots.is_empty()),
        "time_limit": limits.wall.map(|limit| span(limit.as_secs_f64())),
        "cpu_time_limit": limits.cpu.map(|limit| span(limit.as_secs_f64())),
        "memory_limit_mib": mebibytes(limits.memory),
        "disk_limit_mib": mebibytes(limits.disk),
    });
    if let Some(slurm) = &execution.slurm {
        executor["slurm"] = json!({
            "gpus_per_worker": slurm.gpus_per_worker,
            "partition": slurm.partition,
            "time": slurm.time.map(|limit| span(limit.as_secs_f64())),
            "account": slurm.account,
            "extra": Some(slurm.extra.join(" ")).filter(|extra| !extra.is_empty()),
        });
    }
    [
        ("search_space", Json::Object(search_space)),
        ("intensifier", experiment.intensifier.name().to_string().into()),
        ("budget.restarts", experiment.schedule.restarts().into()),
        ("stop", stop),
        ("executor", executor),
        ("validation", experiment.validation.into()),
        ("price_per_device_hour", json!(experiment.price_per_device_hour)),
    ]
}

impl Difference {
    /// The differences that make trials incomparable, except those of the search space. Limits, workers, devices,
    /// prices and the like may change.
    pub fn between(old: &Experiment, new: &Experiment) -> Self {
        let is_same = [
            old.objective == new.objective,
            old.directions == new.directions,
            // What is known of the program changes the price of its trials, not their costs.
            old.schedule.clone().with_restarts(false) == new.schedule.clone().with_restarts(false),
            old.settings == new.settings,
            old.seed == new.seed,
        ];
        let (mut difference, mut found) = (Self::default(), Vec::new());
        let parts = comparable(old).into_iter().zip(comparable(new)).zip(is_same);
        for (((part, old), (_, new)), _) in parts.filter(|(_, is_same)| !is_same) {
            difference.parts.push(part);
            compare(part, &old, &new, &mut found);
        }
        let line = |DifferentSetting { field, values: [old, new] }| format!("{field}: {old}, now {new}");
        difference.lines = found.into_iter().map(line).collect();
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
fn compare(path: &str, old: &Json, new: &Json, found: &mut Vec<DifferentSetting>) {
    let mut differ =
        |field: String, old: String, new: String| found.push(DifferentSetting { field, values: [old, new] });
    let (Json::Object(before), Json::Object(after)) = (old, new) else {
        match (variant(old), variant(new)) {
            // Of an enumeration, one without fields and one with.
            (Some(before), Some(after)) if before != after && (old.is_object() || new.is_object()) => {
                differ(path.to_owned(), before.to_owned(), after.to_owned());
            }
            _ if old != new => differ(path.to_owned(), short(old), short(new)),
            _ => {}
        }
        return;
    };
    if let (Some(one), Some(other)) = (variant(old), variant(new))
        && one != other
    {
        differ(path.to_owned(), one.to_owned(), other.to_owned());
        return;
    }
    for (key, value) in before {
        match after.get(key) {
            Some(now) => compare(&format!("{path}.{key}"), value, now, found),
            None => compare(&format!("{path}.{key}"), value, &Json::Null, found),
        }
    }
    for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        compare(&format!("{path}.{key}"), &Json::Null, value, found);
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
        let limits =
            "seed: 7, stop: (trials: 3, wall_clock: \"2h\"), executor: Process(workers: 9), price_per_device_hour: 1";
        check("seed: 7", limits, "", "");
        check("eta: 3)", "eta: 3, restarts: true)", "", "");
        let settings = DifferentSetting::between(&read(&text), &read(&text.replace("seed: 7", limits)));
        let line = |each: &DifferentSetting| format!("{}: {}", each.field, each.values.join(" / "));
        let lines = settings.iter().map(line).collect::<Vec<_>>();
        let expected = [
            "stop.trials: absent / 3",
            "stop.wall_clock: absent / `2 h 0 min`",
            "executor.workers: 1 / 9",
            "price_per_device_hour: absent / 1.0",
        ];
        assert_eq!(lines, expected, "the intensifier is the same for every number of workers");
        let anew = DifferentSetting::between(&read(&text), &read(&text.replace("eta: 3)", "eta: 3, restarts: true)")));
        assert_eq!(anew.iter().map(line).collect::<Vec<_>>(), ["budget.restarts: false / true"]);
    }
}
