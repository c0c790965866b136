//! Clauses: expressions taken apart into the comparisons that other formats have.
use crate::space::Space;
use crate::space::expression::Expression;
use crate::space::expression::evaluation::{ComparisonOperator, Number, Truth};
use crate::space::hyperparameter::{Domain, Value};

/// Combinations of values that are written out at most, where a format has no arithmetic.
const COMBINATIONS: u64 = 20_000;

/// A clause over hyperparameters by their index, false where one of them is inactive.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Clause {
    Equals(usize, Value),
    Among(usize, Vec<Value>),
    Compare(usize, ComparisonOperator, f64),
    Relation(usize, ComparisonOperator, usize),
    All(Vec<Clause>),
    /// At least one of them; false where there are none.
    Any(Vec<Clause>),
}

/// The comparisons that a format has beside the equality of one hyperparameter with a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct FormatSupport {
    /// The order of a number and a value.
    pub order: bool,
    /// The order of two numbers.
    pub relations: bool,
}

impl Clause {
    /// The clause that is equivalent to an expression; `None` where that needs arithmetic over real numbers, or too
    /// many combinations.
    pub(crate) fn of(expression: &Expression, space: &Space, support: FormatSupport) -> Option<Self> {
        Translator { space, support }.translate(expression.truth(), false)
    }
}

struct Translator<'a> {
    space: &'a Space,
    support: FormatSupport,
}

