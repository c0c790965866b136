//! Tests of the table of fields: it has every name that the parser knows, and no other.
use std::collections::BTreeSet;
use std::path::Path;

use super::entry::CHOICE;
use super::*;
use crate::experiment::Experiment;

/// A name that no field and no choice has or resembles.
const UNKNOWN: &str = "Qqqqqqqqqqqqqqqq";

/// The names that the parser knows below a path, as its hint for an unknown one lists them; as fields of it or as its choices.
fn known(path: &str, wants_choices: bool) -> BTreeSet<String> {
    let inner = if wants_choices { UNKNOWN.to_owned() } else { format!("({}: 1)", UNKNOWN.to_lowercase()) };
    let text = path.rsplit('.').filter(|name| !name.is_empty()).fold(inner, |inner, name| {
        match name.starts_with(char::is_uppercase) {
            true => format!("{name}{inner}"),
            // The parameters of a space are entries of a map.
            false if name == "parameters" => format!("({name}: {{\"x\": {inner}}})"),
            false => format!("({name}: {inner})"),
        }
    });
    let error = Experiment::with_space(&text, Path::new("e.ron"), "(parameters: {})").expect_err("the name is unknown");
    let hint = error.diagnostic.hint.unwrap_or_default();
    let listed = hint.strip_prefix("there are ").or(hint.strip_prefix("there is "));
    let listed = listed.unwrap_or_else(|| panic!("{text}: {}; {hint}", error.diagnostic.message));
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn children(path: &str, wants_choices: bool) -> BTreeSet<String> {
    let below = |field: &&&Field| field.path.rsplit_once('.').map_or("", |(parent, _)| parent) == path;
    let is_choice = |field: &&&Field| field.kind == CHOICE;
    fields()
        .collect::<Vec<_>>()
        .iter()
        .filter(|field| below(field) && is_choice(field) == wants_choices)
        .map(|field| field.name().to_owned())
        .collect()
}

#[test]
fn the_table_has_every_name_that_the_parser_knows() {
    let mut checked = 0;
    let paths: BTreeSet<&str> =
        fields().map(|field| field.path.rsplit_once('.').map_or("", |(parent, _)| parent)).collect();
    for path in paths {
        for wants_choices in [true, false] {
            let listed = children(path, wants_choices);
            if !listed.is_empty() {
                assert_eq!(listed, known(path, wants_choices), "below `{path}`");
                checked += listed.len();
            }
        }
    }
    assert_eq!(checked, fields().count());
}

#[test]
fn every_field_has_a_default_and_a_reason() {
    let mut paths = BTreeSet::new();
    for field in fields() {
        assert!(paths.insert(field.path), "{} is listed twice", field.path);
        assert!(!field.kind.is_empty() && field.about.ends_with('.'), "{}", field.path);
        assert_eq!(default_of(field).is_none(), field.kind == CHOICE, "{}", field.path);
        assert!(!field.about.starts_with("What ") && !field.about.starts_with("How "), "{}", field.path);
        let parent = field.path.rsplit_once('.').map(|(parent, _)| parent);
        assert!(parent.is_none_or(|parent| fields().any(|each| each.path == parent)), "{} has no parent", field.path);
    }
    let default = |path: &str| default_of(fields().find(|field| field.path == path).unwrap()).unwrap();
    for (path, expected) in [
        ("optimizer.design", "Sobol"),
        ("optimizer.random_probability", "0.05"),
        ("optimizer.acquisition", "ExpectedImprovement"),
        ("optimizer.surrogate.Forest.trees", "16"),
        ("optimizer.scale", "absent"),
        ("optimizer.maximizer", "()"),
        ("optimizer.intensifier.Racing.most_pairs", "2000"),
        ("stop.trials", "absent"),
        ("budget.eta", "3"),
    ] {
        assert_eq!(default(path), expected, "{path}");
    }
}
