//! The outcome of a fit in words: its table, and notes about it.
use serde_json::{Map, Value as Json, json};

use crate::battery::fit::identifiability::Verdict;
use crate::battery::fit::parameter::Parameter;
use crate::battery::fit::search::{CellFit, FittedParameter};
use crate::cli::message::{narrate, number};
use crate::cli::table;
use crate::cli::table::Format;

const COLUMNS: [&str; 8] = ["parameter", "unit", "before", "fitted", "standard_error", "low", "high", "identifiable"];
/// The correlation of two estimates that is worth a note.
const CORRELATED: f64 = 0.95;

/// The words for a verdict.
pub(super) fn verdict(parameter: &FittedParameter) -> String {
    match parameter.verdict {
        Verdict::Identified => "yes".to_owned(),
        Verdict::NoEffect => "no: it changes no voltage here".to_owned(),
        Verdict::AtEdge => "no: it runs to the edge of what is tried".to_owned(),
        Verdict::Wide(factor) if parameter.parameter.is_positive() => match factor < 1e6 {
            true => format!("no: the interval is a factor of {} to either side", number(factor)),
            false => "no: the interval is boundless".to_owned(),
        },
        Verdict::Wide(distance) => format!("no: the interval is {} to either side", number(distance)),
    }
}

/// Prints the parameters.
pub(super) fn report(fitted: &CellFit, format: Format) {
    let row = |parameter: &FittedParameter| -> Map<String, Json> {
        let values = [
            json!(parameter.parameter.name()),
            json!(parameter.parameter.unit()),
            json!(parameter.before),
            json!(parameter.value),
            json!(parameter.standard_error),
            json!(parameter.interval.0),
            json!(parameter.interval.1),
            json!(verdict(parameter)),
        ];
        let mut row: Map<String, Json> = COLUMNS.into_iter().map(str::to_owned).zip(values).collect();
        if format != Format::Table {
            let partner =
                parameter.partner.map(|(other, correlation)| json!({"with": other.name(), "correlation": correlation}));
            row.insert("most_correlated".into(), json!(partner));
            row.insert("voltage_root_mean_square_error".into(), json!(fitted.after));
            row.insert("voltage_root_mean_square_error_before".into(), json!(fitted.before));
        }
        row
    };
    table::print(format, &COLUMNS, &fitted.parameters.iter().map(row).collect::<Vec<_>>());
}

/// Narrates what is to be known about the result.
pub(super) fn notes(fitted: &CellFit) {
    let mut told: Vec<Parameter> = Vec::new();
    for parameter in &fitted.parameters {
        let Some((other, correlation)) = parameter.partner.filter(|(_, correlation)| correlation.abs() > CORRELATED)
        else {
            continue;
        };
        if told.contains(&parameter.parameter) {
            continue;
        }
        told.push(other);
        narrate(&format!(
            "note: `{}` and `{}` do nearly the same to these voltages (correlation {correlation:.3}): only together are they well known",
            parameter.parameter.name(),
            other.name()
        ));
    }
    if fitted.persistence > 0.5 {
        narrate(&format!(
            "note: what is left of the voltages is no noise (correlation of neighbouring rows {:.2}): the model is not quite that of the cell, and intervals are widened accordingly",
            fitted.persistence
        ));
    }
    if !fitted.is_settled {
        narrate("note: the search ended before it settled; the same command with `--cell` at the fitted file goes on");
    }
}
