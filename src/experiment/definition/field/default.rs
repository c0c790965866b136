//! Defaults of fields, computed from the settings themselves.
use serde::Serialize;
use serde_json::Value as Json;

use super::entry::{CHOICE, Field};
use crate::acquisition::maximizer::MaximizerSettings;
use crate::intensifier::config::IntensifierConfig;
use crate::intensifier::pruning::Pruning;
use crate::intensifier::racing::RacingSettings;
use crate::optimizer::settings::OptimizerSettings;
use crate::optimizer::stop::Stop;
use crate::optimizer::strategy::differential_evolution::DifferentialEvolutionSettings;
use crate::optimizer::strategy::tree_parzen::TreeParzenSettings;
use crate::surrogate::forest::ForestSettings;
use crate::surrogate::gaussian_process::GaussianProcessSettings;

/// The default of a field as a file would have it, or in words; `None` for a choice, which has none.
pub(crate) fn default_of(field: &Field) -> Option<String> {
    if field.kind == CHOICE {
        return None;
    }
    if let Some(stated) = field.stated {
        return Some(stated.to_owned());
    }
    let (parent, name) = field.path.rsplit_once('.').unwrap_or(("", field.path));
    let json = |settings: &dyn Fn() -> Json| settings().get(name).cloned();
    let value = match parent {
        "optimizer" => json(&|| of(OptimizerSettings::default())),
        "optimizer.maximizer" => json(&|| of(MaximizerSettings::default())),
        "optimizer.pruning" => json(&|| of(Pruning::default())),
        "optimizer.search.TreeParzen" => json(&|| of(TreeParzenSettings::default())),
        "optimizer.search.DifferentialEvolution" => json(&|| of(DifferentialEvolutionSettings::default())),
        "optimizer.surrogate.Forest" => json(&|| of(ForestSettings::default())),
        "optimizer.surrogate.GaussianProcess" => json(&|| of(GaussianProcessSettings::default())),
        "optimizer.intensifier.Racing" => json(&|| of(RacingSettings::default())),
        "optimizer.intensifier.Asynchronous" => json(&|| of(IntensifierConfig::default())["Asynchronous"].clone()),
        "stop" => json(&|| of(Stop::default())),
        _ => None,
    };
    Some(words(&value.unwrap_or(Json::Null)))
}

fn of(settings: impl Serialize) -> Json {
    serde_json::to_value(settings).expect("plain data becomes JSON")
}

/// A default as a file has it; names of choices stand without quotes there.
fn words(value: &Json) -> String {
    match value {
        Json::Null => "absent".to_owned(),
        Json::String(choice) => choice.clone(),
        Json::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()),
        Json::Object(fields) => match fields.keys().next() {
            Some(choice) if fields.len() == 1 => choice.clone(),
            _ => "()".to_owned(),
        },
        other => other.to_string(),
    }
}
