//! A value of a BPX file: a number, an expression of `x`, or a table; and its text in the file of a cell.
use serde_json::Value as Json;

use crate::battery::cell::formula::Formula;
use crate::document::diagnostic::{Diagnostic, Positioned};

/// A property over one variable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BpxValue {
    Number(f64),
    /// An expression of the variable that it is asked over.
    Expression(String),
    /// Points with ascending places.
    Table(Vec<(f64, f64)>),
}

/// The dependence on temperature of Arrhenius: energy, J/mol, and the temperature at which the property is given, K.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Activation {
    pub energy: f64,
    pub reference: f64,
}

impl BpxValue {
    /// The value of a JSON, whose `x` becomes `variable`.
    ///
    /// # Errors
    /// It is none of the three, the expression is wrong, or the table is.
    pub(crate) fn of(json: &Json, variable: &str) -> Result<Self, Diagnostic> {
        if let Some(number) = json.as_f64().filter(|number| number.is_finite()) {
            return Ok(Self::Number(number));
        }
        if let Some(text) = json.as_str() {
            let text = with_variable(text, variable);
            let wrong = |Positioned { diagnostic, .. }| Diagnostic { message: diagnostic.message, ..diagnostic };
            Formula::parse(&text).map_err(wrong)?;
            return Ok(Self::Expression(text));
        }
        let list = |name: &str| -> Option<Vec<f64>> { json.get(name)?.as_array()?.iter().map(Json::as_f64).collect() };
        let (Some(x), Some(y)) = (list("x"), list("y")) else {
            let hint = "write a number, an expression of `x` in quotes, or {\"x\": [...], \"y\": [...]}";
            return Err(Diagnostic::new("this is not a function").hint(hint));
        };
        if x.len() != y.len() || x.len() < 2 {
            let message = format!("the table has {} places and {} values", x.len(), y.len());
            return Err(Diagnostic::new(message).hint("give as many `y` as `x`, and at least two"));
        }
        let mut points: Vec<(f64, f64)> = x.into_iter().zip(y).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        if let Some(pair) = points.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let message = format!("the table has {} twice", pair[0].0);
            return Err(Diagnostic::new(message).hint("give each place once"));
        }
        Ok(Self::Table(points))
    }

    /// The text of the property in the file of a cell: over `s` or `c`, in a unit, with its dependence on temperature.
    pub(crate) fn text(&self, variable: &str, unit: &str, activation: Option<Activation>) -> String {
        let activation = activation.filter(|activation| activation.energy != 0.0);
        if let Self::Table(points) = self {
            let points: Vec<String> = points.iter().map(|(x, y)| format!("({x:?}, {y:?})")).collect();
            let warmth = activation.map(|Activation { energy, reference }| {
                format!("activation_energy: \"{energy} [J/mol]\", reference_temperature: \"{reference} [K]\", ")
            });
            return format!(
                "(over: \"{variable}\", unit: \"{unit}\", interpolation: \"linear\", {}points: [{}])",
                warmth.unwrap_or_default(),
                points.join(", ")
            );
        }
        let body = match (self, activation) {
            (Self::Expression(text), None) => text.clone(),
            (Self::Expression(text), Some(_)) => format!("({text})"),
            (Self::Number(number), _) => format!("{number:?}"),
            (Self::Table(_), _) => unreachable!("a table was written above"),
        };
        let warmth = activation.map(|activation| format!(" * {}", activation.text())).unwrap_or_default();
        format!("\"{body}{warmth} [{unit}]\"")
    }
}

impl Activation {
    /// The factor as an expression.
    pub(crate) fn text(&self) -> String {
        format!("exp({:?} / R * (1 / {:?} - 1 / T))", self.energy, self.reference)
    }
}

/// An expression with another name for `x`.
fn with_variable(text: &str, variable: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
        match letter {
            'x' if !is_part(before) && !letters.peek().is_some_and(|next| is_part(*next)) => written += variable,
            '\n' | '\r' | '\t' => written.push(' '),
            letter => written.push(letter),
        }
        before = letter;
    }
    written
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_texts() {
        let warm = Some(Activation { energy: 17100.0, reference: 298.15 });
        for (json, activation, expected) in [
            (json!(2.5e-14), None, "\"2.5e-14 [m2/s]\""),
            (json!(3), warm, "\"3.0 * exp(17100.0 / R * (1 / 298.15 - 1 / T)) [m2/s]\""),
            (json!("exp(-x) + 2 * x"), None, "\"exp(-s) + 2 * s [m2/s]\""),
            (json!("max(x, 1e-3) + x2"), None, ""),
            (json!("1 + x"), warm, "\"(1 + s) * exp(17100.0 / R * (1 / 298.15 - 1 / T)) [m2/s]\""),
            (
                json!({"x": [1, 0], "y": [2, 3]}),
                None,
                "(over: \"s\", unit: \"m2/s\", interpolation: \"linear\", points: [(0.0, 3.0), (1.0, 2.0)])",
            ),
        ] {
            let text = BpxValue::of(&json, "s").map(|value| value.text("s", "m2/s", activation));
            assert_eq!(text.unwrap_or_default(), expected, "{json}");
        }
        for wrong in
            [json!(null), json!("1 +"), json!({"x": [1], "y": [1]}), json!({"x": [1, 1], "y": [1, 2]}), json!([])]
        {
            assert!(BpxValue::of(&wrong, "s").is_err(), "{wrong}");
        }
    }
}
