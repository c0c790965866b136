//! Metrics: the numbers that trials report beside their cost, and the bounds of everything that is kept beside it.
use serde_json::{Map, Value as Json};

use crate::trial::TrialId;

/// The greatest number of values that a trial keeps beside its cost.
pub(crate) const MOST: usize = 64;
/// The greatest number of letters of the name of one.
const LONGEST_NAME: usize = 64;
/// The greatest number of bytes of all of them, as JSON.
const LARGEST: usize = 64 << 10;

/// The metrics among the values that a trial reported beside its cost, in its order.
pub(crate) fn metrics(info: &Map<String, Json>) -> impl Iterator<Item = (&str, f64)> {
    info.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_f64()?)))
}

/// The names of the metrics of many trials, in the order of their first appearance; not more than one trial may have.
pub(crate) fn names<'a>(infos: impl Iterator<Item = &'a Map<String, Json>>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in infos.flat_map(metrics) {
        if names.len() < MOST && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The values that are kept: the first ones up to the bounds; also the number of those that are not.
pub(crate) fn bounded(info: Map<String, Json>) -> (Map<String, Json>, usize) {
    let (mut kept, mut left_out, mut bytes) = (Map::new(), 0, 0);
    for (name, value) in info {
        let size = name.len() + size(&value);
        let is_legible = name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
        if kept.len() < MOST && bytes + size <= LARGEST && is_legible {
            bytes += size;
            kept.insert(name, value);
        } else {
            left_out += 1;
        }
    }
    (kept, left_out)
}

/// The warning about values of a trial that are not kept.
pub(crate) fn too_many(trial: TrialId, left_out: usize) -> String {
    format!(
        "trial {trial} reported {left_out} values beside its cost that are not kept: a trial keeps {MOST}, in {} KiB, with names of up to {LONGEST_NAME} letters",
        LARGEST >> 10
    )
}

/// The bytes of a value as JSON.
fn size(value: &Json) -> usize {
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) => 8,
        other => other.to_string().len(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Json) -> Map<String, Json> {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn numbers_are_metrics_and_texts_are_not() {
        let info = object(json!({ "accuracy": 0.9, "host": "a", "epochs": 3, "nothing": null }));
        assert_eq!(metrics(&info).collect::<Vec<_>>(), [("accuracy", 0.9), ("epochs", 3.0)]);
        let other = object(json!({ "f1": 1, "accuracy": 0.8 }));
        assert_eq!(names([&info, &other].into_iter()), ["accuracy", "epochs", "f1"]);
        assert_eq!(bounded(info.clone()), (info, 0));
    }

    #[test]
    fn a_trial_keeps_no_more_than_the_bounds() {
        let many: Map<String, Json> = (0..1000).map(|index| (format!("m{index}"), json!(index))).collect();
        let (kept, left_out) = bounded(many);
        assert_eq!((kept.len(), left_out, &kept["m63"]), (64, 936, &json!(63)));
        let large = object(json!({ "a": "x".repeat(70_000), "b": 1, "c\n": 2, "d": [1, 2] }));
        let (kept, left_out) = bounded(large);
        assert_eq!((Json::Object(kept), left_out), (json!({ "b": 1, "d": [1, 2] }), 2));
        let (kept, left_out) = bounded([("ä".repeat(64), json!(1)), ("ä".repeat(65), json!(1))].into_iter().collect());
        assert_eq!((kept.len(), left_out), (1, 1));
    }
}
