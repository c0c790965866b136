//! Fitted surfaces: functions of concentration and temperature as a factor of temperature times a polynomial.
//!
//! `f(c, T) = f(c₀, T) P(u(c), v(T)) w(c)`: the factor is exact for what follows Arrhenius, and the polynomial in
//! Chebyshev's points takes what is left. Concentrations are in kmol/m³ here.
use std::f64::consts::PI;

use crate::battery::simd::lanes::{Kernel, Operand, Plain, Vector};
use crate::battery::simulation::fitted_curve::FittedCurve;

/// Terms of the longest polynomial in concentration, and in temperature.
const TERMS: usize = 25;
const WARM_TERMS: usize = 9;
/// Concentrations that are evaluated at a time.
const BLOCK: usize = 4;
/// Deviation that is allowed to the polynomial, relative to the largest value (or to each, where all are positive).
const TOLERANCE: f64 = 1e-7;

/// The variable of the polynomial, and its factor.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    /// P(c)
    Plain,
    /// P(√c)
    Root,
    /// P(c) / c
    Inverse,
}

#[derive(Clone, Debug)]
pub(crate) struct FittedSurface {
    shape: Shape,
    concentration: (f64, f64),
    /// Midpoint and half width of the polynomial's variables.
    u: (f64, f64),
    v: (f64, f64),
    /// The factor of temperature; absent where temperature does not matter.
    factor: Option<FittedCurve>,
    /// Powers of u, for each powers of v.
    coefficients: Vec<Vec<f64>>,
    /// The constant term of each row: all coefficients where temperature does not matter.
    first: Vec<f64>,
    /// The largest relative deviation that was found.
    pub error: f64,
}

/// The kernel that turns concentrations into values.
struct SurfaceValues<'a, V> {
    surface: &'a FittedSurface,
    c: &'a mut [V],
    kelvin: V,
}

impl<V: Vector> Kernel<V> for SurfaceValues<'_, V> {
    type Output = ();

    #[inline(always)]
    fn run(self, like: V) {
        let Self { surface, c, kelvin } = self;
        if !surface.is_warm() {
            return surface.polynomial(&surface.first, c);
        }
        let factor = surface.factor.as_ref().map_or(like.splat(1.0), |curve| curve.at(kelvin));
        let (middle, half) = surface.v;
        let v = (like.splat(1.0) / kelvin - middle) / half;
        let mut coefficients = [like.splat(0.0); TERMS];
        for (out, row) in coefficients.iter_mut().zip(&surface.coefficients) {
            let mut sum = like.splat(0.0);
            for power in row.iter().rev() {
                sum = sum.mul_add(v, *power);
            }
            *out = sum * factor;
        }
        surface.polynomial(&coefficients[..surface.first.len()], c);
    }
}

impl FittedSurface {
    /// Fits `f(c, T)`, c in kmol/m³ and T in K, over the given ranges; `warm` says that temperature matters.
    pub(crate) fn fit(f: impl Fn(f64, f64) -> f64, concentration: (f64, f64), kelvin: (f64, f64), warm: bool) -> Self {
        let shapes = [Shape::Plain, Shape::Root, Shape::Inverse];
        let fits = shapes.map(|shape| Self::with(&f, shape, concentration, kelvin, warm));
        let cost = |surface: &Self| {
            let excess = if surface.error <= 10.0 * TOLERANCE { 0.0 } else { surface.error };
            (excess, surface.coefficients.len())
        };
        let best = fits.into_iter().min_by(|a, b| cost(a).partial_cmp(&cost(b)).expect("errors are numbers"));
        best.expect("three shapes")
    }

