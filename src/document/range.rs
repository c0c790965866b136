//! Range checks: diagnostics of numbers that are outside of what their field allows.
use super::diagnostic::Diagnostic;

/// Fails where a share is not between 0 and 1.
pub(crate) fn share(field: &'static str, value: f64) -> Result<(), Diagnostic> {
    require((0.0..=1.0).contains(&value), field, "between 0 and 1", value)
}

/// Fails where a number is negative or not finite.
pub(crate) fn not_negative(field: &'static str, value: f64) -> Result<(), Diagnostic> {
    require(value >= 0.0 && value.is_finite(), field, "0 or above", value)
}

/// Fails where a number is not above zero, or not finite.
pub(crate) fn positive(field: &'static str, value: f64) -> Result<(), Diagnostic> {
    require(value > 0.0 && value.is_finite(), field, "positive", value)
}

/// Fails where a count is zero.
pub(crate) fn at_least_one(field: &'static str, count: u32) -> Result<(), Diagnostic> {
    require(count > 0, field, "at least 1", count)
}

fn require(is_met: bool, field: &'static str, range: &str, value: impl std::fmt::Display) -> Result<(), Diagnostic> {
    if is_met { Ok(()) } else { Err(Diagnostic::new(format!("`{field}` must be {range}, not {value}")).field(field)) }
}
