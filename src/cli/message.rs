//! Numbers, durations and errors in words.
use std::fmt::Display;
use std::io::{IsTerminal, Write};

/// Three significant digits: `0.0123`, `4.71e-4`, `1230`.
pub fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let exponent = format!("{value:.2e}").split_once('e').map_or(0, |(_, exponent)| exponent.parse().unwrap_or(0));
    match exponent {
        -3..=2 => format!("{value:.*}", (2 - exponent) as usize),
        3..=5 => format!("{value:.0}"),
        _ => format!("{value:.2e}"),
    }
}

/// A duration as one would say it: `8.2 s`, `3 min 20 s`, `1 h 12 min`, `2 d 4 h`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        _ if seconds < 9.95 => format!("{seconds:.1} s"),
        0..60 => format!("{whole} s"),
        60..3_600 => format!("{} min {} s", whole / 60, whole % 60),
        3_600..86_400 => format!("{} h {} min", whole / 3_600, whole / 60 % 60),
        _ => format!("{} d {} h", whole / 86_400, whole / 3_600 % 24),
    }
}

/// A whole number without a point, any other as it is.
pub fn amount(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { significant(value) }
}

/// A count with its noun: `1 trial`, `2 trials`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
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
    fn numbers_have_three_digits() {
        for (value, text) in [
            (0.0123456, "0.0123"),
            (4.71e-4, "4.71e-4"),
            (0.3978, "0.398"),
            (9.999, "10.0"),
            (12.345, "12.3"),
            (1234.5, "1234"),
            (1.5e7, "1.50e7"),
            (-3.32237, "-3.32"),
            (0.0, "0"),
        ] {
            assert_eq!(significant(value), text);
        }
    }

    #[test]
    fn durations_read_well() {
        for (seconds, text) in [
            (0.04, "0.0 s"),
            (8.24, "8.2 s"),
            (59.0, "59 s"),
            (200.0, "3 min 20 s"),
            (4320.0, "1 h 12 min"),
            (187_200.0, "2 d 4 h"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
