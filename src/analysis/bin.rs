//! Bins: the values of one hyperparameter as parts of an axis.
use serde::Serialize;

use crate::space::hyperparameter::{Domain, Hyperparameter, Value};

/// Equal parts of the range of a hyperparameter with more values than `MOST_VALUES`.
const PARTS: usize = 15;
/// Whole numbers up to this many get a bin each.
const MOST_VALUES: u64 = 24;

/// The kind of axis on which the values of a hyperparameter lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    Linear,
    Logarithmic,
    Ordinal,
    Categorical,
}

/// A part of an axis from 0 to 1, with the value at its middle.
#[derive(Clone, Debug, Serialize)]
pub struct Bin {
    pub value: Value,
    /// The position of the value on the axis.
    pub at: f64,
    /// The lower end on the axis.
    pub from: f64,
    /// The upper end on the axis.
    pub to: f64,
}

/// The scale of a hyperparameter's axis.
pub(super) fn scale(hyperparameter: &Hyperparameter) -> Scale {
    match &hyperparameter.domain {
        Domain::Float { log: true, .. } | Domain::Integer { log: true, .. } => Scale::Logarithmic,
        Domain::Float { .. } | Domain::Integer { .. } | Domain::Steps(_) => Scale::Linear,
        Domain::Ordinal { .. } | Domain::Constant { .. } => Scale::Ordinal,
        Domain::Categorical { .. } => Scale::Categorical,
    }
}

/// The bins of a hyperparameter: one for each value if there are few, else equal parts of its range.
pub(super) fn bins(hyperparameter: &Hyperparameter) -> Vec<Bin> {
    let values: Vec<Value> = match &hyperparameter.domain {
        domain @ (Domain::Integer { .. } | Domain::Steps(_)) if domain.size() <= Some(MOST_VALUES) => {
            (0..domain.size().unwrap_or(0)).map(|index| domain.nth(index)).collect()
        }
        Domain::Ordinal { values } | Domain::Categorical { choices: values } => values.clone(),
        Domain::Constant { value } => vec![value.clone()],
        _ => (0..PARTS).map(|part| hyperparameter.at((part as f64 + 0.5) / PARTS as f64)).collect(),
    };
    let at = |value: &Value| hyperparameter.position(value).expect("a value of the domain");
    let middles: Vec<f64> = values.iter().map(at).collect();
    let between = |index: usize| (middles[index] + middles[index + 1]) / 2.0;
    values
        .into_iter()
        .enumerate()
        .map(|(index, value)| Bin {
            value,
            at: middles[index],
            from: if index == 0 { 0.0 } else { between(index - 1) },
            to: if index + 1 == middles.len() { 1.0 } else { between(index) },
        })
        .collect()
}

/// The index of the bin that holds a position.
pub(super) fn bin_of(bins: &[Bin], position: f64) -> usize {
    bins.iter().position(|bin| position <= bin.to).unwrap_or(bins.len() - 1)
}
