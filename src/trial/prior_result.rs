//! What is known from elsewhere: results that no trial of this experiment found.
use super::budget::Budget;
use crate::space::configuration::Configuration;

/// A result of an earlier experiment or of another program. The model learns from it as from a trial; it is neither an
/// incumbent nor counted against any limit.
#[derive(Clone, Debug, PartialEq)]
pub struct PriorResult {
    pub configuration: Configuration,
    pub budget: Budget,
    /// Finite, one an objective.
    pub costs: Vec<f64>,
}
