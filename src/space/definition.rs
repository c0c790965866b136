//! The definition of a space: its hyperparameters, when each is active, and which combinations are forbidden.
use std::sync::Arc;

use crate::space::allowed::AllowedTable;
use crate::space::condition;
use crate::space::configuration::Configuration;
use crate::space::expression::Expression;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::validation::{self, SpaceError};
use crate::space::value::Value;

/// Everything that decides which configurations are legal.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub hyperparameters: Vec<Hyperparameter>,
    /// The condition under which the hyperparameter with the same index is active; `None` is always.
    pub conditions: Vec<Option<Expression>>,
    /// Combinations that are never legal; the last of them are all that the tables do not list.
    pub forbidden: Vec<Expression>,
    pub allowed: Vec<Arc<AllowedTable>>,
    /// Indices in an order in which parents come before the hyperparameters that they activate.
    pub order: Vec<usize>,
}

impl Definition {
    /// The definition of a space; fails at the first part that is wrong.
    pub(crate) fn new(
        hyperparameters: Vec<Hyperparameter>,
        conditions: &[(String, String)],
        forbidden: &[String],
    ) -> Result<Self, SpaceError> {
        let hyperparameters = validation::hyperparameters(hyperparameters)?;
        let conditions = condition::conditions(&hyperparameters, conditions)?;
        let forbidden = condition::forbidden(&hyperparameters, forbidden)?;
        let order = condition::order(&hyperparameters, &conditions)?;
        let conditions = conditions.into_iter().map(|condition| condition.map(|(_, expression)| expression)).collect();
        Ok(Self { hyperparameters, conditions, forbidden, order, allowed: Vec::new() })
    }

    /// The same with only the combinations that a further table lists.
    pub(crate) fn allow(&mut self, table: AllowedTable) {
        let table = Arc::new(table);
        self.forbidden.push(Expression::of_table(table.clone(), &self.hyperparameters));
        self.allowed.push(table);
    }

    /// The configuration with these values where they are active, and filled-in values where an active hyperparameter
    /// has none; fails with the index of the clause that forbids it.
    pub(crate) fn settle(
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

    /// The condition that makes a hyperparameter inactive, given the values of its parents.
    pub(crate) fn inactive(&self, index: usize, values: &[Option<Value>]) -> Option<&Expression> {
        self.conditions[index].as_ref().filter(|condition| !condition.holds(values))
    }

    /// The configuration of settled values, or the index of the first clause that forbids it.
    pub(crate) fn allowed(&self, values: Vec<Option<Value>>) -> Result<Configuration, usize> {
        match self.forbidden.iter().position(|clause| clause.holds(&values)) {
            Some(clause) => Err(clause),
            None => Ok(Configuration::of(values)),
        }
    }
}
