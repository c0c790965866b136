//! Names of hyperparameters in expressions: bare words, and all others in backticks.
use std::borrow::Cow;

use crate::document::diagnostic::Positioned;
use crate::space::hyperparameter::Hyperparameter;

/// Words of the expression language, which are names in backticks only.
const RESERVED: [&str; 13] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"];

/// The name as an expression has it: as it is where it is a word, and otherwise in backticks, each backtick in it doubled.
pub(crate) fn quoted(name: &str) -> Cow<'_, str> {
    if is_bare(name) { Cow::Borrowed(name) } else { Cow::Owned(format!("`{}`", name.replace('`', "``"))) }
}

/// True for a name that expressions hold without backticks.
pub(crate) fn is_bare(name: &str) -> bool {
    name.starts_with(|first: char| is_letter(first) && !first.is_numeric())
        && name.chars().all(is_letter)
        && !RESERVED.contains(&name)
}

fn is_letter(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// The text with a plain word of the same length, in bytes, in place of each name in backticks and of each word that has
/// letters beyond ASCII: the parser knows neither. [`name_at`] reads the name where it was.
pub(crate) fn masked(text: &str) -> Result<Cow<'_, str>, Positioned> {
    if text.is_ascii() && !text.contains('`') {
        return Ok(Cow::Borrowed(text));
    }
    let mut masked = String::with_capacity(text.len());
    while let Some(first) = text[masked.len()..].chars().next() {
        let start = masked.len();
        let rest = &text[start..];
        let (length, is_name) = match first {
            '`' => {
                let unclosed = || Positioned::new(start, "this backtick is not closed");
                (backticks(rest).ok_or_else(|| unclosed().hint("a name in backticks is written `like this`"))?, true)
            }
            '\'' | '"' => (string(rest, first), false),
            first if is_letter(first) => {
                let word = rest.find(|each| !is_letter(each)).unwrap_or(rest.len());
                (word, !first.is_ascii_digit() && !rest[..word].is_ascii())
            }
            other => (other.len_utf8(), false),
        };
        match is_name {
            true => masked.extend(std::iter::repeat_n('_', length)),
            false => masked.push_str(&rest[..length]),
        }
    }
    Ok(Cow::Owned(masked))
}

/// The bytes of a name in backticks, both of them included; `None` where it does not end, or there is nothing in it.
fn backticks(text: &str) -> Option<usize> {
    let mut end = 1;
    loop {
        end += text[end..].find('`')? + 1;
        if !text[end..].starts_with('`') {
            return (end > 2).then_some(end);
        }
        end += 1;
    }
}

/// The bytes of a string, both quotes included, or of the rest of the text.
fn string(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let end = text.char_indices().skip(1).find(|(_, each)| {
        let is_end = *each == quote && !is_escaped;
        is_escaped = *each == '\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |(end, quote)| end + quote.len_utf8())
}

/// The name that is written at a byte of the text, for a variable whose masked name is this.
pub(crate) fn name_at<'a>(text: &'a str, start: usize, masked: &str) -> Cow<'a, str> {
    let written = text.get(start..start + masked.len()).unwrap_or_default();
    match written.strip_prefix('`').and_then(|inner| inner.strip_suffix('`')) {
        Some(inner) if inner.contains('`') => Cow::Owned(inner.replace("``", "`")),
        Some(inner) => Cow::Borrowed(inner),
        None => Cow::Borrowed(written),
    }
}

/// The mistake with the hint that its cause is a name without backticks, where the name of a hyperparameter that needs them
/// stands there.
pub(crate) fn hinted(mistake: Positioned, text: &str, hyperparameters: &[Hyperparameter]) -> Positioned {
    let is_there = |name: &str| {
        let mut places = text.match_indices(name);
        places.any(|(start, _)| (start..=start + name.len()).contains(&mistake.offset))
    };
    let names = hyperparameters.iter().map(|each| each.name.as_str());
    let found = names.filter(|name| !is_bare(name) && is_there(name)).max_by_key(|name| name.len());
    match found {
        Some(name) if !text.get(..mistake.offset).is_some_and(|before| before.ends_with('`')) => {
            mistake.hint(format!("a name that is not a plain word needs backticks: {}", quoted(name)))
        }
        _ => mistake,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_keep_every_place_and_strings() {
        for (text, expected) in [
            ("a > 1", "a > 1"),
            ("`a b` > 1", "_____ > 1"),
            ("x == '`a`'", "x == '`a`'"),
            ("x == \"\\\"`a`\" and `b` > 1", "x == \"\\\"`a`\" and ___ > 1"),
            ("`a``b`==1", "______==1"),
            ("größe > 3 and x > 1", "_______ > 3 and x > 1"),
            ("x == 'größe'", "x == 'größe'"),
        ] {
            assert_eq!(masked(text).unwrap(), expected, "{text}");
        }
        for open in ["`a", "x > `", "``", "`a``"] {
            assert!(masked(open).is_err(), "{open}");
        }
        assert_eq!(name_at("`a``b`==1", 0, "______"), "a`b");
        assert_eq!(name_at("größe > 3", 0, "_______"), "größe");
    }
}
