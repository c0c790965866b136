//! Near misses: output that was meant as a result and is not the line of JSON that a result is.
mod broken_json;
mod clue;
mod object;

use serde_json::Value as Json;

use crate::document::diagnostic::Diagnostic;
use crate::document::json;
use crate::executor::excerpt::quoted;
use crate::executor::message::{self, Message};
use crate::executor::near_miss::clue::{Clue, is_result};

/// The result that was expected of a program.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    /// The clause of a message that says what is missing.
    pub missing: String,
    /// A line that would have been right.
    pub example: String,
    /// The end of the advice to print that line.
    pub advice: &'static str,
}

/// The output of a program that printed no result.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unanswered<'a> {
    /// The last bytes of its standard output.
    pub output: &'a [u8],
    /// The length of a line that was too long to be searched; 0 where there was none.
    pub overlong: u64,
    /// The end of its standard error.
    pub errors: &'a str,
}

/// The message about a missing result: quotes the line that comes nearest to one, or the last one, and says what is wrong
/// with it.
pub(crate) fn explain(wanted: &Wanted, unanswered: Unanswered) -> Diagnostic {
    let text = decoded(unanswered.output);
    let lines: Vec<&str> = text.lines().map(visible).filter(|line| !line.is_empty()).collect();
    let right = format!("print `{}` as a line of its own on standard output{}", wanted.example, wanted.advice);
    let diagnostic = |message: String, hint: Option<String>| {
        Diagnostic::new(format!("{}; {message}", wanted.missing)).hint(hint.unwrap_or_else(|| right.clone()))
    };
    if is_wide(unanswered.output) && lines.iter().any(|line| line.contains("cost")) {
        let last = quoted(lines.last().copied().unwrap_or_default());
        return diagnostic(format!("its last line is `{last}` in UTF-16"), Some("print text in UTF-8".to_owned()));
    }
    if let Some(clue) = spread(&lines) {
        let last = quoted(lines.last().copied().unwrap_or_default());
        return diagnostic(format!("its last line is `{last}`: {}", clue.fault), clue.hint);
    }
    let found = lines.iter().enumerate().rev().take(SEARCHED).find_map(|(index, line)| Some((index, clue(line)?)));
    if let Some((index, clue)) = found {
        let which = if index + 1 == lines.len() { "its last line is" } else { "a line of its output is" };
        return diagnostic(format!("{which} `{}`: {}", quoted(lines[index]), clue.fault), clue.hint);
    }
    let on_errors = |line: &&str| matches!(message::parse(line.as_bytes()), Some(Message::Report(_)));
    if let Some(line) = unanswered.errors.lines().rev().find(on_errors) {
        let message = format!("`{}` is on its standard error", quoted(line.trim()));
        return diagnostic(message, Some("print the result on standard output".to_owned()));
    }
    if unanswered.overlong > 0 {
        let message =
            format!("a line of its output has {} bytes, more than the 1 MiB of a result", unanswered.overlong);
        return diagnostic(message, None);
    }
    match lines.last() {
        Some(last) => diagnostic(format!("its last line is `{}`", quoted(last)), None),
        None => diagnostic("its output is empty".to_owned(), None),
    }
}

/// The number of last lines in which a near miss is looked for.
const SEARCHED: usize = 50;

/// True for text of two bytes a letter.
fn is_wide(bytes: &[u8]) -> bool {
    bytes.len() >= 8 && bytes.iter().filter(|byte| **byte == 0).count() * 3 > bytes.len()
}

