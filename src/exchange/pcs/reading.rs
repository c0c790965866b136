//! Reads pcs-new, or the format before it, as a space.
use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use crate::document::source::SourceError;
use crate::exchange::draft::{Draft, Imported, among, joined};
use crate::exchange::pcs::quotes::{masked, unquoted};
use crate::exchange::words::{listed, value};
use crate::space::expression::quoting::quoted;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};

/// The space of a text; `path` names it in errors.
pub fn read(text: &str, path: &Path) -> Result<Imported, SourceError> {
    let mut reader = PcsReader { draft: Draft::new(path, text) };
    let mut lines = Vec::new();
    let mut start = 0;
    for whole in text.split_inclusive('\n') {
        let blank = whole.len() - whole.trim_start().len();
        let line = whole.trim_start();
        let masked = masked(line);
        let masked = masked.split('#').next().unwrap_or_default().trim_end();
        // A line that only announces what follows.
        let is_heading = masked.ends_with(':') && !masked.contains(['|', '{', '[']);
        if !masked.is_empty() && !is_heading {
            lines.push((PcsLine { text: &line[..masked.len()], masked: masked.to_owned() }, start + blank));
        }
        start += whole.len();
    }
    // Conditions may come before the parameters that they name.
    let (rules, parameters): (Vec<_>, Vec<_>) =
        lines.into_iter().partition(|(line, _)| line.masked.contains('|') || line.masked.starts_with('{'));
    for (line, offset) in parameters {
        reader.parameter(&line, offset)?;
    }
    for (line, offset) in rules {
        match line.masked.starts_with('{') {
            true => reader.forbidden(&line, offset)?,
            false => reader.condition(&line, offset)?,
        }
    }
    reader.draft.finish()
}

/// A line, or a part of one, and the same with its quoted parts masked.
#[derive(Clone)]
struct PcsLine<'a> {
    text: &'a str,
    masked: String,
}

impl<'a> PcsLine<'a> {
    /// The part of these bytes, without white space around it.
    fn part(&self, range: Range<usize>) -> Self {
        let masked = &self.masked[range.clone()];
        let start = range.start + masked.len() - masked.trim_start().len();
        let masked = masked.trim();
        Self { text: &self.text[start..start + masked.len()], masked: masked.to_owned() }
    }

    /// The parts between separators.
    fn parts(&self, separator: &str) -> Vec<Self> {
        let mut start = 0;
        let mut parts = Vec::new();
        for (end, _) in self.masked.match_indices(separator) {
            parts.push(self.part(start..end));
            start = end + separator.len();
        }
        parts.push(self.part(start..self.masked.len()));
        parts
    }

    /// The parts before and after the first of a separator.
    fn halves(&self, separator: &str) -> Option<(Self, Self)> {
        let at = self.masked.find(separator)?;
        Some((self.part(0..at), self.part(at + separator.len()..self.masked.len())))
    }

    /// The name or the value that it is.
    fn word(&self) -> Cow<'a, str> {
        unquoted(self.text)
    }
}

struct PcsReader<'a> {
    draft: Draft<'a>,
}

