//! Averages of the electrolyte that enter the voltage: concentrations at quadrature points of both electrodes, and their mean.
use crate::battery::simd::lanes::Vector;

const FLOOR: f64 = 1e-6; // the least concentration that a voltage sees

/// Points of Chebyshev's rule with equal weights: a mean of logarithms is the logarithm of a product.
pub(crate) const POINTS: usize = 5;
const ABSCISSAE: [f64; POINTS] =
    [-0.8324974870009819, -0.3745414095535811, 0.0, 0.3745414095535811, 0.8324974870009819];

/// Concentrations at the quadrature points of both electrodes, and the mean over the length, kmol/m³.
#[derive(Clone, Copy)]
pub(crate) struct ElectrolyteProfile<V> {
    pub negative: [V; POINTS],
    pub positive: [V; POINTS],
    pub mean: V,
}

/// The projection of cell averages on an [`ElectrolyteProfile`].
pub(crate) struct ProfileProjection {
    /// Share of each cell in the length.
    shares: Vec<f64>,
    /// Cells of one electrode.
    electrode: usize,
    points: [QuadraturePoint; POINTS],
}

/// A quadrature point of an electrode, where a cubic through the averages of four cells is evaluated.
#[derive(Clone, Copy)]
struct QuadraturePoint {
    first: usize,
    weights: [f64; 4],
}

impl<V> ElectrolyteProfile<V> {
    /// Calls `f` with every number, always in the same order.
    pub(crate) fn visit(&mut self, f: &mut impl FnMut(&mut V)) {
        self.negative.iter_mut().chain(&mut self.positive).for_each(&mut *f);
        f(&mut self.mean);
    }
}

impl<V: Vector> ElectrolyteProfile<V> {
    /// The mean of two profiles.
    #[inline(always)]
    pub(crate) fn between(a: &Self, b: &Self) -> Self {
        let mut half = *a;
        for k in 0..POINTS {
            half.negative[k] = (a.negative[k] + b.negative[k]) * 0.5;
            half.positive[k] = (a.positive[k] + b.positive[k]) * 0.5;
        }
        half.mean = (a.mean + b.mean) * 0.5;
        half
    }
}

impl ProfileProjection {
    /// The projection for cells of the given widths, of which the first and the last `electrode` are in an electrode.
    pub(crate) fn new(width: &[f64], electrode: usize) -> Self {
        let length: f64 = width.iter().sum();
        let shares = width.iter().map(|width| width / length).collect();
        Self { shares, electrode, points: ABSCISSAE.map(|abscissa| QuadraturePoint::at(abscissa, electrode)) }
    }

    /// The profile of the averages `c` of cells.
    #[inline(always)]
    pub(crate) fn of<V: Vector>(&self, c: &[V]) -> ElectrolyteProfile<V> {
        let mut mean = c[0].splat(0.0);
        for (c, share) in c.iter().zip(&self.shares) {
            mean = c.mul_add(*share, mean);
        }
        let mut profile = ElectrolyteProfile { negative: [mean; POINTS], positive: [mean; POINTS], mean };
        let positive = &c[c.len() - self.electrode..];
        for (k, QuadraturePoint { first, weights }) in self.points.iter().enumerate() {
            profile.negative[k] = interpolated(&c[*first..], weights);
            profile.positive[k] = interpolated(&positive[*first..], weights);
        }
        profile
    }
}

/// The concentration at a point between four cells, at least [`FLOOR`].
#[inline(always)]
fn interpolated<V: Vector>(c: &[V], weights: &[f64; 4]) -> V {
    let far = c[2].mul_add(weights[2], c[3] * weights[3]);
    c[0].mul_add(weights[0], c[1].mul_add(weights[1], far)).max(FLOOR)
}

impl QuadraturePoint {
    /// The point at `abscissa` in -1..1 of an electrode of so many cells.
    fn at(abscissa: f64, electrode: usize) -> Self {
        let position = (0.5 + 0.5 * abscissa) * electrode as f64;
        let first = ((position - 2.0).round().max(0.0) as usize).min(electrode - 4);
        let y = position - first as f64;
        // The integral of the cubic through four averages is the quartic through the five sums at the cells' edges.
        let slope = |edge: usize| {
            let others: Vec<f64> = (0..5).filter(|&e| e != edge).map(|e| e as f64).collect();
            let scale: f64 = others.iter().map(|e| edge as f64 - e).product();
            let sum: f64 =
                (0..4).map(|skip| (0..4).filter(|&k| k != skip).map(|k| y - others[k]).product::<f64>()).sum();
            sum / scale
        };
        let weights = std::array::from_fn(|cell| (cell + 1..5).map(slope).sum());
        Self { first, weights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_reproduces_a_cubic_from_its_averages() {
        let integral = |x: f64| x - x * x + 0.3 * x.powi(3) - 0.05 * x.powi(4);
        let value = |x: f64| 1.0 - 2.0 * x + 0.9 * x * x - 0.2 * x.powi(3);
        for abscissa in ABSCISSAE {
            let QuadraturePoint { first, weights } = QuadraturePoint::at(abscissa, 16);
            let found: f64 =
                (0..4).map(|k| weights[k] * (integral((first + k + 1) as f64) - integral((first + k) as f64))).sum();
            let middle = 0.5 * 16.0;
            let expected = value(middle + middle * abscissa);
            assert!((found - expected).abs() < 1e-11 * expected.abs().max(1.0), "{found} {expected}");
        }
    }
}
