//! The place of an error of the RON parser, which is often not where the parser stopped.
use ron::error::{Error, SpannedError};

use crate::document::diagnostic::{Diagnostic, Positioned};
use crate::document::explanation::{explain, misfit};
use crate::document::outline::OutlineNode;
use crate::document::outline_reader::{closer, lone_bracket};

/// The error in plain words at the byte that causes it; `None` where the text is empty.
pub(crate) fn locate(text: &str, error: &SpannedError) -> Option<Positioned> {
    let start = byte_of(text, error.span.start.line, error.span.start.col);
    let end = byte_of(text, error.span.end.line, error.span.end.col);
    // RON's span ends before it begins where a number breaks off.
    let (start, end) = (start.min(end), start.max(end));
    let gap = text[start..end].len() - text[start..end].trim_start().len();
    let place = if start + gap < end { start + gap } else { end };
    if let Some(misfit) = misfit(&error.code, text, place) {
        return Some(misfit);
    }
    let mut diagnostic = explain(&error.code, text);
    let offset = match &error.code {
        // The place of the name itself, which is the last before the place where RON stopped.
        Error::NoSuchStructField { found: name, .. } | Error::NoSuchEnumVariant { found: name, .. } => {
            let behind = text.floor_char_boundary((end + name.len()).min(text.len()));
            text[..behind].rfind(name.as_str()).unwrap_or(start)
        }
        Error::DuplicateStructField { field, .. } => text[..end].rfind(field).unwrap_or(start),
        Error::MissingStructField { .. } => start,
        _ if OutlineNode::of(text).is_none() && lone_bracket(text).is_none() && is_bare(text) => return None,
        Error::ExpectedComma if text[place..].starts_with('(') && !word_before(text, place).is_empty() => {
            let name = word_before(text, place);
            diagnostic = Diagnostic::new(format!("`{name}` has no fields")).hint("write it without parentheses");
            place
        }
        Error::ExpectedStructLike | Error::ExpectedNamedStructLike(_) => {
            diagnostic = diagnostic.hint(match word_before(text, end) {
                "" => "fields stand in parentheses: ( name: value, ... )".to_owned(),
                name => format!("the fields of `{name}` stand in parentheses: {name}(...)"),
            });
            end
        }
        _ => {
            if let Some((lone, bracket)) = lone_bracket(text) {
                return Some(unmatched(lone, bracket));
            }
            // RON stands behind a value that it read but that does not fit.
            let is_read = matches!(error.code, Error::Message(_) | Error::InvalidValueForType { .. });
            OutlineNode::of(text).filter(|_| is_read).and_then(|outline| outline.ending_at(end)).unwrap_or(place)
        }
    };
    Some(Positioned { offset, diagnostic })
}

/// The word that ends before a byte, white space aside; empty where no word does.
fn word_before(text: &str, offset: usize) -> &str {
    let before = text[..offset].trim_end();
    before.rsplit(|each: char| !each.is_alphanumeric() && each != '_').next().unwrap_or_default()
}

/// The diagnostic of a text without a value.
pub(crate) fn empty() -> Diagnostic {
    Diagnostic::new("the file is empty").hint("a file holds one value: ( ... )")
}

fn unmatched(offset: usize, bracket: char) -> Positioned {
    match bracket {
        ')' | ']' | '}' => {
            Positioned::new(offset, format!("`{bracket}` closes nothing")).hint("take it out, or open it before")
        }
        _ => Positioned::new(offset, format!("this `{bracket}` is not closed by a `{}`", closer(bracket)))
            .hint("add the bracket that is missing, or take this one out"),
    }
}

/// True for a text that has nothing but white space and comments.
fn is_bare(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with("//"))
}

fn byte_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let letters = text[start..].chars().take(column.saturating_sub(1));
    start + letters.map(char::len_utf8).sum::<usize>()
}
