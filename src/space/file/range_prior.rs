//! The prior of a range, as a space's file has it.
use serde::Deserialize;

use crate::space::prior::Prior;

/// The prior of a range; a categorical has weights instead.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) enum RangePrior {
    #[default]
    Uniform,
    Normal {
        mean: f64,
        deviation: f64,
    },
    LogNormal {
        median: f64,
        deviation: f64,
    },
    Beta {
        alpha: f64,
        beta: f64,
    },
}

impl From<RangePrior> for Prior {
    fn from(prior: RangePrior) -> Self {
        match prior {
            RangePrior::Uniform => Self::Uniform,
            RangePrior::Normal { mean, deviation } => Self::Normal { mean, deviation },
            RangePrior::LogNormal { median, deviation } => Self::LogNormal { median, deviation },
            RangePrior::Beta { alpha, beta } => Self::Beta { alpha, beta },
        }
    }
}
