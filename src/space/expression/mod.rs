//! An expression over hyperparameters: when one is active, or which combinations are forbidden.
//!
//! Comparison (`== != < <= > >=`, chains such as `1 < x < 5`, `in [..]`, `not in [..]`), arithmetic
//! (`+ - * / // % **`), `and or not`, parentheses, words in quotes, numbers, `true` and `false`. Words of an ordinal
//! compare by their place in its order. The syntax is Python's but for `**`, which binds from left to right and more
//! loosely than a sign, as in Jinja.
pub(crate) mod checking;
pub(crate) mod columns;
pub(crate) mod comparing;
pub mod evaluation;
pub(crate) mod interval;

use std::fmt;

use minijinja::machinery::{Token, parse_expr, tokenize};

use crate::space::expression::checking::{Checker, Mistake};
use crate::space::expression::evaluation::{Point, Truth};
use crate::space::hyperparameter::Hyperparameter;

/// Bytes of the longest expression; its terms nest, and the stack has an end.
const LONGEST: usize = 4000;

/// A compiled expression, checked against the hyperparameters that it reads.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    truth: Truth,
    reads: Vec<usize>,
}

impl Expression {
    /// Parses and type-checks an expression over these hyperparameters.
    pub(crate) fn compile(text: &str, hyperparameters: &[Hyperparameter]) -> Result<Self, Mistake> {
        if text.len() > LONGEST {
            return Err(Mistake::new(LONGEST, format!("the expression is longer than {LONGEST} bytes")));
        }
        let syntax = parse_expr(text).map_err(|error| syntax_mistake(text, &error))?;
        let mut checker = Checker::new(text, hyperparameters);
        let truth = checker.truth(&syntax)?;
        let reads = checker.reads();
        if reads.is_empty() {
            let hint = "name at least one parameter, or leave the expression out".to_owned();
            return Err(Mistake::new(0, "the expression is always the same: it reads no parameter").hint(hint));
        }
        Ok(Self { text: text.to_owned(), truth, reads })
    }

    /// Whether the expression is true at a point; what reads an inactive hyperparameter or divides by zero is not, and
    /// neither is its negation.
    pub fn holds(&self, point: Point) -> bool {
        self.truth.at(point) == Some(true)
    }

    /// Indices of the hyperparameters that it reads, ascending.
    pub fn reads(&self) -> &[usize] {
        &self.reads
    }

    /// The compiled form.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The text from the file.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.text.fmt(out)
    }
}

/// Where and how the text leaves the language.
///
/// The parser tells a line only, so the place is found again: it is the first token that no continuation repairs.
fn syntax_mistake(text: &str, error: &minijinja::Error) -> Mistake {
    let mut end = 0;
    for token in tokenize(text, true, Default::default()) {
        let Ok((token, span)) = token else {
            return lexical_mistake(text, end);
        };
        let start = span.start_offset as usize;
        end = span.end_offset as usize;
        if let Some(mistake) = foreign(&token, start) {
            return mistake;
        }
        if let Err(error) = parse_expr(&text[..end])
            && !error.detail().is_some_and(|detail| detail.starts_with("unexpected end of input"))
        {
            let detail = error.detail().unwrap_or_default();
            let message = match detail {
                "unexpected input after expression" => format!("unexpected `{}`", &text[start..end]),
                _ => detail.to_owned(),
            };
            let hint = match token {
                Token::Ident(_) | Token::Str(_) => "is an `and`, an `or` or a comparison missing before it?",
                Token::ParenClose | Token::BracketClose => "every bracket that closes needs one that opens",
                _ => "an expression looks like \"dim_model % n_heads != 0\" or \"kind == 'wide' and width > 64\"",
            };
            return Mistake::new(start, message).hint(hint.to_owned());
        }
    }
    if text.trim().is_empty() {
        return Mistake::new(0, "the expression is empty").hint("for example \"kind == 'wide'\"".to_owned());
    }
    let expected = error.detail().unwrap_or_default().rsplit("expected ").next().unwrap_or_default();
    let expected = if expected == "expression" { "a number, a word or a parameter" } else { expected };
    Mistake::new(end, "the expression ends too early").hint(format!("{expected} is missing"))
}

/// Operators of other languages.
fn foreign(token: &Token, start: usize) -> Option<Mistake> {
    let (message, hint) = match token {
        Token::Assign => ("`=` does not compare", "use `==`"),
        Token::Pipe => ("`|` is not part of an expression", "write `or`"),
        Token::Tilde => ("`~` is not part of an expression", "write `not`"),
        Token::BraceOpen => ("`{` is not part of an expression", "a list is written [..]"),
        _ => return None,
    };
    Some(Mistake::new(start, message).hint(hint.to_owned()))
}

/// A character that begins no token, or a quote that does not end.
fn lexical_mistake(text: &str, end: usize) -> Mistake {
    let start = end + text[end..].find(|letter: char| !letter.is_whitespace()).unwrap_or(0);
    let rest = &text[start..];
    let letter = rest.chars().next().unwrap_or(' ');
    match letter {
        '\'' | '"' => Mistake::new(start, "this quote is not closed"),
        '&' => Mistake::new(start, "`&` is not part of an expression").hint("write `and`".to_owned()),
        '!' => Mistake::new(start, "`!` is not part of an expression").hint("write `not`".to_owned()),
        '0'..='9' => Mistake::new(start, "this number is too large"),
        _ => Mistake::new(start, format!("`{letter}` is not part of an expression")),
    }
}
