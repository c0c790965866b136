//! Settings of a Gaussian process.
use serde::{Deserialize, Serialize};

use crate::document::diagnostic::Diagnostic;
use crate::document::range::{at_least_one, not_negative};

/// The settings of a Gaussian process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "GaussianProcess")]
pub struct GaussianProcessSettings {
    /// The number of draws of hyperparameters over which the acquisition function is averaged. 0: only the most
    /// probable ones; 10 draws take a hundred times as long, and are more uncertain after few results.
    pub samples: u32,
    /// The greatest number of results that it is fitted to, the better half and an even share of the rest; the time of
    /// a fit grows with the cube. 400: half a second on one core.
    pub rows: u32,
    /// Optimism: the amount by which the cost far from all results is assumed to be below the mean, in standard
    /// deviations of the targets. 1: with 0 the search settles where it first finds something good; more helps no
    /// further.
    pub optimism: f64,
    /// Evaluations of the marginal likelihood in each search for its maximum. 60: hardly any search takes more.
    pub evaluations: u32,
}

impl Default for GaussianProcessSettings {
    fn default() -> Self {
        Self { samples: 0, rows: 400, optimism: 1.0, evaluations: 60 }
    }
}

impl GaussianProcessSettings {
    /// Fails where a setting is out of its range, as a field of `surrogate`.
    pub(crate) fn validate(&self) -> Result<(), Diagnostic> {
        at_least_one("surrogate.rows", self.rows)?;
        at_least_one("surrogate.evaluations", self.evaluations)?;
        not_negative("surrogate.optimism", self.optimism)
    }
}
