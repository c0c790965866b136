//! The type check that turns the syntax tree of an expression into its compiled form.
use std::collections::BTreeSet;

use minijinja::machinery::Span;
use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr, UnaryOpKind};
use minijinja::value::ValueKind;

use crate::document::source::check_number;
use crate::document::spelling::nearest;
use crate::space::expression::comparing::{comparison_of, quoted};
use crate::space::expression::evaluation::{Arithmetic, Comparison, Number, Truth};
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};

/// What is wrong in an expression, and where: `offset` is a byte of its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    pub offset: usize,
    pub message: String,
    pub hint: Option<String>,
}

impl Mistake {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), hint: None }
    }

    pub(crate) fn hint(self, hint: String) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

/// A term whose kind is known.
pub(crate) enum Term {
    Number(Number),
    Truth(Truth),
    /// A word in quotes.
    Word(String),
    /// A hyperparameter of words, or of values of several kinds.
    Choice(usize),
}

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

    pub(crate) fn truth(&mut self, syntax: &Expr) -> Result<Truth, Mistake> {
        let offset = start(syntax);
        let source = self.source(syntax);
        match self.term(syntax)? {
            Term::Truth(truth) => Ok(truth),
            Term::Number(_) => Err(Mistake::new(offset, format!("`{source}` is a number, neither true nor false"))
                .hint(format!("compare it with something, for example `{source} > 0`"))),
            Term::Word(word) => Err(Mistake::new(offset, format!("the word '{word}' is neither true nor false"))
                .hint(format!("compare a parameter with it: `... == '{word}'`"))),
            Term::Choice(index) => {
                let example = self.values(index).first().map(quoted).unwrap_or_default();
                Err(Mistake::new(offset, format!("`{source}` is a word, neither true nor false"))
                    .hint(format!("compare it with one of its values: `{source} == {example}`")))
            }
        }
    }

    fn number(&mut self, syntax: &Expr) -> Result<Number, Mistake> {
        let (offset, source) = (start(syntax), self.source(syntax));
        match self.term(syntax)? {
            Term::Number(number) => Ok(number),
            Term::Word(word) => Err(Mistake::new(offset, format!("there is no arithmetic with the word '{word}'"))),
            Term::Choice(_) => Err(Mistake::new(offset, format!("`{source}` is not a number"))
                .hint("arithmetic needs parameters whose values are all numbers".to_owned())),
            Term::Truth(_) => {
                Err(Mistake::new(offset, format!("`{source}` is true or false, and there is no arithmetic with that")))
            }
        }
    }

    pub(crate) fn term(&mut self, syntax: &Expr) -> Result<Term, Mistake> {
        match syntax {
            Expr::Var(variable) => self.variable(variable.id, variable.span()),
            Expr::Const(constant) => {
                let value = &constant.value;
                match value.kind() {
                    ValueKind::Bool => Ok(Term::Truth(Truth::Literal(value.is_true()))),
                    ValueKind::Number => {
                        if let Some((message, hint)) = check_number(self.source(syntax)) {
                            return Err(Mistake::new(start(syntax), message).hint(hint));
                        }
                        let number = f64::try_from(value.clone()).ok().filter(|number| number.is_finite());
                        let too_large = || Mistake::new(start(syntax), "this number is too large");
                        Ok(Term::Number(Number::Literal(number.ok_or_else(too_large)?)))
                    }
                    ValueKind::String => Ok(Term::Word(value.as_str().unwrap_or_default().to_owned())),
                    _ => Err(Mistake::new(start(syntax), "`none` is no value of a parameter")
                        .hint("an inactive parameter makes a comparison false by itself".to_owned())),
                }
            }
            Expr::UnaryOp(unary) => Ok(match unary.op {
                UnaryOpKind::Not => Term::Truth(Truth::Not(Box::new(self.truth(&unary.expr)?))),
                UnaryOpKind::Neg => Term::Number(match self.number(&unary.expr)? {
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
                Ok(Term::Truth(Truth::All(terms)))
            }
            Expr::Filter(_) => {
                let place = start(syntax) + self.text[start(syntax)..].find('|').unwrap_or(0);
                Err(Mistake::new(place, "`|` is not part of an expression").hint("write `or`".to_owned()))
            }
            _ => {
                let what = match syntax {
                    Expr::IfExpr(_) => "`if`",
                    Expr::Test(_) => "`is`",
                    Expr::GetAttr(_) | Expr::GetItem(_) | Expr::Slice(_) => "a part of a value (`.` or `[..]`)",
                    Expr::Call(_) => "a function",
                    _ => "a list outside of `in [..]`",
                };
                let hint = "comparison, `in [..]`, arithmetic and `and`, `or`, `not` are what there is".to_owned();
                Err(Mistake::new(start(syntax), format!("{what} cannot be used in an expression")).hint(hint))
            }
        }
    }

    fn variable(&mut self, name: &str, span: Span) -> Result<Term, Mistake> {
        let Some(index) = self.hyperparameters.iter().position(|each| each.name == name) else {
            let mistake = Mistake::new(span.start_offset as usize, format!("there is no parameter named `{name}`"));
            let word = Value::Word(name.into());
            let names = || self.hyperparameters.iter().map(|each| each.name.as_str());
            let hint = if self.hyperparameters.iter().any(|each| each.domain.values().contains(&word)) {
                format!("a word needs quotes: '{name}'")
            } else if let Some(near) = nearest(name, names()) {
                format!("did you mean `{near}`?")
            } else {
                let names: Vec<_> = names().map(|name| format!("`{name}`")).collect();
                format!("there are {}", names.join(", "))
            };
            return Err(mistake.hint(hint));
        };
        self.reads.insert(index);
        let values = self.values(index);
        Ok(match &self.hyperparameters[index].domain {
            Domain::Float { .. } | Domain::Integer { .. } | Domain::Steps(_) => Term::Number(Number::Parameter(index)),
            _ if values.iter().all(|value| matches!(value, Value::Integer(_) | Value::Float(_))) => {
                Term::Number(Number::Parameter(index))
            }
            _ if values.iter().all(|value| matches!(value, Value::Boolean(_))) => Term::Truth(Truth::Parameter(index)),
            _ => Term::Choice(index),
        })
    }

    fn binary(&mut self, operation: BinOpKind, left: &Expr, right: &Expr) -> Result<Term, Mistake> {
        let arithmetic = match operation {
            BinOpKind::ScAnd => return Ok(Term::Truth(Truth::All(vec![self.truth(left)?, self.truth(right)?]))),
            BinOpKind::ScOr => return Ok(Term::Truth(Truth::Any(vec![self.truth(left)?, self.truth(right)?]))),
            BinOpKind::In => return self.membership(left, right, false).map(Term::Truth),
            BinOpKind::Eq => return self.compare(Comparison::Equal, left, right).map(Term::Truth),
            BinOpKind::Ne => return self.compare(Comparison::Unequal, left, right).map(Term::Truth),
            BinOpKind::Lt => return self.compare(Comparison::Less, left, right).map(Term::Truth),
            BinOpKind::Lte => return self.compare(Comparison::LessOrEqual, left, right).map(Term::Truth),
            BinOpKind::Gt => return self.compare(Comparison::Greater, left, right).map(Term::Truth),
            BinOpKind::Gte => return self.compare(Comparison::GreaterOrEqual, left, right).map(Term::Truth),
            BinOpKind::Concat => return Err(Mistake::new(start(left), "`~` cannot be used in an expression")),
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
            return Err(Mistake::new(start(right), "this divides by zero"));
        }
        Ok(Term::Number(Number::Arithmetic(arithmetic, terms)))
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
