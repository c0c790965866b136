//! Evaluations: results at a budget that are not trials, such as those at the end of a run.
use std::sync::Arc;

use super::ConfigurationId;
use super::budget::Budget;

/// A judged result of a configuration outside of the search: no rung counts it, and the recommendation does.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    pub configuration: ConfigurationId,
    pub budget: Budget,
    pub seed: u64,
    pub instance: Option<Arc<str>>,
    /// The cost, of several objectives the first; absent where the evaluation failed.
    pub cost: Option<f64>,
    /// The costs of the objectives after the first; none with one objective, where the evaluation failed, or in journals of
    /// earlier versions.
    pub others: Vec<f64>,
}

impl Evaluation {
    /// The costs, one an objective; none where the evaluation failed.
    pub fn costs(&self) -> Vec<f64> {
        self.cost.into_iter().chain(self.others.iter().copied()).collect()
    }
}
