//! A struct of a cell's file: its values in SI units, and errors that name a value and its place.
use std::cell::RefCell;

use crate::battery::cell::formula::{Formula, VARIABLES};
use crate::battery::cell::function::{Function, Interpolation, Table};
use crate::battery::cell::unit::Unit;
use crate::document::diagnostic::{Diagnostic, Positioned};
use crate::document::outline::{OutlineKind, OutlineNode};
use crate::document::shortest;
use crate::document::source::{Source, SourceError};
use crate::document::spelling::suggestion;

/// Places of the variables in a point: concentration, stoichiometry, temperature.
pub(crate) const C: usize = 0;
pub(crate) const S: usize = 1;
pub(crate) const T: usize = 2;

/// Samples of a variable's range where a function is tried.
const TRIED: usize = 9;

/// One struct of the file, and the fields of it that were asked for.
pub(crate) struct Section<'a> {
    source: Source<'a>,
    node: &'a OutlineNode,
    /// Path of the section's fields with a point at the end; empty at the root.
    prefix: String,
    asked: RefCell<Vec<String>>,
}

type Range = (f64, f64);

impl<'a> Section<'a> {
    pub(crate) fn new(source: Source<'a>, node: &'a OutlineNode, prefix: String) -> Self {
        Self { source, node, prefix, asked: RefCell::default() }
    }

    /// A number in SI units; fails outside of `range`, which is in SI units too.
    pub(crate) fn number(&self, name: &str, unit: &str, range: Range) -> Result<f64, SourceError> {
        let node = self.field(name, unit)?;
        self.number_at(name, node, unit, range)
    }

    /// Two numbers in SI units, the lower first.
    pub(crate) fn range(&self, name: &str, unit: &str, range: Range) -> Result<Range, SourceError> {
        let node = self.field(name, unit)?;
        let [low, high] = node.items() else {
            let hint = format!("write (lowest, highest), each with its unit: (\"1 [{unit}]\", \"2 [{unit}]\")");
            return Err(self.at(node.span.start, format!("`{}{name}` is not a pair", self.prefix), &hint));
        };
        let pair = (self.number_at(name, low, unit, range)?, self.number_at(name, high, unit, range)?);
        if pair.0 >= pair.1 {
            let message = format!("`{}{name}` begins where it ends, or behind", self.prefix);
            return Err(self.at(node.span.start, message, "write (lowest, highest)"));
        }
        Ok(pair)
    }

    /// A property that may read the given variables; fails where it leaves `allowed` at a sample of their ranges.
    pub(crate) fn function(
        &self,
        name: &str,
        unit: &str,
        variables: &[usize],
        ranges: [Range; 3],
        allowed: Range,
    ) -> Result<Function, SourceError> {
        let node = self.field(name, unit)?;
        let function = match &node.kind {
            OutlineKind::Fields(_) => self.table(name, node, unit)?,
            _ => {
                let (formula, factor) = self.expression(name, node, unit)?;
                Function::of_formula(formula, factor)
            }
        };
        let names: Vec<String> = variables.iter().map(|&index| format!("`{}`", VARIABLES[index])).collect();
        if let Some(index) = (0..3).find(|index| function.reads()[*index] && !variables.contains(index)) {
            let message = format!("`{}{name}` cannot depend on `{}`", self.prefix, VARIABLES[index]);
            return Err(self.at(node.span.start, message, &format!("it may depend on {}", names.join(" and "))));
        }
        let along = |index: usize, k: usize| {
            let (low, high) = ranges[index];
            low + (high - low) * k as f64 / (TRIED - 1) as f64
        };
        let count = |index: usize| if function.reads()[index] { TRIED } else { 1 };
        for (k, j, i) in
            (0..count(C)).flat_map(|k| (0..count(S)).flat_map(move |j| (0..count(T)).map(move |i| (k, j, i))))
        {
            let point = [along(C, k), along(S, j), along(T, i)];
            let value = function.at(&point);
            if !value.is_finite() || value < allowed.0 || value > allowed.1 {
                let place: Vec<String> = (0..3)
                    .filter(|index| function.reads()[*index])
                    .map(|index| format!("{} = {}", VARIABLES[index], number(point[index])))
                    .collect();
                let place = if place.is_empty() { String::new() } else { format!(" at {}", place.join(", ")) };
                let what = match (value.is_finite(), unit) {
                    (false, _) => "not a number".to_owned(),
                    (true, "1") => number(value),
                    (true, _) => format!("{} {unit}", number(value)),
                };
                let hint = match allowed.0 {
                    low if value > allowed.1 && low < 1e-300 => {
                        let shown = if unit == "1" { String::new() } else { format!(" {unit}: is the unit right?") };
                        format!("it is at most {}{shown}", number(allowed.1))
                    }
                    low if low > 0.0 && low < 1e-300 => {
                        "it must be positive wherever the cell's `temperature` and `electrolyte.range` reach".to_owned()
                    }
                    low if low.is_finite() => format!("it lies between {} and {}", number(low), number(allowed.1)),
                    _ => {
                        "it must be defined wherever the cell's `temperature` and `electrolyte.range` reach".to_owned()
                    }
                };
                return Err(self.at(node.span.start, format!("`{}{name}` is {what}{place}", self.prefix), &hint));
            }
        }
        Ok(function)
    }

