//! Reads pcs-new, or the format before it, as a space.
use std::path::Path;

use crate::document::source::SourceError;
use crate::exchange::draft::{Draft, Imported, among, joined};
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};

/// The space of a text; `path` names it in errors.
pub fn read(text: &str, path: &Path) -> Result<Imported, SourceError> {
    let mut reader = PcsReader { draft: Draft::new(path, text) };
    let mut lines = Vec::new();
    let mut start = 0;
    for whole in text.split_inclusive('\n') {
        let line = whole.split('#').next().unwrap_or_default();
        let blank = line.len() - line.trim_start().len();
        let line: String = line.chars().filter(|letter| *letter != '"' && *letter != '\'').collect();
        let line = line.trim().to_owned();
        // A line that only announces what follows.
        let is_heading = line.ends_with(':') && !line.contains(['|', '{', '[']);
        if !line.is_empty() && !is_heading {
            lines.push((line, start + blank));
        }
        start += whole.len();
    }
    // Conditions may come before the parameters that they name.
    let (rules, parameters): (Vec<_>, Vec<_>) =
        lines.into_iter().partition(|(line, _)| line.contains('|') || line.starts_with('{'));
    for (line, offset) in parameters {
        reader.parameter(&line, offset)?;
    }
    for (line, offset) in rules {
        match line.starts_with('{') {
            true => reader.forbidden(&line, offset)?,
            false => reader.condition(&line, offset)?,
        }
    }
    reader.draft.finish()
}

struct PcsReader<'a> {
    draft: Draft<'a>,
}

