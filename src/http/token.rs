//! Tokens: 256 random bits that whoever reads from another machine must show.
use std::fmt;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read};

/// The length of a token in bytes.
const BYTES: usize = 32;

/// A secret that a link, a cookie or the header `Authorization` carries.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    /// A new token from the kernel's source of randomness.
    ///
    /// # Errors
    /// The source cannot be read.
    pub(crate) fn random() -> io::Result<Self> {
        let mut bytes = [0; BYTES];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// True where a text is this token. The time that this takes depends on the length of the text alone.
    pub(crate) fn is(&self, text: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), text.as_bytes());
        if own.len() != other.len() {
            return false;
        }
        let difference = own.iter().zip(other).fold(0, |difference, (a, b)| black_box(difference | (a ^ b)));
        difference == 0
    }

    /// The token as text, for a link.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_knows_itself_and_nothing_else() {
        let (token, other) = (Token::random().unwrap(), Token::random().unwrap());
        let text = token.text().to_owned();
        assert_eq!(text.len(), 2 * BYTES);
        assert!(token.is(&text) && !token.is(other.text()) && token != other);
        for wrong in ["", &text[1..], &format!("{text}0"), &text.to_uppercase().replace(char::is_numeric, "x")] {
            assert!(!token.is(wrong), "{wrong}");
        }
        assert!(!format!("{token:?}").contains(&text), "a secret is not printed by accident");
    }
}
