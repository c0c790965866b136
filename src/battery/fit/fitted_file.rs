//! The file of a fitted cell: the text of the cell's own file with the fitted values in it, and a note of where they come from.
use std::path::Path;

use crate::battery::cell::Cell;
use crate::battery::cell::json_import::{import, is_json};
use crate::battery::fit::parameter::Parameter;
use crate::document::diagnostic::Diagnostic;
use crate::document::outline::{OutlineKind, OutlineNode};
use crate::document::source::SourceError;

/// A replacement of bytes of a text.
type Edit = (std::ops::Range<usize>, String);

/// The text of a cell's file, in RON where it is BPX.
///
/// # Errors
/// It is not the file of a cell.
pub fn ron_text(path: &Path, text: &str) -> Result<String, SourceError> {
    match is_json(text) {
        true => Ok(import(path, text)?.text),
        false => Ok(text.to_owned()),
    }
}

/// The text of a cell's file with other values of parameters, another name, and a comment before it.
///
/// # Errors
/// A value is not where a cell's file has it, or is none that a cell may have.
pub fn fitted_text(
    text: &str,
    cell: &Cell,
    name: &str,
    values: &[(Parameter, f64)],
    comment: &[String],
) -> Result<String, Diagnostic> {
    let not = || Diagnostic::new("the cell's file is not written as a list of fields");
    let outline = OutlineNode::of(text).ok_or_else(not)?;
    let mut edits: Vec<Edit> = Vec::new();
    if let Some(node) = outline.field("name") {
        edits.push((node.span.clone(), ron::to_string(name).map_err(|_| not())?));
    }
    for &(parameter, value) in values {
        let factor = value / parameter.value(cell, 1.0);
        let at = |path: &str| {
            let mut node = &outline;
            for name in path.split('.') {
                node = node.field(name)?;
            }
            Some(node)
        };
        let missing = || Diagnostic::new(format!("the cell's file has no `{}`", parameter.name()));
        match parameter {
            Parameter::InitialCharge => {}
            Parameter::ContactResistance => {
                let node = at("contact_resistance").ok_or_else(missing)?;
                edits.push((node.span.clone(), format!("\"{} [ohm]\"", number(value))));
            }
            Parameter::Capacity => {
                // Without the field, the capacity follows from the voltage limits, and grows with the area.
                if let Some(node) = at("capacity") {
                    edits.push((node.span.clone(), format!("\"{} [A.h]\"", number(value))));
                }
                edits.extend(scaled(text, at("area").ok_or_else(missing)?, factor)?);
            }
            parameter => edits.extend(scaled(text, at(parameter.name()).ok_or_else(missing)?, factor)?),
        }
    }
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut fitted = text.to_owned();
    for (span, new) in edits {
        fitted.replace_range(span, &new);
    }
    let comment: String = comment.iter().map(|line| format!("// {}\n", line.replace(['\n', '\r'], " "))).collect();
    let fitted = format!("{comment}{fitted}");
    Cell::parse(Path::new(name), &fitted).map_err(|error| {
        let message = format!("the fitted values make no cell: {}", error.diagnostic.message);
        Diagnostic::new(message).hint("leave out a parameter that the data do not determine")
    })?;
    Ok(fitted)
}

/// The edits that multiply a value: an expression in front of its unit, or the points of a table.
fn scaled(text: &str, node: &OutlineNode, factor: f64) -> Result<Vec<Edit>, Diagnostic> {
    match &node.kind {
        OutlineKind::Text { content, .. } => {
            let written = &text[content.clone()];
            let bracket = written.rfind('[').filter(|_| written.trim_end().ends_with(']')).unwrap_or(written.len());
            let (expression, unit) = written.split_at(bracket);
            Ok(vec![(content.clone(), format!("{} * ({}) {unit}", number(factor), expression.trim()))])
        }
        OutlineKind::Scalar => {
            Ok(vec![(node.span.clone(), format!("\"{} * ({})\"", number(factor), &text[node.span.clone()]))])
        }
        OutlineKind::Fields(_) => {
            let points = node.field("points").map_or(&[][..], OutlineNode::items);
            let edit = |point: &OutlineNode| match point.items() {
                [_, y] => scaled(text, y, factor),
                _ => Err(Diagnostic::new("a point of a table is not a pair")),
            };
            let edits: Result<Vec<Vec<Edit>>, Diagnostic> = points.iter().map(edit).collect();
            Ok(edits?.concat())
        }
        OutlineKind::Items(_) => Err(Diagnostic::new("a value of the cell's file is a list")),
    }
}

/// A number with seven significant digits.
fn number(value: f64) -> String {
    let rounded: f64 = format!("{value:.6e}").parse().unwrap_or(value);
    if (1e-3..1e6).contains(&rounded.abs()) { format!("{rounded}") } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fitted_values_are_in_the_file() {
        for name in ["chen2020", "ecker2015", "ai2020"] {
            let (cell, text) = (Cell::named(name).unwrap(), Cell::text(name).unwrap());
            let values: Vec<(Parameter, f64)> = Parameter::ALL
                .into_iter()
                .filter(|parameter| *parameter != Parameter::InitialCharge)
                .map(|parameter| (parameter, 1.25 * parameter.start(&cell, 0.5)))
                .collect();
            let written = fitted_text(text, &cell, "mine", &values, &["fitted to\nnothing".into()]).unwrap();
            assert!(written.starts_with("// fitted to nothing\n"));
            let fitted = Cell::parse(Path::new("mine.ron"), &written).unwrap();
            assert_eq!(fitted.name, "mine");
            for (parameter, value) in values {
                let found = parameter.value(&fitted, 0.5);
                assert!((found / value - 1.0).abs() < 1e-5, "{name} {} {found} {value}", parameter.name());
            }
            assert!((fitted.area / cell.area - 1.25).abs() < 1e-5);
        }
    }
}
