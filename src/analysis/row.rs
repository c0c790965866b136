//! Rows: a configuration and its budget as numbers for the support-vector model.
use std::ops::Range;

use super::regression::ColumnKind;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::Domain;
use crate::trial::budget::Budget;

/// An encoder of the configurations of a space as rows.
///
/// Columns are scaled by the space and not by the trials, so that a hyperparameter that hardly varied among the
/// trials is not magnified: ordered ones have the variance one under the uniform law, categorical ones are one-hot,
/// conditional ones are in the middle if inactive and have an indicator beside them.
pub(super) struct Encoder<'a> {
    space: &'a Space,
    /// The least and the greatest logarithm of the budgets, if the budget is a feature.
    budgets: Option<(f64, f64)>,
    kinds: Vec<ColumnKind>,
    /// The columns of each hyperparameter.
    columns: Vec<Range<usize>>,
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(space: &'a Space, budgets: Option<(Budget, Budget)>) -> Self {
        let (mut kinds, mut columns) = (Vec::new(), Vec::new());
        for (index, hyperparameter) in space.hyperparameters().iter().enumerate() {
            let first = kinds.len();
            match &hyperparameter.domain {
                Domain::Constant { .. } => {}
                Domain::Categorical { choices } => kinds.extend(vec![ColumnKind::Choice; choices.len()]),
                _ => kinds.push(ColumnKind::Ordered),
            }
            if space.condition(index).is_some() {
                kinds.push(ColumnKind::Choice);
            }
            columns.push(first..kinds.len());
        }
        let budgets = budgets.filter(|(least, greatest)| least < greatest);
        if budgets.is_some() {
            kinds.push(ColumnKind::Budget);
        }
        {
            let budgets = budgets.map(|(least, greatest)| (least.amount().ln(), greatest.amount().ln()));
            Self { space, budgets, kinds, columns }
        }
    }

    /// The kind of each column.
    pub(crate) fn kinds(&self) -> &[ColumnKind] {
        &self.kinds
    }

    /// The columns of a hyperparameter.
    pub(crate) fn columns(&self, index: usize) -> Range<usize> {
        self.columns[index].clone()
    }

    /// The row of a configuration at a budget.
    pub(crate) fn row(&self, configuration: &Configuration, budget: f64) -> Vec<f64> {
        let mut row = Vec::with_capacity(self.kinds.len());
        for (index, hyperparameter) in self.space.hyperparameters().iter().enumerate() {
            let value = configuration.get(index);
            match &hyperparameter.domain {
                Domain::Constant { .. } => {}
                Domain::Categorical { choices } => {
                    row.extend(choices.iter().map(|choice| f64::from(u8::from(value == Some(choice)))));
                }
                _ => {
                    // n values in the middles of n equal parts have the variance (1 - 1/n²) / 12.
                    let levels = hyperparameter.size().map_or(f64::INFINITY, |n| n.max(2) as f64);
                    let deviation = ((1.0 - levels.powi(-2)) / 12.0).sqrt();
                    let position = value.and_then(|value| hyperparameter.position(value));
                    row.push(position.map_or(0.0, |position| (position - 0.5) / deviation));
                }
            }
            if self.space.condition(index).is_some() {
                row.push(f64::from(u8::from(value.is_some())));
            }
        }
        if let Some((least, greatest)) = self.budgets {
            row.push(2.0 * (budget.ln() - least) / (greatest - least) - 1.0);
        }
        row
    }
}
