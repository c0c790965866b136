//! Acquisition functions as an experiment's file names them.
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::AcquisitionFunction;
use super::cost_improvement::CostImprovement;
use super::expected_improvement::ExpectedImprovement;
use super::expected_improvement_per_second::ExpectedImprovementPerSecond;
use super::lower_confidence_bound::LowerConfidenceBound;
use super::probability_of_improvement::ProbabilityOfImprovement;
use super::random_scalarization::RandomScalarization;
use super::thompson_sampling::ThompsonSampling;
use crate::document::diagnostic::Diagnostic;

/// An acquisition function; an improvement counts only beyond `margin`, in units of the targets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "Acquisition")]
pub enum AcquisitionConfig {
    /// The expected improvement; of two objectives that of the hypervolume, of more that of a random scalarization. Its
    /// logarithm is maximized, which still orders configurations far from the best (Ament et al. 2023).
    ///
    /// An absent margin is 0, except where a Gaussian process learns from several budgets: there it is 0.3, which
    /// shrinks with the square of the results once there are twenty for each hyperparameter. Without this margin,
    /// results at low budgets are trusted too much, and the first good region is refined before others are explored.
    /// With several objectives there is no margin.
    ExpectedImprovement {
        #[serde(default)]
        margin: Option<f64>,
    },
    /// The expected improvement divided by the expected duration of the trial (Snoek et al. 2012), which is learnt from
    /// the trials that ended: of equally promising configurations, the quickest is tried first. The margin is that of
    /// `ExpectedImprovement`.
    ExpectedImprovementPerSecond {
        #[serde(default)]
        margin: Option<f64>,
    },
    /// The expected improvement of a cost whose logarithm the surrogate learns: for the scale `Log`, as in SMAC.
    CostImprovement {
        #[serde(default)]
        margin: f64,
    },
    ProbabilityOfImprovement {
        #[serde(default)]
        margin: f64,
    },
    /// The predicted mean minus this number of standard deviations; absent: a number that grows with the results, as in
    /// SMAC.
    LowerConfidenceBound {
        #[serde(default)]
        deviations: Option<f64>,
    },
    /// The expected improvement of the Chebyshev norm of several objectives, with weights that are drawn for each
    /// proposal (ParEGO: Knowles 2006).
    RandomScalarization,
    /// The minimum, found by random search, of a function drawn from the surrogate's posterior.
    ThompsonSampling,
}

impl Default for AcquisitionConfig {
    fn default() -> Self {
        Self::ExpectedImprovement { margin: None }
    }
}

impl AcquisitionConfig {
    /// The acquisition function with its settings; fails where one of them is out of its range.
    pub(crate) fn build(&self) -> Result<Arc<dyn AcquisitionFunction>, Diagnostic> {
        Ok(match *self {
            Self::ExpectedImprovement { margin } => Arc::new(ExpectedImprovement::new(margin)?),
            Self::ExpectedImprovementPerSecond { margin } => Arc::new(ExpectedImprovementPerSecond::new(margin)?),
            Self::CostImprovement { margin } => Arc::new(CostImprovement::new(margin)?),
            Self::ProbabilityOfImprovement { margin } => Arc::new(ProbabilityOfImprovement::new(margin)?),
            Self::LowerConfidenceBound { deviations } => Arc::new(LowerConfidenceBound::new(deviations)?),
            Self::RandomScalarization => Arc::new(RandomScalarization),
            Self::ThompsonSampling => Arc::new(ThompsonSampling),
        })
    }
}
