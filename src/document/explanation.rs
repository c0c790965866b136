//! The errors of the RON parser in a newcomer's words.
use ron::error::Error;

use crate::document::diagnostic::{Diagnostic, Positioned};
use crate::document::outline::{OutlineKind, OutlineNode};
use crate::document::spelling::suggestion;

/// The hint for a field that holds a duration.
const DURATIONS: &str = "a duration is written \"90s\", \"1h 30m\" or \"2d 12h\"";

/// The hint about the form of a value with fields.
const FIELDS: &str = "fields stand in parentheses: ( name: value, ... )";

/// A kind of value that the parser expected, in words.
fn kind(expected: &str) -> String {
    let first = expected.trim_start_matches("an ").trim_start_matches("a ").split(' ').next().unwrap_or_default();
    let is_number = |letters: &str| {
        let digits = first.trim_start_matches(|letter: char| letters.contains(letter));
        first.len() > digits.len() && (digits == "size" || digits.parse::<u8>().is_ok())
    };
    match first {
        _ if is_number("ui") => "a whole number".to_owned(),
        _ if is_number("f") => "a number".to_owned(),
        "struct" => "fields in parentheses".to_owned(),
        "enum" | "variant" => "one of the names that are allowed here".to_owned(),
        "tuple" | "sequence" | "array" => "a list".to_owned(),
        "map" => "named entries in braces".to_owned(),
        "string" | "str" => "text".to_owned(),
        "boolean" | "bool" => "`true` or `false`".to_owned(),
        "unit" => "no value".to_owned(),
        _ => expected.to_owned(),
    }
}

/// A value of the wrong kind, such as text in place of a number; `None` for every other error.
///
/// `place` is the byte where RON stopped.
pub(crate) fn misfit(error: &Error, text: &str, place: usize) -> Option<Positioned> {
    let outline = OutlineNode::of(text)?;
    let at = |offset: usize| outline.value_at(offset).map(|(name, node)| (name, node, &text[node.span.clone()]));
    match error {
        // RON reads the whole part of a number, and then wants the comma.
        Error::ExpectedComma => {
            let (name, node, written) = at(place)?;
            let is_cut = node.span.start < place && place < node.span.end && matches!(node.kind, OutlineKind::Scalar);
            let number: f64 = written.replace('_', "").parse().ok().filter(|_| is_cut)?;
            let message = format!("`{name}` must be a whole number, not {written}");
            Some(Positioned::new(node.span.start, message).hint(format!("for example {}", number.round())))
        }
        Error::IntegerOutOfBounds => {
            let (name, node, written) = at(place.saturating_sub(1)).or_else(|| at(place))?;
            let negative = written.starts_with('-');
            let fault = if negative { "cannot be negative" } else { "is too large" };
            let hint = if negative { "a whole number, at least 0" } else { "a whole number that is smaller" };
            Some(Positioned::new(node.span.start, format!("`{name}` {fault}: {written}")).hint(hint))
        }
        Error::ExpectedString => {
            let (name, node, written) = at(place)?;
            matches!(node.kind, OutlineKind::Scalar).then(|| {
                let is_duration = name.ends_with("_limit") || ["wall_clock", "overtime"].contains(&name);
                let hint = if is_duration { DURATIONS.to_owned() } else { format!("write \"{written}\"") };
                let message = format!("`{name}` must be text in double quotes, not {written}");
                Positioned::new(node.span.start, message).hint(hint)
            })
        }
        Error::ExpectedFloat | Error::ExpectedInteger => {
            let (name, node, _) = at(place)?;
            let OutlineKind::Text { content, .. } = &node.kind else { return None };
            let inner = &text[content.clone()];
            let hint = match inner.parse::<f64>() {
                Ok(_) => format!("write {inner} without quotes"),
                Err(_) if matches!(error, Error::ExpectedInteger) => "for example 8".to_owned(),
                Err(_) => "for example 0.001 or 1e-3".to_owned(),
            };
            let kind = if matches!(error, Error::ExpectedInteger) { "a whole number" } else { "a number" };
            Some(Positioned::new(node.span.start, format!("`{name}` must be {kind}, not text")).hint(hint))
        }
        Error::ExpectedIdentifier => {
            let (name, node, written) = at(place)?;
            let OutlineKind::Text { content, .. } = &node.kind else { return None };
            let inner = &text[content.clone()];
            let message = format!("`{name}` is one of several names, which stand without quotes, not {written}");
            let is_name = inner.starts_with(char::is_alphabetic);
            let hint =
                if is_name { format!("write {inner} without quotes") } else { "for example Maximize".to_owned() };
            Some(Positioned::new(node.span.start, message).hint(hint))
        }
        Error::Message(message) if message.starts_with("a word needs double quotes") => {
            let word = text[..place].trim_end();
            let start = word.trim_end_matches(|each: char| each.is_ascii_alphanumeric()).len();
            ["null", "none", "nil", "undefined"].contains(&&word[start..]).then(|| {
                let message = format!("`{}` is not a word of this format", &word[start..]);
                Positioned::new(start, message).hint("no value is written None, and true and false without quotes")
            })
        }
        Error::Message(message) if message.contains("duration") => {
            let (_, node, written) = at(place).or_else(|| at(place.saturating_sub(1)))?;
            Some(Positioned::new(node.span.start, format!("{written} is not a duration")).hint(DURATIONS))
        }
        _ => None,
    }
}

