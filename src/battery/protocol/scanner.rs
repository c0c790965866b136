//! The scanner of a protocol's text: words, numbers and quantities from left to right, with errors at their places.
use crate::battery::protocol::unit::{Measure, converted, unit, units};
use crate::document::diagnostic::Positioned;
use crate::document::spelling::{backticked, nearest};

/// Letters of the text that a message quotes.
const QUOTED: usize = 30;
/// The largest amount of a number.
const LARGEST: f64 = 1e9;

/// A quantity as it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct QuantityRead {
    pub measure: Measure,
    pub value: f64,
    /// The place of the quantity, and that of its unit.
    pub at: usize,
    pub unit_at: usize,
}

/// A text that is read from left to right.
pub(crate) struct Scanner<'a> {
    pub text: &'a str,
    /// The byte that comes next.
    pub at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Passes over blanks within a line.
    pub(crate) fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\u{a0}']).len();
    }

    /// Passes over whatever separates steps: blanks, ends of lines, commas, quotes, plus signs and comments.
    pub(crate) fn skip_separators(&mut self) {
        loop {
            let rest = self.rest();
            let separator = |letter: char| letter.is_whitespace() || ";,\"'+\\\u{201c}\u{201d}".contains(letter);
            self.at += rest.len() - rest.trim_start_matches(separator).len();
            if self.peek() != Some('#') {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    /// Passes over a letter that comes next.
    pub(crate) fn take(&mut self, letter: char) -> bool {
        self.skip_blanks();
        let found = self.peek() == Some(letter);
        self.at += if found { letter.len_utf8() } else { 0 };
        found
    }

    /// True at the end of a sentence.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.skip_blanks();
        self.peek().is_none_or(|letter| "\r\n;,\"'#)]\u{201c}\u{201d}".contains(letter))
    }

    /// The word that comes next, without passing over it.
    pub(crate) fn word(&mut self) -> &'a str {
        self.skip_blanks();
        let rest = self.rest();
        let end = rest.find(|letter: char| !(letter.is_alphabetic() || letter == '_')).unwrap_or(rest.len());
        &rest[..end]
    }

    /// Passes over a word, in capital or small letters, that comes next.
    pub(crate) fn take_word(&mut self, wanted: &str) -> bool {
        let found = self.word().eq_ignore_ascii_case(wanted);
        self.at += if found { wanted.len() } else { 0 };
        found
    }

    /// The text that comes next, shortened, for a message.
    pub(crate) fn shown(&self) -> String {
        let piece = self.rest().split(['\n', ';', '"', ')']).next().unwrap_or_default().trim();
        let short: String = piece.chars().take(QUOTED).collect();
        match (short.is_empty(), short.len() < piece.len()) {
            (true, _) => "the end".to_owned(),
            (false, true) => format!("`{short}...`"),
            (false, false) => format!("`{short}`"),
        }
    }

    /// The error that something else should come next.
    pub(crate) fn expected(&self, what: &str) -> Positioned {
        Positioned::new(self.at, format!("{what} should stand here, not {}", self.shown()))
    }

    /// A number that comes next.
    pub(crate) fn number(&mut self) -> Result<f64, Positioned> {
        self.skip_blanks();
        let start = self.at;
        let rest = self.rest().as_bytes();
        let digits = |from: usize| rest[from.min(rest.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = usize::from(matches!(rest.first(), Some(b'+' | b'-')));
        let whole = digits(end);
        end += whole;
        let mut fraction = 0;
        if rest.get(end) == Some(&b'.') {
            fraction = digits(end + 1);
            end += if whole + fraction > 0 { 1 + fraction } else { 0 };
        }
        if whole + fraction == 0 {
            return Err(self.expected("a number").hint("write numbers such as 12, 0.5 or 1e-3"));
        }
        if matches!(rest.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + sign);
            end += if exponent > 0 { 1 + sign + exponent } else { 0 };
        }
        let written = &self.text[start..start + end];
        let value: f64 = written.parse().map_err(|_| self.expected("a number"))?;
        if !value.is_finite() || value.abs() > LARGEST {
            return Err(Positioned::new(start, format!("`{written}` is too large")).hint("is its unit right?"));
        }
        self.at += end;
        if self.peek() == Some(',') && self.rest()[1..].starts_with(|letter: char| letter.is_ascii_digit()) {
            let message = "decimals are written with a point, and nothing between thousands";
            return Err(Positioned::new(self.at, message).hint("write numbers such as 3.3 and 1200"));
        }
        Ok(value)
    }

    /// A quantity of one of some measures that comes next.
    pub(crate) fn quantity(&mut self, allowed: &[Measure], what: &str) -> Result<QuantityRead, Positioned> {
        self.skip_blanks();
        let at = self.at;
        let known = || format!("units of {what} are {}", backticked(units(allowed)));
        if self.take_rate() {
            let below = self.number()?;
            if below <= 0.0 {
                return Err(Positioned::new(at, "a rate `C/x` needs a positive x").hint("C/10 takes ten hours"));
            }
            let read = QuantityRead { measure: Measure::Rate, value: 1.0 / below, at, unit_at: at };
            if !read.value.is_finite() || read.value > LARGEST {
                return Err(Positioned::new(at, "this rate is too large").hint("C/10 takes ten hours"));
            }
            return self.allowed(read, "C", allowed, &known());
        }
        let value = self.number()?;
        self.skip_blanks();
        let unit_at = self.at;
        let rest = self.rest();
        let is_unit = |letter: char| letter.is_alphabetic() || "°º%Ω.".contains(letter);
        let end = rest.find(|letter: char| !is_unit(letter)).unwrap_or(rest.len());
        let word = rest[..end].trim_end_matches('.');
        if word.is_empty() {
            return Err(Positioned::new(unit_at, "a unit is missing after the number").hint(known()));
        }
        let Some((measure, factor)) = unit(word) else {
            let short: String = word.chars().take(QUOTED).collect();
            let near = nearest(&short, units(allowed)).map(|near| format!("did you mean `{near}`? "));
            let hint = format!("{}{}", near.unwrap_or_default(), known());
            return Err(Positioned::new(unit_at, format!("`{short}` is not a unit")).hint(hint));
        };
        self.at += word.len();
        let read = QuantityRead { measure, value: converted(value, word, factor), at, unit_at };
        self.allowed(read, word, allowed, &known())
    }

    /// A time that comes next, s, which is positive.
    pub(crate) fn time(&mut self) -> Result<f64, Positioned> {
        let read = self.quantity(&[Measure::Time], "time")?;
        if read.value < 1e-3 || read.value > LARGEST {
            let message = "a time must be at least 1 ms, and at most 10000 days";
            return Err(Positioned::new(read.at, message).hint("write times such as `10 minutes` or `0.5 hours`"));
        }
        Ok(read.value)
    }

    fn allowed(
        &self,
        read: QuantityRead,
        word: &str,
        allowed: &[Measure],
        known: &str,
    ) -> Result<QuantityRead, Positioned> {
        match allowed.contains(&read.measure) {
            true => Ok(read),
            false => Err(Positioned::new(read.unit_at, format!("`{word}` does not fit here")).hint(known)),
        }
    }

    /// Passes over the beginning of a rate, `C/`.
    fn take_rate(&mut self) -> bool {
        let Some(rest) = self.rest().strip_prefix(['C', 'c']) else { return false };
        let Some(rest) = rest.trim_start_matches(' ').strip_prefix('/') else { return false };
        self.at = self.text.len() - rest.len();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_with_and_without_blanks() {
        let measures = [Measure::Current, Measure::Rate, Measure::Voltage, Measure::Time, Measure::Charge];
        for (text, measure, value) in [
            ("C/10", Measure::Rate, 0.1),
            ("C / 2.5", Measure::Rate, 0.4),
            ("0.5C", Measure::Rate, 0.5),
            (".5 C", Measure::Rate, 0.5),
            ("1e-3A", Measure::Current, 1e-3),
            ("50mA", Measure::Current, 0.05),
            ("4.1  V", Measure::Voltage, 4.1),
            ("2 A.h", Measure::Charge, 7200.0),
            ("2h", Measure::Time, 7200.0),
            ("1.5 hours", Measure::Time, 5400.0),
        ] {
            let read = Scanner::new(text).quantity(&measures, "this").unwrap();
            assert_eq!((read.measure, read.value), (measure, value), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_quantity_is_said_at_its_place() {
        for (text, at, message, hint) in [
            ("V", 0, "a number should stand here, not `V`", "such as 12"),
            ("", 0, "a number should stand here, not the end", "such as 12"),
            ("3,3 V", 1, "decimals are written with a point", "3.3"),
            ("3.3", 3, "a unit is missing", "`V`, `mV`"),
            ("3.3 Vo", 4, "`Vo` is not a unit", "did you mean `V`?"),
            ("3.3 A", 4, "`A` does not fit here", "units of voltage are `V`"),
            ("1e400 V", 0, "`1e400` is too large", "unit"),
            ("C/0", 0, "needs a positive x", "ten hours"),
        ] {
            let error = Scanner::new(text).quantity(&[Measure::Voltage], "voltage").unwrap_err();
            assert_eq!(error.offset, at, "{text}");
            let (found, advice) = (&error.diagnostic.message, error.diagnostic.hint.clone().unwrap_or_default());
            assert!(found.contains(message) && advice.contains(hint), "{found}: {advice}");
        }
    }
}
