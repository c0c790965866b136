//! One hyperparameter: its domain, its prior, its default.
use crate::document::diagnostic::Diagnostic;
pub use crate::space::domain::Domain;
use crate::space::prior::Prior;
pub use crate::space::value::Value;

/// A hyperparameter of a space, already validated by [`Space::new`](super::Space::new).
#[derive(Clone, Debug, PartialEq)]
pub struct Hyperparameter {
    pub name: String,
    pub domain: Domain,
    pub prior: Prior,
    pub default: Value,
    /// A sentence about it, for reports.
    pub description: Option<String>,
    /// The unit of its values, for reports.
    pub unit: Option<String>,
}

impl Hyperparameter {
    /// A hyperparameter without description and unit, whose values are equally likely.
    pub fn new(name: impl Into<String>, domain: Domain, default: Value) -> Self {
        Self { name: name.into(), domain, prior: Prior::Uniform, default, description: None, unit: None }
    }

    /// The number of values; `None` for real numbers.
    pub fn size(&self) -> Option<u64> {
        self.domain.size()
    }

    /// True where the values have no order.
    pub fn is_categorical(&self) -> bool {
        matches!(self.domain, Domain::Categorical { .. })
    }

    /// The value at a position of `[0, 1]`: equal lengths of the unit interval are equally many values of the scale.
    pub fn at(&self, position: f64) -> Value {
        self.domain.at(position)
    }

    /// The position of a value in `[0, 1]`, the middle of its share; `None` where the value is not of the domain.
    pub fn position(&self, value: &Value) -> Option<f64> {
        self.domain.position(value)
    }

    /// The value below which lies this share of the prior, in `[0, 1]`: equal shares are equally likely.
    pub fn quantile(&self, share: f64) -> Value {
        match (&self.prior, self.domain.range()) {
            (Prior::Weights(weights), _) => {
                let target = share * weights.iter().sum::<f64>();
                let mut below = 0.0;
                let chosen = weights.iter().position(|weight| {
                    below += weight;
                    target < below
                });
                let heaviest = || weights.iter().rposition(|weight| *weight > 0.0);
                self.domain.nth(chosen.or_else(heaviest).expect("a weight is above 0") as u64)
            }
            (Prior::Uniform, _) | (_, None) => self.domain.at(share),
            (prior, Some(range)) => self.domain.at(prior.quantile(share, &range)),
        }
    }

    /// True where the value has the weight 0: it is legal, but never proposed.
    pub(crate) fn is_excluded(&self, value: &Value) -> bool {
        match &self.prior {
            Prior::Weights(weights) => self.domain.index(value).is_some_and(|index| weights[index as usize] == 0.0),
            _ => false,
        }
    }

    /// The density of the prior at a value, relative to a prior that is uniform on the scale.
    pub fn density(&self, value: &Value) -> f64 {
        const STEP: f64 = 1e-4;
        match (self.domain.index(value), self.domain.range(), self.domain.position(value)) {
            (Some(index), ..) => self.probability(index) * self.size().map_or(1.0, |size| size as f64),
            (None, Some(range), Some(place)) => {
                let (low, high) = ((place - STEP).max(0.0), (place + STEP).min(1.0));
                let share = self.prior.share_below(high, &range) - self.prior.share_below(low, &range);
                share.max(0.0) / (high - low)
            }
            _ => 1.0,
        }
    }

    /// The prior probability of the value with this index among finitely many.
    pub(crate) fn probability(&self, index: u64) -> f64 {
        let count = self.size().expect("real numbers are never counted") as f64;
        match (&self.prior, self.domain.range()) {
            (Prior::Weights(weights), _) => weights[index as usize] / weights.iter().sum::<f64>(),
            (_, None) => 1.0 / count,
            (prior, Some(range)) => {
                let edge = |index: u64| match &self.domain {
                    Domain::Integer { min, .. } => range.place((min + index as i64) as f64 - 0.5),
                    _ => index as f64 / count,
                };
                prior.share_below(edge(index + 1), &range) - prior.share_below(edge(index), &range)
            }
        }
    }

    /// The default where the file gives none: where the prior is highest.
    pub fn natural_default(&self) -> Value {
        match (&self.prior, self.domain.range()) {
            (Prior::Weights(weights), _) => {
                let heaviest = weights.iter().copied().fold(0.0, f64::max);
                let first = weights.iter().position(|weight| *weight == heaviest).unwrap_or(0);
                self.domain.values().get(first).cloned().unwrap_or_else(|| self.domain.natural_default())
            }
            (Prior::Uniform, _) | (_, None) => self.domain.natural_default(),
            (prior, Some(range)) => match (&self.domain, prior) {
                (Domain::Float { min, max, .. }, Prior::Normal { mean: center, .. })
                | (Domain::Float { min, max, .. }, Prior::LogNormal { median: center, .. }) => {
                    Value::Float(center.max(*min).min(*max))
                }
                _ => self.domain.at(prior.center(&range)),
            },
        }
    }

