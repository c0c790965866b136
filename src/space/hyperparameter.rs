//! One hyperparameter: its values, their scale, its default.
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// A value that a hyperparameter takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Word(String),
}

impl Value {
    /// The value as a number; `None` for words.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Boolean(truth) => Some(f64::from(u8::from(*truth))),
            Self::Integer(integer) => Some(*integer as f64),
            Self::Float(float) => Some(*float),
            Self::Word(_) => None,
        }
    }
}

impl PartialEq for Value {
    /// Numbers are compared as numbers: `8` equals `8.0`.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Word(a), Self::Word(b)) => a == b,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Word(_) | Self::Boolean(_), _) | (_, Self::Word(_) | Self::Boolean(_)) => false,
            _ => self.number() == other.number(),
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Boolean(truth) => truth.hash(state),
            Self::Word(word) => word.hash(state),
            Self::Integer(integer) => (*integer as f64).to_bits().hash(state),
            Self::Float(float) => (float + 0.0).to_bits().hash(state), // -0.0 equals 0.0
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Boolean(truth) => truth.fmt(out),
            Self::Integer(integer) => integer.fmt(out),
            Self::Float(float) => write!(out, "{float:?}"),
            Self::Word(word) => word.fmt(out),
        }
    }
}

/// The values that a hyperparameter may take, and how they are spread.
#[derive(Clone, Debug, PartialEq)]
pub enum Domain {
    /// Real numbers from `min` to `max`, both included.
    Float { min: f64, max: f64, log: bool },
    /// Whole numbers from `min` to `max`, both included.
    Integer { min: i64, max: i64, log: bool },
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
            Self::Float { .. } | Self::Integer { .. } => &[],
        }
    }

    /// The default where the file gives none: the middle of a range on its scale, the first of a list.
    pub fn natural_default(&self) -> Value {
        match self {
            Self::Float { min, max, log } => Value::Float(unscale(0.5, *min, *max, *log)),
            Self::Integer { min, max, log } => {
                Value::Integer(unscale(0.5, *min as f64, *max as f64, *log && *min > 0).round() as i64)
            }
            Self::Ordinal { values } | Self::Categorical { choices: values } => {
                values.first().cloned().unwrap_or(Value::Boolean(false))
            }
            Self::Constant { value } => value.clone(),
        }
    }
}

impl Hyperparameter {
    /// A hyperparameter without description and unit.
    pub fn new(name: impl Into<String>, domain: Domain, default: Value) -> Self {
        Self { name: name.into(), domain, default, description: None, unit: None }
    }

    /// How many values there are; `None` for real numbers.
    pub fn size(&self) -> Option<u64> {
        match &self.domain {
            Domain::Float { .. } => None,
            Domain::Integer { min, max, .. } => Some(max.abs_diff(*min).saturating_add(1)),
            Domain::Ordinal { values } | Domain::Categorical { choices: values } => Some(values.len() as u64),
            Domain::Constant { .. } => Some(1),
        }
    }

    /// Whether the values have no order.
    pub fn is_categorical(&self) -> bool {
        matches!(self.domain, Domain::Categorical { .. })
    }

    /// The value at a position of `[0, 1]`: equal lengths of the unit interval are equally likely values.
    pub fn at(&self, position: f64) -> Value {
        let position = position.clamp(0.0, 1.0);
        let index = |n: usize| ((position * n as f64) as usize).min(n - 1);
        match &self.domain {
            Domain::Float { min, max, log } => Value::Float(unscale(position, *min, *max, *log)),
            Domain::Integer { min, max, log } => {
                // Each whole number owns the interval of half a unit around it, on the scale of the domain.
                let value = unscale(position, *min as f64 - 0.5, *max as f64 + 0.5, *log && *min > 0);
                Value::Integer((value.round() as i64).clamp(*min, *max))
            }
            Domain::Ordinal { values } => values[index(values.len())].clone(),
            Domain::Categorical { choices } => choices[index(choices.len())].clone(),
            Domain::Constant { value } => value.clone(),
        }
    }

    /// The position of a value in `[0, 1]`, the middle of its share; `None` where the value is not of the domain.
    pub fn position(&self, value: &Value) -> Option<f64> {
        let share = |values: &[Value]| {
            values.iter().position(|each| each == value).map(|index| (index as f64 + 0.5) / values.len() as f64)
        };
        match &self.domain {
            Domain::Float { min, max, log } => match value {
                Value::Float(_) | Value::Integer(_) => {
                    let number = value.number()?;
                    (*min <= number && number <= *max).then(|| scale(number, *min, *max, *log))
                }
                _ => None,
            },
            Domain::Integer { min, max, log } => match value {
                Value::Float(_) | Value::Integer(_) => {
                    let number = value.number()?;
                    let whole = number.fract() == 0.0 && *min as f64 <= number && number <= *max as f64;
                    whole.then(|| scale(number, *min as f64 - 0.5, *max as f64 + 0.5, *log && *min > 0))
                }
                _ => None,
            },
            Domain::Ordinal { values } => share(values),
            Domain::Categorical { choices } => share(choices),
            Domain::Constant { value: only } => (only == value).then_some(0.5),
        }
    }

    /// The value in the domain's own type (`8.0` becomes `8` for an integer); `None` where it is not of the domain.
    pub fn admit(&self, value: &Value) -> Option<Value> {
        self.position(value)?;
        Some(match &self.domain {
            Domain::Float { .. } => Value::Float(value.number()?),
            Domain::Integer { .. } => Value::Integer(value.number()? as i64),
            Domain::Ordinal { values } | Domain::Categorical { choices: values } => {
                values.iter().find(|each| *each == value)?.clone()
            }
            Domain::Constant { value } => value.clone(),
        })
    }
}

fn scale(value: f64, min: f64, max: f64, log: bool) -> f64 {
    let position = if log { (value / min).ln() / (max / min).ln() } else { (value - min) / (max - min) };
    position.clamp(0.0, 1.0)
}

fn unscale(position: f64, min: f64, max: f64, log: bool) -> f64 {
    let value = if log { min * (max / min).powf(position) } else { min + position * (max - min) };
    value.max(min).min(max)
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
        ];
        for domain in domains {
            let default = Hyperparameter::new("x", domain, Value::Integer(0));
            for step in 0..=20 {
                let value = default.at(f64::from(step) / 20.0);
                let again = default.at(default.position(&value).expect("a value of the domain"));
                match (&value, &again) {
                    (Value::Float(a), Value::Float(b)) => assert!((a / b - 1.0).abs() < 1e-12),
                    _ => assert_eq!(value, again),
                }
            }
        }
    }
}
