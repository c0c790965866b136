//! Search spaces: hyperparameters, their conditions, and forbidden combinations.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod allowed;
pub mod builder;
mod change;
mod code;
pub(crate) mod completion;
mod condition;
pub mod configuration;
pub mod declaration;
mod definition;
mod description;
mod domain;
pub mod encoding;
pub mod expression;
pub mod file;
pub mod hyperparameter;
pub mod lookup;
mod matching;
pub mod prior;
pub mod renaming;
pub mod sampling;
pub mod steps;
pub mod validation;
pub mod value;

use std::collections::HashMap;
use std::sync::OnceLock;

use indexmap::IndexMap;

pub use crate::space::allowed::AllowedRow;
use crate::space::allowed::AllowedTable;
use crate::space::configuration::Configuration;
use crate::space::definition::Definition;
use crate::space::expression::Expression;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::sampling::bulk::BulkPlan;
use crate::space::sampling::enumeration::Enumeration;
use crate::space::sampling::plan::DrawPlan;
use crate::space::validation::{SpaceError, SpacePart};
use crate::space::value::Value;
use thiserror::Error;

/// A search space: every legal [`Configuration`] and no other.
#[derive(Clone, Debug)]
pub struct Space {
    name: String,
    definition: Definition,
    indices: HashMap<String, usize>,
    /// The names that parameters had in earlier versions of the space, by their present names.
    former: IndexMap<String, String>,
    /// The plan for drawing single configurations, made at the first draw.
    plan: OnceLock<DrawPlan>,
    /// The plan for drawing many configurations at once, made at the first such draw.
    bulk: OnceLock<BulkPlan>,
    /// Every legal configuration, made at the first count.
    enumeration: OnceLock<Option<Enumeration>>,
}

