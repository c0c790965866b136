//! One configuration: a legal choice of values for the hyperparameters of a space.
use crate::space::value::Value;

/// A value for each active hyperparameter of a space, `None` for each inactive one, in the order of the space.
///
/// Only a [`Space`](crate::space::Space) makes one, so that a configuration that exists is legal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Configuration {
    values: Vec<Option<Value>>,
}

impl Configuration {
    pub(crate) fn of(values: Vec<Option<Value>>) -> Self {
        Self { values }
    }

    /// The value of the hyperparameter with this index in the space; `None` where it is inactive.
    pub fn get(&self, index: usize) -> Option<&Value> {
        self.values[index].as_ref()
    }

    /// All values in the order of the space.
    pub fn values(&self) -> &[Option<Value>] {
        &self.values
    }
}
