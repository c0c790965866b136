//! Search spaces on the command line: read from a file, printed as a table or JSON.
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::message::{number, one_line, say};
use crate::document::outline::OutlineNode;
use crate::document::source::read;
use crate::experiment::Experiment;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::hyperparameter::{Domain, Hyperparameter};
use crate::space::prior::Prior;

/// The greatest width of an aligned column.
const WIDEST: usize = 48;

/// The number of draws from which a warning is given for a parameter that was active in none.
const DRAWS: usize = 20_000;

/// The search space in a file, or that of the experiment in it.
pub(super) fn search_space(path: &Path) -> Result<Arc<Space>, Failure> {
    if is_search_space(path)? {
        return Space::read(path).map(Arc::new).map_err(Failure::input);
    }
    Ok(Experiment::read(path).map_err(Failure::input)?.space)
}

/// True if a file holds a search space and no experiment.
pub(super) fn is_search_space(path: &Path) -> Result<bool, Failure> {
    let text = read(path).map_err(Failure::input)?;
    Ok(OutlineNode::of(&text)
        .is_some_and(|root| root.field("parameters").is_some() && root.field("search_space").is_none()))
}

/// Prints the parameters of a space, one a line, then its forbidden combinations and its size.
pub(super) fn print(space: &Space) {
    let rows: Vec<_> =
        space.hyperparameters().iter().enumerate().map(|(index, each)| row(space, index, each)).collect();
    // A long list of choices is not aligned, so that the other lines fit into the window.
    let lengths = |column: usize| rows.iter().map(move |row| row[column].chars().count());
    let width = |column: usize| lengths(column).filter(|length| *length <= WIDEST).max().unwrap_or(0);
    let (a, b, c) = (width(0), width(1), width(2));
    for [name, values, default, remarks] in &rows {
        say(format!("  {name:<a$}  {values:<b$}  {default:<c$}  {remarks}").trim_end());
    }
    for clause in space.forbidden() {
        say(&format!("  forbidden: {}", one_line(&clause.to_string())));
    }
    let share = share(space);
    match space.count() {
        Some(1) => say("1 configuration is allowed"),
        Some(count) => say(&format!("{count} configurations are allowed, {share} of the cube")),
        None => say(&format!("{share} of the cube is allowed")),
    }
}

fn row(space: &Space, index: usize, each: &Hyperparameter) -> [String; 4] {
    let unit = each.unit.as_ref().map(|unit| format!(" ({unit})")).unwrap_or_default();
    let law = Some(each.prior.to_string()).filter(|law| !law.is_empty());
    let condition = space.condition(index).map(|condition| format!("if {condition}"));
    let remarks: Vec<_> = [law, condition, each.description.clone()].into_iter().flatten().collect();
    let tried = space.default_configuration().ok().and_then(|default| default.get(index).cloned());
    let moved = tried.filter(|value| *value != each.default).map(|value| format!(", moved to {value} by `allowed`"));
    let default = match each.domain {
        Domain::Constant { .. } => String::new(),
        _ => format!("default {}{}", each.default.unmistakable(), moved.unwrap_or_default()),
    };
    let row = [format!("{}{unit}", each.name), each.domain.to_string(), default, remarks.join("; ")];
    row.map(|cell| one_line(&cell).into_owned())
}

/// The share of the unit cube that is legal, as text.
fn share(space: &Space) -> String {
    format!("{} %", number(100.0 * space.allowed_fraction(0)))
}

/// The space's own fields of `check --format json`.
pub(super) fn json(space: &Space) -> Map<String, Value> {
    let tried = space.default_configuration().ok();
    let parameters = space.hyperparameters().iter().enumerate().map(|(index, each)| {
        let mut fields = json!({
            "name": each.name,
            "type": kind(&each.domain),
            "values": each.domain.to_string(),
            "default": each.default,
            // The default that is tried: `allowed` may have moved it; null where it is inactive.
            "default_tried": tried.as_ref().map(|default| json!(default.get(index))),
            "condition": space.condition(index).map(ToString::to_string),
            "size": each.size(),
        });
        let mut set = |field: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields[field] = value;
            }
        };
        match &each.domain {
            Domain::Float { min, max, log } => [("min", json!(min)), ("max", json!(max)), ("log", json!(log))]
                .into_iter()
                .for_each(|(field, value)| set(field, Some(value))),
            Domain::Integer { min, max, log } => [("min", json!(min)), ("max", json!(max)), ("log", json!(log))]
                .into_iter()
                .for_each(|(field, value)| set(field, Some(value))),
            Domain::Steps(steps) => {
                let number = |number: f64| if steps.is_whole() { json!(number as i64) } else { json!(number) };
                let ends = [("min", steps.min()), ("max", steps.max()), ("step", steps.step())];
                ends.into_iter().for_each(|(field, value)| set(field, Some(number(value))));
            }
            domain => set("choices", Some(json!(domain.values()))),
        }
        set("prior", (each.prior != Prior::Uniform).then(|| json!(each.prior.to_string())));
        set("description", each.description.as_ref().map(|text| json!(text)));
        set("unit", each.unit.as_ref().map(|text| json!(text)));
        fields
    });
    let fields = json!({
        "parameters": parameters.collect::<Vec<_>>(),
        "forbidden": space.forbidden().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "configurations": space.count(),
        "allowed_fraction": space.allowed_fraction(0),
    });
    match fields {
        Value::Object(fields) => fields,
        _ => unreachable!("an object was written"),
    }
}

fn kind(domain: &Domain) -> &'static str {
    match domain {
        Domain::Float { .. } => "float",
        Domain::Integer { .. } => "integer",
        Domain::Steps(steps) if steps.is_whole() => "integer",
        Domain::Steps(_) => "float",
        Domain::Ordinal { .. } => "ordinal",
        Domain::Categorical { .. } => "categorical",
        Domain::Constant { .. } => "constant",
    }
}

/// Warnings about properties of a space that are allowed but probably not intended.
pub(super) fn warnings(space: &Space) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Err(illegal) = space.default_configuration() {
        warnings.push(format!("the default configuration is not legal: {illegal}; the run does not evaluate it"));
    }
    let width = space.hyperparameters().len();
    let drawn = space.sample_many(DRAWS, &mut Stream::of(0, "ever active", 0));
    let Ok(drawn) = drawn else { return warnings };
    let is_active = |index: usize| drawn.rows()[index..].iter().step_by(width).any(|code| !code.is_nan());
    for index in (0..width).filter(|&index| !is_active(index)) {
        let (name, condition) = (&space.hyperparameters()[index].name, space.condition(index));
        let Some(condition) = condition else { continue };
        warnings.push(match space.may_hold(condition) {
            true => format!("`{name}` was active in none of {} draws; check the condition `{condition}`", drawn.len()),
            false => format!("`{name}` is never active: `{condition}` cannot be true in the ranges of its parameters"),
        });
    }
    warnings
}
