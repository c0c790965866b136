//! Messages: data on stdout, narration and errors on stderr.
use std::borrow::Cow;
use std::fmt::Display;
use std::io::{IsTerminal, Write};

pub(crate) use crate::report::draw::words::{count, duration, number};

/// A whole number without decimal point, any other with three significant digits.
pub fn amount(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { number(value) }
}

/// An amount with its unit, given in the plural: `1 epoch`, `2.5 epochs`.
pub(crate) fn measured(value: f64, unit: &str) -> String {
    format!("{} {}", amount(value), of_amount(value, unit))
}

/// The word for a unit, given in the plural, after an amount.
pub(crate) fn of_amount(value: f64, unit: &str) -> &str {
    unit.strip_suffix('s').filter(|one| value == 1.0 && one.len() > 1 && !one.ends_with('s')).unwrap_or(unit)
}

/// A text that stays in its line and moves no cursor: control characters as Rust and JSON escape them.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let escaped = |letter: char| if letter.is_control() { letter.escape_default().to_string() } else { letter.into() };
    text.chars().map(escaped).collect::<String>().into()
}

/// True if narration may use colour: stderr is a terminal and `NO_COLOR` is not set.
pub(crate) fn colour() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Prints data on stdout; if the reader has closed it, as `head` does, the program ends with success.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Prints narration on stderr; a closed stderr is ignored.
pub(crate) fn narrate(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints `error: ...` on stderr, with the word in red if colour is allowed.
pub(crate) fn error(error: &dyn Display) {
    let word = if colour() { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
    narrate(&format!("{word}: {error}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(one_line("a b é"), "a b é");
        assert_eq!(one_line("a\nb\tc\r\u{1b}[1m"), "a\\nb\\tc\\r\\u{1b}[1m");
    }

    #[test]
    fn one_is_of_a_unit_and_many_are_of_units() {
        let all = [(1.0, "epochs"), (2.5, "epochs"), (12.0, "evaluations"), (1.0, "s"), (1.0, "mass"), (1.0, "%")];
        let words = all.map(|(value, unit)| measured(value, unit));
        assert_eq!(words, ["1 epoch", "2.5 epochs", "12 evaluations", "1 s", "1 mass", "1 %"]);
    }
}
