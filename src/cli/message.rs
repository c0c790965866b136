//! What is said on stdout and stderr, and to whom.
use std::fmt::Display;
use std::io::{IsTerminal, Write};

pub use crate::report::words::{count, duration, number};

/// A whole number without a point, any other as it is.
pub fn amount(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { number(value) }
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
