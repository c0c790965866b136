//! Expected improvement, by a logarithm that does not underflow.
use super::hypervolume::HypervolumeImprovement;
use super::random_scalarization::RandomScalarization;
use super::{AcquisitionFunction, Criterion, SearchState, Utility};
use crate::document::diagnostic::Diagnostic;
use crate::document::range::not_negative;
use crate::numeric::normal::log_excess;
use crate::numeric::stream::Stream;
use crate::surrogate::Prediction;

/// The automatic margin after few results, where a Gaussian process learns from several budgets.
const MARGIN: f64 = 0.3;

/// Results for each column after which the automatic margin shrinks with the square of their number.
const RESULTS: f64 = 20.0;

/// The expected improvement; of two objectives that of the hypervolume, of more that of a random scalarization.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpectedImprovement {
    margin: Option<f64>,
}

impl ExpectedImprovement {
    /// The acquisition function with a margin, in units of the targets, that an improvement must exceed to count;
    /// `None` is the automatic margin. Fails where it is negative or not finite.
    pub(crate) fn new(margin: Option<f64>) -> Result<Self, Diagnostic> {
        not_negative("acquisition.margin", margin.unwrap_or(0.0))?;
        Ok(Self { margin })
    }

    /// The margin that is set, or the automatic one: 0, except where a Gaussian process learns from several budgets,
    /// where it is 0.3 and shrinks as results come.
    fn margin(&self, state: &SearchState) -> f64 {
        self.margin.unwrap_or_else(|| {
            let trusted = RESULTS * state.columns as f64;
            if state.is_multi_fidelity { MARGIN * (trusted / state.results as f64).min(1.0).powi(2) } else { 0.0 }
        })
    }
}

impl AcquisitionFunction for ExpectedImprovement {
    fn name(&self) -> &str {
        "ExpectedImprovement"
    }

    fn describe(&self, objectives: usize) -> String {
        match objectives {
            0 | 1 => "expected improvement".into(),
            2 => "expected improvement of the hypervolume".into(),
            _ => RandomScalarization.describe(objectives),
        }
    }

    fn supports(&self, _objectives: usize) -> bool {
        true
    }

    fn criterion(&self, state: &SearchState, stream: &mut Stream) -> Criterion {
        if state.objectives() == 1 {
            return Criterion::OneObjective(Box::new(Improvement { best: state.best(), margin: self.margin(state) }));
        }
        let pairs: Option<Vec<[f64; 2]>> = state.points.iter().map(|point| point[..].try_into().ok()).collect();
        match pairs {
            Some(pairs) => Criterion::SeveralObjectives(Box::new(HypervolumeImprovement::over(&pairs))),
            None => RandomScalarization.criterion(state, stream),
        }
    }
}

/// The expected amount by which a cost is below the best one, costs above it counting as zero (Jones et al. 1998).
#[derive(Clone, Copy, Debug)]
pub(super) struct Improvement {
    /// The cost that is to be improved upon.
    pub best: f64,
    /// The part of an improvement that does not count.
    pub margin: f64,
}

impl Utility for Improvement {
    fn log_value(&self, prediction: Prediction) -> f64 {
        let gain = self.best - self.margin - prediction.mean;
        let deviation = prediction.variance.sqrt();
        if deviation > 0.0 { deviation.ln() + log_excess(gain / deviation) } else { gain.max(0.0).ln() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(best: f64, margin: f64, mean: f64, variance: f64) -> f64 {
        Improvement { best, margin }.log_value(Prediction { mean, variance }).exp()
    }

    #[test]
    fn reference_values_of_smac() {
        for (best, mean, variance, expected) in [
            (0.0, 0.0, 1.0, 0.39894),
            (1.0, 1.0, 1.0, 0.39894),
            (1.0, 0.1, 0.1, 0.900_206),
            (1.0, 1e-4, 1e-4, 0.9999),
            (1.0, 2.0, 2.0, 0.199_641),
            (0.0, 1.0, 0.0, 0.0),
            (1.0, 0.0, 0.0, 1.0),
        ] {
            let found = value(best, 0.0, mean, variance);
            assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
        }
    }

    #[test]
    fn a_hopeless_point_is_still_comparable() {
        let improvement = Improvement { best: 0.0, margin: 0.0 };
        let at = |mean| improvement.log_value(Prediction { mean, variance: 1.0 });
        assert_eq!(at(100.0).exp(), 0.0);
        assert!(at(100.0).is_finite() && at(100.0) < at(99.0));
    }

    #[test]
    fn a_margin_asks_for_more() {
        assert!(value(0.0, 0.5, 0.0, 1.0) < value(0.0, 0.0, 0.0, 1.0));
    }

    #[test]
    fn the_automatic_margin_is_for_several_budgets_and_shrinks() {
        let sure = Prediction { mean: 0.0, variance: 0.0 };
        let gain = |margin, results, is_multi_fidelity| {
            let state = SearchState { points: &[vec![1.0]], results, columns: 2, is_multi_fidelity };
            let function = ExpectedImprovement::new(margin).unwrap();
            match function.criterion(&state, &mut Stream::of(1, "test", 0)) {
                Criterion::OneObjective(utility) => utility.log_value(sure).exp(),
                _ => panic!("there is one objective"),
            }
        };
        for (results, is_multi_fidelity, expected) in
            [(4, true, 0.7), (40, true, 0.7), (80, true, 0.925), (4, false, 1.0)]
        {
            let found = gain(None, results, is_multi_fidelity);
            assert!((found - expected).abs() < 1e-12, "{results} {is_multi_fidelity}");
        }
        assert!((gain(Some(0.5), 80, true) - 0.5).abs() < 1e-12 && (gain(Some(0.5), 4, false) - 0.5).abs() < 1e-12);
        assert!(ExpectedImprovement::new(Some(-1.0)).is_err() && ExpectedImprovement::new(Some(f64::NAN)).is_err());
    }
}
