//! The standard normal distribution: density, distribution function, and tails without underflow.
use std::f64::consts::{PI, SQRT_2};

use statrs::function::erf::{erfc, erfc_inv};

/// The argument at and below which tails are computed by Mills' ratio; above, the plain formulas lose at most a digit.
const TAIL: f64 = -3.0;

/// The density φ(x).
pub(crate) fn density(x: f64) -> f64 {
    log_density(x).exp()
}

/// The logarithm of the density, ln φ(x).
pub(crate) fn log_density(x: f64) -> f64 {
    -0.5 * x * x - 0.5 * (2.0 * PI).ln()
}

/// The distribution function Φ(x).
pub(crate) fn distribution(x: f64) -> f64 {
    0.5 * erfc(-x / SQRT_2)
}

/// The logarithm of the distribution function, ln Φ(x), also where Φ(x) underflows.
pub(crate) fn log_distribution(x: f64) -> f64 {
    if x > TAIL { distribution(x).ln() } else { log_density(x) - (-x + mills_remainder(-x)).ln() }
}

/// The quantile function Φ⁻¹(probability), infinite at 0 and 1.
pub(crate) fn inverse_distribution(probability: f64) -> f64 {
    -SQRT_2 * erfc_inv(2.0 * probability)
}

/// The expected excess E max(X + x, 0) = φ(x) + x Φ(x) for standard normal X.
pub(crate) fn excess(x: f64) -> f64 {
    if x > TAIL { density(x) + x * distribution(x) } else { log_excess(x).exp() }
}

/// The logarithm of [`excess`], also where that underflows (Ament et al. 2023, section 4.1).
pub(crate) fn log_excess(x: f64) -> f64 {
    if x > TAIL {
        return excess(x).ln();
    }
    // With Mills' ratio 1/(t + r) at t = -x, φ(t) - t (1 - Φ(t)) = φ(t) r / (t + r): nothing cancels.
    let remainder = mills_remainder(-x);
    log_density(x) + (remainder / (-x + remainder)).ln()
}

/// The number r with (1 - Φ(t)) / φ(t) = 1 / (t + r), by Laplace's continued fraction; `t` is at least 3.
fn mills_remainder(t: f64) -> f64 {
    (1..=60).rev().fold(0.0, |tail, k| f64::from(k) / (t + tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs(), "{a} is not {b}");
    }

    #[test]
    fn textbook_values() {
        close(density(0.0), 0.398_942_280_401_432_7);
        close(distribution(1.959_963_984_540_054), 0.975);
        close(inverse_distribution(0.975), 1.959_963_984_540_054);
        close(excess(0.0), 0.398_942_280_401_432_7);
        close(excess(2.0), 2.008_490_702_616_829_6);
    }

    #[test]
    fn tails_do_not_underflow() {
        // Φ(-40) from Abramowitz and Stegun 26.2.12; h(x) ≈ φ(x)/x² (1 - 3/x² + 15/x⁴ - 105/x⁶).
        assert!((log_distribution(-40.0) + 804.608_442_013_754).abs() < 1e-6, "{}", log_distribution(-40.0));
        let series = |x: f64| {
            log_density(x) - 2.0 * (-x).ln() + (1.0 - 3.0 / x.powi(2) + 15.0 / x.powi(4) - 105.0 / x.powi(6)).ln()
        };
        for x in [-30.0, -100.0, -1e4] {
            close(log_excess(x), series(x));
        }
        assert!(log_excess(-1e8).is_finite());
    }

    #[test]
    fn both_branches_agree() {
        let (above, below) = (TAIL + 1e-9, TAIL);
        assert!((log_excess(above) - log_excess(below)).abs() < 1e-7);
        assert!((log_distribution(above) - log_distribution(below)).abs() < 1e-7);
    }
}
