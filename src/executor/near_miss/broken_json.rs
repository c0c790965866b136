//! Lines that look like a JSON object with a cost and that a JSON parser refuses.
use super::clue::{Clue, is_result};
use crate::document::json;

/// The fault of a line with a brace that is not JSON; `None` where it does not look like a result.
pub(super) fn clue(line: &str) -> Option<Clue> {
    let start = line.find('{')?;
    let object = line[start..].trim_end();
    let closed = object.rfind('}').map(|end| &object[..=end]);
    if closed.and_then(of_python).is_some_and(|plain| is_result(&plain)) {
        let fault = "it is a dictionary as Python prints it, with single quotes";
        return Some(Clue::new(fault).hint("print(json.dumps(...)) prints JSON, with double quotes"));
    }
    let lower = object.to_lowercase();
    if !lower.contains("cost") && !lower.contains("loss") {
        return None;
    }
    let dumps = "json.dumps and its like in other languages write it correctly";
    if ["np.", "numpy", "tensor(", "array("].iter().any(|word| lower.contains(word)) {
        return Some(
            Clue::new("its value is of NumPy or of PyTorch, not a number").hint("convert the cost by float(...)"),
        );
    }
    if object.contains(['“', '”', '‘', '’', '„']) {
        return Some(Clue::new("it has typographic quotes").hint("names stand in plain double quotes"));
    }
    if closed.is_none() {
        return Some(Clue::new("it is cut: its `}` is missing").hint("print it as one whole line, and flush"));
    }
    if let Some(repaired) = closed.and_then(with_quotes).filter(|repaired| is_result(repaired)) {
        return Some(Clue::new("its name has no quotes").hint(format!("write `{repaired}`")));
    }
    if let Some(repaired) = closed.and_then(with_points).filter(|repaired| is_result(repaired)) {
        return Some(Clue::new("it has a decimal comma").hint(format!("write a point: `{repaired}`")));
    }
    let error = json::object(closed.unwrap_or(object)).err()?;
    Some(Clue::new(format!("it is not JSON: {error}")).hint(dumps))
}

/// The JSON of a dictionary as Python prints it; `None` where it has no single quotes.
pub(super) fn of_python(text: &str) -> Option<String> {
    let plain = text.replace('\'', "\"").replace("None", "null").replace("True", "true").replace("False", "false");
    // A comma behind the last entry, and the name of the class of a number.
    let plain = plain.replace(",}", "}").replace(", }", "}");
    text.contains('\'').then(|| plain.replace("np.float64(", "").replace("np.float32(", "").replace(')', ""))
}

/// The object with its first name in quotes: `{cost: 0.3}` becomes `{"cost": 0.3}`.
fn with_quotes(object: &str) -> Option<String> {
    let inner = object.strip_prefix('{')?.trim_start();
    let (name, rest) = inner.split_once([':', '='])?;
    let name = name.trim();
    let is_bare = !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    is_bare.then(|| format!("{{\"{name}\":{rest}"))
}

/// The object with points in place of the commas between two digits.
fn with_points(object: &str) -> Option<String> {
    let is_digit = |at: usize| object.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let comma = object.match_indices(',').find(|(at, _)| *at > 0 && is_digit(at - 1) && is_digit(at + 1))?.0;
    Some(format!("{}.{}", &object[..comma], &object[comma + 1..]))
}
