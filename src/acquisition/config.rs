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

/// An acquisition function; `margin` is how much of an improvement, in units of the targets, does not count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "Acquisition")]
pub enum AcquisitionConfig {
    /// The expected improvement; of two objectives that of the hypervolume, of more that of a random scalarization. What is
    /// maximized is its logarithm, so that far from the best it still tells better from worse (Ament et al. 2023).
    ///
    /// An absent margin is 0; but where a Gaussian process learns from several budgets it is 0.3, which shrinks
    /// with the square of the results once there are twenty for each hyperparameter: what low budgets say of the full one
    /// is believed too readily, and the first good region is refined to the last digit before others are seen. Of several
    /// objectives there is none.
    ExpectedImprovement {
        #[serde(default)]
        margin: Option<f64>,
    },
    /// The expected improvement divided by what a trial is expected to take (Snoek et al. 2012), as trials that ended took:
    /// where configurations differ in their time, the quick ones are tried first. The margin is as above.
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
    /// The mean less so many standard deviations; absent, they grow with the results as in SMAC.
    LowerConfidenceBound {
        #[serde(default)]
        deviations: Option<f64>,
    },
    /// The expected improvement of the Chebyshev norm of several objectives, with weights that are drawn for each ask
    /// (ParEGO: Knowles 2006).
    RandomScalarization,
    /// The lowest place of a function drawn from those that the surrogate holds possible, found by random search.
    ThompsonSampling,
}

impl Default for AcquisitionConfig {
    fn default() -> Self {
        Self::ExpectedImprovement { margin: None }
    }
}

impl AcquisitionConfig {
    /// The function with its knobs; fails where one of them is out of its range.
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
