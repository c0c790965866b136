//! Exponential, logarithm and hyperbolic tangent in plain arithmetic: the same bits on every machine.
//!
//! Fused multiplication and addition is rounded once everywhere; a processor without the instruction is only slower.

/// How many profiles are simulated side by side.
pub const LANES: usize = 8;

/// One number for each profile; loops over them become vector instructions.
pub type Lanes = [f64; LANES];

/// The lanes of a function of the lane's index.
#[inline(always)]
pub fn each(f: impl Fn(usize) -> f64) -> Lanes {
    let mut lanes = [0.0; LANES];
    for (l, lane) in lanes.iter_mut().enumerate() {
        *lane = f(l);
    }
    lanes
}

/// `eˣ` to 2 units in the last place; arguments beyond ±700 are taken as ±700.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    // 1.5 × 2⁵²: adding it leaves the nearest integer in the low bits.
    const ROUND: f64 = 6755399441055744.0;
    const COEFFICIENTS: [f64; 13] = [
        1.0 / 479001600.0,
        1.0 / 39916800.0,
        1.0 / 3628800.0,
        1.0 / 362880.0,
        1.0 / 40320.0,
        1.0 / 5040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let x = x.clamp(-700.0, 700.0);
    let shifted = x.mul_add(std::f64::consts::LOG2_E, ROUND);
    let k = shifted - ROUND;
    // ln 2 in two parts, so that k times the first is exact.
    let r = k.mul_add(-1.908_214_929_270_587_7e-10, k.mul_add(-6.931_471_803_691_238e-1, x));
    let mut p: f64 = 1.0 / 6227020800.0;
    for c in COEFFICIENTS {
        p = p.mul_add(r, c);
    }
    f64::from_bits((shifted.to_bits() << 52).wrapping_add(p.to_bits()))
}

/// The natural logarithm of a positive normal number, to 3 units in the last place.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    const HALF_ROOT: u64 = 0x3fe6_a09e_667f_3bcd; // √½
    const MANTISSA: u64 = (1 << 52) - 1;
    let bits = x.to_bits().wrapping_add(0x3ff0_0000_0000_0000 - HALF_ROOT);
    // The exponent, placed into the mantissa of 2⁵².
    let exponent = f64::from_bits((bits >> 52) | 0x4330_0000_0000_0000) - (4503599627370496.0 + 1023.0);
    let m = f64::from_bits((bits & MANTISSA) + HALF_ROOT);
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let mut p: f64 = 1.0 / 19.0;
    for c in [1.0 / 17.0, 1.0 / 15.0, 1.0 / 13.0, 1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0] {
        p = p.mul_add(z, c);
    }
    exponent.mul_add(std::f64::consts::LN_2, 2.0 * s * p)
}

/// The hyperbolic tangent, to 3e-16 absolute.
#[inline(always)]
pub fn tanh(x: f64) -> f64 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// `xʸ` for positive `x`.
#[inline(always)]
pub fn power(x: f64, y: f64) -> f64 {
    exp(y * ln(x))
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
