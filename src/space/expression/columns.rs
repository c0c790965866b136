//! Expressions over many points at once, each hyperparameter a column of codes.
use crate::space::expression::evaluation::{ComparisonOperator, Number, Rank, Truth};
use crate::space::hyperparameter::Hyperparameter;
use crate::space::value::Value;

/// A truth for each point: [`TRUE`], [`FALSE`], or neither.
type Truths = Vec<u8>;

const TRUE: u8 = 0b01;
const FALSE: u8 = 0b10;

/// Points in columns of codes.
#[derive(Clone, Copy)]
pub(crate) struct CodeColumns<'a> {
    pub hyperparameters: &'a [Hyperparameter],
    pub codes: &'a [Vec<f64>],
    pub rows: usize,
}

/// A number for each point, NaN for none.
enum Numbers {
    Same(f64),
    Each(Vec<f64>),
}

/// The truths of all terms joined by `of`, beginning with `first`.
fn join(first: u8, rows: usize, terms: impl Iterator<Item = Truths>, of: impl Fn(u8, u8) -> u8) -> Truths {
    let mut truths = vec![first; rows];
    for term in terms {
        truths.iter_mut().zip(term).for_each(|(a, b)| *a = of(*a, b));
    }
    truths
}

fn and(a: u8, b: u8) -> u8 {
    (a & b & TRUE) | ((a | b) & FALSE)
}

fn or(a: u8, b: u8) -> u8 {
    ((a | b) & TRUE) | (a & b & FALSE)
}

fn truth(is: bool) -> u8 {
    if is { TRUE } else { FALSE }
}

