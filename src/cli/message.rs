//! What is said on stdout and stderr, and to whom.
use std::fmt::Display;
use std::io::{IsTerminal, Write};

pub use crate::report::draw::words::{count, duration, number};

/// A whole number without a point, any other as it is.
pub fn amount(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { number(value) }
}

/// So much of a unit whose name is that of many, such as `1 epoch` or `2.5 epochs`.
pub fn measured(value: f64, unit: &str) -> String {
    let one = unit.strip_suffix('s').filter(|one| value == 1.0 && one.len() > 1 && !one.ends_with('s'));
    format!("{} {}", amount(value), one.unwrap_or(unit))
}

/// Whether narration may use colour: stderr is a terminal and `NO_COLOR` is not set.
pub fn colour() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Prints data on stdout; a reader that has gone away, such as `head`, ends the program with success.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Narrates on stderr; nobody has to listen.
pub fn narrate(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints `error: ...`, with the word in red where colour is wanted.
pub fn error(error: &dyn Display) {
    let word = if colour() { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
    narrate(&format!("{word}: {error}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_of_a_unit_and_many_are_of_units() {
        let all = [(1.0, "epochs"), (2.5, "epochs"), (12.0, "evaluations"), (1.0, "s"), (1.0, "mass"), (1.0, "%")];
        let words = all.map(|(value, unit)| measured(value, unit));
        assert_eq!(words, ["1 epoch", "2.5 epochs", "12 evaluations", "1 s", "1 mass", "1 %"]);
    }
}
