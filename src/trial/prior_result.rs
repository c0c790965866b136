//! Prior results: costs known from earlier experiments or other programs.
use super::budget::Budget;
use crate::space::configuration::Configuration;

/// A result of an earlier experiment or of another program. The model learns from it as from a trial, but it is never an
/// incumbent and counts against no limit.
#[derive(Clone, Debug, PartialEq)]
pub struct PriorResult {
    pub configuration: Configuration,
    pub budget: Budget,
    /// Finite costs, one an objective.
    pub costs: Vec<f64>,
}
