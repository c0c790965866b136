//! What must be true of a space before it is one.
use thiserror::Error;

use crate::document::spelling::nearest;
use crate::space::expression::Expression;
use crate::space::expression::checking::Mistake;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
use crate::space::prior::Prior;

/// Why hyperparameters, conditions and forbidden combinations are not a space.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{message}")]
pub struct SpaceError {
    pub place: Place,
    pub message: String,
    pub hint: Option<String>,
}

/// The part of a space that is wrong, by its index; an `offset` is a byte of the expression's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Parameters,
    Parameter { index: usize, field: Option<&'static str> },
    Condition { index: usize, offset: Option<usize> },
    Forbidden { index: usize, offset: usize },
}

/// Whole numbers beyond this are not exact as floating point numbers.
const LARGEST: u64 = 1 << 53;

/// Words of the expression language.
pub const RESERVED: [&str; 13] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"];

/// A condition with its place in the list of conditions.
pub(crate) type Condition = Option<(usize, Expression)>;

/// The hyperparameters with their values in their domain's own type.
pub(crate) fn hyperparameters(hyperparameters: Vec<Hyperparameter>) -> Result<Vec<Hyperparameter>, SpaceError> {
    if hyperparameters.is_empty() {
        let hint = "for example parameters: {\"x\": Float(min: 0, max: 1)}".to_owned();
        let message = "a space needs at least one parameter".to_owned();
        return Err(SpaceError { place: Place::Parameters, message, hint: Some(hint) });
    }
    let mut valid: Vec<Hyperparameter> = Vec::new();
    for (index, mut hyperparameter) in hyperparameters.into_iter().enumerate() {
        let fail = |(field, message, hint): Complaint| SpaceError {
            place: Place::Parameter { index, field },
            message,
            hint: Some(hint),
        };
        check_name(&hyperparameter.name).map_err(fail)?;
        if valid.iter().any(|other| other.name == hyperparameter.name) {
            let message = format!("there are two parameters named `{}`", hyperparameter.name);
            return Err(fail((None, message, "each needs its own name".to_owned())));
        }
        check_domain(&hyperparameter).map_err(fail)?;
        if let Some((message, hint)) = hyperparameter.prior_mistake() {
            let field = if matches!(hyperparameter.prior, Prior::Weights(_)) { "weights" } else { "prior" };
            return Err(fail((Some(field), message, hint)));
        }
        hyperparameter.default = match hyperparameter.admit(&hyperparameter.default) {
            Some(default) => default,
            None => return Err(fail(default_outside(&hyperparameter))),
        };
        valid.push(hyperparameter);
    }
    Ok(valid)
}

