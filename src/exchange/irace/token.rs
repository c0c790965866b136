//! Tokens of the expressions of R that conditions are made of.

/// A token of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    /// A number as it is written, without the `L` of whole ones.
    Number(String),
    Text(String),
    /// An operator, a parenthesis or a comma.
    Sign(&'static str),
    End,
}

/// Operators, the longest first.
const SIGNS: [&str; 24] = [
    "%in%", "%/%", "%%", "&&", "||", "==", "!=", "<=", ">=", "**", "&", "|", "<", ">", "!", "+", "-", "*", "/", "^",
    "(", ")", ",", ":",
];

/// The tokens of a text with the byte at which each begins, the end last; an error is the byte of what is no token.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = match first {
            _ if first.is_whitespace() => {
                at += first.len_utf8();
                continue;
            }
            '"' | '\'' => {
                let end = rest[1..].find(first).ok_or(at)?;
                (Token::Text(rest[1..=end].to_owned()), end + 2)
            }
            '`' => {
                let end = rest[1..].find('`').ok_or(at)?;
                (Token::Name(rest[1..=end].to_owned()), end + 2)
            }
            _ if first.is_ascii_digit()
                || (first == '.' && rest[1..].starts_with(|next: char| next.is_ascii_digit())) =>
            {
                let length = number(rest);
                let whole = usize::from(rest[length..].starts_with('L'));
                (Token::Number(rest[..length].to_owned()), length + whole)
            }
            _ if is_letter(first) => {
                let length = rest.find(|letter: char| !is_letter(letter)).unwrap_or(rest.len());
                (Token::Name(rest[..length].to_owned()), length)
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign)).ok_or(at)?;
                (Token::Sign(sign), sign.len())
            }
        };
        found.push((token, at));
        at += length;
    }
    found.push((Token::End, text.len()));
    Ok(found)
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '.' || letter == '_'
}

/// The length of the number at the beginning of a text: digits, a point and an exponent.
fn number(text: &str) -> usize {
    let digits = |from: usize| from + text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    if text[end..].starts_with('.') {
        end = digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}
