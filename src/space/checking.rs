//! The type check that turns the syntax tree of an expression into its compiled form.
use std::collections::BTreeSet;

use minijinja::machinery::Span;
use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr, UnaryOpKind};
use minijinja::value::ValueKind;

use super::evaluation::{Arithmetic, Comparison, Number, Rank, Truth};
use super::hyperparameter::{Domain, Hyperparameter, Value};
use super::spelling::nearest;

/// What is wrong in an expression, and where: `offset` is a byte of its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    pub offset: usize,
    pub message: String,
    pub hint: Option<String>,
}

impl Mistake {
    pub(super) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), hint: None }
    }

    pub(super) fn hint(self, hint: String) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

/// A term whose kind is known.
enum Term {
    Number(Number),
    Truth(Truth),
    /// A word in quotes.
    Word(String),
    /// A hyperparameter of words, or of values of several kinds.
    Choice(usize),
}

pub(super) struct Checker<'a> {
    text: &'a str,
    hyperparameters: &'a [Hyperparameter],
    reads: BTreeSet<usize>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(text: &'a str, hyperparameters: &'a [Hyperparameter]) -> Self {
        Self { text, hyperparameters, reads: BTreeSet::new() }
    }

    pub(super) fn reads(self) -> Vec<usize> {
        self.reads.into_iter().collect()
    }

    pub(super) fn truth(&mut self, syntax: &Expr) -> Result<Truth, Mistake> {
        let offset = start(syntax);
        let source = self.source(syntax);
        match self.term(syntax)? {
            Term::Truth(truth) => Ok(truth),
            Term::Number(_) => Err(Mistake::new(offset, format!("`{source}` is a number, neither true nor false"))
                .hint(format!("compare it with something, for example `{source} > 0`"))),
            Term::Word(word) => Err(Mistake::new(offset, format!("the word '{word}' is neither true nor false"))
                .hint(format!("compare a hyperparameter with it: `... == '{word}'`"))),
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
                .hint("arithmetic needs hyperparameters whose values are all numbers".to_owned())),
            Term::Truth(_) => {
                Err(Mistake::new(offset, format!("`{source}` is true or false, and there is no arithmetic with that")))
            }
        }
    }

    fn term(&mut self, syntax: &Expr) -> Result<Term, Mistake> {
        match syntax {
            Expr::Var(variable) => self.variable(variable.id, variable.span()),
            Expr::Const(constant) => {
                let value = &constant.value;
                match value.kind() {
                    ValueKind::Bool => Ok(Term::Truth(Truth::Literal(value.is_true()))),
                    ValueKind::Number => {
                        let number = f64::try_from(value.clone()).ok().filter(|number| number.is_finite());
                        let too_large = || Mistake::new(start(syntax), "this number is too large");
                        Ok(Term::Number(Number::Literal(number.ok_or_else(too_large)?)))
                    }
                    ValueKind::String => Ok(Term::Word(value.as_str().unwrap_or_default().to_owned())),
                    _ => Err(Mistake::new(start(syntax), "`none` is no value of a hyperparameter")
                        .hint("an inactive hyperparameter makes a comparison false by itself".to_owned())),
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
            _ => {
                let what = match syntax {
                    Expr::IfExpr(_) => "`if`",
                    Expr::Filter(_) => "a filter (`|`)",
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
            let mistake =
                Mistake::new(span.start_offset as usize, format!("there is no hyperparameter named `{name}`"));
            let word = Value::Word(name.to_owned());
            let names = || self.hyperparameters.iter().map(|each| each.name.as_str());
            let hint = if self.hyperparameters.iter().any(|each| values(each).contains(&word)) {
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
            Domain::Float { .. } | Domain::Integer { .. } => Term::Number(Number::Parameter(index)),
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

    fn compare(&mut self, comparison: Comparison, left: &Expr, right: &Expr) -> Result<Truth, Mistake> {
        let (left_source, right_source) = (self.source(left), self.source(right));
        let (a, b) = (self.term(left)?, self.term(right)?);
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::Unequal);
        let signed = |truth| if comparison == Comparison::Unequal { Truth::Not(Box::new(truth)) } else { truth };
        match (a, b) {
            (Term::Number(a), Term::Number(b)) => {
                if !ordered {
                    self.reachable(&a, &b, start(right))?;
                    self.reachable(&b, &a, start(left))?;
                }
                Ok(Truth::Numbers(comparison, Box::new([a, b])))
            }
            (Term::Truth(a), Term::Truth(b)) if !ordered => {
                // Both or neither; what is unknown on one side stays unknown.
                let both = Truth::All(vec![a.clone(), b.clone()]);
                let neither = Truth::All(vec![Truth::Not(Box::new(a)), Truth::Not(Box::new(b))]);
                Ok(signed(Truth::Any(vec![both, neither])))
            }
            (Term::Choice(a), Term::Choice(b)) if !ordered => Ok(signed(Truth::Same(a, b))),
            (Term::Choice(a), Term::Choice(b)) => {
                let (first, second) = (self.rank(a, start(left))?, self.rank(b, start(right))?);
                if self.values(a) != self.values(b) {
                    let message = format!("the orders of `{left_source}` and `{right_source}` are not the same");
                    return Err(Mistake::new(start(left), message)
                        .hint("words compare by their place in an order that both sides must share".to_owned()));
                }
                Ok(Truth::Ranks(comparison, Box::new([first, second])))
            }
            (Term::Choice(index), other) => {
                let value = self.member(index, &left_source, other, right)?;
                if !ordered {
                    return Ok(signed(Truth::Is(index, value)));
                }
                let place = self.place(index, &value);
                Ok(Truth::Ranks(comparison, Box::new([self.rank(index, start(left))?, place])))
            }
            (other, Term::Choice(index)) => {
                let value = self.member(index, &right_source, other, left)?;
                if !ordered {
                    return Ok(signed(Truth::Is(index, value)));
                }
                let place = self.place(index, &value);
                Ok(Truth::Ranks(comparison, Box::new([place, self.rank(index, start(right))?])))
            }
            (a, b) => {
                let describe = |term: &Term, source: &str| match term {
                    Term::Number(_) => format!("`{source}` is a number"),
                    Term::Truth(_) => format!("`{source}` is true or false"),
                    Term::Word(_) | Term::Choice(_) => format!("{source} is a word"),
                };
                let message = match (&a, &b) {
                    (Term::Word(_), Term::Word(_)) => "two words in quotes are compared".to_owned(),
                    (Term::Truth(_), Term::Truth(_)) => "true and false have no order".to_owned(),
                    _ => format!("{}, but {}", describe(&a, &left_source), describe(&b, &right_source)),
                };
                let numeric = |word: &str| word.parse::<f64>().is_ok();
                let hint = match (&a, &b) {
                    (Term::Word(word), Term::Number(_)) | (Term::Number(_), Term::Word(word)) if numeric(word) => {
                        Some(format!("write {word} without quotes"))
                    }
                    (Term::Truth(_), Term::Number(_)) | (Term::Number(_), Term::Truth(_)) => {
                        Some("a comparison needs two of the same kind; compare with `true` or `false`".to_owned())
                    }
                    _ => None,
                };
                Err(Mistake { offset: start(left), message, hint })
            }
        }
    }

    fn membership(&mut self, left: &Expr, right: &Expr, negated: bool) -> Result<Truth, Mistake> {
        let source = self.source(left);
        let items = match right {
            Expr::List(list) => &list.items,
            Expr::Tuple(tuple) => &tuple.items,
            _ => {
                let hint = format!("for example `{source} in [1, 2]`");
                return Err(Mistake::new(start(right), "`in` needs a list in square brackets").hint(hint));
            }
        };
        if items.is_empty() {
            return Err(Mistake::new(start(right), "this list is empty"));
        }
        let truth = match self.term(left)? {
            Term::Number(number) => {
                let mut others = Vec::new();
                for item in items {
                    let other = match self.term(item)? {
                        Term::Number(other) => other,
                        _ => {
                            let message = format!("`{source}` is a number, but {} is not", self.source(item));
                            return Err(Mistake::new(start(item), message));
                        }
                    };
                    self.reachable(&number, &other, start(item))?;
                    others.push(other);
                }
                Truth::NumberAmong(Box::new(number), others)
            }
            Term::Choice(index) => {
                let mut values = Vec::new();
                for item in items {
                    let other = self.term(item)?;
                    values.push(self.member(index, &source, other, item)?);
                }
                Truth::Among(index, values.into())
            }
            Term::Word(_) => {
                let message = format!("{source} is a word and not a hyperparameter");
                return Err(Mistake::new(start(left), message));
            }
            Term::Truth(_) => {
                let message = format!("`{source}` is true or false and needs no list");
                return Err(Mistake::new(start(left), message));
            }
        };
        Ok(if negated { Truth::Not(Box::new(truth)) } else { truth })
    }

    /// The value of a hyperparameter that a literal stands for.
    fn member(&self, index: usize, name: &str, other: Term, syntax: &Expr) -> Result<Value, Mistake> {
        let value = match other {
            Term::Word(word) => Value::Word(word),
            Term::Number(Number::Literal(number)) => Value::Float(number),
            Term::Truth(Truth::Literal(truth)) => Value::Boolean(truth),
            _ => {
                let message = format!("`{name}` can only be compared with its own values");
                return Err(Mistake::new(start(syntax), message).hint(self.listing(index, name)));
            }
        };
        if let Some(own) = self.values(index).iter().find(|each| **each == value) {
            return Ok(own.clone());
        }
        let words = || {
            self.values(index)
                .iter()
                .filter_map(|each| if let Value::Word(word) = each { Some(word.as_str()) } else { None })
        };
        let message = match &value {
            Value::Word(_) => format!("`{name}` is never {}", quoted(&value)),
            _ => format!("`{name}` is a word, but `{}` is not", self.source(syntax)),
        };
        let hint = match &value {
            Value::Word(word) => match nearest(word, words()) {
                Some(near) => format!("did you mean '{near}'?"),
                None => self.listing(index, name),
            },
            _ => self.listing(index, name),
        };
        Err(Mistake::new(start(syntax), message).hint(hint))
    }

    /// Fails where a hyperparameter is compared for equality with a number that it never is.
    fn reachable(&self, term: &Number, literal: &Number, offset: usize) -> Result<(), Mistake> {
        let (Number::Parameter(index), Number::Literal(number)) = (term, literal) else { return Ok(()) };
        let hyperparameter = &self.hyperparameters[*index];
        if hyperparameter.admit(&Value::Float(*number)).is_some() {
            return Ok(());
        }
        let name = &hyperparameter.name;
        let hint = match &hyperparameter.domain {
            Domain::Float { min, max, .. } => format!("it goes from {min} to {max}"),
            Domain::Integer { min, max, .. } => format!("it is a whole number from {min} to {max}"),
            _ => self.listing(*index, name),
        };
        Err(Mistake::new(offset, format!("`{name}` is never {number}")).hint(hint))
    }

    fn rank(&self, index: usize, offset: usize) -> Result<Rank, Mistake> {
        let name = &self.hyperparameters[index].name;
        match &self.hyperparameters[index].domain {
            Domain::Ordinal { values } => Ok(Rank::Parameter(index, values.clone().into())),
            _ => Err(Mistake::new(offset, format!("the values of `{name}` have no order"))
                .hint(format!("use `{name} in [..]`, or make it an Ordinal with its values in order"))),
        }
    }

    fn place(&self, index: usize, value: &Value) -> Rank {
        Rank::Literal(self.values(index).iter().position(|each| each == value).expect("a member was found"))
    }

    fn listing(&self, index: usize, name: &str) -> String {
        let values: Vec<_> = self.values(index).iter().map(quoted).collect();
        format!("`{name}` is one of {}", values.join(", "))
    }

    fn values(&self, index: usize) -> &'a [Value] {
        values(&self.hyperparameters[index])
    }

    /// The text of a term.
    fn source(&self, syntax: &Expr) -> &'a str {
        let text = &self.text[start(syntax)..(syntax.span().end_offset as usize).max(start(syntax))];
        text.trim()
    }
}

fn values(hyperparameter: &Hyperparameter) -> &[Value] {
    match &hyperparameter.domain {
        Domain::Ordinal { values } | Domain::Categorical { choices: values } => values,
        Domain::Constant { value } => std::slice::from_ref(value),
        Domain::Float { .. } | Domain::Integer { .. } => &[],
    }
}

fn quoted(value: &Value) -> String {
    match value {
        Value::Word(word) => format!("'{word}'"),
        other => other.to_string(),
    }
}

/// The first byte of a term; the parser's own spans of comparisons begin one token too early.
fn start(syntax: &Expr) -> usize {
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

fn comparison_of(operation: CompareOpKind) -> Option<Comparison> {
    Some(match operation {
        CompareOpKind::Eq => Comparison::Equal,
        CompareOpKind::Ne => Comparison::Unequal,
        CompareOpKind::Lt => Comparison::Less,
        CompareOpKind::Lte => Comparison::LessOrEqual,
        CompareOpKind::Gt => Comparison::Greater,
        CompareOpKind::Gte => Comparison::GreaterOrEqual,
        CompareOpKind::In | CompareOpKind::NotIn => return None,
    })
}
