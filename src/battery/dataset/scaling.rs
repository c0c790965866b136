//! Scaling of a user's rows between physical units and the ranges by which a model scales its features.
use crate::battery::dataset::feature::{FEATURES, Ranges, UNITS, WIDTH};
use crate::document::diagnostic::Diagnostic;

/// Ranges of rows that are scaled already.
pub(crate) const SCALED: Ranges = [(0.0, 1.0); WIDTH];
/// The share of a range by which a value may be outside for rounding.
const ROUNDING: f64 = 1e-5;

/// Scales rows of features to 0..1.
///
/// # Errors
/// A value is not a number, or outside of its feature's range.
pub(crate) fn scale(values: &mut [f32], ranges: &Ranges) -> Result<(), Diagnostic> {
    for (place, value) in values.iter_mut().enumerate() {
        let (row, feature) = (place / WIDTH, place % WIDTH);
        let (low, high) = ranges[feature];
        let scaled = (f64::from(*value) - low) / (high - low);
        if !(-ROUNDING..=1.0 + ROUNDING).contains(&scaled) {
            let unit = match UNITS[feature] {
                _ if *ranges == SCALED => "",
                "1" => "",
                unit => unit,
            };
            let message = format!("`{}` is {value} {unit} in row {row}", FEATURES[feature]);
            let range = format!("it must be {low} to {high} {unit}").trim_end().to_owned();
            let other = match *ranges == SCALED {
                true => "; without `--scaled`, rows are in physical units",
                false => "; `--scaled` takes rows that are scaled to 0 and 1",
            };
            return Err(Diagnostic::new(message.replace("  ", " ")).hint(format!("{range}{other}")));
        }
        *value = scaled as f32;
    }
    Ok(())
}

/// Brings scaled rows back to physical units.
///
/// # Errors
/// A value is not a number, or infinite.
pub(crate) fn unscale(values: &mut [f32], ranges: &Ranges) -> Result<(), Diagnostic> {
    for (place, value) in values.iter_mut().enumerate() {
        let (low, high) = ranges[place % WIDTH];
        *value = (low + f64::from(*value) * (high - low)) as f32;
        if !value.is_finite() {
            let (row, feature) = (place / WIDTH, FEATURES[place % WIDTH]);
            let message = format!("the prediction of `{feature}` after row {row} is not a number");
            return Err(Diagnostic::new(message).hint("was the model's training stable?"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGES: Ranges = [(-5.0, 20.0), (2.5, 4.25), (-10.0, 90.0), (0.0, 1.0), (-10.0, 110.0), (2.5, 4.25)];

    #[test]
    fn rows_are_scaled_and_brought_back() {
        let physical = [0.0, 3.375, 25.0, 0.5, 30.0, 4.25];
        let mut rows = physical;
        scale(&mut rows, &RANGES).unwrap();
        assert_eq!(rows, [0.2, 0.5, 0.35, 0.5, 1.0 / 3.0, 1.0]);
        unscale(&mut rows, &RANGES).unwrap();
        assert!(rows.iter().zip(physical).all(|(found, expected)| (found - expected).abs() < 1e-5), "{rows:?}");
    }

    #[test]
    fn values_out_of_range_are_refused() {
        let good = [0.0, 3.375, 25.0, 0.5, 30.0, 4.25];
        for (feature, value, ranges, message, hint) in [
            (1, 0.5, RANGES, "`voltage` is 0.5 V in row 1", "2.5 to 4.25 V; `--scaled`"),
            (3, f32::NAN, RANGES, "`soc` is NaN in row 1", "0 to 1; `--scaled`"),
            (0, f32::INFINITY, RANGES, "`current` is inf A in row 1", "-5 to 20 A"),
            (1, 3.7, SCALED, "in row 0", "without `--scaled`"),
        ] {
            let mut rows = [good, good].concat();
            rows[WIDTH + feature] = value;
            let error = scale(&mut rows, &ranges).unwrap_err().to_string();
            assert!(error.contains(message) && error.contains(hint), "{error}");
        }
        assert!(unscale(&mut [f32::NAN], &RANGES).is_err());
    }
}