    /// True where the section has a field.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.asked.borrow_mut().push(name.to_owned());
        self.node.field(name).is_some()
    }

    /// A text without a unit.
    pub(crate) fn word(&self, name: &str) -> Result<String, SourceError> {
        let node = self.field(name, "1")?;
        match &node.kind {
            OutlineKind::Text { content, .. } => Ok(self.source.text[content.clone()].to_owned()),
            _ => Err(self.at(node.span.start, format!("`{}{name}` is not a text", self.prefix), "write it in quotes")),
        }
    }

    pub(crate) fn section(&self, name: &str) -> Result<Section<'a>, SourceError> {
        let node = self.field(name, "...")?;
        Ok(self.inner(name, node))
    }

    /// A section that may be absent.
    pub(crate) fn optional(&self, name: &str) -> Option<Section<'a>> {
        self.asked.borrow_mut().push(name.to_owned());
        Some(self.inner(name, self.node.field(name)?))
    }

    fn inner(&self, name: &str, node: &'a OutlineNode) -> Section<'a> {
        Section::new(self.source, node, format!("{}{name}.", self.prefix))
    }

    /// Fails at a field that nobody asked for.
    pub(crate) fn finish(&self) -> Result<(), SourceError> {
        let asked = self.asked.borrow();
        let Some(field) = self.node.fields().iter().find(|field| !asked.contains(&field.name)) else { return Ok(()) };
        let hint = suggestion(&field.name, asked.iter().map(String::as_str));
        Err(self.at(field.key.start, format!("there is no field `{}{}`", self.prefix, field.name), &hint))
    }

    /// The error of a field that was read.
    pub(crate) fn error(&self, name: &str, message: String, hint: &str) -> SourceError {
        let start = self.node.field(name).map_or(self.node.span.start, |node| node.span.start);
        self.at(start, format!("`{}{name}`: {message}", self.prefix), hint)
    }

    fn at(&self, offset: usize, message: String, hint: &str) -> SourceError {
        self.source.error_at(offset, Diagnostic::new(message).hint(hint))
    }

    fn field(&self, name: &str, unit: &str) -> Result<&'a OutlineNode, SourceError> {
        self.asked.borrow_mut().push(name.to_owned());
        self.node.field(name).ok_or_else(|| {
            let message = format!("`{}{name}` is missing", self.prefix);
            let hint = match unit {
                "..." => {
                    format!("add `{name}: (...)` as in the built-in cells: `galvani battery cell chen2020` prints one")
                }
                "1" => format!("add `{name}: ...`, it has no unit"),
                unit => format!("add `{name}: \"... [{unit}]\"`"),
            };
            self.at(self.node.span.start, message, &hint)
        })
    }

    fn number_at(&self, name: &str, node: &OutlineNode, unit: &str, (low, high): Range) -> Result<f64, SourceError> {
        let (formula, factor) = self.expression(name, node, unit)?;
        if let Some(index) = (0..3).find(|index| formula.reads[*index]) {
            let message = format!("`{}{name}` cannot depend on `{}`", self.prefix, VARIABLES[index]);
            return Err(self.at(node.span.start, message, "write a number without variables"));
        }
        let value = factor * formula.at(&[0.0; 3]);
        if !(low..=high).contains(&value) {
            let bounds = format!("it lies between {} and {} {unit}: is the unit right?", number(low), number(high));
            let bounds =
                if unit == "1" { format!("it lies between {} and {}", number(low), number(high)) } else { bounds };
            let unit = if unit == "1" { String::new() } else { format!(" {unit}") };
            return Err(self.at(
                node.span.start,
                format!("`{}{name}` is {}{unit}", self.prefix, number(value)),
                &bounds,
            ));
        }
        Ok(value)
    }

    /// An expression and the factor of its unit.
    fn expression(&self, name: &str, node: &OutlineNode, unit: &str) -> Result<(Formula, f64), SourceError> {
        let full = format!("{}{name}", self.prefix);
        match &node.kind {
            OutlineKind::Scalar if unit == "1" => {
                let text = self.source.text[node.span.clone()].replace('_', "");
                let number: f64 = text.parse().map_err(|_| {
                    self.at(node.span.start, format!("`{full}` is not a number"), "write a number such as 0.25")
                })?;
                Ok((Formula::number(number), 1.0))
            }
            OutlineKind::Text { content, .. } => {
                let written = &self.source.text[content.clone()];
                let bracket = written.rfind('[').filter(|_| written.trim_end().ends_with(']'));
                let factor = match bracket {
                    Some(at) => {
                        let symbol = written[at + 1..].trim_end().trim_end_matches(']');
                        self.factor(&full, symbol, content.start + at + 1, unit)?
                    }
                    None if unit == "1" => 1.0,
                    None => return Err(self.unitless(&full, node, unit)),
                };
                let expression = &written[..bracket.unwrap_or(written.len())];
                let formula = Formula::parse(expression).map_err(|Positioned { offset, diagnostic }| {
                    let message = format!("`{full}`: {}", diagnostic.message);
                    self.source.error_at(content.start + offset, Diagnostic { message, ..diagnostic })
                })?;
                Ok((formula, factor))
            }
            OutlineKind::Scalar => Err(self.unitless(&full, node, unit)),
            _ => Err(self.at(node.span.start, format!("`{full}` is not a number"), "write a number or an expression")),
        }
    }

    fn unitless(&self, full: &str, node: &OutlineNode, unit: &str) -> SourceError {
        let written = self.source.text[node.span.clone()].trim_matches('"');
        let hint = format!("write it as a text, with its unit in brackets: \"{written} [{unit}]\"");
        self.at(node.span.start, format!("`{full}` has no unit"), &hint)
    }

    /// The factor from the written unit to SI units.
    fn factor(&self, full: &str, symbol: &str, offset: usize, unit: &str) -> Result<f64, SourceError> {
        let expected = Unit::parse(unit).expect("our own unit");
        match Unit::parse(symbol) {
            Some(written) if written.is_like(&expected) => Ok(written.factor / expected.factor),
            Some(_) => Err(self.at(
                offset,
                format!("`{full}` is not measured in `{symbol}`"),
                &format!("it is measured in `{unit}`"),
            )),
            None => Err(self.at(
                offset,
                format!("`{full}`: there is no unit `{symbol}`"),
                &format!("it is measured in `{unit}`"),
            )),
        }
    }

    /// The table of `(over: "s", unit: "V", interpolation: "cubic", points: [(0.0, 1.2), ...])`, and where it depends on
    /// temperature, `activation_energy` with `reference_temperature`
    fn table(&self, name: &str, node: &'a OutlineNode, unit: &str) -> Result<Function, SourceError> {
        let section = self.inner(name, node);
        let over = section.word("over")?;
        let of = VARIABLES.iter().position(|variable| *variable == over).ok_or_else(|| {
            section.error("over", format!("there is no variable `{over}`"), "it is `c` (mol/m3), `s` or `T` (K)")
        })?;
        let interpolation = match section.word("interpolation")?.as_str() {
            "linear" => Interpolation::Linear,
            "cubic" => Interpolation::Cubic,
            other => {
                return Err(section.error(
                    "interpolation",
                    format!("there is no `{other}`"),
                    "it is `linear` or `cubic`",
                ));
            }
        };
        let factor = match section.node.field("unit") {
            Some(OutlineNode { kind: OutlineKind::Text { content, .. }, .. }) => {
                section.asked.borrow_mut().push("unit".to_owned());
                section.factor(
                    &format!("{}{name}", self.prefix),
                    &self.source.text[content.clone()],
                    content.start,
                    unit,
                )?
            }
            _ => {
                return Err(section.at(
                    node.span.start,
                    format!("`{}{name}` has no unit", self.prefix),
                    &format!("add `unit: \"{unit}\"`"),
                ));
            }
        };
        let list = section.field("points", "1")?;
        let mut points: Vec<(f64, f64)> = Vec::new();
        for item in list.items() {
            let [x, y] = item.items() else {
                return Err(section.at(
                    item.span.start,
                    "this is not a pair of numbers".into(),
                    "points are written (x, y)",
                ));
            };
            let everything = (f64::MIN, f64::MAX);
            let (x, y) =
                (section.number_at("points", x, "1", everything)?, section.number_at("points", y, "1", everything)?);
            if points.last().is_some_and(|(before, _)| *before >= x) {
                let message = format!("{} does not come after the point before it", number(x));
                return Err(section.at(item.span.start, message, "sort the points, and keep one for each place"));
            }
            points.push((x, y));
        }
        let least = if interpolation == Interpolation::Cubic { 4 } else { 2 };
        if points.len() < least {
            return Err(section.error(
                "points",
                format!("{} are too few", points.len()),
                &format!("there are at least {least}"),
            ));
        }
        let energy = match section.has("activation_energy") {
            true => section.number("activation_energy", "J/mol", (-1e6, 1e6))?,
            false => 0.0,
        };
        let reference = match section.has("reference_temperature") {
            true => section.number("reference_temperature", "K", (150.0, 500.0))?,
            false => 298.15,
        };
        section.finish()?;
        Ok(Function::of_table(of, Table::new(&points, interpolation), factor).activated(energy, reference))
    }
}

/// A number with seven significant digits.
fn number(value: f64) -> String {
    shortest(format!("{value:.6e}").parse().unwrap_or(value))
}
