//! A function of PyBaMM's parameters: a number, an expression, or a table; and its text in the file of a cell.
use serde_json::Value as Json;

use crate::battery::cell::bpx::value::BpxValue;
use crate::battery::cell::formula::Formula;
use crate::battery::cell::json_section::JsonSection;
use crate::battery::cell::pybamm::expression::{Names, renamed, text};
use crate::document::diagnostic::{Diagnostic, Positioned};

/// The number of functions that may follow one another, each named in the one before: the text grows with each.
const CHAIN: usize = 1;

/// A quantity of the file as text: its unit, the variable of its tables, and the texts of its variables.
pub(super) struct Quantity<'a> {
    pub unit: &'a str,
    /// `s` or `c`.
    pub variable: &'a str,
    /// Names of PyBaMM, and their texts here.
    pub variables: &'a [(&'a str, String)],
}

impl Quantity<'_> {
    /// The text of a value.
    ///
    /// # Errors
    /// It is no number, expression or table, or one that a cell's file cannot hold.
    pub(super) fn text(&self, json: &Json, file: &JsonSection) -> Result<String, Diagnostic> {
        if let Some(table) = table(json)? {
            return Ok(table.text(self.variable, self.unit));
        }
        let text = self.expression(json, file)?;
        Ok(if self.unit == "1" { format!("\"{text}\"") } else { format!("\"{text} [{}]\"", self.unit) })
    }

    /// The text of a value without its unit; tables have none.
    fn expression(&self, json: &Json, file: &JsonSection) -> Result<String, Diagnostic> {
        let names = |name: &str| self.name(name, file, 0);
        let text = match json {
            Json::Number(number) => format!("{:?}", number.as_f64().unwrap_or(f64::NAN)),
            Json::String(written) => renamed(written, &names),
            Json::Object(_) => text(json, &names)?,
            _ => {
                let hint = "write a number, an expression in quotes, or {\"x\": [...], \"y\": [...]}";
                return Err(Diagnostic::new("this is not a function").hint(hint));
            }
        };
        Formula::parse(&text).map_err(|Positioned { diagnostic, .. }| diagnostic)?;
        Ok(text)
    }

    /// The text of a variable, or of another parameter of the file.
    fn name(&self, name: &str, file: &JsonSection, depth: usize) -> Option<String> {
        if let Some((_, text)) = self.variables.iter().find(|(known, _)| *known == name) {
            return Some(text.clone());
        }
        let value = file.value(name)?;
        if let Some(number) = number(value) {
            return Some(format!("{number:?}"));
        }
        if depth >= CHAIN {
            return None;
        }
        let names = |name: &str| self.name(name, file, depth + 1);
        let names: &Names = &names;
        match value {
            Json::Object(_) => text(value, names).ok(),
            _ => None,
        }
    }
}

/// A number, also one in quotes, as PyBaMM takes it.
pub(super) fn number(json: &Json) -> Option<f64> {
    let number = match json {
        Json::String(text) => text.trim().parse().ok(),
        Json::Object(_) => json.get("value").filter(|_| json.get("type") == Some(&Json::from("Scalar")))?.as_f64(),
        _ => json.as_f64(),
    };
    number.filter(|number: &f64| number.is_finite())
}

/// The table of `{"x": [...], "y": [...]}`, of `[[x, y], ...]`, or of a function that only interpolates.
fn table(json: &Json) -> Result<Option<Table>, Diagnostic> {
    let mut inner = json;
    while inner.get("type") == Some(&Json::from("ExpressionFunctionParameter")) {
        inner = inner.get("children").and_then(|children| children.get(0)).unwrap_or(&Json::Null);
    }
    let pairs = |list: &[Json]| -> Option<(Vec<Json>, Vec<Json>)> {
        list.iter().map(|pair| Some((pair.get(0)?.clone(), pair.get(1)?.clone()))).collect()
    };
    let (x, y) = match inner {
        Json::Array(list) => match pairs(list) {
            Some((x, y)) => (Json::from(x), Json::from(y)),
            None => return Err(Diagnostic::new("this is not a table").hint("write [[x, y], [x, y], ...]")),
        },
        Json::Object(object) if object.contains_key("x") && object.contains_key("y") => {
            let x = &object["x"];
            let is_nested = x.as_array().is_some_and(|axes| axes.len() == 1 && axes[0].is_array());
            let is_wide = x.as_array().is_some_and(|axes| axes.len() > 1 && axes[0].is_array());
            if is_wide {
                return Err(Diagnostic::new("a table over two variables cannot be held").hint("give an expression"));
            }
            let is_bare = object
                .get("children")
                .and_then(|children| children.get(0))
                .is_none_or(|child| child.get("type") == Some(&Json::from("Parameter")));
            if !is_bare {
                return Err(
                    Diagnostic::new("a table over an expression cannot be held").hint("give it over the variable")
                );
            }
            (if is_nested { x[0].clone() } else { x.clone() }, object["y"].clone())
        }
        _ => return Ok(None),
    };
    let is_cubic = inner.get("interpolator").and_then(Json::as_str).is_some_and(|word| word != "linear");
    let value = BpxValue::of(&serde_json::json!({ "x": x, "y": y }), "s")?;
    Ok(Some(Table { value, is_cubic }))
}

struct Table {
    value: BpxValue,
    is_cubic: bool,
}

impl Table {
    fn text(&self, variable: &str, unit: &str) -> String {
        let text = self.value.text(variable, unit, None);
        let is_long = matches!(&self.value, BpxValue::Table(points) if points.len() >= 4);
        if self.is_cubic && is_long { text.replace("\"linear\"", "\"cubic\"") } else { text }
    }
}
