//! Sampling: draws legal configurations from the priors, under the condition that they are legal.
mod alias;
pub(crate) mod batch;
mod boxes;
pub(crate) mod bulk;
mod column_sampler;
mod diagram;
pub(crate) mod enumeration;
mod group;
pub(crate) mod impossible;
mod joint;
mod mutation;
pub(crate) mod plan;
mod table_cursor;

use crate::document::diagnostic::Diagnostic;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::sampling::enumeration::Enumeration;
use crate::space::sampling::impossible::Impossible;
use crate::space::sampling::plan::DrawPlan;
use crate::space::value::Value;

impl Space {
    /// A legal configuration, drawn from the priors under the condition that it is legal; fails where there is none to
    /// be found.
    pub fn sample(&self, stream: &mut Stream) -> Result<Configuration, Impossible> {
        self.plan().sample(&self.definition, stream)
    }

    /// Fails where it is proven that nothing is legal.
    pub fn possible(&self) -> Result<(), Impossible> {
        self.plan().possible(&self.definition)
    }

    /// Fails where a table of allowed combinations can only be met by chance, and rarely is.
    pub(crate) fn check_tables(&self) -> Result<(), Diagnostic> {
        let Some(table) = self.plan().undrawable(&self.definition) else { return Ok(()) };
        let message = format!("almost every draw is forbidden: {}", self.forbidden()[table]);
        let hint = "a parameter of the list is active depending on a range of numbers: list the values of that range, \
                    Ordinal(values: [...]), or take the parameter out of the list";
        Err(Diagnostic::new(message).hint(hint).field("allowed"))
    }

    /// The configuration with this share of each prior below it, each in `[0, 1]`; `None` where it is forbidden.
    ///
    /// Spread points become spread configurations, and more of them where a prior is high.
    pub(crate) fn quantile(&self, shares: &[f64]) -> Option<Configuration> {
        assert_eq!(shares.len(), self.hyperparameters().len(), "a share for each hyperparameter");
        let fill = |index: usize| self.hyperparameters()[index].quantile(shares[index]);
        let mut values = vec![None; shares.len()];
        if !self.definition.allowed.is_empty() {
            self.plan().spread(&self.definition, shares, &mut values);
        }
        self.definition.settle(values, fill).ok()
    }

    /// The configuration at a position of `[0, 1]` for each hyperparameter; `None` where it is forbidden.
    pub fn complete(&self, positions: &[f64]) -> Option<Configuration> {
        assert_eq!(positions.len(), self.hyperparameters().len(), "a position for each hyperparameter");
        let fill = |index: usize| self.hyperparameters()[index].at(positions[index]);
        self.definition.settle(vec![None; positions.len()], fill).ok()
    }

    /// The configuration at a position of `[0, 1]` for each hyperparameter, with the nearest combination of values that each
    /// table allows; `None` where it is forbidden.
    pub(crate) fn complete_nearby(&self, positions: &[f64]) -> Option<Configuration> {
        let mut values = vec![None; positions.len()];
        self.write_nearest(positions, &mut values);
        let fill = |index: usize| self.hyperparameters()[index].at(positions[index]);
        self.definition.settle(values, fill).ok()
    }

    /// Writes the combination of each table that is nearest to these positions.
    pub(crate) fn write_nearest(&self, positions: &[f64], values: &mut [Option<Value>]) {
        for table in &self.definition.allowed {
            let row = table.nearest(self.hyperparameters(), positions, 0);
            table.write(row, self.hyperparameters(), values);
        }
    }

    /// The share of independent draws from the priors that is legal, in `[0, 1]`; without priors, of the unit cube. Exact
    /// where the clauses read few discrete values, estimated with this seed otherwise.
    pub fn allowed_fraction(&self, seed: u64) -> f64 {
        self.plan().allowed_fraction(&self.definition, seed)
    }

    /// The number of legal configurations; `None` where there are real numbers, or too many to count.
    pub fn count(&self) -> Option<u64> {
        self.enumeration().map(Enumeration::count)
    }

    /// The legal configuration with this number, of all [`count`](Self::count); `None` where there are not so many, or
    /// they cannot be counted.
    pub fn nth(&self, number: u64) -> Option<Configuration> {
        self.enumeration()?.nth(&self.definition, number)
    }

    fn enumeration(&self) -> Option<&Enumeration> {
        self.enumeration.get_or_init(|| Enumeration::of(&self.definition)).as_ref()
    }

    fn plan(&self) -> &DrawPlan {
        self.plan.get_or_init(|| DrawPlan::of(&self.definition))
    }
}