/// An error of the RON parser as a diagnostic.
pub(crate) fn explain(error: &Error, text: &str) -> Diagnostic {
    // The name of a type means something to a reader only where it is written.
    let written = |outer: &Option<String>| outer.clone().filter(|outer| text.contains(&format!("{outer}(")));
    let (message, hint) = match error {
        Error::NoSuchStructField { expected, found, outer } => {
            let message = match written(outer) {
                Some(outer) => format!("`{outer}` has no field `{found}`"),
                None => format!("there is no field `{found}`"),
            };
            return Diagnostic::new(message).hint(suggestion(found, expected.iter().copied()));
        }
        Error::NoSuchEnumVariant { expected, found, .. } => {
            return Diagnostic::new(format!("there is no `{found}`")).hint(suggestion(found, expected.iter().copied()));
        }
        Error::MissingStructField { field, outer } => {
            let message = match written(outer) {
                Some(outer) => format!("`{outer}` needs the field `{field}`"),
                None => format!("the field `{field}` is missing"),
            };
            return Diagnostic::new(message).hint(format!("add {field}: ..."));
        }
        Error::DuplicateStructField { field, .. } => {
            return Diagnostic::new(format!("`{field}` is given twice")).hint("take one of them out");
        }
        Error::InvalidValueForType { expected, found } => {
            let found = found.replace("a sequence", "a list").replace("the string", "the text");
            let found = found.replace("unsigned integer", "number").replace("floating point number", "number");
            let found =
                found.replace("a unit value", "nothing").replace("an enum", "a name").replace("a map", "entries");
            return Diagnostic::new(format!("expected {}, but found {found}", kind(expected)));
        }
        Error::ExpectedDifferentLength { expected, found } => {
            return Diagnostic::new(format!("expected {}, but found {found} values", kind(expected)));
        }
        Error::ExpectedDifferentStructName { found, .. } => {
            return Diagnostic::new(format!("`{found}` does not belong here")).hint(FIELDS);
        }
        Error::UnexpectedChar(letter) => {
            return Diagnostic::new(format!("`{letter}` does not belong here")).hint("is a quote missing before it?");
        }
        Error::InvalidIntegerDigit { digit, .. } => {
            return Diagnostic::new(format!("`{digit}` is no digit of this number")).hint("for example 8");
        }
        Error::NoSuchExtension(name) => {
            return Diagnostic::new(format!("there is no extension `{name}`")).hint("take the line out");
        }
        Error::Message(message) => {
            return match message.split_once("; hint: ") {
                Some((message, hint)) => Diagnostic::new(message).hint(hint),
                None => Diagnostic::new(message.as_str()),
            };
        }
        Error::ExpectedComma => ("a comma is missing before this", "fields and values are separated by commas"),
        Error::ExpectedMapColon => ("a colon is missing before this", "an entry is written `name: value`"),
        Error::ExpectedString => ("expected text in double quotes", "for example \"RoPE\""),
        Error::ExpectedChar => ("expected one letter in single quotes", "words stand in double quotes: \"RoPE\""),
        Error::ExpectedStringEnd => ("this text is not closed", "text ends with the quote that it begins with"),
        Error::ExpectedBoolean => ("expected `true` or `false`", "for example log: true"),
        Error::ExpectedInteger => ("expected a whole number", "for example 8"),
        Error::ExpectedFloat => ("expected a number", "for example 0.001 or 1e-3"),
        Error::FloatUnderscore => ("a number with a point has no `_`", "write it without"),
        Error::IntegerOutOfBounds => ("this whole number is out of range", "write a smaller one, or one with a point"),
        Error::ExpectedArray => ("expected a list", "a list stands in square brackets: [1, 2]"),
        Error::ExpectedMap => ("expected named entries in braces", "for example {\"x\": ...}"),
        Error::ExpectedStructLike | Error::ExpectedNamedStructLike(_) => ("expected `(` with named fields", ""),
        Error::SuggestRawIdentifier(_) | Error::InvalidIdentifier(_) => {
            ("a field is written with its name", "for example Float(min: 0, max: 1)")
        }
        Error::ExpectedIdentifier => {
            ("expected the name of a field", "fields are written `name: value`, without quotes")
        }
        Error::ExpectedStructLikeEnd | Error::ExpectedArrayEnd | Error::ExpectedMapEnd => {
            ("this does not belong here", "is a comma or a bracket missing before it?")
        }
        Error::Eof => ("the file ends too early", "is a bracket not closed?"),
        Error::TrailingCharacters => ("there is more text after the end", "a file holds one value: ( ... )"),
        Error::UnclosedBlockComment => ("a comment is not closed", "`/*` ends with `*/`"),
        Error::ExceededRecursionLimit => ("there are brackets within brackets, too deep", "take some out"),
        Error::InvalidEscape(_) => ("this text has an escape that does not exist", "a backslash is written `\\\\`"),
        Error::UnderscoreAtBeginning => ("a number does not begin with `_`", "write it without"),
        _ => ("this does not belong here", FIELDS),
    };
    Diagnostic::new(message).hint(hint)
}
