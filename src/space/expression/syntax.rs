//! The syntax of expressions over hyperparameters: parsing, and the mistakes of a text that does not parse.
use minijinja::machinery::Token;
use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr, UnaryOpKind};

use crate::document::diagnostic::Positioned;
use crate::document::expression::{self, SyntaxError};
use crate::space::expression::evaluation::ComparisonOperator;

/// The syntax tree of an expression, by its masked text ([`quoting`](super::quoting)); mistakes quote the text itself.
pub(crate) fn parse<'a>(text: &str, masked: &'a str) -> Result<Expr<'a>, Positioned> {
    expression::parse(masked, |token| foreign(token).is_some()).map_err(|error| mistake(text, error))
}

/// The first byte of a term; the parser's own spans of comparisons begin one token too early.
pub(crate) fn start(syntax: &Expr) -> usize {
    match syntax {
        Expr::BinOp(binary) => start(&binary.left),
        Expr::Compare(chain) => start(&chain.expr),
        Expr::IfExpr(choice) => start(&choice.true_expr),
        Expr::GetAttr(part) => start(&part.expr),
        Expr::GetItem(part) => start(&part.expr),
        Expr::Slice(part) => start(&part.expr),
        Expr::Test(test) => start(&test.expr),
        Expr::Call(call) => start(&call.expr),
        Expr::Filter(filter) => filter.expr.as_ref().map_or(filter.span().start_offset as usize, start),
        Expr::UnaryOp(unary) if matches!(unary.op, UnaryOpKind::Not) => {
            // `a not in [..]` is the negation of `a in [..]`.
            match &unary.expr {
                Expr::BinOp(binary) if matches!(binary.op, BinOpKind::In) => start(&binary.left),
                _ => unary.span().start_offset as usize,
            }
        }
        _ => syntax.span().start_offset as usize,
    }
}

/// The comparison of an operator; `None` for membership.
pub(crate) fn comparison_of(operation: CompareOpKind) -> Option<ComparisonOperator> {
    Some(match operation {
        CompareOpKind::Eq => ComparisonOperator::Equal,
        CompareOpKind::Ne => ComparisonOperator::Unequal,
        CompareOpKind::Lt => ComparisonOperator::Less,
        CompareOpKind::Lte => ComparisonOperator::LessOrEqual,
        CompareOpKind::Gt => ComparisonOperator::Greater,
        CompareOpKind::Gte => ComparisonOperator::GreaterOrEqual,
        CompareOpKind::In | CompareOpKind::NotIn => return None,
    })
}

fn mistake(text: &str, error: SyntaxError) -> Positioned {
    match error {
        SyntaxError::Empty => Positioned::new(0, "the expression is empty").hint("for example \"kind == 'wide'\""),
        SyntaxError::NoToken { start } => no_token(text, start),
        SyntaxError::Unexpected { span, token, detail } => {
            if let Some((message, hint)) = foreign(&token) {
                return Positioned::new(span.start, message).hint(hint);
            }
            let message = match detail.as_str() {
                "unexpected input after expression" => format!("unexpected `{}`", &text[span.clone()]),
                _ => detail,
            };
            Positioned::new(span.start, message).hint(match token {
                Token::Ident(_) | Token::Str(_) => "is an `and`, an `or` or a comparison missing before it?",
                Token::ParenClose | Token::BracketClose => "every bracket that closes needs one that opens",
                _ => "an expression looks like \"dim_model % n_heads != 0\" or \"kind == 'wide' and width > 64\"",
            })
        }
        SyntaxError::Incomplete { end, expected } => {
            let expected = if expected == "expression" { "a number, a word or a parameter" } else { &expected };
            Positioned::new(end, "the expression ends too early").hint(format!("{expected} is missing"))
        }
    }
}

/// The message and the hint for an operator of another language.
fn foreign(token: &Token) -> Option<(&'static str, &'static str)> {
    Some(match token {
        Token::Assign => ("`=` does not compare", "use `==`"),
        Token::Pipe => ("`|` is not part of an expression", "write `or`"),
        Token::Tilde => ("`~` is not part of an expression", "write `not`"),
        Token::BraceOpen => ("`{` is not part of an expression", "a list is written [..]"),
        _ => return None,
    })
}

/// A character that begins no token, or a quote that does not end.
fn no_token(text: &str, start: usize) -> Positioned {
    let letter = text[start..].chars().next().unwrap_or(' ');
    match letter {
        '\'' | '"' => Positioned::new(start, "this quote is not closed"),
        '&' => Positioned::new(start, "`&` is not part of an expression").hint("write `and`"),
        '!' => Positioned::new(start, "`!` is not part of an expression").hint("write `not`"),
        '0'..='9' => Positioned::new(start, "this number is too large"),
        _ => Positioned::new(start, format!("`{letter}` is not part of an expression")),
    }
}
