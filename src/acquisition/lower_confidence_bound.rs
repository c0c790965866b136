//! Lower confidence bound: the predicted mean of the cost minus a number of standard deviations.
use super::{AcquisitionFunction, Criterion, SearchState, Utility};
use crate::document::diagnostic::Diagnostic;
use crate::document::range::not_negative;
use crate::numeric::stream::Stream;
use crate::surrogate::Prediction;

/// The predicted mean minus a number of standard deviations (Srinivas et al. 2010).
#[derive(Clone, Copy, Debug)]
pub(crate) struct LowerConfidenceBound {
    deviations: Option<f64>,
}

impl LowerConfidenceBound {
    /// The acquisition function with this number of standard deviations; `None` lets it grow with the results. Fails
    /// where the number is negative or not finite.
    pub(crate) fn new(deviations: Option<f64>) -> Result<Self, Diagnostic> {
        not_negative("acquisition.deviations", deviations.unwrap_or(0.0))?;
        Ok(Self { deviations })
    }
}

impl AcquisitionFunction for LowerConfidenceBound {
    fn name(&self) -> &str {
        "LowerConfidenceBound"
    }

    fn describe(&self, _objectives: usize) -> String {
        "lower confidence bound".into()
    }

    fn criterion(&self, state: &SearchState, _stream: &mut Stream) -> Criterion {
        let deviations = self.deviations.unwrap_or_else(|| schedule(state.columns, state.results));
        Criterion::OneObjective(Box::new(Bound { best: state.best(), deviations }))
    }
}

/// The number of standard deviations for these numbers of results and columns: the root of 2 ln(D t²), as in SMAC.
fn schedule(columns: usize, results: usize) -> f64 {
    (2.0 * (columns as f64 * (results as f64).powi(2)).ln()).max(0.0).sqrt()
}

/// The distance of the bound below the best cost. Measured from the best cost, it can be weighted like an improvement,
/// and its maximum is at the same point.
#[derive(Clone, Copy, Debug)]
struct Bound {
    best: f64,
    deviations: f64,
}

impl Utility for Bound {
    fn log_value(&self, prediction: Prediction) -> f64 {
        (self.best - prediction.mean + self.deviations * prediction.variance.sqrt()).max(0.0).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_that_of_smac() {
        // SMAC: -(m - sqrt(2 ln(D t^2)) s), here 5 columns and 20 results; counted from a best of 0.
        let bound = Bound { best: 0.0, deviations: schedule(5, 20) };
        let at = |mean, variance: f64| bound.log_value(Prediction { mean, variance }).exp();
        assert!((bound.deviations.powi(2) - 2.0 * 2000.0_f64.ln()).abs() < 1e-12);
        assert!((at(1.0, 1.0) - 2.898_949).abs() < 1e-5, "{}", at(1.0, 1.0));
        assert!(at(1.0, 1.0) < at(1.0, 1.1) && at(1.0, 1.0) < at(0.9, 1.0));
        assert_eq!(at(99.0, 1.0), 0.0);
    }
}
