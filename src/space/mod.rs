//! What may be tried: hyperparameters, conditions, and forbidden combinations.
mod change;
mod code;
pub mod configuration;

pub mod encoding;
pub mod expression;

pub mod file;
pub mod hyperparameter;

pub mod prior;
pub mod sampling;

pub mod steps;
pub mod value;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::space::expression::evaluation::Point;
use crate::space::file::validation::SpaceError;
use crate::space::sampling::enumeration::Enumeration;
use configuration::Configuration;
use expression::Expression;
use hyperparameter::{Hyperparameter, Value};
use sampling::Plan;
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
    /// How configurations are drawn, made at the first draw.
    plan: OnceLock<Plan>,
    /// How many are drawn at once, made at the first time.
    bulk: OnceLock<sampling::batch::Plan>,
    /// Every legal configuration, made at the first count.
    enumeration: OnceLock<Option<Enumeration>>,
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
    /// The space of these hyperparameters, with a condition for each `(hyperparameter, expression)` and the combinations
    /// that are forbidden; fails at the first thing that cannot be, with its place and a hint.
    pub fn new(
        name: String,
        hyperparameters: Vec<Hyperparameter>,
        conditions: Vec<(String, String)>,
        forbidden: Vec<String>,
    ) -> Result<Self, SpaceError> {
        let hyperparameters = file::validation::hyperparameters(hyperparameters)?;
        let conditions = file::validation::conditions(&hyperparameters, &conditions)?;
        let forbidden = file::validation::forbidden(&hyperparameters, &forbidden)?;
        let order = file::validation::order(&hyperparameters, &conditions)?;
        let indices = hyperparameters.iter().enumerate().map(|(index, each)| (each.name.clone(), index)).collect();
        Ok(Self {
            name,
            hyperparameters,
            conditions: conditions.into_iter().map(|condition| condition.map(|(_, expression)| expression)).collect(),
            forbidden,
            order,
            indices,
            plan: OnceLock::new(),
            bulk: OnceLock::new(),
            enumeration: OnceLock::new(),
        })
    }

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
    pub fn configuration(&self, mut values: Vec<Option<Value>>) -> Result<Configuration, Illegal> {
        assert_eq!(values.len(), self.hyperparameters.len(), "a point has a value for each hyperparameter");
        for &index in &self.order {
            let hyperparameter = &self.hyperparameters[index];
            let name = || hyperparameter.name.clone();
            match (&values[index], self.inactive(index, &values)) {
                (Some(value), None) => {
                    let outside = || Illegal::Outside { name: name(), value: value.to_string() };
                    values[index] = Some(hyperparameter.admit(value).ok_or_else(outside)?);
                }
                (None, None) => return Err(Illegal::Missing { name: name() }),
                (Some(_), Some(condition)) => {
                    return Err(Illegal::Inactive { name: name(), condition: condition.to_string() });
                }
                (None, Some(_)) => {}
            }
        }
        self.allowed(values).map_err(|clause| Illegal::Forbidden { clause: self.forbidden[clause].to_string() })
    }

    /// The configuration with the default of each active hyperparameter; fails where the defaults are forbidden.
    pub fn default_configuration(&self) -> Result<Configuration, Illegal> {
        let defaults = |index: usize| self.hyperparameters[index].default.clone();
        self.settle(vec![None; self.hyperparameters.len()], defaults)
            .map_err(|clause| Illegal::Forbidden { clause: self.forbidden[clause].to_string() })
    }

    /// The configuration with these values where they are active, and filled-in values where an active hyperparameter
    /// has none; fails with the index of the clause that forbids it.
    fn settle(
        &self,
        mut values: Vec<Option<Value>>,
        mut fill: impl FnMut(usize) -> Value,
    ) -> Result<Configuration, usize> {
        for &index in &self.order {
            if self.inactive(index, &values).is_some() {
                values[index] = None;
            } else if values[index].is_none() {
                values[index] = Some(fill(index));
            }
        }
        self.allowed(values)
    }

    /// The condition that makes a hyperparameter inactive at a point where its parents are settled.
    fn inactive(&self, index: usize, point: Point) -> Option<&Expression> {
        self.conditions[index].as_ref().filter(|condition| !condition.holds(point))
    }

    /// The configuration of a settled point, or the index of the first clause that forbids it.
    fn allowed(&self, values: Vec<Option<Value>>) -> Result<Configuration, usize> {
        match self.forbidden.iter().position(|clause| clause.holds(&values)) {
            Some(clause) => Err(clause),
            None => Ok(Configuration::of(values)),
        }
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

    /// The values of a configuration as a RON map, ready to paste.
    pub fn to_ron(&self, configuration: &Configuration) -> String {
        let pairs = self
            .named(configuration)
            .map(|(name, value)| format!("{name:?}: {}", file::validation::listing(std::slice::from_ref(value))));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
    }
}
