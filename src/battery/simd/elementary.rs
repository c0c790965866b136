//! Exponential, logarithm, hyperbolic tangent and error function in plain arithmetic: the same bits on every machine.
//!
//! A fused multiplication and addition is rounded once on every processor; one without the instruction is only slower.
use crate::battery::simd::lanes::{Plain, Vector};

/// `eˣ` to 2 units in the last place; arguments beyond ±700 are taken as ±700.
pub(crate) fn exp(x: f64) -> f64 {
    if x.is_nan() { x } else { Plain::of(x).exp().value() }
}

/// The natural logarithm of a positive normal number, to 3 units in the last place.
pub(crate) fn ln(x: f64) -> f64 {
    Plain::of(x).ln().value()
}

/// The hyperbolic tangent, to 3e-16 absolute.
pub(crate) fn tanh(x: f64) -> f64 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// `xʸ` for positive `x`.
pub(crate) fn power(x: f64, y: f64) -> f64 {
    exp(y * ln(x))
}

/// The error function, to 2e-15 absolute: its series of positive terms, and far from 0 the continued fraction of what is
/// left to 1 (Abramowitz and Stegun, 7.1.6 and 7.1.14).
pub(crate) fn erf(x: f64) -> f64 {
    let square = x * x;
    let size = x.abs();
    if size < 2.5 {
        let (mut term, mut sum) = (x, x);
        for n in 1..60 {
            term *= 2.0 * square / f64::from(2 * n + 1);
            sum += term;
        }
        return sum * exp(-square) * std::f64::consts::FRAC_2_SQRT_PI;
    }
    let fraction = (1..=60).rev().fold(size, |below, n| size + 0.5 * f64::from(n) / below);
    let left = exp(-square) * 0.5 * std::f64::consts::FRAC_2_SQRT_PI / fraction;
    if x.is_nan() { x } else { (1.0 - left).copysign(x) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_agree_with_the_mathematical_library() {
        for k in -60_000..60_000 {
            let x = f64::from(k) * 0.0113;
            assert!((exp(x) / x.exp() - 1.0).abs() < 5e-16, "exp({x})");
            assert!((tanh(x) - x.tanh()).abs() < 4e-16, "tanh({x})");
            let y = x.exp();
            assert!((ln(y) - y.ln()).abs() < 7e-16 * y.ln().abs().max(1.0), "ln({y})");
        }
        // `scipy.special.erf`
        for (x, expected) in [
            (0.0, 0.0),
            (0.1, 0.112_462_916_018_284_9),
            (-1.0, -0.842_700_792_949_714_9),
            (2.4, 0.999_311_486_103_354_9),
            (2.6, 0.999_763_965_583_470_7),
            (-4.0, -0.999_999_984_582_742_1),
            (50.0, 1.0),
        ] {
            assert!((erf(x) - expected).abs() < 3e-15, "erf({x}) {}", erf(x));
        }
        assert!((power(0.335, 1.5) - 0.335f64.powf(1.5)).abs() < 1e-16);
    }

    #[test]
    fn bits_are_those_of_every_other_machine() {
        let mut hash = 0u64;
        for k in 1..1000 {
            let x = f64::from(k) * 0.037;
            for bits in [exp(-x), ln(x), tanh(x - 18.0)].map(f64::to_bits) {
                hash = hash.wrapping_mul(0x0000_0100_0000_01b3) ^ bits;
            }
        }
        assert_eq!(hash, 0xc31d_3e50_41e1_9587);
    }
}
