//! Columns of a table, whatever the file that they become.
#![cfg_attr(not(feature = "simulator"), allow(dead_code, reason = "only simulations use all of it"))]

#[cfg(feature = "tables")]
use serde_json::Value as Json;

/// A column, whose name ends in its unit where it has one (`voltage_v`).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub name: String,
    pub values: ColumnValues,
    /// True where a value is missing; empty where none is.
    pub missing: Vec<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ColumnValues {
    Real(Vec<f64>, Digits),
    Whole(Vec<i64>),
    Flag(Vec<bool>),
    Text(Vec<String>),
}

/// The digits of a number in a text; all other formats hold the number itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digits {
    /// So many after the point.
    Fixed(usize),
    /// At most so many, without zeros at the end.
    AtMost(usize),
    /// As many as tell it apart from its neighbours.
    Shortest,
}

/// Columns of equal length, and words about them all: the cell, the version, the command.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Columns {
    pub columns: Vec<Column>,
    pub about: Vec<(String, String)>,
}

impl Column {
    pub(crate) fn new(name: &str, values: ColumnValues) -> Self {
        Self { name: name.to_owned(), values, missing: Vec::new() }
    }

    /// A column of JSON values: whole numbers, numbers, truth values, or else text; null is missing.
    #[cfg(feature = "tables")]
    pub(crate) fn of_json(name: &str, values: &[Json]) -> Self {
        let every = |test: fn(&Json) -> bool| values.iter().all(|value| value.is_null() || test(value));
        let typed = match () {
            () if values.iter().all(Json::is_null) => ColumnValues::Text(vec![String::new(); values.len()]),
            () if every(Json::is_i64) => {
                ColumnValues::Whole(values.iter().map(|value| value.as_i64().unwrap_or_default()).collect())
            }
            () if every(Json::is_number) => {
                let numbers = values.iter().map(|value| value.as_f64().unwrap_or_default());
                ColumnValues::Real(numbers.collect(), Digits::Shortest)
            }
            () if every(Json::is_boolean) => {
                ColumnValues::Flag(values.iter().map(|value| value.as_bool().unwrap_or_default()).collect())
            }
            () => {
                let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                ColumnValues::Text(values.iter().map(text).collect())
            }
        };
        let missing: Vec<bool> = values.iter().map(Json::is_null).collect();
        let missing = if missing.contains(&true) { missing } else { Vec::new() };
        Self { name: name.to_owned(), values: typed, missing }
    }
}

impl ColumnValues {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Real(values, _) => values.len(),
            Self::Whole(values) => values.len(),
            Self::Flag(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }
}

impl Columns {
    pub(crate) fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }
}

#[cfg(all(test, feature = "tables", feature = "simulator"))]
pub(super) mod tests {
    use super::*;

    pub(in crate::cli::columns) fn example() -> Columns {
        let mut gap = Column::new("cost", ColumnValues::Real(vec![1.5, 0.0, -2.0], Digits::Shortest));
        gap.missing = vec![false, true, false];
        Columns {
            columns: vec![
                Column::new("time_s", ColumnValues::Real(vec![0.0, 0.1, 2.0], Digits::AtMost(7))),
                Column::new("step", ColumnValues::Whole(vec![1, -2, i64::MAX])),
                Column::new("valid", ColumnValues::Flag(vec![true, false, true])),
                Column::new("word", ColumnValues::Text(vec!["a".into(), String::new(), "ü, \"b\"".into()])),
                gap,
            ],
            about: vec![("cell".into(), "mine".into()), ("command".into(), "galvani x".into())],
        }
    }
}