    fn with(
        f: &impl Fn(f64, f64) -> f64,
        shape: Shape,
        concentration: (f64, f64),
        kelvin: (f64, f64),
        warm: bool,
    ) -> Self {
        let (low, high) = concentration;
        let middle = low.max(1.0).min(high);
        let factor = warm.then(|| FittedCurve::fit(|t| f(middle, t), kelvin, 1e-9 * f(middle, kelvin.1).abs()));
        let factor = factor.filter(|curve| curve.error.is_finite() && f(middle, kelvin.0) > 0.0);
        let is_factored = factor.is_some();
        let scale = |t: f64| if is_factored { f(middle, t) } else { 1.0 };
        let interval = |a: f64, b: f64| (0.5 * (a + b), 0.5 * (b - a));
        let u = if shape == Shape::Root { interval(low.sqrt(), high.sqrt()) } else { interval(low, high) };
        // Rates follow 1/T more closely than T.
        let v = interval(1.0 / kelvin.1, 1.0 / kelvin.0);
        let (rows, columns) = (TERMS + 8, if warm { WARM_TERMS + 4 } else { 1 });
        let argument = |x: f64, y: f64| {
            let (u, v) = (u.0 + u.1 * x, v.0 + v.1 * y);
            let c = if shape == Shape::Root { u * u } else { u };
            (c, 1.0 / v)
        };
        let value = |x: f64, y: f64| {
            let (c, t) = argument(x, y);
            f(c, t) / scale(t) * if shape == Shape::Inverse { c } else { 1.0 }
        };
        let (down, across) = (Basis::new(rows), Basis::new(columns));
        let samples: Vec<Vec<f64>> =
            down.nodes.iter().map(|&x| across.nodes.iter().map(|&y| value(x, y)).collect()).collect();
        // Along temperature first, then along concentration.
        let along: Vec<Vec<f64>> = samples.iter().map(|row| across.transform(row)).collect();
        let columns: Vec<Vec<f64>> =
            (0..columns).map(|q| down.transform(&along.iter().map(|row| row[q]).collect::<Vec<_>>())).collect();
        let wide = if warm { WARM_TERMS } else { 1 };
        let spectrum: Vec<Vec<f64>> = (0..TERMS).map(|p| (0..wide).map(|q| columns[q][p]).collect()).collect();
        let size = spectrum.iter().flatten().fold(0.0f64, |most, a| most.max(a.abs()));
        let least = samples.iter().flatten().fold(f64::INFINITY, |least, a| least.min(*a));
        let negligible = 0.1 * TOLERANCE * if least > 0.0 { least } else { size };
        let matters = |a: &f64| a.abs() > negligible;
        let terms = 1 + spectrum.iter().rposition(|row| row.iter().any(matters)).unwrap_or(0);
        let warm_terms = 1 + (0..wide).rposition(|q| spectrum.iter().any(|row| matters(&row[q]))).unwrap_or(0);
        let powers = monomials(&spectrum[..terms].iter().map(|row| row[..warm_terms].to_vec()).collect::<Vec<_>>());
        let first = powers.iter().map(|row| row[0]).collect();
        let mut surface = Self { shape, concentration, u, v, factor, coefficients: powers, first, error: 0.0 };
        for k in 0..=64 {
            for j in 0..=if warm { 16 } else { 0 } {
                let (c, t) = argument(f64::from(k) / 32.0 - 1.0, f64::from(j) / 8.0 - 1.0);
                let exact = f(c, t);
                let reference = if least > 0.0 { exact.abs() } else { size * scale(t) };
                let error = (surface.value(c, t) - exact).abs() / reference.max(1e-300);
                surface.error = if error.is_nan() { f64::MAX } else { surface.error.max(error) };
            }
        }
        surface
    }

    /// True where the function changes with temperature.
    pub(crate) fn is_warm(&self) -> bool {
        self.factor.is_some() || self.coefficients[0].len() > 1
    }

    /// The value at one concentration, kmol/m³, and temperature, K.
    pub(crate) fn value(&self, c: f64, kelvin: f64) -> f64 {
        self.at(Plain::of(c), Plain::of(kelvin)).value()
    }

    /// The values at concentrations, kmol/m³, and temperatures, K; beyond its range the function keeps its last value.
    #[inline(always)]
    pub(crate) fn at<V: Vector>(&self, c: V, kelvin: V) -> V {
        let mut out = [c];
        self.at_all(&mut out, kelvin);
        out[0]
    }

    /// Turns concentrations into values.
    #[inline(always)]
    pub(crate) fn at_all<V: Vector>(&self, c: &mut [V], kelvin: V) {
        kelvin.run_separately(SurfaceValues { surface: self, c, kelvin });
    }

    #[inline(always)]
    fn polynomial<V: Vector>(&self, coefficients: &[impl Operand<V>], c: &mut [V]) {
        let (blocks, rest) = c.as_chunks_mut::<BLOCK>();
        for block in blocks {
            self.horner(coefficients, block);
        }
        for c in rest.as_chunks_mut::<1>().0 {
            self.horner(coefficients, c);
        }
    }

    /// Horner's scheme for several concentrations at a time, because each operation waits for the one before it.
    #[inline(always)]
    fn horner<V: Vector, const N: usize>(&self, coefficients: &[impl Operand<V>], c: &mut [V; N]) {
        let (low, high) = self.concentration;
        let (scale, shift) = (1.0 / self.u.1, -self.u.0 / self.u.1);
        let last = coefficients.len() - 1;
        let (mut u, mut sum) = (*c, *c);
        for k in 0..N {
            c[k] = c[k].max(low).min(high);
            u[k] = if self.shape == Shape::Root { c[k].sqrt() } else { c[k] };
            u[k] = u[k].mul_add(scale, shift);
            sum[k] = coefficients[last].broadcast(u[k]);
        }
        for coefficient in coefficients[..last].iter().rev() {
            for k in 0..N {
                sum[k] = sum[k].mul_add(u[k], *coefficient);
            }
        }
        for k in 0..N {
            c[k] = if self.shape == Shape::Inverse { sum[k] / c[k] } else { sum[k] };
        }
    }
}