/// The field that is wrong, what is wrong, and what to do.
type Complaint = (Option<&'static str>, String, String);

fn check_name(name: &str) -> Result<(), Complaint> {
    let letter = |character: char| character.is_ascii_alphanumeric() || character == '_';
    if name.is_empty() {
        return Err((None, "a parameter needs a name".to_owned(), "for example \"learning_rate\"".to_owned()));
    }
    if !name.chars().all(letter) || name.starts_with(|first: char| first.is_ascii_digit()) {
        let mut repaired: String = name.chars().map(|each| if letter(each) { each } else { '_' }).collect();
        if repaired.starts_with(|first: char| first.is_ascii_digit()) {
            repaired.insert(0, '_');
        }
        let message = format!("`{name}` cannot be a name: letters, digits and `_` only, and no digit first");
        let example =
            if repaired.contains(|each: char| each.is_ascii_alphabetic()) { &repaired } else { "learning_rate" };
        return Err((None, message, format!("write \"{example}\"; names are used in conditions and commands")));
    }
    if RESERVED.contains(&name) {
        let message = format!("`{name}` cannot be a name: it means something in conditions");
        return Err((None, message, format!("write \"{name}_\" or another name")));
    }
    Ok(())
}

fn check_domain(hyperparameter: &Hyperparameter) -> Result<(), Complaint> {
    let name = &hyperparameter.name;
    match &hyperparameter.domain {
        Domain::Float { min, max, log } => {
            for (field, bound) in [("min", min), ("max", max)] {
                if !bound.is_finite() {
                    let message = format!("the {field} of `{name}` is {bound}, which is no finite number");
                    return Err((Some(field), message, "give the range that is worth trying".to_owned()));
                }
            }
            check_order(name, min, max)?;
            check_log(name, *log, *min)?;
            if !(max - min).is_finite() {
                let message = format!("the range of `{name}` is too wide");
                return Err((Some("max"), message, "give the range that is worth trying".to_owned()));
            }
        }
        Domain::Integer { min, max, log } => {
            for (field, bound) in [("min", min), ("max", max)] {
                if bound.unsigned_abs() > LARGEST {
                    let message = format!("the {field} of `{name}` is too large");
                    return Err((Some(field), message, format!("whole numbers go from -{LARGEST} to {LARGEST}")));
                }
            }
            check_order(name, min, max)?;
            check_log(name, *log, *min as f64)?;
        }
        Domain::Steps(_) => {}
        Domain::Ordinal { values } => {
            check_values(name, values, "values")?;
            let numbers: Option<Vec<f64>> = values.iter().map(Value::number).collect();
            if let Some(numbers) = numbers
                && !numbers.is_sorted()
                && !numbers.iter().rev().is_sorted()
            {
                let mut sorted = values.clone();
                sorted.sort_by(|a, b| a.number().partial_cmp(&b.number()).expect("values are finite"));
                let message = format!("the values of `{name}` are numbers, but not in order");
                let hint = format!("write values: [{}], or make it a Categorical", listing(&sorted));
                return Err((Some("values"), message, hint));
            }
        }
        Domain::Categorical { choices } => check_values(name, choices, "choices")?,
        Domain::Constant { value } => check_values(name, std::slice::from_ref(value), "value")?,
    }
    Ok(())
}

fn check_order<T: PartialOrd + std::fmt::Display>(name: &str, min: T, max: T) -> Result<(), Complaint> {
    if min < max {
        return Ok(());
    }
    let message = format!("the min of `{name}` ({min}) is not below its max ({max})");
    let hint =
        if min == max { format!("for one value write Constant(value: {min})") } else { "exchange the two".into() };
    Err((Some("min"), message, hint))
}

fn check_log(name: &str, log: bool, min: f64) -> Result<(), Complaint> {
    if !log || min > 0.0 {
        return Ok(());
    }
    let message = format!("`{name}` is on a logarithmic scale, but its min is {min}");
    Err((Some("min"), message, "a logarithmic scale needs a min above 0, such as 1e-6; or leave `log` out".to_owned()))
}

fn check_values(name: &str, values: &[Value], field: &'static str) -> Result<(), Complaint> {
    if values.is_empty() {
        let (what, example) = match field {
            "values" => ("value", "list the values, smallest first: Ordinal(values: [2, 4, 8])"),
            _ => ("choice", "list the choices: Categorical(choices: [\"small\", \"large\"])"),
        };
        return Err((Some(field), format!("`{name}` needs at least one {what}"), example.to_owned()));
    }
    for (index, value) in values.iter().enumerate() {
        if value.number().is_some_and(|number| !number.is_finite()) {
            let message = format!("`{name}` has the value {value}, which is no finite number");
            return Err((Some(field), message, "take it out".to_owned()));
        }
        if values[..index].contains(value) {
            let message = format!("`{name}` lists {} twice", listing(std::slice::from_ref(value)));
            return Err((Some(field), message, "take one of them out".to_owned()));
        }
    }
    Ok(())
}

fn default_outside(hyperparameter: &Hyperparameter) -> Complaint {
    let Hyperparameter { name, default, domain, .. } = hyperparameter;
    let hint = match domain {
        Domain::Float { min, max, .. } => format!("a number from {min} to {max}"),
        Domain::Integer { min, max, .. } => format!("a whole number from {min} to {max}"),
        Domain::Steps(steps) => {
            format!("one of {}, {} and so on up to {}", steps.value(0), steps.value(1), steps.max())
        }
        Domain::Ordinal { values } | Domain::Categorical { choices: values } => format!("one of {}", listing(values)),
        Domain::Constant { value } => format!("a constant has its value {value} only"),
    };
    (Some("default"), format!("the default of `{name}` cannot be {}", listing(std::slice::from_ref(default))), hint)
}

/// Values as they are written in a file.
pub(crate) fn listing(values: &[Value]) -> String {
    let written = values.iter().map(|value| match value {
        Value::Word(word) => format!("{word:?}"),
        other => other.to_string(),
    });
    written.collect::<Vec<_>>().join(", ")
}

/// The condition of each hyperparameter.
pub(crate) fn conditions(
    hyperparameters: &[Hyperparameter],
    conditions: &[(String, String)],
) -> Result<Vec<Condition>, SpaceError> {
    let mut compiled: Vec<Condition> = vec![None; hyperparameters.len()];
    for (index, (child, text)) in conditions.iter().enumerate() {
        let fail =
            |offset, message: String, hint| SpaceError { place: Place::Condition { index, offset }, message, hint };
        let Some(child_index) = hyperparameters.iter().position(|each| each.name == *child) else {
            let names = || hyperparameters.iter().map(|each| each.name.as_str());
            let hint = match nearest(child, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "a condition is written \"name of the parameter\": \"when it is active\"".to_owned(),
            };
            return Err(fail(None, format!("there is a condition for `{child}`, but no such parameter"), Some(hint)));
        };
        if compiled[child_index].is_some() {
            let hint = "join them with `and` or `or`".to_owned();
            return Err(fail(None, format!("`{child}` has two conditions"), Some(hint)));
        }
        let expression = Expression::compile(text, hyperparameters)
            .map_err(|Mistake { offset, message, hint }| fail(Some(offset), message, hint))?;
        if expression.reads().contains(&child_index) {
            let hint = "a condition reads other parameters only".to_owned();
            return Err(fail(None, format!("the condition of `{child}` reads `{child}` itself"), Some(hint)));
        }
        compiled[child_index] = Some((index, expression));
    }
    Ok(compiled)
}

/// The forbidden combinations.
pub(crate) fn forbidden(hyperparameters: &[Hyperparameter], clauses: &[String]) -> Result<Vec<Expression>, SpaceError> {
    let compile = |(index, text): (usize, &String)| {
        Expression::compile(text, hyperparameters).map_err(|Mistake { offset, message, hint }| SpaceError {
            place: Place::Forbidden { index, offset },
            message,
            hint,
        })
    };
    clauses.iter().enumerate().map(compile).collect()
}

/// Indices with parents before children, in the order of the file otherwise.
pub(crate) fn order(hyperparameters: &[Hyperparameter], conditions: &[Condition]) -> Result<Vec<usize>, SpaceError> {
    let parents = |index: usize| conditions[index].iter().flat_map(|(_, condition)| condition.reads().iter().copied());
    let mut order = Vec::new();
    let mut placed = vec![false; hyperparameters.len()];
    while order.len() < hyperparameters.len() {
        let next =
            (0..hyperparameters.len()).find(|&index| !placed[index] && parents(index).all(|parent| placed[parent]));
        if let Some(index) = next {
            placed[index] = true;
            order.push(index);
            continue;
        }
        // Everything left waits for something left: follow the parents until one comes again.
        let unplaced = |index: usize| parents(index).find(|&parent| !placed[parent]).expect("it waits for a parent");
        let mut walk = vec![(0..placed.len()).find(|&index| !placed[index]).expect("one is left")];
        let cycle = loop {
            let next = unplaced(walk[walk.len() - 1]);
            if let Some(begin) = walk.iter().position(|&each| each == next) {
                break walk.split_off(begin);
            }
            walk.push(next);
        };
        let names: Vec<_> =
            cycle.iter().chain(&cycle[..1]).map(|&each| format!("`{}`", hyperparameters[each].name)).collect();
        let index = conditions[cycle[0]].as_ref().expect("it waits for a parent").0;
        return Err(SpaceError {
            place: Place::Condition { index, offset: None },
            message: format!("the conditions go in a circle: {}", names.join(" depends on ")),
            hint: Some("one of them must be active without the others".to_owned()),
        });
    }
    Ok(order)
}
