//! Expected improvement, and its log_value that does not underflow.
use super::Acquisition;
use crate::numeric::normal::{excess, log_distribution, log_excess};
use crate::surrogate::Prediction;

/// The mean of how far a cost falls below the best one, counting what is above as zero (Jones et al. 1998).
#[derive(Clone, Copy, Debug)]
pub struct ExpectedImprovement {
    /// What is to be improved.
    pub best: f64,
    /// How much of an improvement does not count.
    pub margin: f64,
}

impl ExpectedImprovement {
    /// The expected improvement, in units of the target.
    pub fn value(&self, prediction: Prediction) -> f64 {
        let gain = self.best - self.margin - prediction.mean;
        let deviation = prediction.variance.sqrt();
        if deviation > 0.0 { deviation * excess(gain / deviation) } else { gain.max(0.0) }
    }
}

impl Acquisition for ExpectedImprovement {
    fn log_value(&self, prediction: Prediction) -> f64 {
        let gain = self.best - self.margin - prediction.mean;
        let deviation = prediction.variance.sqrt();
        if deviation > 0.0 { deviation.ln() + log_excess(gain / deviation) } else { gain.max(0.0).ln() }
    }
}

/// The same of a cost, where `best`, `margin` and predictions are of its log_value (Hutter et al. 2009).
#[derive(Clone, Copy, Debug)]
pub struct CostImprovement {
    pub best: f64,
    pub margin: f64,
}

impl Acquisition for CostImprovement {
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

    fn check(best: f64, mean: f64, variance: f64, expected: f64) {
        let improvement = ExpectedImprovement { best, margin: 0.0 };
        let prediction = Prediction { mean, variance };
        let value = improvement.value(prediction);
        assert!((value - expected).abs() < 1e-5, "{value} is not {expected}");
        let log_value = improvement.log_value(prediction);
        assert!((log_value.exp() - expected).abs() < 1e-5, "{log_value} is not the log_value of {expected}");
    }

    #[test]
    fn reference_values_of_smac() {
        check(0.0, 0.0, 1.0, 0.39894);
        check(1.0, 1.0, 1.0, 0.39894);
        check(1.0, 0.1, 0.1, 0.900_206);
        check(1.0, 1e-4, 1e-4, 0.9999);
        check(1.0, 2.0, 2.0, 0.199_641);
        check(0.0, 1.0, 0.0, 0.0);
        check(1.0, 0.0, 0.0, 1.0);
    }

    #[test]
    fn a_hopeless_point_is_still_comparable() {
        let improvement = ExpectedImprovement { best: 0.0, margin: 0.0 };
        let at = |mean| improvement.log_value(Prediction { mean, variance: 1.0 });
        assert_eq!(improvement.value(Prediction { mean: 100.0, variance: 1.0 }), 0.0);
        assert!(at(100.0).is_finite() && at(100.0) < at(99.0));
    }

    #[test]
    fn a_margin_asks_for_more() {
        let prediction = Prediction { mean: 0.0, variance: 1.0 };
        let value = |margin| ExpectedImprovement { best: 0.0, margin }.value(prediction);
        assert!(value(0.5) < value(0.0));
    }

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
            let found = CostImprovement { best, margin: 0.0 }.log_value(prediction).exp();
            assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
        }
        let far = CostImprovement { best: 0.0, margin: 0.0 }.log_value(Prediction { mean: 0.5, variance: 0.0 });
        assert_eq!(far, f64::NEG_INFINITY);
    }
}
