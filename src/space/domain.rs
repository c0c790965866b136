//! The domain of a hyperparameter: its values, and their positions on the scale.
use crate::space::prior::ScaleRange;
use crate::space::steps::Steps;
use crate::space::value::Value;

/// The values that a hyperparameter may take, and their scale.
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

impl Domain {
    /// The values that are listed one by one; none for a range.
    pub(crate) fn values(&self) -> &[Value] {
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
                let range = ScaleRange { min: *min as f64, max: *max as f64, log: *log && *min > 0 };
                Value::Integer(range.value(0.5).round() as i64)
            }
            _ => self.at(0.5),
        }
    }

    /// The number of values; `None` for real numbers.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::Float { .. } => None,
            Self::Integer { min, max, .. } => Some(max.abs_diff(*min).saturating_add(1)),
            Self::Steps(steps) => Some(steps.count()),
            Self::Ordinal { values } | Self::Categorical { choices: values } => Some(values.len() as u64),
            Self::Constant { .. } => Some(1),
        }
    }

    /// The value at a position of `[0, 1]`: equal lengths of the unit interval are equally many values of the scale.
    pub(crate) fn at(&self, position: f64) -> Value {
        let position = position.clamp(0.0, 1.0);
        let index = |n: usize| ((position * n as f64) as usize).min(n - 1);
        match self {
            Self::Float { min, max, log } => {
                Value::Float(ScaleRange { min: *min, max: *max, log: *log }.value(position))
            }
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
    pub(crate) fn position(&self, value: &Value) -> Option<f64> {
        let number = || match value {
            Value::Float(_) | Value::Integer(_) => value.number(),
            Value::Null | Value::Boolean(_) | Value::Word(_) => None,
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
    pub(crate) fn index(&self, value: &Value) -> Option<u64> {
        let among = |values: &[Value]| values.iter().position(|each| each == value).map(|index| index as u64);
        match (self, value) {
            (Self::Ordinal { values } | Self::Categorical { choices: values }, _) => among(values),
            (Self::Constant { value: only }, _) => (only == value).then_some(0),
            (_, Value::Null | Value::Boolean(_) | Value::Word(_)) | (Self::Float { .. }, _) => None,
            (Self::Steps(steps), _) => steps.index(value.number()?),
            (Self::Integer { min, .. }, _) => {
                self.position(value).map(|_| (value.number().unwrap_or(0.0) as i64).abs_diff(*min))
            }
        }
    }

    /// The value with this index among finitely many.
    ///
    /// # Panics
    /// Panics for a domain of real numbers, or of fewer values.
    pub(crate) fn nth(&self, index: u64) -> Value {
        match self {
            Self::Float { .. } => unreachable!("real numbers are never counted"),
            Self::Integer { min, .. } => Value::Integer(min + index as i64),
            Self::Steps(steps) => steps.value(index),
            Self::Ordinal { values } | Self::Categorical { choices: values } => values[index as usize].clone(),
            Self::Constant { value } => value.clone(),
        }
    }

    /// The range that is cut into positions; a whole number or a step owns half a unit on either side of it.
    pub(crate) fn range(&self) -> Option<ScaleRange> {
        Some(match self {
            Self::Float { min, max, log } => ScaleRange { min: *min, max: *max, log: *log },
            Self::Integer { min, max, log } => {
                ScaleRange { min: *min as f64 - 0.5, max: *max as f64 + 0.5, log: *log && *min > 0 }
            }
            Self::Steps(steps) => {
                ScaleRange { min: steps.min() - steps.step() / 2.0, max: steps.max() + steps.step() / 2.0, log: false }
            }
            Self::Ordinal { .. } | Self::Categorical { .. } | Self::Constant { .. } => return None,
        })
    }
}
