//! Distributions: values of hyperparameters as Optuna keeps them.
use serde_json::{Value as Json, json};

use crate::exchange::trials::json::parse;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};

/// The value that a parameter has outside of Optuna: of a categorical, the choice and not its index. The distribution is an
/// object, or its text; the names of versions before 3 are understood.
pub(super) fn external(internal: &Json, distribution: &Json) -> Option<Json> {
    let number = internal.as_f64()?;
    let parsed = distribution.as_str().map(parse).transpose().ok()?;
    let distribution: &Json = parsed.as_ref().unwrap_or(distribution);
    let is_index = number >= 0.0 && number.fract() == 0.0;
    match distribution["name"].as_str()? {
        "CategoricalDistribution" => {
            is_index.then(|| distribution["attributes"]["choices"].get(number as usize).cloned())?
        }
        "IntDistribution" | "IntUniformDistribution" | "IntLogUniformDistribution" => {
            // A number that no whole one of 64 bits stands for is quoted as it is.
            let whole =
                || json!(if number.abs() < 2_f64.powi(53) { json!(number.round() as i64) } else { json!(number) });
            Some(internal.as_i64().map_or_else(whole, Json::from))
        }
        _ => Some(json!(number)),
    }
}

/// A value as Optuna keeps it, with its distribution; ordinals and constants are categories there.
pub(super) fn internal(hyperparameter: &Hyperparameter, value: &Json) -> Option<(Json, Json)> {
    let listed = |values: &[Value]| {
        let choices: Vec<Json> = values.iter().map(|each| json!(each)).collect();
        let index = choices.iter().position(|each| each == value)?;
        Some((json!(index), json!({ "name": "CategoricalDistribution", "attributes": { "choices": choices } })))
    };
    let float = |step: Option<f64>, low: f64, high: f64, log: bool| json!({ "name": "FloatDistribution", "attributes": { "step": step, "low": low, "high": high, "log": log } });
    let integer = |step: Json, low: Json, high: Json, log: bool| json!({ "name": "IntDistribution", "attributes": { "log": log, "step": step, "low": low, "high": high } });
    let distribution = match &hyperparameter.domain {
        Domain::Float { min, max, log } => float(None, *min, *max, *log),
        Domain::Integer { min, max, log } => integer(json!(1), json!(min), json!(max), *log),
        Domain::Steps(steps) if steps.is_whole() => {
            let whole = |number: f64| json!(number as i64);
            integer(whole(steps.step()), whole(steps.min()), whole(steps.max()), false)
        }
        Domain::Steps(steps) => float(Some(steps.step()), steps.min(), steps.max(), false),
        other => return listed(other.values()),
    };
    Some((json!(value.as_f64()?), distribution))
}
