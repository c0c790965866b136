//! Search space of a study: the distributions that its parameters had, and the conditions that explain their absence.
use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::document::diagnostic::Diagnostic;
use crate::exchange::draft::among;
use crate::exchange::trials::found::FoundResult;
use crate::space::Space;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
use crate::space::steps::Steps;

/// The space of a study, and notes on what was guessed or left out for it.
///
/// # Errors
/// No parameter has a distribution that can be read.
pub(super) fn space(
    name: &str,
    distributions: &IndexMap<String, Vec<Json>>,
    trials: &[&FoundResult],
) -> Result<(Space, Vec<String>), Diagnostic> {
    let mut notes = Vec::new();
    let mut hyperparameters: Vec<Hyperparameter> = Vec::new();
    for (parameter, known) in distributions {
        let Some(domain) = domain(known) else {
            notes.push(format!("`{parameter}` left out: none of its distributions can be read"));
            continue;
        };
        if known.len() > 1 {
            notes.push(format!("`{parameter}` had {} distributions; its range holds all of them", known.len()));
        }
        let mut hyperparameter = Hyperparameter::new(parameter.as_str(), domain, Value::Null);
        hyperparameter.default = hyperparameter.natural_default();
        hyperparameters.push(hyperparameter);
    }
    let mut conditions = Vec::new();
    for child in &hyperparameters {
        let has = |trial: &&&FoundResult| trial.config.contains_key(&child.name);
        let with: Vec<&&FoundResult> = trials.iter().filter(has).collect();
        let without: Vec<&&FoundResult> = trials.iter().filter(|trial| !has(trial)).collect();
        if without.is_empty() || with.is_empty() {
            continue;
        }
        let explains =
            |parent: &&Hyperparameter| parent.name != child.name && condition(parent, &with, &without).is_some();
        match hyperparameters.iter().find(explains) {
            Some(parent) => {
                let text = condition(parent, &with, &without).expect("it explains the absence");
                notes.push(format!("`{}` is taken to be active where {text}", child.name));
                conditions.push((child.name.clone(), text));
            }
            None => notes.push(format!(
                "`{}` is absent in {} trials for no reason that a category tells",
                child.name,
                without.len()
            )),
        }
    }
    let space = Space::new(name.to_owned(), hyperparameters, conditions, vec![]);
    Ok((space.map_err(|error| error.diagnostic)?, notes))
}

/// The condition that a parent has one of the values that it has where the child is there, if it has none of them elsewhere.
fn condition(parent: &Hyperparameter, with: &[&&FoundResult], without: &[&&FoundResult]) -> Option<String> {
    let Domain::Categorical { choices } = &parent.domain else { return None };
    let index = |trial: &&&FoundResult| {
        let value: Value = serde_json::from_value(trial.config.get(&parent.name)?.clone()).ok()?;
        choices.iter().position(|choice| *choice == value)
    };
    let active: Option<BTreeSet<usize>> = with.iter().map(index).collect();
    let active = active?;
    // A parent that is absent itself says nothing against it.
    let passive: BTreeSet<usize> = without.iter().filter_map(index).collect();
    let values: Vec<Value> = active.iter().map(|&each| choices[each].clone()).collect();
    (active.is_disjoint(&passive) && !passive.is_empty()).then(|| among(&parent.name, &parent.domain, &values))
}

/// The domain that holds all distributions of one parameter; `None` where they cannot be read or are of several kinds.
fn domain(known: &[Json]) -> Option<Domain> {
    let kind = |distribution: &Json| Some(distribution["name"].as_str()?.to_owned());
    let first = kind(known.first()?)?;
    if first == "CategoricalDistribution" {
        let mut choices: Vec<Value> = Vec::new();
        for choice in known.iter().flat_map(|each| each["attributes"]["choices"].as_array().into_iter().flatten()) {
            let value: Value = match choice {
                Json::Array(_) | Json::Object(_) => Value::Word(choice.to_string().into()),
                plain => serde_json::from_value(plain.clone()).ok()?,
            };
            if !choices.contains(&value) {
                choices.push(value);
            }
        }
        return match &choices[..] {
            [] => None,
            [only] => Some(Domain::Constant { value: only.clone() }),
            _ => Some(Domain::Categorical { choices }),
        };
    }
    let end = |field: &str, pick: fn(f64, f64) -> f64| {
        known.iter().filter_map(|each| each["attributes"][field].as_f64()).reduce(pick)
    };
    let (low, high) = (end("low", f64::min)?, end("high", f64::max)?);
    let is_log = first.contains("Log") || known.iter().any(|each| each["attributes"]["log"] == true);
    let log = is_log && low > 0.0;
    let step = known.iter().find_map(|each| ["step", "q"].iter().find_map(|field| each["attributes"][*field].as_f64()));
    let is_whole = first.starts_with("Int");
    if low == high {
        let value = if is_whole { Value::Integer(low as i64) } else { Value::Float(low) };
        return Some(Domain::Constant { value });
    }
    let stepped = step.filter(|step| known.len() == 1 && !log && (!is_whole || *step > 1.0));
    if let Some(Ok(steps)) = stepped.map(|step| Steps::new(low, high, step, is_whole)) {
        return Some(Domain::Steps(steps));
    }
    Some(match is_whole {
        true => Domain::Integer { min: low as i64, max: high as i64, log },
        false => Domain::Float { min: low, max: high, log },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_become_domains_and_absence_a_condition() {
        let json = |text: &str| serde_json::from_str::<Json>(text).unwrap();
        let float = json(
            r#"{"name": "FloatDistribution", "attributes": {"low": 1e-5, "high": 0.1, "log": true, "step": null}}"#,
        );
        let wider = json(
            r#"{"name": "FloatDistribution", "attributes": {"low": 1e-6, "high": 0.01, "log": true, "step": null}}"#,
        );
        let choice = json(r#"{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd", null]}}"#);
        let whole =
            json(r#"{"name": "IntDistribution", "attributes": {"low": 2, "high": 8, "log": false, "step": 2}}"#);
        let distributions: IndexMap<String, Vec<Json>> = [
            ("rate".to_owned(), vec![float, wider]),
            ("optimizer".to_owned(), vec![choice]),
            ("momentum".to_owned(), vec![whole]),
            ("odd".to_owned(), vec![json("{}")]),
        ]
        .into_iter()
        .collect();
        let trial = |text: &str| FoundResult { config: serde_json::from_str(text).unwrap(), ..FoundResult::default() };
        let trials = [
            trial(r#"{"rate": 0.1, "optimizer": "sgd", "momentum": 4}"#),
            trial(r#"{"rate": 0.1, "optimizer": "adam"}"#),
            trial(r#"{"rate": 0.1, "optimizer": null}"#),
        ];
        let (space, notes) = space("study", &distributions, &trials.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(space.hyperparameters()[0].domain, Domain::Float { min: 1e-6, max: 0.1, log: true });
        assert_eq!(space.hyperparameters()[2].domain.size(), Some(4));
        assert_eq!(space.condition(2).map(ToString::to_string).as_deref(), Some("optimizer == 'sgd'"));
        assert_eq!(notes.len(), 3, "{notes:?}");
    }
}
