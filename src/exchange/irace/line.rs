//! Lines of a parameter file, taken apart: name, switch, type, values and condition.
use std::ops::Range;

/// A line of the section of parameters; ranges are bytes of the line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ParameterLine<'a> {
    pub name: &'a str,
    /// The text by which the value is passed to the program.
    pub switch: &'a str,
    /// `r`, `i`, `c` or `o`.
    pub kind: &'a str,
    pub log: bool,
    pub values: Vec<&'a str>,
    /// Absent where it is always active.
    pub condition: Option<Range<usize>>,
}

impl<'a> ParameterLine<'a> {
    /// The parts of a line without its comment; the message says which part is missing.
    pub(super) fn of(line: &'a str) -> Result<Self, &'static str> {
        let mut rest = line.trim_start();
        let end = rest.find(|letter: char| letter.is_whitespace() || letter == '"').unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        rest = behind.trim_start();
        if name.is_empty() {
            return Err("a line begins with the name of a parameter");
        }
        let quoted = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
        let Some((switch, behind)) = quoted else {
            return Err("the name is followed by a switch in double quotes, such as \"--ants \" or \"\"");
        };
        rest = behind.trim_start();
        let Some(open) = rest.find('(') else { return Err("the values stand in parentheses") };
        let kind: String = rest[..open].chars().filter(|letter| !letter.is_whitespace()).collect();
        let (kind, log) = match kind.as_str() {
            "r" => ("r", false),
            "i" => ("i", false),
            "r,log" => ("r", true),
            "i,log" => ("i", true),
            "c" => ("c", false),
            "o" => ("o", false),
            _ => return Err("the type is one of `r`, `i`, `c`, `o`, `r,log` and `i,log`"),
        };
        let Some(close) = closing(&rest[open..]) else { return Err("the values do not end with `)`") };
        let values = parts(&rest[open + 1..open + close]);
        let behind = rest[open + close + 1..].trim_start();
        let condition = match behind.strip_prefix('|') {
            Some(condition) => Some(line.len() - condition.len()..line.len()),
            None if behind.is_empty() => None,
            None => return Err("behind the values there is a condition after `|`, or nothing"),
        };
        Ok(Self { name, switch, kind, log, values, condition })
    }
}

/// A line without its comment; a `#` in quotes is none.
pub(super) fn without_comment(line: &str) -> &str {
    match outside_of_quotes(line).find(|(_, letter)| *letter == '#') {
        Some((at, _)) => &line[..at],
        None => line,
    }
}

/// The place of the parenthesis that closes the first one.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in outside_of_quotes(text) {
        match letter {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(at),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The parts between commas, without quotes around them.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, letter) in outside_of_quotes(text) {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().map(|part| unquoted(part.trim())).collect()
}

fn unquoted(part: &str) -> &str {
    let inner = |quote: char| part.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(part)
}

/// The letters of a text that are not in quotes, with their places.
fn outside_of_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    text.char_indices().filter(move |(_, letter)| match quote {
        Some(open) => {
            if *letter == open {
                quote = None;
            }
            false
        }
        None if *letter == '"' || *letter == '\'' => {
            quote = Some(*letter);
            false
        }
        None => true,
    })
}
