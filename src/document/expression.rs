//! Expressions inside a document: their syntax tree, or the place where a text stops being one.
//!
//! The syntax is that of minijinja, whose parser gives only the line of an error. The place within the line is
//! determined here: it is the first token that no continuation repairs.
use std::ops::Range;

use minijinja::machinery::ast::Expr;
use minijinja::machinery::{Token, parse_expr, tokenize};

/// A reason why a text is not an expression; places are bytes of the text.
pub(crate) enum SyntaxError<'a> {
    Empty,
    /// No token begins here: a character of another language, or a quote that is not closed.
    NoToken {
        start: usize,
    },
    /// A token that cannot stand here, and the parser's own words.
    Unexpected {
        span: Range<usize>,
        token: Token<'a>,
        detail: String,
    },
    /// The text ends where something is still expected, in the parser's own words.
    Incomplete {
        end: usize,
        expected: String,
    },
}

/// The syntax tree of an expression; where there is none, a foreign token counts as the mistake.
pub(crate) fn parse(text: &str, is_foreign: impl Fn(&Token) -> bool) -> Result<Expr<'_>, SyntaxError<'_>> {
    let error = match parse_expr(text) {
        Ok(syntax) => return Ok(syntax),
        Err(error) => error,
    };
    if text.trim().is_empty() {
        return Err(SyntaxError::Empty);
    }
    let mut end = 0;
    for token in tokenize(text, true, Default::default()) {
        let Ok((token, span)) = token else {
            let start = end + text[end..].find(|letter: char| !letter.is_whitespace()).unwrap_or(0);
            return Err(SyntaxError::NoToken { start });
        };
        end = span.end_offset as usize;
        let unrepaired = || {
            let error = parse_expr(&text[..end]).err()?;
            let detail = error.detail().unwrap_or_default().to_owned();
            (!detail.starts_with("unexpected end of input")).then_some(detail)
        };
        let detail = if is_foreign(&token) { Some(String::new()) } else { unrepaired() };
        if let Some(detail) = detail {
            return Err(SyntaxError::Unexpected { span: span.start_offset as usize..end, token, detail });
        }
    }
    let expected = error.detail().unwrap_or_default().rsplit("expected ").next().unwrap_or_default().to_owned();
    Err(SyntaxError::Incomplete { end, expected })
}
