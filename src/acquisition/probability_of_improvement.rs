//! Probability of improvement, by its logarithm.
use super::{AcquisitionFunction, Criterion, SearchState, Utility};
use crate::document::diagnostic::Diagnostic;
use crate::document::range::not_negative;
use crate::numeric::normal::log_distribution;
use crate::numeric::stream::Stream;
use crate::surrogate::Prediction;

/// The probability that a cost is below the best one (Kushner 1964).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProbabilityOfImprovement {
    margin: f64,
}

impl ProbabilityOfImprovement {
    /// The acquisition function with a margin, in units of the targets, that an improvement must exceed to count. Fails
    /// where it is negative or not finite.
    pub(crate) fn new(margin: f64) -> Result<Self, Diagnostic> {
        not_negative("acquisition.margin", margin)?;
        Ok(Self { margin })
    }
}

impl AcquisitionFunction for ProbabilityOfImprovement {
    fn name(&self) -> &str {
        "ProbabilityOfImprovement"
    }

    fn describe(&self, _objectives: usize) -> String {
        "probability of improvement".into()
    }

    fn criterion(&self, state: &SearchState, _stream: &mut Stream) -> Criterion {
        Criterion::OneObjective(Box::new(Probability { best: state.best(), margin: self.margin }))
    }
}

/// The probability of a cost below `best` by more than `margin`.
#[derive(Clone, Copy, Debug)]
struct Probability {
    best: f64,
    margin: f64,
}

impl Utility for Probability {
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
            Probability { best, margin: 0.0 }.log_value(Prediction { mean, variance }).exp()
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
