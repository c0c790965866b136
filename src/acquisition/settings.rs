//! Which acquisition function, and its knobs.
use serde::{Deserialize, Serialize};

use super::confidence_bound::ConfidenceBound;
use super::expected_improvement::{CostImprovement, ExpectedImprovement};
use super::hypervolume::HypervolumeImprovement;
use super::probability_of_improvement::ProbabilityOfImprovement;
use super::scalarization::Scalarization;
use super::{Acquisition, Trade};
use crate::numeric::stream::Stream;

/// An acquisition function; `margin` is how much of an improvement, in units of the targets, does not count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "Acquisition")]
pub enum Settings {
    /// The expected improvement; of two objectives that of the hypervolume, of more that of a random scalarization. What is maximized is its logarithm, so that far from the best it still tells better
    /// from worse (Ament et al. 2023).
    ExpectedImprovement {
        #[serde(default)]
        margin: f64,
    },
    /// The expected improvement divided by what a trial is expected to take (Snoek et al. 2012), as trials that ended took:
    /// where configurations differ in their time, the quick ones are tried first.
    ExpectedImprovementPerSecond {
        #[serde(default)]
        margin: f64,
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
    /// Of several objectives: the expected improvement of their Chebyshev norm with weights that are drawn for each ask
    /// (ParEGO: Knowles 2006).
    RandomScalarization,
    /// The lowest place of a function drawn from those that the surrogate holds possible, found by random search.
    ThompsonSampling,
}

impl Default for Settings {
    fn default() -> Self {
        Self::ExpectedImprovement { margin: 0.0 }
    }
}

impl Settings {
    /// The function where `best` is to be improved, after so many results in so many columns; `None` where a drawn
    /// function takes its place.
    pub fn function(&self, best: f64, results: usize, columns: usize) -> Option<Box<dyn Acquisition>> {
        Some(match *self {
            Self::ExpectedImprovement { margin } | Self::ExpectedImprovementPerSecond { margin } => {
                Box::new(ExpectedImprovement { best, margin })
            }
            Self::CostImprovement { margin } => Box::new(CostImprovement { best, margin }),
            Self::ProbabilityOfImprovement { margin } => Box::new(ProbabilityOfImprovement { best, margin }),
            Self::LowerConfidenceBound { deviations } => {
                let deviations = deviations.unwrap_or_else(|| ConfidenceBound::schedule(columns, results));
                Box::new(ConfidenceBound { best, deviations })
            }
            Self::RandomScalarization | Self::ThompsonSampling => return None,
        })
    }

    /// The function of several objectives, where these points were found.
    pub fn trade(&self, points: &[Vec<f64>], stream: &mut Stream) -> Box<dyn Trade> {
        let pairs: Option<Vec<[f64; 2]>> = points.iter().map(|point| point[..].try_into().ok()).collect();
        match (self, pairs) {
            (Self::ExpectedImprovement { .. } | Self::ExpectedImprovementPerSecond { .. }, Some(pairs)) => {
                Box::new(HypervolumeImprovement::over(&pairs))
            }
            _ => Box::new(Scalarization::over(points, stream)),
        }
    }

    /// Fails where it is not for so many objectives.
    pub fn validate(&self, objectives: usize) -> Result<(), String> {
        let name = match self {
            Self::ExpectedImprovement { .. } | Self::ExpectedImprovementPerSecond { .. } => return Ok(()),
            Self::RandomScalarization if objectives > 1 => return Ok(()),
            Self::RandomScalarization => {
                return Err("`acquisition` can be `RandomScalarization` only of several objectives".into());
            }
            Self::CostImprovement { .. } => "CostImprovement",
            Self::ProbabilityOfImprovement { .. } => "ProbabilityOfImprovement",
            Self::LowerConfidenceBound { .. } => "LowerConfidenceBound",
            Self::ThompsonSampling => "ThompsonSampling",
        };
        if objectives > 1 { Err(format!("`acquisition` can be `{name}` only of one objective")) } else { Ok(()) }
    }

    /// The function's name in words.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ExpectedImprovement { .. } => "expected improvement",
            Self::ExpectedImprovementPerSecond { .. } => "expected improvement per second",
            Self::CostImprovement { .. } => "expected improvement of the cost",
            Self::ProbabilityOfImprovement { .. } => "probability of improvement",
            Self::LowerConfidenceBound { .. } => "lower confidence bound",
            Self::RandomScalarization => "random scalarization",
            Self::ThompsonSampling => "Thompson sampling",
        }
    }

    /// Whether what a trial takes counts.
    pub fn is_per_second(&self) -> bool {
        matches!(self, Self::ExpectedImprovementPerSecond { .. })
    }

    /// The name and value of a knob that makes no sense.
    pub fn senseless(&self) -> Option<(&'static str, f64)> {
        let (name, value) = match *self {
            Self::ExpectedImprovement { margin }
            | Self::ExpectedImprovementPerSecond { margin }
            | Self::CostImprovement { margin }
            | Self::ProbabilityOfImprovement { margin } => ("margin", margin),
            Self::LowerConfidenceBound { deviations } => ("deviations", deviations?),
            Self::RandomScalarization | Self::ThompsonSampling => return None,
        };
        (!(value >= 0.0 && value.is_finite())).then_some((name, value))
    }
}
