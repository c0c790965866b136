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
    serde_json::from_str(&strict)
        .map_err(|error| UnreadableResults::whole(format!("this is not JSON: {}", JsonError::of(&error, &strict))))
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

/// One cost, or a list of several; what is no number becomes not a number.
pub(crate) fn numbers(json: Option<&Json>) -> Vec<f64> {
    match json {
        Some(Json::Array(costs)) => {
            costs.iter().take(MOST_COSTS).map(|cost| cost.as_f64().unwrap_or(f64::NAN)).collect()
        }
        Some(cost) => cost.as_f64().into_iter().collect(),
        None => Vec::new(),
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
    fn what_would_fill_the_memory_is_refused() {
        assert!(parse(&"[".repeat(1_000)).unwrap_err().reason.contains("brackets within brackets"));
        let many = format!("[{}0]", "0,".repeat(MOST_NODES + 1));
        assert!(parse(&many).unwrap_err().reason.starts_with("it holds more than"));
    }
}
