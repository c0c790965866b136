//! The probability of improvement, by its log_value.
use super::Acquisition;
use crate::numeric::normal::log_distribution;
use crate::surrogate::Prediction;

/// How probable it is that a cost is below the best one (Kushner 1964).
#[derive(Clone, Copy, Debug)]
pub struct ProbabilityOfImprovement {
    /// What is to be improved.
    pub best: f64,
    /// How much of an improvement does not count.
    pub margin: f64,
}

impl Acquisition for ProbabilityOfImprovement {
    fn log_value(&self, prediction: Prediction) -> f64 {
        let gain = self.best - self.margin - prediction.mean;
        let deviation = prediction.variance.sqrt();
        match gain {
            _ if deviation > 0.0 => log_distribution(gain / deviation),
            _ if gain > 0.0 => 0.0,
            _ => f64::NEG_INFINITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_normal_law() {
        let at = |best, mean, variance: f64| {
            ProbabilityOfImprovement { best, margin: 0.0 }.log_value(Prediction { mean, variance }).exp()
        };
        // SMAC's are 0.5, 0.9977820 and 0.2397501.
        for (found, expected) in [
            (at(1.0, 1.0, 1.0), 0.5),
            (at(1.0, 0.1, 0.1), 0.997_782),
            (at(1.0, 2.0, 2.0), 0.239_750),
            (at(1.0, 0.0, 0.0), 1.0),
            (at(0.0, 1.0, 0.0), 0.0),
        ] {
            assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
        }
    }
}
