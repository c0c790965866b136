//! The type check of comparisons: both sides of one kind, and only with values of the domain.
use minijinja::machinery::ast::Expr;

use crate::document::diagnostic::{Diagnostic, Positioned};
use crate::document::spelling::nearest;
use crate::space::domain::Domain;
use crate::space::expression::checking::{Checker, TypedTerm};
use crate::space::expression::evaluation::{ComparisonOperator, Number, Rank, Truth};
use crate::space::expression::syntax::start;
use crate::space::value::Value;

impl Checker<'_> {
    pub(crate) fn compare(
        &mut self,
        comparison: ComparisonOperator,
        left: &Expr,
        right: &Expr,
    ) -> Result<Truth, Positioned> {
        let (left_source, right_source) = (self.source(left), self.source(right));
        let (a, b) = (self.term(left)?, self.term(right)?);
        let ordered = !matches!(comparison, ComparisonOperator::Equal | ComparisonOperator::Unequal);
        let signed =
            |truth| if comparison == ComparisonOperator::Unequal { Truth::Not(Box::new(truth)) } else { truth };
        match (a, b) {
            (TypedTerm::Number(a), TypedTerm::Number(b)) => {
                if !ordered {
                    self.reachable(&a, &b, start(right))?;
                    self.reachable(&b, &a, start(left))?;
                }
                Ok(Truth::Numbers(comparison, Box::new([a, b])))
            }
            (TypedTerm::Truth(a), TypedTerm::Truth(b)) if !ordered => {
                // Both or neither; what is unknown on one side stays unknown.
                let both = Truth::All(vec![a.clone(), b.clone()]);
                let neither = Truth::All(vec![Truth::Not(Box::new(a)), Truth::Not(Box::new(b))]);
                Ok(signed(Truth::Any(vec![both, neither])))
            }
            (TypedTerm::Choice(a), TypedTerm::Choice(b)) if !ordered => Ok(signed(Truth::Same(a, b))),
            (TypedTerm::Choice(a), TypedTerm::Choice(b)) => {
                let (first, second) = (self.rank(a, start(left))?, self.rank(b, start(right))?);
                if self.values(a) != self.values(b) {
                    let message = format!("the orders of `{left_source}` and `{right_source}` are not the same");
                    return Err(Positioned::new(start(left), message)
                        .hint("words compare by their place in an order that both sides must share"));
                }
                Ok(Truth::Ranks(comparison, Box::new([first, second])))
            }
            (TypedTerm::Choice(index), other) => {
                let value = self.member(index, left_source, other, right)?;
                if !ordered {
                    return Ok(signed(Truth::Is(index, value)));
                }
                let place = self.rank_of(index, &value);
                Ok(Truth::Ranks(comparison, Box::new([self.rank(index, start(left))?, place])))
            }
            (other, TypedTerm::Choice(index)) => {
                let value = self.member(index, right_source, other, left)?;
                if !ordered {
                    return Ok(signed(Truth::Is(index, value)));
                }
                let place = self.rank_of(index, &value);
                Ok(Truth::Ranks(comparison, Box::new([place, self.rank(index, start(right))?])))
            }
            (a, b) => {
                let describe = |term: &TypedTerm, source: &str| match term {
                    TypedTerm::Number(_) => format!("`{source}` is a number"),
                    TypedTerm::Truth(_) => format!("`{source}` is true or false"),
                    TypedTerm::Word(_) | TypedTerm::Choice(_) => format!("{source} is a word"),
                    TypedTerm::Null => "`none` is no value of it".to_owned(),
                };
                let message = match (&a, &b) {
                    (TypedTerm::Word(_), TypedTerm::Word(_)) => "two words in quotes are compared".to_owned(),
                    (TypedTerm::Truth(_), TypedTerm::Truth(_)) => "true and false have no order".to_owned(),
                    _ => format!("{}, but {}", describe(&a, left_source), describe(&b, right_source)),
                };
                let numeric = |word: &str| word.parse::<f64>().is_ok();
                let hint = match (&a, &b) {
                    (TypedTerm::Word(word), TypedTerm::Number(_)) | (TypedTerm::Number(_), TypedTerm::Word(word))
                        if numeric(word) =>
                    {
                        Some(format!("write {word} without quotes"))
                    }
                    (TypedTerm::Null, _) | (_, TypedTerm::Null) => {
                        Some("an inactive parameter makes a comparison false by itself".to_owned())
                    }
                    (TypedTerm::Truth(_), TypedTerm::Number(_)) | (TypedTerm::Number(_), TypedTerm::Truth(_)) => {
                        Some("a comparison needs two of the same kind; compare with `true` or `false`".to_owned())
                    }
                    _ => None,
                };
                Err(Positioned { offset: start(left), diagnostic: Diagnostic { hint, ..Diagnostic::new(message) } })
            }
        }
    }

    pub(crate) fn membership(&mut self, left: &Expr, right: &Expr, negated: bool) -> Result<Truth, Positioned> {
        let source = self.source(left);
        let items = match right {
            Expr::List(list) => &list.items,
            Expr::Tuple(tuple) => &tuple.items,
            _ => {
                let hint = format!("for example `{source} in [1, 2]`");
                return Err(Positioned::new(start(right), "`in` needs a list in square brackets").hint(hint));
            }
        };
        if items.is_empty() {
            return Err(Positioned::new(start(right), "this list is empty"));
        }
        let truth = match self.term(left)? {
            TypedTerm::Number(number) => {
                let mut others = Vec::new();
                for item in items {
                    let other = match self.term(item)? {
                        TypedTerm::Number(other) => other,
                        _ => {
                            let message = format!("`{source}` is a number, but {} is not", self.source(item));
                            return Err(Positioned::new(start(item), message));
                        }
                    };
                    self.reachable(&number, &other, start(item))?;
                    others.push(other);
                }
                Truth::NumberAmong(Box::new(number), others)
            }
            TypedTerm::Choice(index) => {
                let mut values = Vec::new();
                for item in items {
                    let other = self.term(item)?;
                    values.push(self.member(index, source, other, item)?);
                }
                Truth::Among(index, values.into())
            }
            TypedTerm::Word(_) | TypedTerm::Null => {
                let message = format!("{source} is a word and not a parameter");
                return Err(Positioned::new(start(left), message));
            }
            TypedTerm::Truth(_) => {
                let message = format!("`{source}` is true or false and needs no list");
                return Err(Positioned::new(start(left), message));
            }
        };
        Ok(if negated { Truth::Not(Box::new(truth)) } else { truth })
    }

    /// The value of a hyperparameter that a literal stands for.
    fn member(&self, index: usize, name: &str, other: TypedTerm, syntax: &Expr) -> Result<Value, Positioned> {
        let value = match other {
            TypedTerm::Null => Value::Null,
            TypedTerm::Word(word) => Value::Word(word.into()),
            TypedTerm::Number(Number::Literal(number)) => Value::Float(number),
            TypedTerm::Truth(Truth::Literal(truth)) => Value::Boolean(truth),
            _ => {
                let message = format!("`{name}` can only be compared with its own values");
                return Err(Positioned::new(start(syntax), message).hint(self.listing(index, name)));
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
            Value::Word(_) => format!("`{name}` cannot be {}", value.to_literal()),
            Value::Null => format!("`{name}` cannot be none"),
            _ if words().count() < self.values(index).len() => format!("`{name}` cannot be {value}"),
            _ => format!("`{name}` is a word, but `{}` is not", self.source(syntax)),
        };
        let hint = match &value {
            Value::Word(word) => match nearest(word, words()) {
                Some(near) => format!("did you mean '{near}'?"),
                None => self.listing(index, name),
            },
            Value::Null => "an inactive parameter makes a comparison false by itself".to_owned(),
            _ => self.listing(index, name),
        };
        Err(Positioned::new(start(syntax), message).hint(hint))
    }

    /// Fails where a hyperparameter is compared for equality with a number that it never is.
    fn reachable(&self, term: &Number, literal: &Number, offset: usize) -> Result<(), Positioned> {
        let (Number::Parameter(index), Number::Literal(number)) = (term, literal) else { return Ok(()) };
        let hyperparameter = &self.hyperparameters[*index];
        if hyperparameter.admit(&Value::Float(*number)).is_some() {
            return Ok(());
        }
        let name = &hyperparameter.name;
        let hint = match &hyperparameter.domain {
            Domain::Float { min, max, .. } => format!("`{name}` goes from {min} to {max}"),
            Domain::Integer { min, max, .. } => format!("`{name}` is a whole number from {min} to {max}"),
            Domain::Steps(steps) => {
                format!("`{name}` goes from {} to {} in steps of {}", steps.min(), steps.max(), steps.step())
            }
            _ => self.listing(*index, name),
        };
        Err(Positioned::new(offset, format!("`{name}` cannot be {number}")).hint(hint))
    }

    fn rank(&self, index: usize, offset: usize) -> Result<Rank, Positioned> {
        let name = &self.hyperparameters[index].name;
        match &self.hyperparameters[index].domain {
            Domain::Ordinal { values } => Ok(Rank::Parameter(index, values.clone().into())),
            _ => Err(Positioned::new(offset, format!("the values of `{name}` have no order"))
                .hint(format!("use `{name} in [..]`, or make it an Ordinal with its values in order"))),
        }
    }

    fn rank_of(&self, index: usize, value: &Value) -> Rank {
        Rank::Literal(self.values(index).iter().position(|each| each == value).expect("a member was found"))
    }

    fn listing(&self, index: usize, name: &str) -> String {
        let values: Vec<_> = self.values(index).iter().map(Value::to_literal).collect();
        format!("`{name}` is one of {}", values.join(", "))
    }
}
