//! Templates of arguments and variables: text with `{NAME}` in place of a value.
use std::borrow::Cow;

use indexmap::IndexMap;

use crate::document::diagnostic::Diagnostic;
use crate::document::spelling::nearest;
use crate::space::Space;
use crate::space::hyperparameter::Value;

/// The names that a template may hold beside those of hyperparameters.
pub(crate) const GIVEN: [&str; 7] =
    ["budget", "seed", "instance", "trial_dir", "config", "checkpoint", "micro_batch_divisor"];

/// Names that the error of an unknown one lists at most.
const LISTED: usize = 12;

/// The values of one trial.
pub(crate) struct TemplateValues<'a> {
    /// The active hyperparameters.
    pub config: &'a IndexMap<String, Value>,
    /// The values of [`GIVEN`], in its order.
    pub given: [String; 7],
}

impl TemplateValues<'_> {
    /// The text of a value; `None` for an inactive hyperparameter, and for one that is none.
    fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.config.get(name) {
            Some(Value::Null) => None,
            Some(value) => Some(Cow::Owned(value.to_string())),
            None => GIVEN.iter().position(|given| *given == name).map(|index| Cow::Borrowed(&*self.given[index])),
        }
    }
}

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Placeholder(String),
}

impl Template {
    /// The template of a text. In `{NAME}`, the name is one of the space or of [`GIVEN`]; a name with braces stands in
    /// backticks. All other braces are text.
    ///
    /// # Errors
    /// A placeholder has a name that is not known, or one that means two values.
    pub(crate) fn parse(text: &str, space: &Space) -> Result<Self, Diagnostic> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            literal.push_str(&rest[..open]);
            rest = &rest[open..];
            match placeholder(&rest[1..], space)? {
                Some((name, length)) => {
                    pieces.extend((!literal.is_empty()).then(|| Piece::Text(std::mem::take(&mut literal))));
                    pieces.push(Piece::Placeholder(name));
                    rest = &rest[1 + length..];
                }
                None => {
                    literal.push('{');
                    rest = &rest[1..];
                }
            }
        }
        literal.push_str(rest);
        pieces.extend((!literal.is_empty()).then_some(Piece::Text(literal)));
        Ok(Self { pieces })
    }

    /// The text with its values; `None` where one of them does not exist.
    pub(crate) fn expand(&self, values: &TemplateValues) -> Option<String> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Placeholder(name) => text.push_str(&values.text(name)?),
            }
        }
        Some(text)
    }

    /// The names of its placeholders.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Placeholder(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The text of a template without placeholders.
    pub(crate) fn literal(&self) -> Option<&str> {
        match &self.pieces[..] {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The name of a template that is one placeholder and nothing else.
    pub(crate) fn alone(&self) -> Option<&str> {
        self.names().next().filter(|_| self.pieces.len() == 1)
    }
}

/// The name of a placeholder behind its opening brace, and the bytes up to behind the closing one; `None` for other braces.
fn placeholder(text: &str, space: &Space) -> Result<Option<(String, usize)>, Diagnostic> {
    if let Some((name, length)) = in_backticks(text) {
        return known(&name, space)?.then_some(Some((name.clone(), length))).ok_or_else(|| unknown(&name, space));
    }
    for (end, _) in text.match_indices('}') {
        if known(&text[..end], space)? {
            return Ok(Some((text[..end].to_owned(), end + 1)));
        }
    }
    let written = &text[..text.find('}').unwrap_or(0)];
    if let Some(name) = formatted(written, space)? {
        let message = format!("`{{{written}}}` is not the value of `{name}`: formats are not known");
        return Err(Diagnostic::new(message).hint(format!("write `{{{name}}}`, and format the value in the program")));
    }
    let looks_like_a_name = written.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && written.chars().all(|each| each.is_alphanumeric() || "_.-".contains(each));
    let is_near = || written.chars().count() > 2 && !written.contains('{') && nearest(written, names(space)).is_some();
    match looks_like_a_name || is_near() {
        true => Err(unknown(written, space)),
        false => Ok(None),
    }
}

/// The known name in `{ NAME }`, `{NAME:FORMAT}`, `{NAME!r}`, `{NAME.field}` or `{NAME[0]}`, as other template languages
/// have them; `None` for other text, such as that of an entry of a map, `{NAME: 1}`.
fn formatted<'a>(written: &'a str, space: &Space) -> Result<Option<&'a str>, Diagnostic> {
    let mut ends = written.match_indices([':', '!', '.', '[']).map(|(end, _)| end).chain([written.len()]);
    let is_name = |end: &usize| known(written[..*end].trim(), space).unwrap_or(true);
    let Some((name, rest)) = ends.find(is_name).map(|end| written.split_at(end)) else { return Ok(None) };
    let is_entry = rest.starts_with(": ") && !rest.ends_with(|last: char| last.is_alphabetic() || last == '%');
    if is_entry || written.contains(['{', ',']) {
        return Ok(None);
    }
    Ok(known(name.trim(), space)?.then_some(name.trim()))
}

/// The name in backticks, a backtick in it doubled, and the bytes up to behind the brace that follows.
fn in_backticks(text: &str) -> Option<(String, usize)> {
    let inner = text.strip_prefix('`')?;
    let ends = inner.match_indices("`}").map(|(end, _)| end);
    // Of backticks before the brace, the last closes unless it is the second of a pair.
    let end = { ends }.find(|&end| inner[..end].chars().rev().take_while(|each| *each == '`').count() % 2 == 0)?;
    Some((inner[..end].replace("``", "`"), end + 3))
}

/// True for a name that a placeholder may have; fails where it means two values.
fn known(name: &str, space: &Space) -> Result<bool, Diagnostic> {
    let (is_given, is_own) = (GIVEN.contains(&name), space.index(name).is_some());
    if is_given && is_own {
        let message =
            format!("`{{{name}}}` may be the hyperparameter `{name}`, or the `{name}` that every trial is given");
        let hint = "rename the hyperparameter, or pass all of them by `{all:--NAME=VALUE}`";
        return Err(Diagnostic::new(message).hint(hint));
    }
    Ok(is_given || is_own)
}

fn names(space: &Space) -> impl Iterator<Item = &str> + Clone {
    space.hyperparameters().iter().map(|each| each.name.as_str()).chain(GIVEN)
}

/// The error of a name that nothing has, with the nearest one.
pub(super) fn unknown(name: &str, space: &Space) -> Diagnostic {
    let braced = |name: &str| format!("{{{name}}}");
    let hint = match nearest(name, names(space)) {
        Some(near) => format!("did you mean {}?", braced(near)),
        None => {
            let own: Vec<_> = space.hyperparameters().iter().take(LISTED).map(|each| braced(&each.name)).collect();
            let more = if space.hyperparameters().len() > LISTED { " and more" } else { "" };
            format!("there are {}{more}, and {}", own.join(", "), GIVEN.map(braced).join(", "))
        }
    };
    Diagnostic::new(format!("`{{{name}}}` is neither a hyperparameter nor given to every trial")).hint(hint)
}