impl CodeColumns<'_> {
    /// True for each point at which the expression holds.
    pub(crate) fn hold(&self, expression: &Truth) -> Vec<bool> {
        self.truths(expression).into_iter().map(|each| each == TRUE).collect()
    }

    fn truths(&self, expression: &Truth) -> Truths {
        match expression {
            Truth::Literal(is) => vec![truth(*is); self.rows],
            Truth::Parameter(index) => {
                self.hyperparameters[*index].listed(&self.codes[*index], 0, |value| match value {
                    Value::Boolean(is) => truth(*is),
                    _ => 0,
                })
            }
            Truth::Not(term) => self.truths(term).into_iter().map(|each| each >> 1 | (each & TRUE) << 1).collect(),
            Truth::All(terms) => join(TRUE, self.rows, terms.iter().map(|term| self.truths(term)), and),
            Truth::Any(terms) => join(FALSE, self.rows, terms.iter().map(|term| self.truths(term)), or),
            Truth::Numbers(comparison, terms) => {
                self.compare(*comparison, &self.numbers(&terms[0]), &self.numbers(&terms[1]))
            }
            Truth::Ranks(comparison, terms) => {
                self.compare(*comparison, &self.ranks(&terms[0]), &self.ranks(&terms[1]))
            }
            Truth::Is(index, value) => self.are(*index, std::slice::from_ref(value)),
            Truth::Among(index, values) => self.are(*index, values),
            Truth::Same(a, b) => {
                let (a, b) = (*a, *b);
                // Both as indices of the first one's values.
                let values = self.hyperparameters[a].domain.values();
                let place =
                    |value: &Value| values.iter().position(|each| each == value).map_or(-1.0, |place| place as f64);
                let of = |index: usize| self.hyperparameters[index].listed(&self.codes[index], f64::NAN, place);
                self.each(&of(a), &of(b), |a, b| a == b)
            }
            Truth::Unlisted(table) => {
                let value = |row: usize, index: usize| self.hyperparameters[index].decode(self.codes[index][row]);
                (0..self.rows).map(|row| truth(!table.lists(|index| value(row, index)))).collect()
            }
            Truth::NumberAmong(number, others) => {
                let number = self.numbers(number);
                let equal = |other| self.compare(ComparisonOperator::Equal, &number, &self.numbers(other));
                join(FALSE, self.rows, others.iter().map(equal), or)
            }
        }
    }

    /// True for each point at which a hyperparameter has one of these values.
    fn are(&self, index: usize, values: &[Value]) -> Truths {
        let (hyperparameter, codes) = (&self.hyperparameters[index], &self.codes[index]);
        if !hyperparameter.domain.values().is_empty() {
            return hyperparameter.listed(codes, 0, |value| truth(values.contains(value)));
        }
        let wanted: Vec<f64> = values.iter().filter(|value| is_number(value)).filter_map(Value::number).collect();
        let of = |number: f64| if number.is_nan() { 0 } else { truth(wanted.contains(&number)) };
        hyperparameter.numbers(codes).into_iter().map(of).collect()
    }

    fn numbers(&self, number: &Number) -> Numbers {
        match number {
            Number::Literal(number) => Numbers::Same(*number),
            Number::Parameter(index) => Numbers::Each(self.hyperparameters[*index].numbers(&self.codes[*index])),
            Number::Negative(number) => match self.numbers(number) {
                Numbers::Same(number) => Numbers::Same(-number),
                Numbers::Each(numbers) => Numbers::Each(numbers.into_iter().map(|number| -number).collect()),
            },
            Number::Arithmetic(operation, terms) => {
                let of = |a: f64, b: f64| {
                    let result = operation.of(a, b);
                    // Floating point has NaN to the power of 0 as 1, but an unknown number stays unknown.
                    if result.is_finite() && !a.is_nan() && !b.is_nan() { result } else { f64::NAN }
                };
                match (self.numbers(&terms[0]), self.numbers(&terms[1])) {
                    (Numbers::Same(a), Numbers::Same(b)) => Numbers::Same(of(a, b)),
                    (Numbers::Each(a), Numbers::Same(b)) => Numbers::Each(a.into_iter().map(|a| of(a, b)).collect()),
                    (Numbers::Same(a), Numbers::Each(b)) => Numbers::Each(b.into_iter().map(|b| of(a, b)).collect()),
                    (Numbers::Each(a), Numbers::Each(b)) => {
                        Numbers::Each(a.into_iter().zip(b).map(|(a, b)| of(a, b)).collect())
                    }
                }
            }
        }
    }

    fn ranks(&self, rank: &Rank) -> Numbers {
        match rank {
            Rank::Literal(rank) => Numbers::Same(*rank as f64),
            Rank::Parameter(index, values) => {
                let of = |value: &_| values.iter().position(|each| each == value).map_or(f64::NAN, |rank| rank as f64);
                Numbers::Each(self.hyperparameters[*index].listed(&self.codes[*index], f64::NAN, of))
            }
        }
    }

    fn compare(&self, comparison: ComparisonOperator, a: &Numbers, b: &Numbers) -> Truths {
        // One loop for each comparison, so that none is chosen for every point.
        match comparison {
            ComparisonOperator::Equal => self.pairs(a, b, |a, b| a == b),
            ComparisonOperator::Unequal => self.pairs(a, b, |a, b| a != b),
            ComparisonOperator::Less => self.pairs(a, b, |a, b| a < b),
            ComparisonOperator::LessOrEqual => self.pairs(a, b, |a, b| a <= b),
            ComparisonOperator::Greater => self.pairs(a, b, |a, b| a > b),
            ComparisonOperator::GreaterOrEqual => self.pairs(a, b, |a, b| a >= b),
        }
    }

    fn pairs(&self, a: &Numbers, b: &Numbers, holds: impl Fn(f64, f64) -> bool) -> Truths {
        match (a, b) {
            (Numbers::Each(a), Numbers::Each(b)) => self.each(a, b, holds),
            (Numbers::Each(a), Numbers::Same(b)) => a.iter().map(|&a| known(a, *b, holds(a, *b))).collect(),
            (Numbers::Same(a), Numbers::Each(b)) => b.iter().map(|&b| known(*a, b, holds(*a, b))).collect(),
            (Numbers::Same(a), Numbers::Same(b)) => vec![known(*a, *b, holds(*a, *b)); self.rows],
        }
    }

    fn each(&self, a: &[f64], b: &[f64], holds: impl Fn(f64, f64) -> bool) -> Truths {
        a.iter().zip(b).map(|(&a, &b)| known(a, b, holds(a, b))).collect()
    }
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Integer(_) | Value::Float(_))
}

/// The truth of a comparison of two numbers, neither where one is unknown.
fn known(a: f64, b: f64, holds: bool) -> u8 {
    if a.is_nan() || b.is_nan() { 0 } else { truth(holds) }
}
