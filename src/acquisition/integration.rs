//! Integration of a utility over the surrogate's hyperparameters, with its gradient.
use super::Utility;
use crate::surrogate::{Prediction, Slope};

/// The logarithm of the utility of each row, averaged over the surrogate's hyperparameters (Snoek et al. 2012).
pub(crate) fn integrated(function: &dyn Utility, predictions: &[Vec<Prediction>]) -> Vec<f64> {
    let rows = predictions.first().map_or(0, Vec::len);
    let row = |index: usize| {
        let each: Vec<f64> = predictions.iter().map(|of| function.log_value(of[index])).collect();
        log_mean(&each)
    };
    (0..rows).map(row).collect()
}

/// The integrated utility at one row, with its derivatives by the row's numbers; `None` where it has no finite value.
pub(crate) fn integrated_slope(function: &dyn Utility, slopes: &[Slope]) -> Option<(f64, Vec<f64>)> {
    let values: Vec<f64> = slopes.iter().map(|slope| function.log_value(slope.prediction)).collect();
    let value = log_mean(&values);
    let mut gradient = vec![0.0; slopes[0].of_mean.len()];
    for (slope, each) in slopes.iter().zip(&values) {
        let share = (each - value).exp() / slopes.len() as f64;
        let Prediction { mean, variance } = slope.prediction;
        // The utility is smooth in two numbers, of which small steps are cheap and exact enough.
        let derivative = |step: f64, at: &dyn Fn(f64) -> Prediction| {
            (function.log_value(at(step)) - function.log_value(at(-step))) / (2.0 * step)
        };
        let by_mean = derivative(1e-5 * variance.sqrt(), &|step| Prediction { mean: mean + step, variance });
        let by_variance = derivative(1e-5 * variance, &|step| Prediction { mean, variance: variance + step });
        for ((slope, of_mean), of_variance) in gradient.iter_mut().zip(&slope.of_mean).zip(&slope.of_variance) {
            *slope += share * (by_mean * of_mean + by_variance * of_variance);
        }
    }
    (value.is_finite() && gradient.iter().all(|slope| slope.is_finite())).then_some((value, gradient))
}

/// The logarithm of the mean of numbers given by their logarithms.
fn log_mean(logarithms: &[f64]) -> f64 {
    let highest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if highest == f64::NEG_INFINITY {
        return highest;
    }
    let sum: f64 = logarithms.iter().map(|log_value| (log_value - highest).exp()).sum();
    highest + (sum / logarithms.len() as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acquisition::expected_improvement::Improvement;

    #[test]
    fn the_integrated_function_is_the_mean() {
        let function = Improvement { best: 1.0, margin: 0.0 };
        let at = |mean| Prediction { mean, variance: 1.0 };
        let integrated = integrated(&function, &[vec![at(0.0), at(9.0)], vec![at(2.0), at(9.0)]]);
        let expected = 0.5 * (function.log_value(at(0.0)).exp() + function.log_value(at(2.0)).exp());
        assert!(
            (integrated[0].exp() - expected).abs() < 1e-12
                && (integrated[1] - function.log_value(at(9.0))).abs() < 1e-12
        );
    }

    #[test]
    fn slopes_are_those_of_small_steps() {
        let function = Improvement { best: 1.0, margin: 0.0 };
        let at = |x: f64| {
            let slope = |shift: f64| Slope {
                prediction: Prediction { mean: x * x + shift, variance: 1.0 + x },
                of_mean: vec![2.0 * x],
                of_variance: vec![1.0],
            };
            integrated_slope(&function, &[slope(0.0), slope(1.0)]).unwrap()
        };
        let (low, (_, slope), high) = (at(0.7 - 1e-5).0, at(0.7), at(0.7 + 1e-5).0);
        assert!(((high - low) / 2e-5 - slope[0]).abs() < 1e-6, "{slope:?}");
    }
}
