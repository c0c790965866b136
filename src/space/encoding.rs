//! Encoding: a configuration as a row of numbers, a column for each hyperparameter.
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::domain::Domain;

/// The meaning of the numbers of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Places of `[0, 1]`, in an order that means something.
    Numeric,
    /// Indices `0..choices`, in no order.
    Categorical { choices: usize },
}

impl Space {
    /// The columns of [`encode`](Self::encode), in the order of the space.
    pub fn columns(&self) -> Vec<Column> {
        let column = |domain: &Domain| match domain {
            Domain::Categorical { choices } => Column::Categorical { choices: choices.len() },
            _ => Column::Numeric,
        };
        self.hyperparameters().iter().map(|each| column(&each.domain)).collect()
    }

    /// A number for each hyperparameter: numbers and ordinals on `[0, 1]` with their ends at 0 and 1, the index of a
    /// categorical's choice, 0 for a constant, and NaN for what is inactive.
    pub fn encode(&self, configuration: &Configuration) -> Vec<f64> {
        let hyperparameters = self.hyperparameters().iter();
        hyperparameters
            .zip(configuration.values())
            .map(|(hyperparameter, value)| value.as_ref().map_or(f64::NAN, |value| hyperparameter.code(value)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::hyperparameter::{Hyperparameter, Value};

    #[test]
    fn columns_have_the_places_of_configspace() {
        let words = || ["a", "b", "c"].map(|word| Value::Word(word.into())).to_vec();
        let small = Domain::Integer { min: 1, max: 10, log: false };
        let large = Domain::Integer { min: 1, max: 1024, log: true };
        let real = Domain::Float { min: 1e-4, max: 1.0, log: true };
        for (domain, value, expected) in [
            (&small, Value::Integer(1), 0.0),
            (&small, Value::Integer(2), 1.0 / 9.0),
            (&small, Value::Integer(10), 1.0),
            (&large, Value::Integer(32), 0.5),
            (&real, Value::Float(1e-3), 0.25),
            (&Domain::Ordinal { values: words() }, Value::Word("b".into()), 0.5),
            (&Domain::Ordinal { values: words()[..1].to_vec() }, Value::Word("a".into()), 0.0),
            (&Domain::Categorical { choices: words() }, Value::Word("c".into()), 2.0),
            (&Domain::Constant { value: Value::Integer(7) }, Value::Integer(7), 0.0),
        ] {
            let place = Hyperparameter::new("x", domain.clone(), value.clone()).code(&value);
            assert!((place - expected).abs() < 1e-12, "{domain:?} {value}");
        }
    }
}
