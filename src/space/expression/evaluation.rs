//! The compiled form of an expression, and its value where the hyperparameters have given values.
//!
//! Values are in the order of the space, `None` for an inactive hyperparameter.
use std::sync::Arc;

use crate::space::allowed::AllowedTable;
use crate::space::value::Value;

/// An operation of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
}

/// A comparison of two terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ComparisonOperator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A term with a number as its value; the value is `None` where it reads an inactive hyperparameter or is not finite.
#[derive(Clone, Debug)]
pub(crate) enum Number {
    Literal(f64),
    Parameter(usize),
    Negative(Box<Number>),
    Arithmetic(Arithmetic, Box<[Number; 2]>),
}

/// A word's place in the order of the ordinal that it belongs to.
#[derive(Clone, Debug)]
pub(crate) enum Rank {
    Literal(usize),
    Parameter(usize, Box<[Value]>),
}

/// A term with a truth as its value, in Kleene's three-valued logic.
///
/// A term that reads an inactive hyperparameter, or divides by zero, is neither true nor false (`None`), and so is its
/// negation. A condition holds and a forbidden combination applies only where the value is `Some(true)`.
#[derive(Clone, Debug)]
pub(crate) enum Truth {
    Literal(bool),
    Parameter(usize),
    Not(Box<Truth>),
    All(Vec<Truth>),
    Any(Vec<Truth>),
    Numbers(ComparisonOperator, Box<[Number; 2]>),
    Ranks(ComparisonOperator, Box<[Rank; 2]>),
    /// The hyperparameter has this value.
    Is(usize, Value),
    /// Both hyperparameters have the same value.
    Same(usize, usize),
    /// The hyperparameter has one of these values.
    Among(usize, Box<[Value]>),
    /// The first number equals one of the others.
    NumberAmong(Box<Number>, Vec<Number>),
    /// The table does not list the values.
    Unlisted(Arc<AllowedTable>),
}

impl Number {
    fn at(&self, values: &[Option<Value>]) -> Option<f64> {
        let value = match self {
            Self::Literal(number) => *number,
            Self::Parameter(index) => values[*index].as_ref()?.number()?,
            Self::Negative(number) => -number.at(values)?,
            Self::Arithmetic(operation, terms) => operation.of(terms[0].at(values)?, terms[1].at(values)?),
        };
        value.is_finite().then_some(value)
    }
}

impl Arithmetic {
    /// The result, not finite where there is none.
    pub(crate) fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::FloorDivide => (a / b).floor(),
            // The sign of the divisor, as in Python, so that `a == b * (a // b) + a % b`.
            Self::Remainder => {
                let rest = a % b;
                if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
            }
            Self::Power => a.powf(b),
        }
    }
}

impl Rank {
    fn at(&self, values: &[Option<Value>]) -> Option<usize> {
        match self {
            Self::Literal(rank) => Some(*rank),
            Self::Parameter(index, order) => {
                let value = values[*index].as_ref()?;
                order.iter().position(|each| each == value)
            }
        }
    }
}

impl Truth {
    /// The truth for these values; `None` is neither.
    pub(crate) fn at(&self, values: &[Option<Value>]) -> Option<bool> {
        match self {
            Self::Literal(truth) => Some(*truth),
            Self::Parameter(index) => match values[*index].as_ref()? {
                Value::Boolean(truth) => Some(*truth),
                _ => None,
            },
            Self::Not(term) => term.at(values).map(|truth| !truth),
            Self::All(terms) => decide(terms, values, false),
            Self::Any(terms) => decide(terms, values, true),
            Self::Numbers(comparison, terms) => Some(comparison.holds(&terms[0].at(values)?, &terms[1].at(values)?)),
            Self::Ranks(comparison, terms) => Some(comparison.holds(&terms[0].at(values)?, &terms[1].at(values)?)),
            Self::Is(index, value) => Some(values[*index].as_ref()? == value),
            Self::Same(a, b) => Some(values[*a].as_ref()? == values[*b].as_ref()?),
            Self::Among(index, among) => values[*index].as_ref().map(|value| among.contains(value)),
            Self::Unlisted(table) => Some(!table.lists(|index| values[index].clone())),
            Self::NumberAmong(number, others) => {
                let number = number.at(values)?;
                let mut known = true;
                for other in others {
                    match other.at(values) {
                        Some(other) if other == number => return Some(true),
                        Some(_) => {}
                        None => known = false,
                    }
                }
                known.then_some(false)
            }
        }
    }
}

impl Number {
    fn reads_into(&self, found: &mut Vec<usize>) {
        match self {
            Self::Literal(_) => {}
            Self::Parameter(index) => found.push(*index),
            Self::Negative(number) => number.reads_into(found),
            Self::Arithmetic(_, terms) => terms.iter().for_each(|term| term.reads_into(found)),
        }
    }
}

impl Truth {
    /// Indices of the hyperparameters that the term reads, ascending.
    pub(crate) fn reads(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.reads_into(&mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    fn reads_into(&self, found: &mut Vec<usize>) {
        match self {
            Self::Literal(_) => {}
            Self::Parameter(index) | Self::Is(index, _) | Self::Among(index, _) => found.push(*index),
            Self::Not(term) => term.reads_into(found),
            Self::All(terms) | Self::Any(terms) => terms.iter().for_each(|term| term.reads_into(found)),
            Self::Numbers(_, terms) => terms.iter().for_each(|term| term.reads_into(found)),
            Self::Ranks(_, terms) => {
                found.extend(terms.iter().filter_map(|term| match term {
                    Rank::Parameter(index, _) => Some(*index),
                    Rank::Literal(_) => None,
                }));
            }
            Self::Same(a, b) => found.extend([*a, *b]),
            Self::Unlisted(table) => found.extend(table.columns()),
            Self::NumberAmong(number, others) => {
                number.reads_into(found);
                others.iter().for_each(|other| other.reads_into(found));
            }
        }
    }
}

impl ComparisonOperator {
    pub(crate) fn holds<T: PartialOrd>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Equal => a == b,
            Self::Unequal => a != b,
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
        }
    }
}

/// The truth of terms joined by `and` or `or`: `decisive` as soon as one term has it, its opposite if all terms have
/// that, and neither otherwise.
fn decide(terms: &[Truth], values: &[Option<Value>], decisive: bool) -> Option<bool> {
    let mut known = true;
    for term in terms {
        match term.at(values) {
            Some(truth) if truth == decisive => return Some(decisive),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(!decisive)
}
