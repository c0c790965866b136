//! Numbers on the command line, and errors about them in plain words.
use crate::document::diagnostic::Diagnostic;

/// A whole number, not negative.
///
/// # Errors
/// The text is none, or the number is too large for its purpose.
pub(super) fn whole<T: TryFrom<u64>>(text: &str) -> Result<T, Diagnostic> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Diagnostic::new("it is not a whole number from 0 on, such as 12"));
    }
    let number = digits.parse::<u64>().ok().and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| Diagnostic::new("the number is too large"))
}

/// A whole number within two others.
///
/// # Errors
/// The text is none, or lies outside.
pub(super) fn within<T: TryFrom<u64>, const LEAST: u64, const LARGEST: u64>(text: &str) -> Result<T, Diagnostic> {
    let number = whole::<u64>(text)?;
    let inside = Some(number).filter(|number| (LEAST..=LARGEST).contains(number));
    inside.and_then(|number| T::try_from(number).ok()).ok_or_else(|| match LARGEST {
        u64::MAX => Diagnostic::new(format!("it must be at least {LEAST}")),
        _ => Diagnostic::new(format!("it must be {LEAST} to {LARGEST}")),
    })
}

/// A finite number.
///
/// # Errors
/// The text is none.
pub(super) fn real(text: &str) -> Result<f64, Diagnostic> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ if text.contains(',') => Err(Diagnostic::new("decimals are written with a point, as in 0.5")),
        _ => Err(Diagnostic::new("it is not a number such as 12, -0.5 or 1e-3")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_or_refused_in_plain_words() {
        assert_eq!((whole::<u32>("12"), whole::<usize>("+0"), real("-5e-1")), (Ok(12), Ok(0), Ok(-0.5)));
        for (text, words) in [
            ("x", "whole number"),
            ("", "whole number"),
            ("-1", "whole number"),
            ("1.5", "whole number"),
            ("4294967296", "too large"),
            ("99999999999999999999999", "too large"),
        ] {
            assert!(whole::<u32>(text).unwrap_err().message.contains(words), "{text}");
        }
        assert_eq!(within::<u32, 1, 9>("9"), Ok(9));
        for (text, words) in [("0", "1 to 9"), ("10", "1 to 9"), ("x", "whole number")] {
            assert!(within::<u32, 1, 9>(text).unwrap_err().message.contains(words), "{text}");
        }
        for (text, words) in [("x", "not a number"), ("NaN", "not a number"), ("1e999", "not"), ("0,5", "a point")] {
            assert!(real(text).unwrap_err().message.contains(words), "{text}");
        }
    }
}
