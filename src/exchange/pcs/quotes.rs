//! Quotes of pcs-new: names and values with letters that mean something in a line.
use std::borrow::Cow;

/// Letters of names in ConfigSpace's reader, beside those of ASCII and digits.
const FOREIGN: &str = "_-@.:;\\/?!$%&*+<>";

/// The line with an underscore for each byte of the parts in quotes. A quote opens at the beginning of a name or value, and
/// is part of it when doubled.
pub(super) fn masked(line: &str) -> String {
    let mut masked = String::with_capacity(line.len());
    while let Some(first) = line[masked.len()..].chars().next() {
        let rest = &line[masked.len()..];
        let opens = masked.ends_with(|before: char| before.is_whitespace() || "{[,=|&<>".contains(before));
        match end(rest, first).filter(|_| opens || masked.is_empty()) {
            Some(end) => masked.extend(std::iter::repeat_n('_', end)),
            None => masked.push(first),
        }
    }
    masked
}

/// The bytes of a part in quotes at the beginning of a text; `None` where there is none.
fn end(text: &str, quote: char) -> Option<usize> {
    let mut end = ['"', '\''].contains(&quote).then_some(1)?;
    loop {
        end += text[end..].find(quote)? + 1;
        if !text[end..].starts_with(quote) {
            return Some(end);
        }
        end += 1;
    }
}

/// A name or a value without the quotes around it.
pub(super) fn unquoted(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote));
        match inner {
            Some(inner) if inner.contains(quote) => {
                let twice: String = [quote, quote].iter().collect();
                return Cow::Owned(inner.replace(&twice, &quote.to_string()));
            }
            Some(inner) => return Cow::Borrowed(inner),
            None => {}
        }
    }
    Cow::Borrowed(text)
}

/// A name as a line has it, in quotes where it would not be read as one.
pub(super) fn quoted(name: &str) -> Cow<'_, str> {
    let is_bare =
        !name.contains(|each: char| each.is_whitespace() || "{}[]|,=#\"'".contains(each)) && !name.contains("&&");
    if is_bare { Cow::Borrowed(name) } else { Cow::Owned(format!("\"{}\"", name.replace('"', "\"\""))) }
}

/// True for a name that ConfigSpace's reader reads too.
pub(super) fn is_foreign(name: &str) -> bool {
    name.chars().all(|each| each.is_ascii_alphanumeric() || FOREIGN.contains(each))
}
