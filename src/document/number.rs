//! Numbers in texts: those that RON would quietly turn into 0 or infinity, and the shortest way to write one.
use crate::document::diagnostic::Diagnostic;

/// The reason why a scalar is not the number that it looks like; `None` where it is one, or no number at all.
pub(crate) fn check_number(scalar: &str) -> Option<Diagnostic> {
    let bare = scalar.trim_start_matches(['+', '-']);
    if ["inf", "inff32", "inff64", "NaN", "NaNf32", "NaNf64"].contains(&bare) {
        return Some(Diagnostic::new(format!("`{scalar}` is not a finite number")).hint("give a finite number"));
    }
    if !bare.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let plain = bare.trim_end_matches("f32").trim_end_matches("f64").replace('_', "");
    let number: f64 = plain.parse().ok()?;
    let mantissa = plain.split(['e', 'E']).next().unwrap_or_default();
    if number == 0.0 && mantissa.contains(|digit: char| ('1'..='9').contains(&digit)) {
        let message = format!("`{scalar}` is too small: it would become 0");
        return Some(Diagnostic::new(message).hint("the smallest is about 1e-307"));
    }
    let whole = plain.bytes().all(|digit| digit.is_ascii_digit());
    if whole && plain.parse::<u64>().is_err() {
        let message = format!("`{scalar}` is too large for a whole number");
        return Some(Diagnostic::new(message).hint("write it with a point where it need not be exact"));
    }
    if number.is_infinite() {
        return Some(Diagnostic::new(format!("`{scalar}` is too large")).hint("the largest is about 1e308"));
    }
    None
}

/// A number to the last digit, with an exponent where it would be long.
pub(crate) fn shortest(number: f64) -> String {
    let (plain, scientific) = (number.to_string(), format!("{number:e}"));
    if plain.len() <= scientific.len().max(6) { plain } else { scientific }
}
