//! What may be tried: hyperparameters, conditions, and forbidden combinations.
pub mod configuration;
pub mod encoding;
pub mod expression;
pub mod file;
pub mod hyperparameter;
pub mod neighborhood;
pub mod sampling;

use std::collections::HashMap;

use configuration::Configuration;
use expression::Expression;
use hyperparameter::{Hyperparameter, Value};
use thiserror::Error;

/// A search space: every legal [`Configuration`] and no other.
#[derive(Clone, Debug)]
pub struct Space {
    name: String,
    hyperparameters: Vec<Hyperparameter>,
    /// When the hyperparameter with the same index is active; `None` is always.
    conditions: Vec<Option<Expression>>,
    forbidden: Vec<Expression>,
    /// Indices in an order in which parents come before the hyperparameters that they activate.
    order: Vec<usize>,
    indices: HashMap<String, usize>,
}

/// Why a point is not a configuration of a space.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Illegal {
    #[error("there is no hyperparameter `{name}`")]
    Unknown { name: String },
    #[error("`{name}` is active but has no value")]
    Missing { name: String },
    #[error("`{name}` has a value but is inactive, because `{condition}` does not hold")]
    Inactive { name: String, condition: String },
    #[error("`{name}` cannot be `{value}`")]
    Outside { name: String, value: String },
    #[error("`{clause}` forbids it")]
    Forbidden { clause: String },
}

impl Space {
    /// The name from the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hyperparameters in the order of the file.
    pub fn hyperparameters(&self) -> &[Hyperparameter] {
        &self.hyperparameters
    }

    /// The index of a hyperparameter.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.indices.get(name).copied()
    }

    /// When a hyperparameter is active; `None` is always.
    pub fn condition(&self, index: usize) -> Option<&Expression> {
        self.conditions[index].as_ref()
    }

    /// The combinations that are never tried.
    pub fn forbidden(&self) -> &[Expression] {
        &self.forbidden
    }

    /// The configuration with these values, `None` for inactive hyperparameters, in the order of the space.
    pub fn configuration(&self, values: Vec<Option<Value>>) -> Result<Configuration, Illegal> {
        todo!("the space helper: admit each value, check activity in `order`, check forbidden: {values:?}")
    }

    /// The configuration with these named values.
    pub fn configuration_of<'a>(
        &self,
        named: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Result<Configuration, Illegal> {
        let mut values = vec![None; self.hyperparameters.len()];
        for (name, value) in named {
            let index = self.index(name).ok_or_else(|| Illegal::Unknown { name: name.into() })?;
            values[index] = Some(value);
        }
        self.configuration(values)
    }

    /// The active hyperparameters of a configuration with their values, in the order of the space.
    pub fn named<'a>(&'a self, configuration: &'a Configuration) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let names = self.hyperparameters.iter().map(|each| each.name.as_str());
        names.zip(configuration.values()).filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }
}
