//! One hyperparameter: its values, their scale and law, its default.
use super::prior::{Prior, Range};
use super::steps::Steps;
pub use super::value::Value;

/// The values that a hyperparameter may take, and how they are spread.
#[derive(Clone, Debug, PartialEq)]
pub enum Domain {
    /// Real numbers from `min` to `max`, both included.
    Float { min: f64, max: f64, log: bool },
    /// Whole numbers from `min` to `max`, both included.
    Integer { min: i64, max: i64, log: bool },
    /// Numbers at equal distances.
    Steps(Steps),
    /// Values in an order that means something.
    Ordinal { values: Vec<Value> },
    /// Values in no order.
    Categorical { choices: Vec<Value> },
    /// One value.
    Constant { value: Value },
}

/// A hyperparameter of a space, already validated by [`Space::new`](super::Space::new).
#[derive(Clone, Debug, PartialEq)]
pub struct Hyperparameter {
    pub name: String,
    pub domain: Domain,
    pub prior: Prior,
    pub default: Value,
    /// What it is, for reports.
    pub description: Option<String>,
    /// The unit of its values, for reports.
    pub unit: Option<String>,
}

impl Domain {
    /// The values that are listed one by one; none for a range.
    pub fn values(&self) -> &[Value] {
        match self {
            Self::Ordinal { values } | Self::Categorical { choices: values } => values,
            Self::Constant { value } => std::slice::from_ref(value),
            Self::Float { .. } | Self::Integer { .. } | Self::Steps(_) => &[],
        }
    }

    /// The default where the file gives none: the middle of a range on its scale, the first of a list.
    pub fn natural_default(&self) -> Value {
        match self {
            Self::Ordinal { values } | Self::Categorical { choices: values } => {
                values.first().cloned().unwrap_or(Value::Boolean(false))
            }
            Self::Integer { min, max, log } => {
                let range = Range { min: *min as f64, max: *max as f64, log: *log && *min > 0 };
                Value::Integer(range.value(0.5).round() as i64)
            }
            _ => self.at(0.5),
        }
    }

    /// How many values there are; `None` for real numbers.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Float { .. } => None,
            Self::Integer { min, max, .. } => Some(max.abs_diff(*min).saturating_add(1)),
            Self::Steps(steps) => Some(steps.count()),
            Self::Ordinal { values } | Self::Categorical { choices: values } => Some(values.len() as u64),
            Self::Constant { .. } => Some(1),
        }
    }

    /// The value at a position of `[0, 1]`: equal lengths of the unit interval are equally many values of the scale.
    pub fn at(&self, position: f64) -> Value {
        let position = position.clamp(0.0, 1.0);
        let index = |n: usize| ((position * n as f64) as usize).min(n - 1);
        match self {
            Self::Float { min, max, log } => Value::Float(Range { min: *min, max: *max, log: *log }.value(position)),
            Self::Integer { min, max, .. } => {
                let value = self.range().expect("integers have a range").value(position);
                Value::Integer((value.round() as i64).clamp(*min, *max))
            }
            Self::Steps(steps) => steps.value(((position * steps.count() as f64) as u64).min(steps.count() - 1)),
            Self::Ordinal { values } => values[index(values.len())].clone(),
            Self::Categorical { choices } => choices[index(choices.len())].clone(),
            Self::Constant { value } => value.clone(),
        }
    }

    /// The position of a value in `[0, 1]`, the middle of its share; `None` where the value is not of the domain.
    pub fn position(&self, value: &Value) -> Option<f64> {
        let number = || match value {
            Value::Float(_) | Value::Integer(_) => value.number(),
            Value::Boolean(_) | Value::Word(_) => None,
        };
        match self {
            Self::Float { min, max, .. } => {
                let number = number()?;
                (*min <= number && number <= *max).then(|| self.range().map(|range| range.place(number)))?
            }
            Self::Integer { min, max, .. } => {
                let number = number()?;
                let whole = number.fract() == 0.0 && *min as f64 <= number && number <= *max as f64;
                whole.then(|| self.range().map(|range| range.place(number)))?
            }
            _ => Some((self.index(value)? as f64 + 0.5) / self.size()? as f64),
        }
    }

    /// The index of a value among finitely many; `None` where it is not of the domain, or the domain is of real numbers.
    pub fn index(&self, value: &Value) -> Option<u64> {
        let among = |values: &[Value]| values.iter().position(|each| each == value).map(|index| index as u64);
        match (self, value) {
            (Self::Ordinal { values } | Self::Categorical { choices: values }, _) => among(values),
            (Self::Constant { value: only }, _) => (only == value).then_some(0),
            (_, Value::Boolean(_) | Value::Word(_)) | (Self::Float { .. }, _) => None,
            (Self::Steps(steps), _) => steps.index(value.number()?),
            (Self::Integer { min, .. }, _) => {
                self.position(value).map(|_| (value.number().unwrap_or(0.0) as i64).abs_diff(*min))
            }
        }
    }

    /// The value with this index among finitely many.
    ///
    /// # Panics
    /// Where the domain is of real numbers, or has fewer values.
    pub fn nth(&self, index: u64) -> Value {
        match self {
            Self::Float { .. } => unreachable!("real numbers are never counted"),
            Self::Integer { min, .. } => Value::Integer(min + index as i64),
            Self::Steps(steps) => steps.value(index),
            Self::Ordinal { values } | Self::Categorical { choices: values } => values[index as usize].clone(),
            Self::Constant { value } => value.clone(),
        }
    }

    /// The range that is cut into positions; a whole number or a step owns half a unit on either side of it.
    fn range(&self) -> Option<Range> {
        Some(match self {
            Self::Float { min, max, log } => Range { min: *min, max: *max, log: *log },
            Self::Integer { min, max, log } => {
                Range { min: *min as f64 - 0.5, max: *max as f64 + 0.5, log: *log && *min > 0 }
            }
            Self::Steps(steps) => {
                Range { min: steps.min() - steps.step() / 2.0, max: steps.max() + steps.step() / 2.0, log: false }
            }
            Self::Ordinal { .. } | Self::Categorical { .. } | Self::Constant { .. } => return None,
        })
    }
}

