//! The lower confidence bound: how cheap the untried may reasonably be.
use super::Acquisition;
use crate::surrogate::Prediction;

/// How far the bound, so many standard deviations below the mean, is below the best cost (Srinivas et al. 2010).
///
/// Counted from the best, the bound can be weighted like an improvement; that moves no maximum.
#[derive(Clone, Copy, Debug)]
pub struct ConfidenceBound {
    pub best: f64,
    pub deviations: f64,
}

impl ConfidenceBound {
    /// The deviations after so many results in a space of so many columns: the root of 2 ln(D t²), as in SMAC.
    pub fn schedule(columns: usize, results: usize) -> f64 {
        (2.0 * (columns as f64 * (results as f64).powi(2)).ln()).max(0.0).sqrt()
    }
}

impl Acquisition for ConfidenceBound {
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
        let bound = ConfidenceBound { best: 0.0, deviations: ConfidenceBound::schedule(5, 20) };
        let at = |mean, variance: f64| bound.log_value(Prediction { mean, variance }).exp();
        assert!((bound.deviations.powi(2) - 2.0 * 2000.0_f64.ln()).abs() < 1e-12);
        assert!((at(1.0, 1.0) - 2.898_949).abs() < 1e-5, "{}", at(1.0, 1.0));
        assert!(at(1.0, 1.0) < at(1.0, 1.1) && at(1.0, 1.0) < at(0.9, 1.0));
        assert_eq!(at(99.0, 1.0), 0.0);
    }
}
