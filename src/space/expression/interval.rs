//! Interval arithmetic: the truths that an expression may have where numbers lie in given intervals.
use crate::space::expression::Expression;
use crate::space::expression::evaluation::{Arithmetic, ComparisonOperator, Number, Truth};
use crate::space::hyperparameter::Hyperparameter;
use crate::space::value::Value;

/// The ends of an interval, by the index of a hyperparameter; `None` where nothing is known of it.
pub(crate) type Ends<'a> = &'a [Option<(f64, f64)>];

/// The values that a truth may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Possible {
    pub yes: bool,
    pub no: bool,
    /// Neither, as where it reads an inactive hyperparameter.
    pub neither: bool,
}

const ANYTHING: Possible = Possible { yes: true, no: true, neither: true };

impl Possible {
    /// True where the truth holds everywhere.
    pub(crate) fn is_certain(self) -> bool {
        self.yes && !self.no && !self.neither
    }
}

impl Expression {
    /// True where the expression may hold with every number in its range. False is a proof that it never holds; true
    /// proves nothing.
    pub(crate) fn may_hold(&self, hyperparameters: &[Hyperparameter]) -> bool {
        let ends = |each: &Hyperparameter| {
            let values = match each.domain.values() {
                [] => vec![each.at(0.0), each.at(1.0)],
                listed => listed.to_vec(),
            };
            let numbers: Option<Vec<f64>> = values.iter().map(Value::number).collect();
            numbers?.into_iter().map(|number| (number, number)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
        };
        let ends: Vec<_> = hyperparameters.iter().map(ends).collect();
        self.truth().within(&ends).yes
    }
}

impl Truth {
    /// The truths that are possible at points within these intervals.
    pub(crate) fn within(&self, ends: Ends) -> Possible {
        match self {
            Self::Literal(truth) => Possible { yes: *truth, no: !*truth, neither: false },
            Self::Not(term) => {
                let Possible { yes, no, neither } = term.within(ends);
                Possible { yes: no, no: yes, neither }
            }
            Self::All(terms) => terms.iter().map(|term| term.within(ends)).fold(
                Possible { yes: true, no: false, neither: false },
                |all, term| Possible {
                    yes: all.yes && term.yes,
                    no: all.no || term.no,
                    neither: all.neither || term.neither,
                },
            ),
            Self::Any(terms) => terms.iter().map(|term| term.within(ends)).fold(
                Possible { yes: false, no: true, neither: false },
                |any, term| Possible {
                    yes: any.yes || term.yes,
                    no: any.no && term.no,
                    neither: any.neither || term.neither,
                },
            ),
            Self::Numbers(comparison, terms) => match (terms[0].within(ends), terms[1].within(ends)) {
                (Some(a), Some(b)) => compare(*comparison, a, b),
                _ => ANYTHING,
            },
            _ => ANYTHING,
        }
    }
}

fn compare(comparison: ComparisonOperator, (a, b): (f64, f64), (c, d): (f64, f64)) -> Possible {
    let of = |yes, no| Possible { yes, no, neither: false };
    let touch = a <= d && c <= b;
    let same = a == b && c == d && a == c;
    match comparison {
        ComparisonOperator::Less => of(a < d, b >= c),
        ComparisonOperator::LessOrEqual => of(a <= d, b > c),
        ComparisonOperator::Greater => of(b > c, a <= d),
        ComparisonOperator::GreaterOrEqual => of(b >= c, a < d),
        ComparisonOperator::Equal => of(touch, !same),
        ComparisonOperator::Unequal => of(!same, touch),
    }
}

impl Number {
    /// The interval of the number; `None` where it may be undefined or is not known.
    fn within(&self, ends: Ends) -> Option<(f64, f64)> {
        let (low, high) = match self {
            Self::Literal(number) => (*number, *number),
            Self::Parameter(index) => ends[*index]?,
            Self::Negative(number) => {
                let (low, high) = number.within(ends)?;
                (-high, -low)
            }
            Self::Arithmetic(operation, terms) => {
                arithmetic(*operation, terms[0].within(ends)?, terms[1].within(ends)?)?
            }
        };
        (low.is_finite() && high.is_finite()).then_some((low, high))
    }
}

fn arithmetic(operation: Arithmetic, (a, b): (f64, f64), (c, d): (f64, f64)) -> Option<(f64, f64)> {
    let corners = |value: &dyn Fn(f64, f64) -> f64| {
        let all = [value(a, c), value(a, d), value(b, c), value(b, d)];
        (all.iter().copied().fold(f64::INFINITY, f64::min), all.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    };
    let has_zero = c <= 0.0 && 0.0 <= d;
    match operation {
        Arithmetic::Add => Some((a + c, b + d)),
        Arithmetic::Subtract => Some((a - d, b - c)),
        Arithmetic::Multiply => Some(corners(&|x, y| x * y)),
        Arithmetic::Divide if !has_zero => Some(corners(&|x, y| x / y)),
        Arithmetic::FloorDivide if !has_zero => Some(corners(&|x, y| (x / y).floor())),
        Arithmetic::Remainder if c > 0.0 => Some((0.0, d)),
        // Monotone in both from 0 on.
        Arithmetic::Power if a > 0.0 => Some(corners(&f64::powf)),
        Arithmetic::Power if c == d && c == 2.0 => {
            let (low, high) = (a * a, b * b);
            Some((if a <= 0.0 && 0.0 <= b { 0.0 } else { low.min(high) }, low.max(high)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::numeric::stream::Stream;
    use crate::space::domain::Domain;
    use crate::space::expression::Expression;
    use crate::space::hyperparameter::Hyperparameter;
    use crate::space::value::Value;

    #[test]
    fn no_point_is_overlooked() {
        let mut stream = Stream::of(1, "test", 0);
        let domain = Domain::Float { min: -2.0, max: 2.0, log: false };
        let hyperparameters = ["x", "y"].map(|name| Hyperparameter::new(name, domain.clone(), Value::Float(0.0)));
        for clause in [
            "x + y > 0.5",
            "x * y <= -1",
            "x - y == 1",
            "x / (y + 3) < 0.25",
            "x // 1 != 0",
            "x % 2 >= 1",
            "-x < y",
            "x ** 2 + y ** 2 < 1",
            "(y + 3) ** x > 2",
            "not (x > 1 and y > 1)",
            "x > 1 or y < -1",
            "0 < x < y",
        ] {
            let expression = Expression::compile(clause, &hyperparameters).unwrap();
            let truth = expression.truth();
            for _ in 0..300 {
                let ends: Vec<(f64, f64)> = (0..2)
                    .map(|_| {
                        let (a, b) = (4.0 * stream.uniform() - 2.0, 4.0 * stream.uniform() - 2.0);
                        (a.min(b), a.max(b))
                    })
                    .collect();
                let known: Vec<_> = ends.iter().copied().map(Some).collect();
                let possible = truth.within(&known);
                for _ in 0..20 {
                    let point: Vec<_> =
                        ends.iter().map(|(a, b)| Some(Value::Float(a + stream.uniform() * (b - a)))).collect();
                    let found = match truth.at(&point) {
                        Some(true) => possible.yes,
                        Some(false) => possible.no,
                        None => possible.neither,
                    };
                    assert!(found, "{clause} {ends:?} {point:?} {possible:?}");
                }
            }
        }
    }
}
