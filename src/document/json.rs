//! JSON as programs write it: bare `NaN`, `nan` and `Infinity` stand for null, and an error is in plain words.
use serde_json::error::Category;
use serde_json::{Map, Value as Json};
use thiserror::Error;

/// A text that is not JSON, or not of the shape that is read; the message is a clause whose subject is the text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{fault}{}", place(*.line, *.column, *.is_long))]
pub(crate) struct JsonError {
    fault: String,
    line: usize,
    column: usize,
    /// True where the text has several lines.
    is_long: bool,
}

fn place(line: usize, column: usize, is_long: bool) -> String {
    match (line, is_long) {
        (0, _) => String::new(),
        (_, false) => format!(" (column {column})"),
        (_, true) => format!(" (line {line}, column {column})"),
    }
}

impl JsonError {
    /// The error of the parser, in plain words.
    pub(crate) fn of(error: &serde_json::Error, text: &str) -> Self {
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or_default();
        let fault = match error.classify() {
            Category::Data => misfit(said),
            Category::Io => "it cannot be read".to_owned(),
            Category::Eof if text.trim().is_empty() => "it is empty".to_owned(),
            Category::Eof => "it ends too early: a bracket or a quote is not closed".to_owned(),
            Category::Syntax => syntax(said).to_owned(),
        };
        Self { fault, line: error.line(), column: error.column(), is_long: text.trim_end().contains('\n') }
    }

    /// The fault alone, for a message that shows its place.
    pub(crate) fn fault(&self) -> &str {
        &self.fault
    }
}

/// A JSON value, in which words for numbers that are not finite, and numbers beyond the largest, stand for null.
///
/// # Errors
/// The text is not JSON.
pub(crate) fn value(text: &str) -> Result<Json, JsonError> {
    let strict = serde_json::from_str(text);
    strict.or_else(|error| serde_json::from_str(&without_words(text)).map_err(|_| JsonError::of(&error, text)))
}

/// As [`value`], for an object.
///
/// # Errors
/// The text is not a JSON object.
pub(crate) fn object(text: &str) -> Result<Map<String, Json>, JsonError> {
    match value(text)? {
        Json::Object(object) => Ok(object),
        other => {
            let fault = format!("it is {}, not an object in braces", kind(&other));
            Err(JsonError { fault, line: 0, column: 0, is_long: false })
        }
    }
}

/// The kind of a value in words, with its article.
pub(crate) fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

fn syntax(said: &str) -> &'static str {
    match said {
        "expected value" => "a value is missing here, or it is a word without quotes",
        "expected ident" => "there are `true`, `false` and `null`, and no other words without quotes",
        "expected `:`" => "a colon is missing between a name and its value",
        "expected `,` or `]`" | "expected `,` or `}`" => "a comma or a closing bracket is missing",
        "key must be a string" => "a name must stand in double quotes",
        "trailing comma" => "there is a comma after the last entry",
        "trailing characters" => "there is more text after its end",
        "invalid number" => "a number is written as JSON does not write it",
        "number out of range" => "a number is too large",
        "recursion limit exceeded" => "it has brackets within brackets, more than 100 deep",
        said if said.starts_with("control character") => "a text has a line break or another control character",
        said if said.contains("escape") || said.contains("surrogate") || said.contains("code point") => {
            "a text has an escape that JSON does not have"
        }
        _ => "it is not JSON",
    }
}

/// A value of the wrong shape, from the words of the library.
fn misfit(said: &str) -> String {
    let quoted = |rest: &str| rest.split('`').nth(1).unwrap_or_default().to_owned();
    for (start, words) in [
        ("missing field", "it lacks the field `"),
        ("unknown field", "it has a field that it should not have, `"),
        ("duplicate field", "it has a field twice, `"),
        ("unknown variant", "there is no `"),
    ] {
        if let Some(rest) = said.strip_prefix(start) {
            return format!("{words}{}`", quoted(rest));
        }
    }
    match said.split_once(", expected ") {
        Some((_, expected)) => format!("it has a value of the wrong kind, where {} belongs", wanted(expected)),
        None if said.starts_with("invalid ") => "it has a value of the wrong kind".to_owned(),
        // A rule of this crate, in its words.
        None => said.to_owned(),
    }
}

/// The kind of value that the library expected, in words.
fn wanted(expected: &str) -> &'static str {
    let first = expected.split(' ').next().unwrap_or_default();
    match first.as_bytes() {
        [b'u' | b'i', b'0'..=b'9' | b's', ..] => "a whole number",
        [b'f', b'0'..=b'9', ..] => "a number",
        _ if expected.contains("string") => "text",
        _ if expected.contains("bool") => "`true` or `false`",
        _ if expected.contains("sequence") || expected.contains("array") || expected.contains("tuple") => "a list",
        _ => "another kind of value",
    }
}

/// The text with `null` for each bare word for a number that is not finite, and for each number that is too large.
fn without_words(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let (mut rest, mut quoted) = (text, false);
    while let Some(next) = rest.chars().next() {
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.' | '_');
        let taken = if quoted && next == '\\' {
            1 + rest[1..].chars().next().map_or(0, char::len_utf8)
        } else if !quoted && is_word(next) {
            rest.find(|letter| !is_word(letter)).unwrap_or(rest.len())
        } else {
            quoted ^= next == '"';
            next.len_utf8()
        };
        let (token, behind) = rest.split_at(taken);
        let is_lost = !quoted && token.parse::<f64>().is_ok_and(|number| !number.is_finite());
        result.push_str(if is_lost { "null" } else { token });
        rest = behind;
    }
    result
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_for_numbers_that_are_not_finite_are_null() {
        for word in ["NaN", "-NaN", "nan", "Infinity", "-Infinity", "inf", "-inf", "INF", "1e999", "-1e400"] {
            let text = format!("{{\"cost\": {word}, \"nan\": \"\\\"inf\", \"x\": [{word},1]}}");
            assert_eq!(value(&text), Ok(json!({ "cost": null, "nan": "\"inf", "x": [null, 1] })), "{word}");
        }
        assert_eq!(value("{\"cost\": 1e3}"), Ok(json!({ "cost": 1e3 })));
    }

    #[test]
    fn errors_speak_of_no_type_of_this_language() {
        for (text, words) in [
            ("", "it is empty"),
            ("{\"a\": 1", "ends too early"),
            ("{a: 1}", "a name must stand in double quotes (column 2)"),
            ("{\"a\" 1}", "a colon is missing"),
            ("{\"a\": 1,}", "a comma after the last entry"),
            ("{\"a\": 1} x", "more text after its end (column 10)"),
            ("{\"a\": one}", "a word without quotes"),
            ("{\n\"a\": 01}", "(line 2, column "),
            ("[1]", "it is a list, not an object"),
        ] {
            let error = object(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Sample {
            #[allow(dead_code, reason = "it is read, and that is the test")]
            count: u32,
        }
        for (text, words) in [
            ("{}", "it lacks the field `count`"),
            ("{\"cuont\": 1}", "should not have, `cuont`"),
            ("{\"count\": \"a\"}", "where a whole number belongs"),
            ("{\"count\": -1}", "where a whole number belongs"),
            ("3", "where another kind of value belongs"),
        ] {
            let error = JsonError::of(&serde_json::from_str::<Sample>(text).unwrap_err(), text).to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