/// Chebyshev's points of one count, and the polynomials there.
struct Basis {
    nodes: Vec<f64>,
    values: Vec<Vec<f64>>,
}

impl Basis {
    fn new(count: usize) -> Self {
        let nodes: Vec<f64> = (0..count).map(|k| cosine(PI * (k as f64 + 0.5) / count as f64)).collect();
        let mut values = vec![vec![1.0; count], nodes.clone()];
        for p in 2..count {
            values.push((0..count).map(|k| 2.0 * nodes[k] * values[p - 1][k] - values[p - 2][k]).collect());
        }
        values.truncate(count);
        Self { nodes, values }
    }

    /// Coefficients of the interpolating polynomial.
    fn transform(&self, samples: &[f64]) -> Vec<f64> {
        let count = samples.len() as f64;
        let coefficient = |(p, values): (usize, &Vec<f64>)| {
            let sum: f64 = values.iter().zip(samples).map(|(a, b)| a * b).sum();
            sum * if p == 0 { 1.0 } else { 2.0 } / count
        };
        self.values.iter().enumerate().map(coefficient).collect()
    }
}

/// The cosine in 0..π, in plain arithmetic.
fn cosine(x: f64) -> f64 {
    (1..=24).rev().fold(1.0, |sum, k| 1.0 - x * x / f64::from(2 * k * (2 * k - 1)) * sum)
}

/// Sums of products of Chebyshev polynomials as sums of products of powers.
fn monomials(spectrum: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let powers = |count: usize| -> Vec<Vec<f64>> {
        let mut all: Vec<Vec<f64>> = Vec::new();
        for p in 0..count {
            let mut next = vec![0.0; count];
            match p {
                0 => next[0] = 1.0,
                1 => next[1] = 1.0,
                _ => {
                    for k in 0..count {
                        next[k] = -all[p - 2][k] + if k > 0 { 2.0 * all[p - 1][k - 1] } else { 0.0 };
                    }
                }
            }
            all.push(next);
        }
        all
    };
    let (rows, columns) = (powers(spectrum.len()), powers(spectrum[0].len()));
    let coefficient = |k: usize, j: usize| -> f64 {
        let inner = |row: &Vec<f64>| -> f64 { row.iter().zip(&columns).map(|(a, column)| a * column[j]).sum() };
        spectrum.iter().zip(&rows).map(|(row, powers)| powers[k] * inner(row)).sum()
    };
    (0..spectrum.len()).map(|k| (0..spectrum[0].len()).map(|j| coefficient(k, j)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONCENTRATION: (f64, f64) = (0.01, 4.0);
    const KELVIN: (f64, f64) = (263.15, 373.15);

    #[test]
    fn surfaces_find_the_shape_of_what_they_follow() {
        let nyman = FittedSurface::fit(
            |c, _| 0.1297 * c.powi(3) - 2.51 * c.powf(1.5) + 3.329 * c,
            CONCENTRATION,
            KELVIN,
            false,
        );
        assert_eq!((nyman.shape, nyman.coefficients.len(), nyman.is_warm()), (Shape::Root, 7, false));
        let diffusivity =
            FittedSurface::fit(|c, _| 8.794e-11 * c * c - 3.972e-10 * c + 4.862e-10, CONCENTRATION, KELVIN, false);
        assert_eq!((diffusivity.shape, diffusivity.coefficients.len()), (Shape::Plain, 3));
        let arrhenius = FittedSurface::fit(
            |c, t| 5.34e-10 * (-0.65 * c).exp() * (37040.0 / 8.314 * (1.0 / 298.15 - 1.0 / t)).exp(),
            CONCENTRATION,
            KELVIN,
            true,
        );
        assert!(arrhenius.is_warm() && arrhenius.coefficients[0].len() == 1 && arrhenius.error < 1e-6);
        let inverse = FittedSurface::fit(
            |c, _| (0.2667 * c.powi(3) - 1.3 * c * c + 1.8 * c + 0.17) / c,
            CONCENTRATION,
            KELVIN,
            false,
        );
        assert_eq!((inverse.shape, inverse.coefficients.len()), (Shape::Inverse, 4));
        let entangled =
            FittedSurface::fit(|c, t| 0.3 + 0.02 * c - 1e-3 * (t - 290.0) * c * c, CONCENTRATION, KELVIN, true);
        for surface in [nyman, diffusivity, arrhenius, inverse, entangled] {
            assert!(surface.error < 2e-6, "{surface:?}");
        }
    }
}
