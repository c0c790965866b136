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
}
