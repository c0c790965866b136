//! Rows: a configuration and its budget as numbers for the models.
use super::bin::Binning;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::encoding::Column;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
use crate::trial::budget::Budget;

/// An encoder of the configurations of a space as rows.
///
/// A row has a column for each hyperparameter that can vary, and one for the budget if there are several. Numbers are on
/// `[0, 1]` of the space, categories are indices, rare ones being one, and NaN stands for an inactive hyperparameter.
pub(super) struct Encoder<'a> {
    space: &'a Space,
    /// The hyperparameters that can vary, by their index in the space, with their bins.
    varied: Vec<(usize, &'a Binning)>,
    /// The least and the greatest logarithm of the budgets, if the budget is a column.
    budgets: Option<(f64, f64)>,
    columns: Vec<Column>,
}

/// True if the hyperparameter has more than one value.
pub(super) fn varies(hyperparameter: &Hyperparameter) -> bool {
    !matches!(hyperparameter.domain, Domain::Constant { .. }) && hyperparameter.size() != Some(1)
}

impl<'a> Encoder<'a> {
    /// The encoder for hyperparameters by their index in the space, with their bins.
    pub(crate) fn new(space: &'a Space, varied: Vec<(usize, &'a Binning)>, budgets: Option<(Budget, Budget)>) -> Self {
        let column = |(index, binning): &(usize, &Binning)| match &space.hyperparameters()[*index].domain {
            Domain::Categorical { .. } if binning.is_pooled() => Column::Categorical { choices: binning.bins.len() },
            Domain::Categorical { choices } => Column::Categorical { choices: choices.len() },
            _ => Column::Numeric,
        };
        let budgets = budgets.filter(|(least, greatest)| least < greatest);
        let columns = varied.iter().map(column).chain(budgets.map(|_| Column::Numeric)).collect();
        let budgets = budgets.map(|(least, greatest)| (least.amount().ln(), greatest.amount().ln()));
        Self { space, varied, budgets, columns }
    }

    /// The kind of each column.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The category of each column that pools rare choices.
    pub(crate) fn pooled(&self) -> Vec<Option<f64>> {
        let pooled = |(_, binning): &(usize, &Binning)| binning.is_pooled().then(|| (binning.bins.len() - 1) as f64);
        self.varied.iter().map(pooled).chain(self.budgets.map(|_| None)).collect()
    }

    /// The column of a hyperparameter; `None` if it cannot vary.
    pub(crate) fn column(&self, index: usize) -> Option<usize> {
        self.varied.iter().position(|(each, _)| *each == index)
    }

    /// The number that stands for a value of the hyperparameter of a column; NaN if it is inactive.
    pub(crate) fn number(&self, column: usize, value: Option<&Value>) -> f64 {
        let (index, binning) = self.varied[column];
        let hyperparameter = &self.space.hyperparameters()[index];
        match value {
            None => f64::NAN,
            Some(value) if binning.is_pooled() => {
                binning.bin_of(hyperparameter.position(value).expect("a value of the domain")) as f64
            }
            Some(value) => hyperparameter.code(value),
        }
    }

    /// The row of a configuration at a budget.
    pub(crate) fn row(&self, configuration: &Configuration, budget: f64) -> Vec<f64> {
        let number = |column: usize| self.number(column, configuration.get(self.varied[column].0));
        let budget = self.budgets.map(|(least, greatest)| (budget.ln() - least) / (greatest - least));
        (0..self.varied.len()).map(number).chain(budget).collect()
    }
}