    /// The mistake in the prior for this domain, if there is one.
    pub(crate) fn prior_mistake(&self) -> Option<Diagnostic> {
        let name = &self.name;
        match (&self.prior, self.domain.range()) {
            (Prior::Uniform, _) => None,
            (Prior::Weights(weights), None) => {
                let choices = self.domain.values().len();
                if weights.len() != choices {
                    let message = format!("`{name}` has {choices} choices, but {} weights", weights.len());
                    return Some(Diagnostic::new(message).hint("give each choice its weight, in the same order"));
                }
                if let Some(wrong) = weights.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
                    let message = format!("`{name}` has the weight {wrong}");
                    return Some(Diagnostic::new(message).hint("a weight is at least 0"));
                }
                weights.iter().all(|weight| *weight == 0.0).then(|| {
                    Diagnostic::new(format!("all weights of `{name}` are 0")).hint("at least one must be above 0")
                })
            }
            (Prior::Weights(_), Some(_)) => {
                Some(Diagnostic::new(format!("`{name}` is a range and has no weights")).hint("give it a `prior`"))
            }
            (_, None) => {
                Some(Diagnostic::new(format!("`{name}` is a list and has no prior")).hint("give it `weights`"))
            }
            (prior, Some(range)) => prior.mistake(name, &range),
        }
    }

    /// The value in the domain's own type (`8.0` becomes `8` for an integer); `None` where it is not of the domain.
    pub fn admit(&self, value: &Value) -> Option<Value> {
        self.domain.admit(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::steps::Steps;

    #[test]
    fn positions_and_values_agree() {
        let domains = [
            Domain::Float { min: 500.0, max: 200_000.0, log: true },
            Domain::Integer { min: 1, max: 1024, log: true },
            Domain::Integer { min: -3, max: 3, log: false },
            Domain::Ordinal { values: vec![Value::Integer(32), Value::Integer(64), Value::Integer(128)] },
            Domain::Steps(Steps::new(0.0, 1.0, 0.05, false).unwrap()),
        ];
        for domain in domains {
            let default = Hyperparameter::new("x", domain, Value::Integer(0));
            for step in 0..=20 {
                let value = default.at(f64::from(step) / 20.0);
                let again = default.at(default.position(&value).expect("a value of the domain"));
                match (&value, &again) {
                    (Value::Float(a), Value::Float(b)) => assert!((a - b).abs() <= 1e-12 * a.abs()),
                    _ => assert_eq!(value, again),
                }
            }
        }
    }

    #[test]
    fn a_prior_decides_how_often_values_are_drawn() {
        let words = || ["a", "b", "c"].map(|word| Value::Word(word.into())).to_vec();
        let ten = Domain::Integer { min: 1, max: 10, log: false };
        let real = Domain::Float { min: 0.001, max: 10.0, log: true };
        let quarters = Domain::Steps(Steps::new(0.0, 1.0, 0.25, false).unwrap());
        for (domain, prior, expected) in [
            // The quantiles 0.1, 0.5 and 0.9 of SciPy's truncnorm and beta.
            (ten.clone(), Prior::Normal { mean: 4.0, deviation: 2.0 }, ["2", "4", "7"]),
            (real.clone(), Prior::LogNormal { median: 0.1, deviation: 1.0 }, ["0.0278", "0.1", "0.3602"]),
            (real, Prior::Beta { alpha: 3.0, beta: 2.0 }, ["0.0191", "0.2865", "2.6901"]),
            (quarters, Prior::Beta { alpha: 3.0, beta: 2.0 }, ["0.25", "0.75", "1.0"]),
            (Domain::Categorical { choices: words() }, Prior::Weights(vec![0.0, 6.0, 2.0]), ["b", "b", "c"]),
        ] {
            let mut hyperparameter = Hyperparameter::new("x", domain, Value::Integer(0));
            hyperparameter.prior = prior;
            assert_eq!(hyperparameter.prior_mistake(), None);
            let at = |share: f64| match hyperparameter.quantile(share) {
                Value::Float(float) if hyperparameter.size().is_none() => Value::Float((float * 1e4).round() / 1e4),
                other => other,
            };
            assert_eq!([0.1, 0.5, 0.9].map(|share| at(share).to_string()), expected, "{hyperparameter:?}");
            if let Some(size) = hyperparameter.size() {
                let total: f64 = (0..size).map(|index| hyperparameter.probability(index)).sum();
                assert!((total - 1.0).abs() < 1e-12, "{total}");
                // The share of a value is what lies between the quantiles that give it.
                for index in 0..size {
                    let draws = (0..10_000).map(|draw| hyperparameter.quantile((f64::from(draw) + 0.5) / 1e4));
                    let drawn = draws.filter(|value| *value == hyperparameter.domain.nth(index)).count() as f64 / 1e4;
                    assert!((drawn - hyperparameter.probability(index)).abs() < 2e-4, "{hyperparameter:?} {index}");
                }
            }
        }
    }
}