impl Translator<'_> {
    fn translate(&self, truth: &Truth, negated: bool) -> Option<Clause> {
        let each = |terms: &[Truth]| terms.iter().map(|term| self.translate(term, negated)).collect::<Option<Vec<_>>>();
        match truth {
            // `All` of an empty list is true, `Any` of one is false.
            Truth::Literal(truth) => {
                return Some(if *truth != negated { Clause::All(Vec::new()) } else { Clause::Any(Vec::new()) });
            }
            Truth::Not(inner) => return self.translate(inner, !negated),
            Truth::All(terms) | Truth::Any(terms) if terms.len() == 1 => return self.translate(&terms[0], negated),
            // Taken apart only where its parts can be; written out otherwise.
            Truth::All(terms) if let Some(parts) = each(terms) => {
                return Some(if negated { any(parts) } else { all(parts) });
            }
            Truth::Any(terms) if let Some(parts) = each(terms) => {
                return Some(if negated { all(parts) } else { any(parts) });
            }
            Truth::Numbers(comparison, terms) => {
                let comparison = if negated { opposite(*comparison) } else { *comparison };
                match &**terms {
                    [Number::Parameter(a), Number::Literal(number)] if self.support.order && !self.is_discrete(*a) => {
                        return Some(self.compare(*a, comparison, *number));
                    }
                    [Number::Literal(number), Number::Parameter(a)] if self.support.order && !self.is_discrete(*a) => {
                        return Some(self.compare(*a, mirrored(comparison), *number));
                    }
                    [Number::Parameter(a), Number::Parameter(b)] if self.support.relations => {
                        return Some(match comparison {
                            ComparisonOperator::Unequal => {
                                let sides = [ComparisonOperator::Less, ComparisonOperator::Greater];
                                any(sides.map(|side| Clause::Relation(*a, side, *b)).to_vec())
                            }
                            _ => Clause::Relation(*a, comparison, *b),
                        });
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        self.written_out(truth, negated)
    }

    /// Every combination of values for which a term is true, those of the last hyperparameter together.
    fn written_out(&self, truth: &Truth, negated: bool) -> Option<Clause> {
        let reads = truth.reads();
        let combinations = reads.iter().try_fold(1_u64, |product, &index| {
            product.checked_mul(self.space.hyperparameters()[index].size()?).filter(|product| *product <= COMBINATIONS)
        });
        combinations?;
        let mut point = vec![None; self.space.hyperparameters().len()];
        Some(self.cases(truth, negated, &reads, &mut point))
    }

    fn cases(&self, truth: &Truth, negated: bool, left: &[usize], point: &mut [Option<Value>]) -> Clause {
        let (&index, rest) = left.split_first().expect("a term reads something");
        let domain = &self.space.hyperparameters()[index].domain;
        let values = (0..domain.size().expect("it was counted")).map(|value| domain.nth(value));
        let mut parts = Vec::new();
        let mut hits = Vec::new();
        for value in values {
            point[index] = Some(value.clone());
            if rest.is_empty() {
                if truth.at(point) == Some(!negated) {
                    hits.push(value);
                }
                continue;
            }
            match self.cases(truth, negated, rest, point) {
                Clause::Any(none) if none.is_empty() => {}
                inner => parts.push(all(vec![Clause::Equals(index, value), inner])),
            }
        }
        point[index] = None;
        match hits.len() {
            0 => any(parts),
            1 => Clause::Equals(index, hits.remove(0)),
            _ => Clause::Among(index, hits),
        }
    }

    /// True for a hyperparameter whose values are listed rather than compared.
    fn is_discrete(&self, index: usize) -> bool {
        match &self.space.hyperparameters()[index].domain {
            Domain::Float { .. } => false,
            Domain::Integer { .. } => self.space.hyperparameters()[index].size() <= Some(100),
            _ => true,
        }
    }

    /// A comparison of a number with a value; one that is true in the whole range becomes true wherever the
    /// hyperparameter is active.
    fn compare(&self, index: usize, comparison: ComparisonOperator, number: f64) -> Clause {
        use ComparisonOperator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Unequal};
        let (min, max, whole) = match &self.space.hyperparameters()[index].domain {
            Domain::Integer { min, max, .. } => (*min as f64, *max as f64, true),
            Domain::Float { min, max, .. } => (*min, *max, false),
            _ => unreachable!("all other domains are listed"),
        };
        let (comparison, number) = match comparison {
            Less | LessOrEqual if whole && number.fract() != 0.0 => (LessOrEqual, number.floor()),
            Greater | GreaterOrEqual if whole && number.fract() != 0.0 => (GreaterOrEqual, number.ceil()),
            other => (other, number),
        };
        let (is_always, is_never) = match comparison {
            Equal => (false, number < min || number > max || (whole && number.fract() != 0.0)),
            Unequal => (number < min || number > max || (whole && number.fract() != 0.0), false),
            Less => (number > max, number <= min),
            LessOrEqual => (number >= max, number < min),
            Greater => (number < min, number >= max),
            GreaterOrEqual => (number <= min, number > max),
        };
        if is_never {
            return Clause::Any(Vec::new());
        }
        match comparison {
            _ if is_always => Clause::Compare(index, GreaterOrEqual, min),
            Unequal => any([Less, Greater].map(|side| self.compare(index, side, number)).to_vec()),
            other => Clause::Compare(index, other, number),
        }
    }
}

fn all(parts: Vec<Clause>) -> Clause {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Clause::All(inner) => flat.extend(inner),
            Clause::Any(none) if none.is_empty() => return Clause::Any(none),
            other => flat.push(other),
        }
    }
    if flat.len() == 1 { flat.remove(0) } else { Clause::All(flat) }
}

pub(super) fn any(parts: Vec<Clause>) -> Clause {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Clause::All(none) if none.is_empty() => return Clause::All(none),
            Clause::Any(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    if flat.len() == 1 { flat.remove(0) } else { Clause::Any(flat) }
}

fn opposite(comparison: ComparisonOperator) -> ComparisonOperator {
    match comparison {
        ComparisonOperator::Equal => ComparisonOperator::Unequal,
        ComparisonOperator::Unequal => ComparisonOperator::Equal,
        ComparisonOperator::Less => ComparisonOperator::GreaterOrEqual,
        ComparisonOperator::LessOrEqual => ComparisonOperator::Greater,
        ComparisonOperator::Greater => ComparisonOperator::LessOrEqual,
        ComparisonOperator::GreaterOrEqual => ComparisonOperator::Less,
    }
}

fn mirrored(comparison: ComparisonOperator) -> ComparisonOperator {
    match comparison {
        ComparisonOperator::Less => ComparisonOperator::Greater,
        ComparisonOperator::LessOrEqual => ComparisonOperator::GreaterOrEqual,
        ComparisonOperator::Greater => ComparisonOperator::Less,
        ComparisonOperator::GreaterOrEqual => ComparisonOperator::LessOrEqual,
        other => other,
    }
}
