//! Words of text formats that have no types: the values that they stand for.
use crate::space::hyperparameter::{Domain, Value};

/// A list of values: numbers where each is written as galvani writes it and they are in order, words otherwise.
pub(super) fn listed(values: &[&str], ordered: bool) -> Domain {
    let words = || values.iter().map(|value| Value::Word((*value).into())).collect::<Vec<_>>();
    let numbers: Option<Vec<Value>> = values.iter().map(|value| number(value)).collect();
    let numbers = numbers.filter(|numbers| {
        let sizes: Vec<f64> = numbers.iter().filter_map(Value::number).collect();
        let distinct = sizes.iter().enumerate().all(|(index, size)| !sizes[..index].contains(size));
        distinct && (!ordered || sizes.is_sorted() || sizes.iter().rev().is_sorted())
    });
    let mut values = numbers.unwrap_or_else(words);
    match ordered {
        _ if values.len() == 1 => Domain::Constant { value: values.remove(0) },
        true => Domain::Ordinal { values },
        false => Domain::Categorical { choices: values },
    }
}

/// A number whose text comes back as it was.
fn number(text: &str) -> Option<Value> {
    let integer = text.parse().ok().map(Value::Integer);
    let number = integer.or_else(|| text.parse().ok().filter(|float: &f64| float.is_finite()).map(Value::Float))?;
    (number.to_string() == text).then_some(number)
}

/// The value of a domain that a text stands for; the validation of the space refuses a text that stands for none.
pub(super) fn value(domain: &Domain, text: &str) -> Value {
    let word = Value::Word(text.into());
    if let Some(value) = domain.matching(&word) {
        return value;
    }
    let integer = text.parse().ok().map(Value::Integer);
    integer.or_else(|| text.parse().ok().map(Value::Float)).unwrap_or(word)
}
