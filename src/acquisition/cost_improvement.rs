//! Expected improvement of a cost whose logarithm the surrogate learns.
use super::{AcquisitionFunction, Criterion, SearchState, Utility};
use crate::document::diagnostic::Diagnostic;
use crate::document::range::not_negative;
use crate::numeric::normal::log_distribution;
use crate::numeric::stream::Stream;
use crate::surrogate::Prediction;
use crate::surrogate::target::Scale;

/// The expected improvement of a cost on the scale `Log` (Hutter et al. 2009).
#[derive(Clone, Copy, Debug)]
pub(crate) struct CostImprovement {
    margin: f64,
}

impl CostImprovement {
    /// The acquisition function with a margin, in units of the logarithm, that an improvement must exceed to count.
    /// Fails where it is negative or not finite.
    pub(crate) fn new(margin: f64) -> Result<Self, Diagnostic> {
        not_negative("acquisition.margin", margin)?;
        Ok(Self { margin })
    }
}

impl AcquisitionFunction for CostImprovement {
    fn name(&self) -> &str {
        "CostImprovement"
    }

    fn describe(&self, _objectives: usize) -> String {
        "expected improvement of the cost".into()
    }

    fn required_scale(&self) -> Option<Scale> {
        Some(Scale::Log)
    }

    fn criterion(&self, state: &SearchState, _stream: &mut Stream) -> Criterion {
        Criterion::OneObjective(Box::new(LogCostImprovement { best: state.best(), margin: self.margin }))
    }
}

/// The expected amount by which a cost is below the best one; `best`, `margin` and predictions are logarithms of costs.
#[derive(Clone, Copy, Debug)]
struct LogCostImprovement {
    best: f64,
    margin: f64,
}

impl Utility for LogCostImprovement {
    fn log_value(&self, Prediction { mean, variance }: Prediction) -> f64 {
        let (best, deviation) = (self.best - self.margin, variance.sqrt());
        if deviation == 0.0 {
            return (best.exp() - mean.exp()).max(0.0).ln();
        }
        let z = (best - mean) / deviation;
        let whole = best + log_distribution(z);
        let part = 0.5 * variance + mean + log_distribution(z - deviation);
        // Rounding must not make the difference negative.
        whole + (-(part - whole).exp_m1()).max(0.0).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_improvement_of_a_logarithmic_cost_is_that_of_the_cost() {
        // The mean of max(e^best - e^X, 0) over the quantiles of a normal X.
        let by_quantiles = |best: f64, mean: f64, deviation: f64| {
            let quantile = |index: u32| {
                let share = (f64::from(index) + 0.5) / 1e5;
                mean + deviation * crate::numeric::normal::inverse_distribution(share)
            };
            (0..100_000).map(|index| (best.exp() - quantile(index).exp()).max(0.0)).sum::<f64>() / 1e5
        };
        for (best, mean, deviation) in [(0.0, 0.0, 1.0), (1.0, 0.2, 0.3), (-1.0, 0.5, 0.8)] {
            let expected = by_quantiles(best, mean, deviation);
            let prediction = Prediction { mean, variance: deviation * deviation };
            let found = LogCostImprovement { best, margin: 0.0 }.log_value(prediction).exp();
            assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
        }
        let far = LogCostImprovement { best: 0.0, margin: 0.0 }.log_value(Prediction { mean: 0.5, variance: 0.0 });
        assert_eq!(far, f64::NEG_INFINITY);
    }
}