impl PcsReader<'_> {
    fn parameter(&mut self, line: &PcsLine, offset: usize) -> Result<(), SourceError> {
        let wrong = |draft: &Draft, message: &str| {
            let hint = "a parameter is `name integer [1, 8] [4] log`, `name categorical {a, b} [a]` or the like";
            draft.error(offset, message, hint)
        };
        let Some(open) = line.masked.find(['{', '[']) else {
            return Err(wrong(&self.draft, "this is neither a parameter nor a condition nor a forbidden combination"));
        };
        let head = line.part(0..open);
        let name_end = head.masked.find(char::is_whitespace).unwrap_or(head.masked.len());
        let name = unquoted(&head.text[..name_end]);
        if name.is_empty() {
            return Err(wrong(&self.draft, "a parameter needs a name"));
        }
        let kind = head.masked[name_end..].split_whitespace().next();
        let close = if line.masked[open..].starts_with('{') { '}' } else { ']' };
        let Some(end) = line.masked[open..].find(close).map(|at| open + at) else {
            return Err(wrong(&self.draft, &format!("the values of `{name}` do not end with `{close}`")));
        };
        let values = line.part(open + 1..end).parts(",");
        let values: Vec<Cow<str>> = values.iter().map(PcsLine::word).collect();
        let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        let rest = line.part(end + 1..line.masked.len());
        let inner_end = rest.masked.find(']').filter(|_| rest.masked.starts_with('['));
        let Some(inner_end) = inner_end else {
            return Err(wrong(&self.draft, &format!("`{name}` has no default in square brackets")));
        };
        let (default, suffix) = (rest.part(1..inner_end).word(), rest.masked[inner_end + 1..].trim());
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
        let default = value(&domain, &default);
        self.draft.add(Hyperparameter::new(name, domain, default), offset)
    }

    /// `child | parent in {a, b} && other > 3 || ...`, where `&&` binds more tightly.
    fn condition(&mut self, line: &PcsLine, offset: usize) -> Result<(), SourceError> {
        let (child, rest) = line.halves("|").expect("it was looked for");
        let child = child.word();
        self.draft.find(&child, offset)?;
        let any = rest.parts("||").into_iter().map(|all| {
            let all =
                all.parts("&&").iter().map(|term| self.comparison(term, offset)).collect::<Result<Vec<_>, _>>()?;
            Ok(joined(&all, "and"))
        });
        let any = any.collect::<Result<Vec<_>, SourceError>>()?;
        self.draft.condition(&child, joined(&any, "or"), offset)
    }

    fn comparison(&self, term: &PcsLine, offset: usize) -> Result<String, SourceError> {
        let (name, sign, written) = operator(term).ok_or_else(|| {
            let message = format!("`{}` is not a comparison", term.text);
            self.draft.error(offset, message, "a condition is `child | parent in {a, b}`, or with ==, !=, < or >")
        })?;
        let parent = self.draft.find(&name.word(), offset)?;
        if sign != "in" {
            return Ok(format!(
                "{} {sign} {}",
                quoted(&parent.name),
                value(&parent.domain, &written.word()).to_literal()
            ));
        }
        let is_braced = written.masked.starts_with('{') && written.masked.ends_with('}') && written.masked.len() > 1;
        let inner = if is_braced { written.part(1..written.masked.len() - 1) } else { written };
        let values: Vec<Value> = inner.parts(",").iter().map(|each| value(&parent.domain, &each.word())).collect();
        Ok(among(&parent.name, &parent.domain, &values))
    }

    /// `{a=1, b=2}`: both at once are forbidden.
    fn forbidden(&mut self, line: &PcsLine, offset: usize) -> Result<(), SourceError> {
        let wrong = || {
            let message = format!("`{}` is not a forbidden combination", line.text);
            self.draft.error(offset, message, "one is written {a=1, b=2}")
        };
        if !line.masked.ends_with('}') {
            return Err(wrong());
        }
        let term = |term: &PcsLine| {
            let (name, written) = term.halves("==").or_else(|| term.halves("=")).ok_or_else(wrong)?;
            let parameter = self.draft.find(&name.word(), offset)?;
            let value = value(&parameter.domain, &written.word());
            Ok(format!("{} == {}", quoted(&parameter.name), value.to_literal()))
        };
        let terms = line.part(1..line.masked.len() - 1).parts(",");
        let terms = terms.iter().map(term).collect::<Result<Vec<_>, SourceError>>()?;
        self.draft.forbid(terms.join(" and "), offset);
        Ok(())
    }
}

/// The name, the sign and the value of a comparison; names may hold every sign but `=`, and so spaces count first.
fn operator<'a>(term: &PcsLine<'a>) -> Option<(PcsLine<'a>, &'static str, PcsLine<'a>)> {
    let found = [" in ", " == ", " != ", " < ", " > ", "==", "!=", "<", ">"]
        .into_iter()
        .find_map(|sign| Some((term.halves(sign)?, sign.trim())));
    if let Some(((name, written), sign)) = found {
        return Some((name, sign, written));
    }
    let open = term.masked.find('{')?;
    let name = term.part(0..open);
    name.masked.ends_with("in").then(|| (name.part(0..name.masked.len() - 2), "in", term.part(open..term.masked.len())))
}