fn decoded(bytes: &[u8]) -> String {
    match is_wide(bytes) {
        true => bytes.iter().filter(|byte| byte.is_ascii() && **byte != 0).map(|byte| char::from(*byte)).collect(),
        false => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The part of a line that a progress bar has left visible.
fn visible(line: &str) -> &str {
    line.trim_end().rsplit('\r').next().unwrap_or_default().trim()
}

/// An object over several lines, of which the last one ends the output.
fn spread(lines: &[&str]) -> Option<Clue> {
    let end = lines.iter().rposition(|line| line.ends_with('}') || line.ends_with("},"))?;
    let starts = (0..=end).rev().take(SEARCHED).filter(|start| lines[*start].contains('{'));
    let whole = starts.filter(|start| *start < end).find_map(|start| {
        let text = lines[start..=end].join(" ");
        let text = &text[text.find('{')?..];
        let plain = broken_json::of_python(text);
        (is_result(text) || plain.is_some_and(|plain| is_result(&plain))).then_some(())
    });
    whole.map(|()| {
        Clue::new(format!("the result is spread over several lines, from `{{` to `{}`", lines[end]))
            .hint("print it as one line: json.dumps without `indent`")
    })
}

/// The fault of a line that was meant as a result; `None` where it does not look like one.
fn clue(line: &str) -> Option<Clue> {
    match json::value(line) {
        Ok(Json::Null) => return named_number(line),
        Ok(value) => return object::clue(&value),
        Err(_) => {}
    }
    around(line).or_else(|| broken_json::clue(line)).or_else(|| named_number(line))
}

/// A result with something before or behind it.
fn around(line: &str) -> Option<Clue> {
    let plain = without_colours(line);
    if plain != line && is_result(&plain) {
        return Some(Clue::new("it has codes for colours around the object").hint("print the result without colours"));
    }
    let (start, end) = (line.find('{')?, line.rfind('}')?);
    let object = line.get(start..=end)?;
    let (before, behind) = (line[..start].trim_end(), line[end + 1..].trim());
    let alone = "print the object on a line of its own, without a logger's prefix";
    if is_result(object) {
        return match (before, behind) {
            ("b'" | "b\"", _) => Some(Clue::new("it is bytes as Python prints them").hint("decode the bytes first")),
            ("", "") => None,
            ("", _) => Some(Clue::new(format!("`{}` stands behind the object", quoted(behind))).hint(alone)),
            _ => Some(Clue::new(format!("`{}` stands before the object", quoted(before))).hint(alone)),
        };
    }
    // The first of several objects on one line.
    let mut objects = serde_json::Deserializer::from_str(&line[start..]).into_iter::<Json>();
    let first = objects.next()?.ok()?;
    (first.is_object() && is_result(&first.to_string())).then(|| {
        Clue::new("more text follows on the line of the object").hint("print each object on a line of its own")
    })
}

/// The text without the codes that colour it on a terminal (ECMA-48).
fn without_colours(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some(start) = rest.find("\u{1b}[") {
        plain += &rest[..start];
        let code = &rest[start + 2..];
        rest = code.find(|letter: char| letter.is_ascii_alphabetic()).map_or("", |end| &code[end + 1..]);
    }
    plain + rest
}

/// A number with the name of a cost before it, such as `cost=0.3`, or a number alone.
fn named_number(line: &str) -> Option<Clue> {
    let right = |number: &str| format!("print `{{\"cost\": {number}}}` as a line of its own on standard output");
    let number = |text: &str| {
        let text = text.trim().trim_end_matches(['.', ',', ';', '%']);
        let is_comma = text.matches(',').count() == 1 && text.replace(',', ".").parse::<f64>().is_ok();
        if is_comma { Some(text.replace(',', ".")) } else { text.parse::<f64>().ok().map(|_| text.to_owned()) }
    };
    if let Some(found) = number(line) {
        return Some(Clue::new("it is a number alone, and no object with `cost`").hint(right(&found)));
    }
    let lower = line.to_ascii_lowercase();
    let named = object::NAMES.iter().filter_map(|name| {
        let at = lower.rfind(name)?;
        let is_word = |letter: char| letter.is_alphanumeric();
        let is_whole = !lower[..at].ends_with(is_word) && !lower[at + name.len()..].starts_with(is_word);
        let behind = line[at + name.len()..].trim_start_matches([' ', ':', '=', '\t', '"', '\'', '|']);
        let behind = behind.strip_prefix("is ").unwrap_or(behind);
        let found = number(behind.split([' ', ';', '"', '\'']).next()?).filter(|_| is_whole)?;
        Some(Clue::new(format!("it names `{name}`, but is no JSON object")).hint(right(&found)))
    });
    named.into_iter().next()
}

#[cfg(test)]
mod tests;
