//! Validation of hyperparameters, and the error of a space that is not valid.
use thiserror::Error;

use crate::document::diagnostic::Diagnostic;
use crate::space::domain::Domain;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::prior::Prior;
use crate::space::value::{Value, ron_elements};

/// A reason why hyperparameters, conditions and forbidden combinations are not a space.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{diagnostic}")]
pub struct SpaceError {
    pub part: SpacePart,
    /// The mistake; its field is one of the parameter.
    pub diagnostic: Diagnostic,
}

/// The part of a space that is wrong, by its index; an `offset` is a byte of the expression's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpacePart {
    Parameters,
    Parameter {
        index: usize,
    },
    Condition {
        index: usize,
        offset: Option<usize>,
    },
    Forbidden {
        index: usize,
        offset: usize,
    },
    /// A row of a table of allowed combinations, or the whole table.
    Allowed {
        table: usize,
        row: Option<usize>,
    },
}

/// Whole numbers beyond this are not exact as floating point numbers.
const LARGEST: u64 = 1 << 53;

/// Bytes of the longest name.
const LONGEST_NAME: usize = 500;

/// The hyperparameters with their values in the type of their domain; fails at the first mistake.
pub(crate) fn hyperparameters(hyperparameters: Vec<Hyperparameter>) -> Result<Vec<Hyperparameter>, SpaceError> {
    if hyperparameters.is_empty() {
        let hint = "for example parameters: {\"x\": Float(min: 0, max: 1)}";
        let diagnostic = Diagnostic::new("a space needs at least one parameter").hint(hint);
        return Err(SpaceError { part: SpacePart::Parameters, diagnostic });
    }
    let mut valid: Vec<Hyperparameter> = Vec::new();
    for (index, mut hyperparameter) in hyperparameters.into_iter().enumerate() {
        let fail = |diagnostic: Diagnostic| SpaceError { part: SpacePart::Parameter { index }, diagnostic };
        check_name(&hyperparameter.name).map_err(fail)?;
        if valid.iter().any(|other| other.name == hyperparameter.name) {
            let message = format!("there are two parameters named `{}`", hyperparameter.name);
            return Err(fail(Diagnostic::new(message).hint("each needs its own name")));
        }
        check_domain(&hyperparameter).map_err(fail)?;
        if let Some(mistake) = hyperparameter.prior_mistake() {
            let field = if matches!(hyperparameter.prior, Prior::Weights(_)) { "weights" } else { "prior" };
            return Err(fail(mistake.field(field)));
        }
        hyperparameter.default = match hyperparameter.matching(&hyperparameter.default) {
            Some(default) => default,
            None => return Err(fail(default_outside(&hyperparameter))),
        };
        valid.push(hyperparameter);
    }
    Ok(valid)
}

fn check_name(name: &str) -> Result<(), Diagnostic> {
    if name.is_empty() {
        return Err(Diagnostic::new("a parameter needs a name").hint("for example \"learning_rate\""));
    }
    if name.len() > LONGEST_NAME {
        let message = format!("the name of a parameter has {} bytes, and may have {LONGEST_NAME}", name.len());
        return Err(Diagnostic::new(message).hint("shorten it, and describe it in `description`"));
    }
    if let Some(control) = name.chars().find(|each| each.is_control()) {
        let message = format!("{name:?} cannot be a name: it has the control character {control:?}");
        return Err(Diagnostic::new(message).hint("take it out; every other character may be in a name"));
    }
    Ok(())
}

fn check_domain(hyperparameter: &Hyperparameter) -> Result<(), Diagnostic> {
    let name = &hyperparameter.name;
    match &hyperparameter.domain {
        Domain::Float { min, max, log } => {
            for (field, bound) in [("min", min), ("max", max)] {
                if !bound.is_finite() {
                    let message = format!("the {field} of `{name}` is {bound}, which is not a finite number");
                    return Err(Diagnostic::new(message).hint("give a finite number").field(field));
                }
            }
            check_order(name, min, max)?;
            check_log(name, *log, *min)?;
            if !(max - min).is_finite() {
                let message = format!("the range of `{name}` is too wide");
                return Err(Diagnostic::new(message).hint("give a narrower one").field("max"));
            }
        }
        Domain::Integer { min, max, log } => {
            for (field, bound) in [("min", min), ("max", max)] {
                if bound.unsigned_abs() > LARGEST {
                    let message = format!("the {field} of `{name}` is too large");
                    let hint = format!("whole numbers go from -{LARGEST} to {LARGEST}");
                    return Err(Diagnostic::new(message).hint(hint).field(field));
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
                let hint = format!("write values: [{}], or make it a Categorical", ron_elements(&sorted));
                return Err(Diagnostic::new(message).hint(hint).field("values"));
            }
        }
        Domain::Categorical { choices } => check_values(name, choices, "choices")?,
        Domain::Constant { value } => check_values(name, std::slice::from_ref(value), "value")?,
    }
    Ok(())
}

fn check_order<T: PartialOrd + std::fmt::Display>(name: &str, min: T, max: T) -> Result<(), Diagnostic> {
    if min < max {
        return Ok(());
    }
    let message = format!("the min of `{name}` ({min}) is not below its max ({max})");
    let hint =
        if min == max { format!("for one value write Constant(value: {min})") } else { "exchange the two".into() };
    Err(Diagnostic::new(message).hint(hint).field("min"))
}

fn check_log(name: &str, log: bool, min: f64) -> Result<(), Diagnostic> {
    if !log || min > 0.0 {
        return Ok(());
    }
    let message = format!("`{name}` is on a logarithmic scale, but its min is {min}");
    let hint = "a logarithmic scale needs a min above 0, such as 1e-6; or leave `log` out";
    Err(Diagnostic::new(message).hint(hint).field("min"))
}

fn check_values(name: &str, values: &[Value], field: &'static str) -> Result<(), Diagnostic> {
    if values.is_empty() {
        let (item, example) = match field {
            "values" => ("value", "list the values, smallest first: Ordinal(values: [2, 4, 8])"),
            _ => ("choice", "list the choices: Categorical(choices: [\"small\", \"large\"])"),
        };
        return Err(Diagnostic::new(format!("`{name}` needs at least one {item}")).hint(example).field(field));
    }
    for (index, value) in values.iter().enumerate() {
        if value.number().is_some_and(|number| !number.is_finite()) {
            let message = format!("`{name}` has the value {value}, which is not a finite number");
            return Err(Diagnostic::new(message).hint("take it out").field(field));
        }
        if values[..index].contains(value) {
            let message = format!("`{name}` lists {} twice", value.to_ron());
            return Err(Diagnostic::new(message).hint("take one of them out").field(field));
        }
    }
    Ok(())
}

fn default_outside(hyperparameter: &Hyperparameter) -> Diagnostic {
    let Hyperparameter { name, default, domain, .. } = hyperparameter;
    let hint = match domain {
        Domain::Float { min, max, .. } => format!("a number from {min} to {max}"),
        Domain::Integer { min, max, .. } => format!("a whole number from {min} to {max}"),
        Domain::Steps(steps) => {
            format!("one of {}, {} and so on up to {}", steps.value(0), steps.value(1), steps.max())
        }
        Domain::Ordinal { values } | Domain::Categorical { choices: values } => {
            format!("one of {}", ron_elements(values))
        }
        Domain::Constant { value } => format!("a constant has its value {value} only"),
    };
    Diagnostic::new(format!("the default of `{name}` cannot be {}", default.to_ron())).hint(hint).field("default")
}
