//! Which acquisition function, and its knobs.
use serde::{Deserialize, Serialize};

use super::confidence_bound::ConfidenceBound;
use super::expected_improvement::{CostImprovement, ExpectedImprovement};
use super::hypervolume::HypervolumeImprovement;
use super::probability_of_improvement::ProbabilityOfImprovement;
use super::scalarization::Scalarization;
use super::{Acquisition, Trade};
use crate::numeric::stream::Stream;

/// The automatic margin of the expected improvement while little is known, where several budgets are learnt from.
const MARGIN: f64 = 0.3;

/// Results for each column after which it shrinks with the square of their number.
const RESULTS: f64 = 20.0;

/// An acquisition function; `margin` is how much of an improvement, in units of the targets, does not count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "Acquisition")]
pub enum Settings {
    /// The expected improvement; of two objectives that of the hypervolume, of more that of a random scalarization. What is
    /// maximized is its log_value, so that far from the best it still tells better from worse (Ament et al. 2023).
    ///
    /// Where the margin is absent it is 0; but where a Gaussian process learns from several budgets it is 0.3, which shrinks
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
    /// The expected improvement of a cost whose log_value the surrogate learns: for the scale `Log`, as in SMAC.
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
        Self::ExpectedImprovement { margin: None }
    }
}

impl Settings {
    /// The function where `best` is to be improved, after so many results in so many columns, `over_rungs` being whether
    /// a Gaussian process learns from several budgets; `None` where a drawn function takes its place.
    pub fn function(
        &self,
        best: f64,
        results: usize,
        columns: usize,
        over_rungs: bool,
    ) -> Option<Box<dyn Acquisition>> {
        let automatic = || {
            let trusted = RESULTS * columns as f64;
            if over_rungs { MARGIN * (trusted / results as f64).min(1.0).powi(2) } else { 0.0 }
        };
        Some(match *self {
            Self::ExpectedImprovement { margin } | Self::ExpectedImprovementPerSecond { margin } => {
                Box::new(ExpectedImprovement { best, margin: margin.unwrap_or_else(automatic) })
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
    pub fn invalid_field(&self) -> Option<(&'static str, f64)> {
        let (name, value) = match *self {
            Self::ExpectedImprovement { margin } | Self::ExpectedImprovementPerSecond { margin } => ("margin", margin?),
            Self::CostImprovement { margin } | Self::ProbabilityOfImprovement { margin } => ("margin", margin),
            Self::LowerConfidenceBound { deviations } => ("deviations", deviations?),
            Self::RandomScalarization | Self::ThompsonSampling => return None,
        };
        (!(value >= 0.0 && value.is_finite())).then_some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surrogate::Prediction;

    #[test]
    fn the_automatic_margin_is_for_several_budgets_and_shrinks() {
        let sure = Prediction { mean: 0.0, variance: 0.0 };
        let gain = |settings: Settings, results, over_rungs| {
            settings.function(1.0, results, 2, over_rungs).expect("a function").log_value(sure).exp()
        };
        let automatic = Settings::default();
        for (results, over_rungs, expected) in [(4, true, 0.7), (40, true, 0.7), (80, true, 0.925), (4, false, 1.0)] {
            assert!((gain(automatic, results, over_rungs) - expected).abs() < 1e-12, "{results} {over_rungs}");
        }
        let given = Settings::ExpectedImprovement { margin: Some(0.5) };
        assert!((gain(given, 80, true) - 0.5).abs() < 1e-12 && (gain(given, 4, false) - 0.5).abs() < 1e-12);
    }
}