impl PcsReader<'_> {
    fn parameter(&mut self, line: &str, offset: usize) -> Result<(), SourceError> {
        let wrong = |draft: &Draft, message: &str| {
            let hint = "a parameter is `name integer [1, 8] [4] log`, `name categorical {a, b} [a]` or the like";
            draft.error(offset, message, hint)
        };
        let Some(open) = line.find(['{', '[']) else {
            return Err(wrong(&self.draft, "this is neither a parameter nor a condition nor a forbidden combination"));
        };
        let mut head = line[..open].split_whitespace();
        let Some(name) = head.next() else { return Err(wrong(&self.draft, "a parameter needs a name")) };
        let kind = head.next();
        let close = if line[open..].starts_with('{') { '}' } else { ']' };
        let Some(end) = line[open..].find(close).map(|at| open + at) else {
            return Err(wrong(&self.draft, &format!("the values of `{name}` do not end with `{close}`")));
        };
        let values: Vec<&str> = line[open + 1..end].split(',').map(str::trim).collect();
        let rest = line[end + 1..].trim();
        let default = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let Some((default, suffix)) = default.map(|(default, suffix)| (default.trim(), suffix.trim())) else {
            return Err(wrong(&self.draft, &format!("`{name}` has no default in square brackets")));
        };
        let domain = match (kind, close) {
            (Some("categorical") | None, '}') => listed(&values, false),
            (Some("ordinal"), '}') => listed(&values, true),
            (Some("integer" | "real") | None, ']') => {
                let is_whole = kind == Some("integer") || (kind.is_none() && suffix.contains('i'));
                let log = if kind.is_some() { suffix == "log" } else { suffix.contains('l') };
                let ends: Vec<f64> = values.iter().filter_map(|value| value.parse().ok()).collect();
                match ends[..] {
                    [min, max] if min == max && is_whole => Domain::Constant { value: Value::Integer(min as i64) },
                    [min, max] if min == max => Domain::Constant { value: Value::Float(min) },
                    [min, max] if is_whole && min.fract() == 0.0 && max.fract() == 0.0 => {
                        Domain::Integer { min: min as i64, max: max as i64, log }
                    }
                    [min, max] if !is_whole => Domain::Float { min, max, log },
                    _ => return Err(wrong(&self.draft, &format!("the range of `{name}` is not two numbers"))),
                }
            }
            (Some(other), _) => {
                let message = format!("`{name}` is of the type `{other}` with these brackets, which is not known");
                let hint = "there are categorical {..}, ordinal {..}, integer [..] and real [..]";
                return Err(self.draft.error(offset, message, hint));
            }
            (None, _) => unreachable!("brackets are of two kinds"),
        };
        let default = value(&domain, default);
        self.draft.add(Hyperparameter::new(name, domain, default), offset)
    }

    /// `child | parent in {a, b} && other > 3 || ...`, where `&&` binds more tightly.
    fn condition(&mut self, line: &str, offset: usize) -> Result<(), SourceError> {
        let (child, rest) = line.split_once('|').expect("it was looked for");
        self.draft.find(child.trim(), offset)?;
        let any = rest.split("||").map(|all| {
            let all =
                all.split("&&").map(|term| self.comparison(term.trim(), offset)).collect::<Result<Vec<_>, _>>()?;
            Ok(joined(&all, "and"))
        });
        let any = any.collect::<Result<Vec<_>, SourceError>>()?;
        self.draft.condition(child.trim(), joined(&any, "or"), offset)
    }

    fn comparison(&self, term: &str, offset: usize) -> Result<String, SourceError> {
        let (name, sign, written) = operator(term).ok_or_else(|| {
            let message = format!("`{term}` is not a comparison");
            self.draft.error(offset, message, "a condition is `child | parent in {a, b}`, or with ==, !=, < or >")
        })?;
        let parent = self.draft.find(name, offset)?;
        if sign != "in" {
            return Ok(format!("{} {sign} {}", parent.name, value(&parent.domain, written).to_literal()));
        }
        let inner = written.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(written);
        let values: Vec<Value> = inner.split(',').map(|each| value(&parent.domain, each.trim())).collect();
        Ok(among(&parent.name, &parent.domain, &values))
    }

    /// `{a=1, b=2}`: both at once are forbidden.
    fn forbidden(&mut self, line: &str, offset: usize) -> Result<(), SourceError> {
        let wrong = || {
            let message = format!("`{line}` is not a forbidden combination");
            self.draft.error(offset, message, "one is written {a=1, b=2}")
        };
        let inner = line.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).ok_or_else(wrong)?;
        let term = |term: &str| {
            let (name, written) = term.split_once('=').ok_or_else(wrong)?;
            let parameter = self.draft.find(name.trim(), offset)?;
            let written = written.trim_start_matches('=').trim();
            Ok(format!("{} == {}", parameter.name, value(&parameter.domain, written).to_literal()))
        };
        let terms = inner.split(',').map(term).collect::<Result<Vec<_>, SourceError>>()?;
        self.draft.forbid(terms.join(" and "), offset);
        Ok(())
    }
}

/// The name, the sign and the value of a comparison; names may hold every sign but `=`, and so spaces count first.
fn operator(term: &str) -> Option<(&str, &str, &str)> {
    let spaced =
        [" in ", " == ", " != ", " < ", " > "].into_iter().find_map(|sign| Some((term.split_once(sign)?, sign)));
    if let Some(((name, written), sign)) = spaced {
        return Some((name.trim(), sign.trim(), written.trim()));
    }
    let tight = ["==", "!=", "<", ">"].into_iter().find_map(|sign| Some((term.split_once(sign)?, sign)));
    if let Some(((name, written), sign)) = tight {
        return Some((name.trim(), sign, written.trim()));
    }
    let (name, written) = term.split_once('{')?;
    Some((name.trim().strip_suffix("in")?.trim(), "in", written.trim().trim_end_matches('}')))
}

/// A list of values: numbers where each is written as galvani writes it and they are in order, words otherwise.
fn listed(values: &[&str], ordered: bool) -> Domain {
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
fn value(domain: &Domain, text: &str) -> Value {
    let word = Value::Word(text.into());
    if domain.index(&word).is_some() {
        return word;
    }
    let integer = text.parse().ok().map(Value::Integer);
    integer.or_else(|| text.parse().ok().map(Value::Float)).unwrap_or(word)
}
