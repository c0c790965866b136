//! JSON as other programs write it: with bare `NaN` and `Infinity`, which Python's writer puts out.
use std::borrow::Cow;

use serde_json::Value as Json;

use crate::document::json::JsonError;
use crate::exchange::trials::found::UnreadableResults;

/// The values that one text may hold at most: each takes a hundred bytes of memory or so.
const MOST_NODES: usize = 4_000_000;

/// The words that Python writes for numbers that JSON does not have, the longest first.
const NOT_FINITE: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// Reads JSON; a bare `NaN` or `Infinity` becomes null, as it is no number that a result could hold.
pub(super) fn parse(text: &str) -> Result<Json, UnreadableResults> {
    let strict = strict(text)?;
    serde_json::from_str(&strict).map_err(|error| UnreadableResults {
        is_unended: error.is_eof(),
        ..UnreadableResults::whole(format!("this is not JSON: {}", JsonError::of(&error, &strict)))
    })
}

/// The text with null in place of the words that JSON does not have; words inside of strings stay.
fn strict(text: &str) -> Result<Cow<'_, str>, UnreadableResults> {
    let (mut nodes, mut in_string, mut words) = (0, false, Vec::new());
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b',' | b'[' | b'{' => nodes += 1,
            b'-' | b'I' | b'N' => {
                if let Some(word) = NOT_FINITE.iter().find(|word| bytes[at..].starts_with(word.as_bytes())) {
                    words.push(at..at + word.len());
                    at += word.len() - 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    if nodes > MOST_NODES {
        let reason = format!("it holds more than {MOST_NODES} values");
        return Err(UnreadableResults::whole(reason).hint("keep the results that matter most"));
    }
    if words.is_empty() {
        return Ok(text.into());
    }
    let mut strict = String::with_capacity(text.len() + words.len());
    let mut end = 0;
    for word in words {
        strict.push_str(&text[end..word.start]);
        strict.push_str("null");
        end = word.end;
    }
    strict.push_str(&text[end..]);
    Ok(strict.into())
}

/// The costs that are read of one result at most; no experiment has as many objectives.
const MOST_COSTS: usize = 100;

/// One cost, or a list of several; null in a list becomes not a number, and a number may be written as text.
///
/// # Errors
/// A cost is neither a number nor null.
pub(crate) fn numbers(json: Option<&Json>) -> Result<Vec<f64>, UnreadableResults> {
    match json {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Array(costs)) => costs.iter().take(MOST_COSTS).map(number).collect(),
        Some(cost) => Ok(vec![number(cost)?]),
    }
}

fn number(cost: &Json) -> Result<f64, UnreadableResults> {
    let number = match cost {
        Json::Null => Some(f64::NAN),
        Json::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    };
    number.ok_or_else(|| UnreadableResults::whole(format!("a cost cannot be {}", quoted(cost))))
}

/// A value as a message quotes it, cut where it is long.
pub(super) fn quoted(json: &Json) -> String {
    const LONGEST: usize = 80;
    let text = json.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_python_become_null_outside_of_strings() {
        for (text, expected) in [
            (r#"{"a": NaN, "b": [Infinity, -Infinity, -1]}"#, r#"{"a":null,"b":[null,null,-1]}"#),
            (r#"{"NaN": "Infinity \" NaN", "é": NaN}"#, r#"{"NaN":"Infinity \" NaN","é":null}"#),
            (r#""\\NaN""#, r#""\\NaN""#),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), expected);
        }
        for text in ["{", "Nan", "[1, Infinity", "\"NaN", "\\"] {
            assert!(parse(text).unwrap_err().reason.starts_with("this is not JSON"), "{text}");
        }
    }

    #[test]
    fn costs_that_are_text_are_numbers_or_named() {
        let read = |text: &str| numbers(Some(&parse(text).unwrap()));
        assert_eq!(read("\"0.91\"").unwrap(), [0.91]);
        assert_eq!(read("[\" 1e-3 \", 2]").unwrap(), [0.001, 2.0]);
        assert!(read("[1, null]").unwrap()[1].is_nan() && read("\"nan\"").unwrap()[0].is_nan());
        assert!(read("null").unwrap().is_empty());
        for (text, expected) in [("\"low\"", "\"low\""), ("[1, \"low\"]", "\"low\""), ("true", "true"), ("{}", "{}")] {
            assert_eq!(read(text).unwrap_err().reason, format!("a cost cannot be {expected}"));
        }
    }

    #[test]
    fn what_would_fill_the_memory_is_refused() {
        assert!(parse(&"[".repeat(1_000)).unwrap_err().reason.contains("brackets within brackets"));
        let many = format!("[{}0]", "0,".repeat(MOST_NODES + 1));
        assert!(parse(&many).unwrap_err().reason.starts_with("it holds more than"));
    }
}