/// The reason why values are no configuration of a space.
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
    /// that are forbidden; fails at the first part that is wrong, with a hint.
    pub fn new(
        name: String,
        hyperparameters: Vec<Hyperparameter>,
        conditions: Vec<(String, String)>,
        forbidden: Vec<String>,
    ) -> Result<Self, SpaceError> {
        let definition = Definition::new(hyperparameters, &conditions, &forbidden)?;
        let names = definition.hyperparameters.iter().map(|each| each.name.clone());
        Ok(Self {
            name,
            indices: names.zip(0..).collect(),
            definition,
            former: IndexMap::new(),
            plan: OnceLock::new(),
            bulk: OnceLock::new(),
            enumeration: OnceLock::new(),
        })
    }

    /// The space of those configurations that agree with a row of each of these tables; fails at the first row that is
    /// wrong.
    ///
    /// A configuration agrees with a row where every active hyperparameter that the row names has its value there. Draws
    /// follow the priors, under the condition that they are allowed: without priors, all combinations are equally likely.
    pub fn allowing(self, tables: &[Vec<AllowedRow>]) -> Result<Self, SpaceError> {
        let Self { name, mut definition, indices, former, .. } = self;
        for (table, rows) in tables.iter().enumerate() {
            let wrong = |(row, diagnostic)| SpaceError { part: SpacePart::Allowed { table, row }, diagnostic };
            definition.allow(AllowedTable::new(rows, &definition.hyperparameters).map_err(wrong)?);
        }
        let (plan, bulk, enumeration) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Ok(Self { name, definition, indices, former, plan, bulk, enumeration })
    }

    /// The name from the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hyperparameters in the order of the file.
    pub fn hyperparameters(&self) -> &[Hyperparameter] {
        &self.definition.hyperparameters
    }

    /// The index of a hyperparameter.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.indices.get(name).copied()
    }

    /// The condition under which a hyperparameter is active; `None` is always.
    pub fn condition(&self, index: usize) -> Option<&Expression> {
        self.definition.conditions[index].as_ref()
    }

    /// The combinations that are never tried; a table of allowed ones is one of them, as all that it does not list.
    pub fn forbidden(&self) -> &[Expression] {
        &self.definition.forbidden
    }

    /// The configuration with these values, `None` for inactive hyperparameters, in the order of the space. Values that
    /// [mean](Hyperparameter::matching) one of the domain become it.
    pub fn configuration(&self, mut values: Vec<Option<Value>>) -> Result<Configuration, Illegal> {
        assert_eq!(values.len(), self.hyperparameters().len(), "a value, or `None`, for each hyperparameter");
        for &index in &self.definition.order {
            let hyperparameter = &self.hyperparameters()[index];
            let name = || hyperparameter.name.clone();
            match (&values[index], self.definition.inactive(index, &values)) {
                // Other programs write null for an inactive hyperparameter too.
                (Some(Value::Null), Some(_)) => values[index] = None,
                (Some(Value::Null), None) if hyperparameter.matching(&Value::Null).is_none() => {
                    return Err(Illegal::Missing { name: name() });
                }
                (Some(value), None) => {
                    let outside = || Illegal::Outside { name: name(), value: value.to_string() };
                    values[index] = Some(hyperparameter.matching(value).ok_or_else(outside)?);
                }
                (None, None) => return Err(Illegal::Missing { name: name() }),
                (Some(_), Some(condition)) => {
                    return Err(Illegal::Inactive { name: name(), condition: condition.to_string() });
                }
                (None, Some(_)) => {}
            }
        }
        let forbidden = |clause: usize| Illegal::Forbidden { clause: self.forbidden()[clause].to_string() };
        self.definition.allowed(values).map_err(forbidden)
    }

    /// The configuration with the default of each active hyperparameter, and of each table the allowed combination nearest
    /// to them; fails where they are forbidden.
    pub fn default_configuration(&self) -> Result<Configuration, Illegal> {
        let defaults = |index: usize| self.hyperparameters()[index].default.clone();
        let mut values = vec![None; self.hyperparameters().len()];
        if !self.definition.allowed.is_empty() {
            let position = |each: &Hyperparameter| each.position(&each.default).unwrap_or(0.5);
            let positions: Vec<f64> = self.hyperparameters().iter().map(position).collect();
            self.write_nearest(&positions, &mut values);
        }
        self.definition
            .settle(values, defaults)
            .map_err(|clause| Illegal::Forbidden { clause: self.forbidden()[clause].to_string() })
    }

    /// The configuration with these named values.
    pub fn configuration_of<'a>(
        &self,
        named: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Result<Configuration, Illegal> {
        let mut values = vec![None; self.hyperparameters().len()];
        for (name, value) in named {
            let index = self.index(name).ok_or_else(|| Illegal::Unknown { name: name.into() })?;
            values[index] = Some(value);
        }
        self.configuration(values)
    }

    /// True where an expression may hold for some values of the hyperparameters. False is a proof that it never holds;
    /// true proves nothing.
    pub fn may_hold(&self, expression: &Expression) -> bool {
        expression.may_hold(self.hyperparameters())
    }

    /// True where a value of a configuration has the weight 0: it is legal, but never proposed.
    pub(crate) fn is_excluded(&self, configuration: &Configuration) -> bool {
        let mut each = self.hyperparameters().iter().zip(configuration.values());
        each.any(|(hyperparameter, value)| value.as_ref().is_some_and(|value| hyperparameter.is_excluded(value)))
    }

    /// The active hyperparameters of a configuration with their values, in the order of the space.
    pub fn named<'a>(&'a self, configuration: &'a Configuration) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let names = self.hyperparameters().iter().map(|each| each.name.as_str());
        names.zip(configuration.values()).filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }

    /// The values of a configuration as a RON map, ready to paste.
    pub fn to_ron(&self, configuration: &Configuration) -> String {
        let pairs = self.named(configuration).map(|(name, value)| format!("{name:?}: {}", value.to_ron()));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
    }
}
