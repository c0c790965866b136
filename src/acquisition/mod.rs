//! Acquisition functions: score configurations that were not evaluated, from the predictions of surrogates.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod config;
pub mod cost_improvement;
pub mod expected_improvement;
pub mod expected_improvement_per_second;
mod hypervolume;
pub mod integration;
pub mod lower_confidence_bound;
pub mod maximizer;
pub mod probability_of_improvement;
pub mod random_scalarization;
mod scalarization;
pub mod thompson_sampling;

use std::fmt;

use crate::numeric::stream::Stream;
use crate::surrogate::Prediction;
use crate::surrogate::target::Scale;

/// An acquisition function with its settings; before each proposal it makes a [`Criterion`] from the state of the
/// search.
///
/// The optimizer takes any implementation: see [`OptimizerBuilder`](crate::extend::OptimizerBuilder).
pub trait AcquisitionFunction: fmt::Debug + Send + Sync {
    /// The name as an experiment's file spells it, such as `ExpectedImprovement`.
    fn name(&self) -> &str;

    /// The name in words for this number of objectives; by default the name itself.
    fn describe(&self, _objectives: usize) -> String {
        self.name().to_owned()
    }

    /// True where it supports this number of objectives; by default, one only.
    fn supports(&self, objectives: usize) -> bool {
        objectives == 1
    }

    /// The scale that the surrogate's targets must have; `None` where any will do.
    fn required_scale(&self) -> Option<Scale> {
        None
    }

    /// True where the criterion is divided by the time that a trial is expected to take.
    fn is_per_second(&self) -> bool {
        false
    }

    /// The criterion of the next proposal; random numbers come from `stream`, which is the same for the same proposal.
    fn criterion(&self, state: &SearchState, stream: &mut Stream) -> Criterion;
}

/// The state of the search that a criterion is made for.
#[derive(Clone, Copy, Debug)]
pub struct SearchState<'a> {
    /// The expected costs of each configuration that is to be improved upon, one for each objective on the scale of its
    /// targets: the configurations that were tried at the highest budget or, before the first of these, all. There is
    /// at least one.
    pub points: &'a [Vec<f64>],
    /// The number of results that the surrogate has learnt from.
    pub results: usize,
    /// The number of columns of a row.
    pub columns: usize,
    /// True where a Gaussian process learns from several budgets.
    pub is_multi_fidelity: bool,
}

impl SearchState<'_> {
    /// The number of objectives.
    pub fn objectives(&self) -> usize {
        self.points.first().map_or(1, Vec::len)
    }

    /// The lowest expected cost of the first objective; the lowest observed cost may have been luck.
    pub fn best(&self) -> f64 {
        self.points.iter().map(|point| point[0]).fold(f64::INFINITY, f64::min)
    }
}

/// A criterion that is maximized for one proposal.
pub enum Criterion {
    /// A function of the prediction for one objective.
    OneObjective(Box<dyn Utility>),
    /// A function of the predictions for all objectives.
    SeveralObjectives(Box<dyn JointUtility>),
    /// The lowest value of a function that is drawn from the surrogate's posterior.
    PosteriorSample,
}

/// A function of one prediction; a higher value is more promising.
pub trait Utility: Send + Sync {
    /// The logarithm of the utility of a point; negative infinity where the utility is zero.
    fn log_value(&self, prediction: Prediction) -> f64;
}

/// A function of the predictions for several objectives, each from a surrogate of its own.
pub trait JointUtility: Send + Sync {
    /// The logarithm of the utility of a point, from the prediction for each objective.
    fn log_value(&self, predictions: &[Prediction]) -> f64;
}