impl Hyperparameter {
    /// A hyperparameter without description and unit, whose values are equally likely.
    pub fn new(name: impl Into<String>, domain: Domain, default: Value) -> Self {
        Self { name: name.into(), domain, prior: Prior::Uniform, default, description: None, unit: None }
    }

    /// How many values there are; `None` for real numbers.
    pub fn size(&self) -> Option<u64> {
        self.domain.size()
    }

    /// Whether the values have no order.
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

    /// How likely a value is under the prior, relative to one under which all values of the scale are equally likely.
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
    pub(super) fn probability(&self, index: u64) -> f64 {
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
                    Value::Float(center.clamp(*min, *max))
                }
                _ => self.domain.at(prior.center(&range)),
            },
        }
    }

    /// What is wrong with the prior for this domain, and what to do.
    pub(super) fn prior_mistake(&self) -> Option<(String, String)> {
        let name = &self.name;
        match (&self.prior, self.domain.range()) {
            (Prior::Uniform, _) => None,
            (Prior::Weights(weights), None) => {
                let choices = self.domain.values().len();
                if weights.len() != choices {
                    let message = format!("`{name}` has {choices} choices, but {} weights", weights.len());
                    return Some((message, "give each choice its weight, in the same order".to_owned()));
                }
                if let Some(wrong) = weights.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
                    return Some((format!("`{name}` has the weight {wrong}"), "a weight is at least 0".to_owned()));
                }
                let message = || format!("all weights of `{name}` are 0");
                weights.iter().all(|weight| *weight == 0.0).then(|| (message(), "at least one must be above 0".into()))
            }
            (Prior::Weights(_), Some(_)) => {
                Some((format!("`{name}` is a range and has no weights"), "give it a `prior`".to_owned()))
            }
            (_, None) => Some((format!("`{name}` is a list and has no prior"), "give it `weights`".to_owned())),
            (prior, Some(range)) => prior.mistake(name, &range),
        }
    }

    /// The value in the domain's own type (`8.0` becomes `8` for an integer); `None` where it is not of the domain.
    pub fn admit(&self, value: &Value) -> Option<Value> {
        match &self.domain {
            Domain::Float { .. } => self.position(value).and(value.number()).map(Value::Float),
            domain => domain.index(value).map(|index| domain.nth(index)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
