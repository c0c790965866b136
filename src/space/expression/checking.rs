//! The type check that turns the syntax tree of an expression into its compiled form.
use std::collections::BTreeSet;

use minijinja::machinery::Span;
use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr, UnaryOpKind};
use minijinja::value::ValueKind;

use crate::document::check_number;
use crate::document::diagnostic::Positioned;
use crate::document::spelling::{nearest, suggestion};
use crate::space::domain::Domain;
use crate::space::expression::evaluation::{Arithmetic, ComparisonOperator, Number, Truth};
use crate::space::expression::quoting::{is_bare, name_at, quoted};
use crate::space::expression::syntax::{comparison_of, start};
use crate::space::hyperparameter::Hyperparameter;
use crate::space::value::Value;

/// A term whose kind is known.
pub(crate) enum TypedTerm {
    Number(Number),
    Truth(Truth),
    /// A word in quotes.
    Word(String),
    /// `none`, no value.
    Null,
    /// A hyperparameter of words, or of values of several kinds.
    Choice(usize),
}

/// The type checker of one expression, which notes the hyperparameters that it reads.
pub(crate) struct Checker<'a> {
    text: &'a str,
    pub(crate) hyperparameters: &'a [Hyperparameter],
    reads: BTreeSet<usize>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(text: &'a str, hyperparameters: &'a [Hyperparameter]) -> Self {
        Self { text, hyperparameters, reads: BTreeSet::new() }
    }

    pub(crate) fn reads(self) -> Vec<usize> {
        self.reads.into_iter().collect()
    }

    pub(crate) fn truth(&mut self, syntax: &Expr) -> Result<Truth, Positioned> {
        let offset = start(syntax);
        let source = self.source(syntax);
        match self.term(syntax)? {
            TypedTerm::Truth(truth) => Ok(truth),
            TypedTerm::Number(_) => {
                Err(Positioned::new(offset, format!("`{source}` is a number, neither true nor false"))
                    .hint(format!("compare it with something, for example `{source} > 0`")))
            }
            TypedTerm::Null => Err(Positioned::new(offset, "`none` is neither true nor false")),
            TypedTerm::Word(word) => {
                Err(Positioned::new(offset, format!("the word '{word}' is neither true nor false"))
                    .hint(format!("compare a parameter with it: `... == '{word}'`")))
            }
            TypedTerm::Choice(index) => {
                let example = self.values(index).first().map(Value::to_literal).unwrap_or_default();
                Err(Positioned::new(offset, format!("`{source}` is a word, neither true nor false"))
                    .hint(format!("compare it with one of its values: `{source} == {example}`")))
            }
        }
    }

    fn number(&mut self, syntax: &Expr) -> Result<Number, Positioned> {
        let (offset, source) = (start(syntax), self.source(syntax));
        match self.term(syntax)? {
            TypedTerm::Number(number) => Ok(number),
            TypedTerm::Null => Err(Positioned::new(offset, "there is no arithmetic with `none`")),
            TypedTerm::Word(word) => {
                Err(Positioned::new(offset, format!("there is no arithmetic with the word '{word}'")))
            }
            TypedTerm::Choice(_) => Err(Positioned::new(offset, format!("`{source}` is not a number"))
                .hint("arithmetic needs parameters whose values are all numbers")),
            TypedTerm::Truth(_) => Err(Positioned::new(
                offset,
                format!("`{source}` is true or false, and there is no arithmetic with that"),
            )),
        }
    }

    pub(crate) fn term(&mut self, syntax: &Expr) -> Result<TypedTerm, Positioned> {
        match syntax {
            Expr::Var(variable) => self.variable(variable.id, variable.span()),
            Expr::Const(constant) => self.literal(&constant.value, syntax),
            Expr::UnaryOp(unary) => Ok(match unary.op {
                UnaryOpKind::Not => TypedTerm::Truth(Truth::Not(Box::new(self.truth(&unary.expr)?))),
                UnaryOpKind::Neg => TypedTerm::Number(match self.number(&unary.expr)? {
                    Number::Literal(number) => Number::Literal(-number),
                    number => Number::Negative(Box::new(number)),
                }),
            }),
            Expr::BinOp(binary) => self.binary(binary.op, &binary.left, &binary.right),
            Expr::Compare(chain) => {
                let mut terms = Vec::new();
                let mut left = &chain.expr;
                for link in &chain.ops {
                    terms.push(match comparison_of(link.op) {
                        Some(comparison) => self.compare(comparison, left, &link.expr)?,
                        None => self.membership(left, &link.expr, matches!(link.op, CompareOpKind::NotIn))?,
                    });
                    left = &link.expr;
                }
                Ok(TypedTerm::Truth(Truth::All(terms)))
            }
            _ => Err(self.unsupported(syntax)),
        }
    }

    fn literal(&self, value: &minijinja::Value, syntax: &Expr) -> Result<TypedTerm, Positioned> {
        match value.kind() {
            ValueKind::Bool => Ok(TypedTerm::Truth(Truth::Literal(value.is_true()))),
            ValueKind::Number => {
                if let Some(diagnostic) = check_number(self.source(syntax)) {
                    return Err(Positioned { offset: start(syntax), diagnostic });
                }
                let number = f64::try_from(value.clone()).ok().filter(|number| number.is_finite());
                let too_large = || Positioned::new(start(syntax), "this number is too large");
                Ok(TypedTerm::Number(Number::Literal(number.ok_or_else(too_large)?)))
            }
            ValueKind::String => Ok(TypedTerm::Word(value.as_str().unwrap_or_default().to_owned())),
            _ => Ok(TypedTerm::Null),
        }
    }

    /// The mistake of a construct that expressions do not have.
    fn unsupported(&self, syntax: &Expr) -> Positioned {
        let part = match syntax {
            Expr::Filter(_) => {
                let place = start(syntax) + self.text[start(syntax)..].find('|').unwrap_or(0);
                return Positioned::new(place, "`|` is not part of an expression").hint("write `or`");
            }
            Expr::IfExpr(_) => "`if`",
            Expr::Test(_) => "`is`",
            Expr::GetAttr(_) | Expr::GetItem(_) | Expr::Slice(_) => {
                let names = self.hyperparameters.iter().map(|each| each.name.as_str()).filter(|name| !is_bare(name));
                if let Some(near) = nearest(self.source(syntax), names) {
                    let source = self.source(syntax);
                    let fault = if near == source { "stands without backticks" } else { "is no parameter" };
                    let message = format!("`{source}` {fault}");
                    return Positioned::new(start(syntax), message).hint(format!("did you mean {}?", quoted(near)));
                }
                "a part of a value (`.` or `[..]`)"
            }
            Expr::Call(_) => "a function",
            _ => "a list outside of `in [..]`",
        };
        Positioned::new(start(syntax), format!("{part} cannot be used in an expression"))
            .hint("an expression has comparisons, `in [..]`, arithmetic, `and`, `or` and `not`")
    }

    fn variable(&mut self, masked: &str, span: Span) -> Result<TypedTerm, Positioned> {
        let name = name_at(self.text, span.start_offset as usize, masked);
        let Some(index) = self.hyperparameters.iter().position(|each| each.name == name) else {
            let mistake = Positioned::new(span.start_offset as usize, format!("there is no parameter named `{name}`"));
            let word = Value::Word(name.as_ref().into());
            let names = self.hyperparameters.iter().map(|each| each.name.as_str());
            let hint = if self.hyperparameters.iter().any(|each| each.domain.values().contains(&word)) {
                format!("a word needs quotes: '{name}'")
            } else {
                suggestion(&name, names)
            };
            return Err(mistake.hint(hint));
        };
        self.reads.insert(index);
        let values = self.values(index);
        Ok(match &self.hyperparameters[index].domain {
            Domain::Float { .. } | Domain::Integer { .. } | Domain::Steps(_) => {
                TypedTerm::Number(Number::Parameter(index))
            }
            _ if values.iter().all(|value| matches!(value, Value::Integer(_) | Value::Float(_))) => {
                TypedTerm::Number(Number::Parameter(index))
            }
            _ if values.iter().all(|value| matches!(value, Value::Boolean(_))) => {
                TypedTerm::Truth(Truth::Parameter(index))
            }
            _ => TypedTerm::Choice(index),
        })
    }

    fn binary(&mut self, operation: BinOpKind, left: &Expr, right: &Expr) -> Result<TypedTerm, Positioned> {
        let arithmetic = match operation {
            BinOpKind::ScAnd => return Ok(TypedTerm::Truth(Truth::All(vec![self.truth(left)?, self.truth(right)?]))),
            BinOpKind::ScOr => return Ok(TypedTerm::Truth(Truth::Any(vec![self.truth(left)?, self.truth(right)?]))),
            BinOpKind::In => return self.membership(left, right, false).map(TypedTerm::Truth),
            BinOpKind::Eq => return self.compare(ComparisonOperator::Equal, left, right).map(TypedTerm::Truth),
            BinOpKind::Ne => return self.compare(ComparisonOperator::Unequal, left, right).map(TypedTerm::Truth),
            BinOpKind::Lt => return self.compare(ComparisonOperator::Less, left, right).map(TypedTerm::Truth),
            BinOpKind::Lte => return self.compare(ComparisonOperator::LessOrEqual, left, right).map(TypedTerm::Truth),
            BinOpKind::Gt => return self.compare(ComparisonOperator::Greater, left, right).map(TypedTerm::Truth),
            BinOpKind::Gte => {
                return self.compare(ComparisonOperator::GreaterOrEqual, left, right).map(TypedTerm::Truth);
            }
            BinOpKind::Concat => return Err(Positioned::new(start(left), "`~` cannot be used in an expression")),
            BinOpKind::Add => Arithmetic::Add,
            BinOpKind::Sub => Arithmetic::Subtract,
            BinOpKind::Mul => Arithmetic::Multiply,
            BinOpKind::Div => Arithmetic::Divide,
            BinOpKind::FloorDiv => Arithmetic::FloorDivide,
            BinOpKind::Rem => Arithmetic::Remainder,
            BinOpKind::Pow => Arithmetic::Power,
        };
        let terms = Box::new([self.number(left)?, self.number(right)?]);
        if let Number::Literal(zero) = terms[1]
            && zero == 0.0
            && matches!(arithmetic, Arithmetic::Divide | Arithmetic::FloorDivide | Arithmetic::Remainder)
        {
            return Err(Positioned::new(start(right), "this divides by zero"));
        }
        Ok(TypedTerm::Number(Number::Arithmetic(arithmetic, terms)))
    }

    pub(crate) fn values(&self, index: usize) -> &'a [Value] {
        self.hyperparameters[index].domain.values()
    }

    /// The text of a term.
    pub(crate) fn source(&self, syntax: &Expr) -> &'a str {
        let text = &self.text[start(syntax)..(syntax.span().end_offset as usize).max(start(syntax))];
        text.trim()
    }
}
