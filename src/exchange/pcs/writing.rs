//! Writes a space as pcs-new.
use std::fmt::Write;

use crate::document::diagnostic::Diagnostic;
use crate::exchange::clause::{Clause, FormatSupport};
use crate::exchange::export::{Exported, defaults, left_out, never_active};
use crate::exchange::pcs::quotes::{is_foreign, quoted};
use crate::space::Space;
use crate::space::expression::evaluation::ComparisonOperator;
use crate::space::hyperparameter::{Domain, Value};
use crate::space::prior::Prior;

/// Lines that one clause may become.
const LINES: usize = 20_000;

/// The text of a file that ConfigSpace's and SMAC's readers of pcs-new read.
pub fn write(space: &Space) -> Result<Exported, Diagnostic> {
    let (mut text, mut notes) = (String::new(), Vec::new());
    let names = space.hyperparameters().iter().map(|each| each.name.as_str());
    if let Some(name) = names.clone().find(|name| !is_foreign(name)) {
        let others = names.filter(|name| !is_foreign(name)).count() - 1;
        let more = if others > 0 { format!(" and {others} more") } else { String::new() };
        notes.push(format!("the name `{name}`{more} can be read by galvani, but not by other readers of pcs-new"));
    }
    for (each, default) in space.hyperparameters().iter().zip(defaults(space, &mut notes)) {
        let name = &each.name;
        let list = |values: &[Value]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let sign = |log: bool| if log { " log" } else { "" };
        let body = match &each.domain {
            Domain::Float { min, max, log } => format!("real [{min:?}, {max:?}] [{default}]{}", sign(*log)),
            Domain::Integer { min, max, log } => format!("integer [{min}, {max}] [{default}]{}", sign(*log)),
            Domain::Categorical { choices } => format!("categorical {{{}}} [{default}]", list(choices)),
            Domain::Constant { value } => format!("categorical {{{value}}} [{value}]"),
            domain => {
                let values: Vec<Value> = (0..domain.size().unwrap_or(0)).map(|index| domain.nth(index)).collect();
                format!("ordinal {{{}}} [{default}]", list(&values))
            }
        };
        if let Some(value) =
            each.domain.values().iter().find(|value| value.to_string().contains([' ', ',', '{', '}', '#']))
        {
            let message = format!("the value `{value}` of `{name}` cannot be written in pcs-new");
            return Err(Diagnostic::new(message).hint("values there have no spaces, commas, braces and `#`"));
        }
        if each.prior != Prior::Uniform {
            notes.push(left_out("prior", name));
        }
        let _ = writeln!(text, "{} {body}", quoted(name));
    }
    let mut conditions = String::new();
    for (index, child) in space.hyperparameters().iter().enumerate() {
        let Some(condition) = space.condition(index) else { continue };
        let support = FormatSupport { order: true, relations: false };
        let alternatives = Clause::of(condition, space, support).and_then(|clause| alternatives(&clause));
        let alternatives = alternatives.ok_or_else(|| inexpressible(condition.text()))?;
        if alternatives.is_empty() {
            return Err(never_active(&child.name, condition.text()));
        }
        let any: Vec<String> = alternatives
            .iter()
            .map(|all| all.iter().map(|atom| comparison(space, atom)).collect::<Vec<_>>().join(" && "))
            .collect();
        let _ = writeln!(conditions, "{} | {}", quoted(&child.name), any.join(" || "));
    }
    let mut forbidden = String::new();
    for clause in space.forbidden() {
        let support = FormatSupport { order: false, relations: false };
        let alternatives = Clause::of(clause, space, support).and_then(|clause| alternatives(&clause));
        for all in alternatives.ok_or_else(|| inexpressible(clause.text()))? {
            for line in equalities(space, &all).ok_or_else(|| inexpressible(clause.text()))? {
                let _ = writeln!(forbidden, "{{{}}}", line.join(", "));
            }
        }
    }
    for part in [conditions, forbidden] {
        if !part.is_empty() {
            text += "\n";
            text += &part;
        }
    }
    Ok(Exported { text, notes })
}

fn inexpressible(clause: &str) -> Diagnostic {
    let hint = "there, a condition compares one parameter with a value, and a forbidden combination is a list of \
                values; try `galvani export configspace`";
    Diagnostic::new(format!("`{clause}` cannot be expressed in pcs-new")).hint(hint)
}

/// A clause as alternatives, each of comparisons that must all hold; `None` where there are too many.
fn alternatives(clause: &Clause) -> Option<Vec<Vec<Clause>>> {
    Some(match clause {
        Clause::Any(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(alternatives(part)?);
            }
            all
        }
        Clause::All(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                let further = alternatives(part)?;
                let joined = |before: &Vec<Clause>| {
                    let join = |after: &Vec<Clause>| before.iter().chain(after).cloned().collect::<Vec<_>>();
                    further.iter().map(join).collect::<Vec<_>>()
                };
                all = all.iter().flat_map(joined).collect();
                if all.len() > LINES {
                    return None;
                }
            }
            all
        }
        Clause::Compare(
            index,
            comparison @ (ComparisonOperator::LessOrEqual | ComparisonOperator::GreaterOrEqual),
            number,
        ) => {
            let strict = match comparison {
                ComparisonOperator::LessOrEqual => ComparisonOperator::Less,
                _ => ComparisonOperator::Greater,
            };
            [strict, ComparisonOperator::Equal].map(|each| vec![Clause::Compare(*index, each, *number)]).to_vec()
        }
        atom => vec![vec![atom.clone()]],
    })
}

fn comparison(space: &Space, atom: &Clause) -> String {
    let name = |index: &usize| quoted(&space.hyperparameters()[*index].name);
    match atom {
        Clause::Equals(index, value) => format!("{} == {value}", name(index)),
        Clause::Among(index, values) => {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            format!("{} in {{{}}}", name(index), values.join(", "))
        }
        Clause::Compare(index, comparison, number) => {
            let sign = match comparison {
                ComparisonOperator::Less => "<",
                ComparisonOperator::Greater => ">",
                _ => "==",
            };
            let value = space.hyperparameters()[*index].admit(&Value::Float(*number)).unwrap_or(Value::Float(*number));
            format!("{} {sign} {value}", name(index))
        }
        Clause::Relation(..) | Clause::All(_) | Clause::Any(_) => unreachable!("alternatives are of comparisons"),
    }
}

/// Comparisons that must all hold, as the combinations of values for which they do.
fn equalities(space: &Space, all: &[Clause]) -> Option<Vec<Vec<String>>> {
    let mut lines = vec![Vec::new()];
    for atom in all {
        let (index, values) = match atom {
            Clause::Equals(index, value) => (index, std::slice::from_ref(value)),
            Clause::Among(index, values) => (index, &values[..]),
            _ => return None,
        };
        let name = quoted(&space.hyperparameters()[*index].name);
        let add = |line: &Vec<String>| {
            let with = |value: &Value| line.iter().cloned().chain([format!("{name}={value}")]).collect::<Vec<_>>();
            values.iter().map(with).collect::<Vec<_>>()
        };
        lines = lines.iter().flat_map(add).collect();
        if lines.len() > LINES {
            return None;
        }
    }
    Some(lines)
}
