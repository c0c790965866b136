//! Estimates of costs: a mean and a variance, updated by measurements.

/// The expected cost of a configuration at a budget, averaged over seeds and instances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub mean: f64,
    pub variance: f64,
}

impl Estimate {
    /// The estimate after a measurement with the variance `error`: of two normal laws the product, and the measurement
    /// itself where it has no error.
    pub(super) fn after(self, measured: f64, error: f64) -> Self {
        if error <= 0.0 {
            return Self { mean: measured, variance: 0.0 };
        }
        // A prior that is certain would ignore every measurement.
        let prior = self.variance.max(0.01 * error);
        let weight = prior / (prior + error);
        Self { mean: self.mean + weight * (measured - self.mean), variance: weight * error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_shrinks_toward_the_prior_by_its_noise() {
        let prior = Estimate { mean: 10.0, variance: 4.0 };
        // The variance of the mean of three is 4 too: halfway.
        assert_eq!(prior.after(6.0, 12.0 / 3.0), Estimate { mean: 8.0, variance: 2.0 });
        assert_eq!(prior.after(6.0, 0.0), Estimate { mean: 6.0, variance: 0.0 });
        let certain = Estimate { mean: 10.0, variance: 0.0 }.after(6.0, 1.0);
        assert!(certain.mean < 10.0, "{certain:?}");
    }
}
