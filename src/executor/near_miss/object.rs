//! JSON values that were meant as a result: objects whose cost has another name or another place.
use serde_json::{Map, Value as Json};

use super::clue::Clue;
use crate::document::json::kind;
use crate::document::spelling::nearest;
use crate::executor::outcome_word::OutcomeWord;

/// Names under which programs report a cost, `cost` first.
pub(super) const NAMES: [&str; 24] = [
    "cost",
    "costs",
    "loss",
    "val_loss",
    "valid_loss",
    "validation_loss",
    "test_loss",
    "error",
    "objective",
    "value",
    "metric",
    "result",
    "score",
    "accuracy",
    "acc",
    "rmse",
    "mse",
    "mae",
    "auc",
    "f1",
    "reward",
    "fitness",
    "perplexity",
    "fval",
];

/// Names of values of which larger ones are better.
const LARGER_IS_BETTER: [&str; 7] = ["score", "accuracy", "acc", "auc", "f1", "reward", "fitness"];

/// The fault of a value that is JSON and no result; `None` where it does not look like one.
pub(super) fn clue(value: &Json) -> Option<Clue> {
    match value {
        Json::Object(object) => clue_of(object),
        Json::Number(number) => {
            let right = format!("print `{{\"cost\": {number}}}` as a line of its own on standard output");
            Some(Clue::new("it is a number alone, and no object with `cost`").hint(right))
        }
        Json::Array(list) => {
            let holds = list.iter().any(|each| each.get("cost").is_some() || each.is_number());
            holds.then(|| Clue::new("it is a list, and no object with `cost`"))
        }
        Json::String(text) => {
            let inner = serde_json::from_str::<Json>(text).ok()?;
            (inner.is_object() || inner.is_number())
                .then(|| Clue::new("it is text that holds JSON").hint("encode the object once, not twice"))
        }
        Json::Null | Json::Bool(_) => None,
    }
}

fn clue_of(object: &Map<String, Json>) -> Option<Clue> {
    let bare = |key: &str| key.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    if let Some(costs) = object.get("costs") {
        let hint = "it is an object with a number for each of the `objectives`; one cost alone is `cost`";
        return Some(Clue::new(format!("its `costs` is {}, not an object", kind(costs))).hint(hint));
    }
    if let Some(outcome) = object.get("outcome") {
        let clue = Clue::new(format!("it has no `cost`, and no outcome is named {outcome}"));
        return Some(match outcome.as_str().map(OutcomeWord::of) {
            Some(OutcomeWord::Like(meant)) => clue.hint(format!("did you mean `{meant}`? a success has a `cost`")),
            _ => clue,
        });
    }
    if let Some(key) = object.keys().find(|key| bare(key) == "cost" || bare(key) == "costs") {
        return Some(Clue::new(format!("it has `{key}`, not `cost`")).hint("write the name in small letters: `cost`"));
    }
    let nested = object.iter().find(|(_, value)| value.get("cost").is_some() || value.get("costs").is_some());
    if let Some((key, _)) = nested {
        return Some(Clue::new(format!("its `cost` is inside `{key}`")).hint("`cost` stands in the object itself"));
    }
    let is_measured = |key: &&str| object.get(*key).is_some_and(|value| !value.is_object());
    let named = NAMES.into_iter().find(is_measured);
    let named = named.or_else(|| object.keys().map(String::as_str).find(|key| NAMES.contains(&&*key.to_lowercase())));
    if let Some(key) = named {
        let hint = match LARGER_IS_BETTER.contains(&&*key.to_lowercase()) {
            true => {
                format!("name it `cost`, with `objective: Maximize` in the experiment, or print 1 - {key} as `cost`")
            }
            false => format!("name it `cost`: {{\"cost\": {key}}}"),
        };
        return Some(Clue::new(format!("it has `{key}`, but no `cost`")).hint(hint));
    }
    if let Some(key) = object.keys().find(|key| nearest(key, ["cost"]).is_some()) {
        return Some(Clue::new(format!("it has `{key}`, but no `cost`")).hint("did you mean `cost`?"));
    }
    // A share of the work that is done is a message of its own.
    (!object.contains_key("progress")).then(|| Clue::new("it has no `cost`"))
}
