//! Fitted curves: functions of one variable, and their integrals, as cubics on an even grid.
use crate::battery::simd::lanes::{Plain, Vector};

/// Intervals of the finest grid, and below of the coarsest.
const FINEST: usize = 4096;
const COARSEST: usize = 64;

/// Cubics through four samples of each interval; outside its range the function keeps its last value.
#[derive(Clone, Debug)]
pub(crate) struct FittedCurve {
    low: f64,
    /// Intervals in one unit of the argument.
    density: f64,
    intervals: Vec<[f64; 4]>,
    /// The largest deviation from the function that was found between the samples.
    pub error: f64,
}

impl FittedCurve {
    /// Fits `f` over `low..high`, refining until the deviation is below `tolerance` or the grid is the finest.
    pub(crate) fn fit(f: impl Fn(f64) -> f64, (low, high): (f64, f64), tolerance: f64) -> Self {
        let mut count = COARSEST;
        loop {
            let curve = Self::with(&f, (low, high), count);
            if curve.error <= tolerance || count == FINEST {
                return curve;
            }
            count *= 2;
        }
    }

    fn with(f: &impl Fn(f64) -> f64, (low, high): (f64, f64), count: usize) -> Self {
        let step = (high - low) / count as f64;
        let sample = |interval: usize, part: f64| f(low + step * (interval as f64 + part));
        let intervals: Vec<[f64; 4]> = (0..count)
            .map(|k| {
                let [a, b, c, d] = [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0].map(|part| sample(k, part));
                let linear = -5.5 * a + 9.0 * b - 4.5 * c + d;
                let square = 9.0 * a - 22.5 * b + 18.0 * c - 4.5 * d;
                let cube = -4.5 * a + 13.5 * b - 13.5 * c + 4.5 * d;
                [a, linear, square, cube]
            })
            .collect();
        let mut curve = Self { low, density: 1.0 / step, intervals, error: 0.0 };
        for k in 0..count {
            for part in [1.0 / 6.0, 0.5, 5.0 / 6.0] {
                let deviation = curve.value(low + step * (k as f64 + part)) - sample(k, part);
                curve.error = if deviation.is_nan() { f64::INFINITY } else { curve.error.max(deviation.abs()) };
            }
        }
        curve
    }

    /// Arguments in units of intervals, and half an interval less, which is nearest to the number of its interval.
    #[inline(always)]
    fn position<V: Vector>(&self, x: V) -> (V, V) {
        let count = self.intervals.len() as f64;
        let position = ((x - self.low) * self.density).max(0.0).min(count);
        (position, (position - 0.5).max(0.0).min(count - 1.0))
    }

    /// The value at one argument.
    pub(crate) fn value(&self, x: f64) -> f64 {
        self.at(Plain::of(x)).value()
    }

    /// The values at the arguments `x`.
    #[inline(always)]
    pub(crate) fn at<V: Vector>(&self, x: V) -> V {
        let (position, nearest) = self.position(x);
        let (interval, [a, b, c, d]) = nearest.look_up(&self.intervals);
        let t = position - interval;
        d.mul_add(t, c).mul_add(t, b).mul_add(t, a)
    }
}

/// A fitted curve with its integral from the low end of its range.
#[derive(Clone, Debug)]
pub(crate) struct IntegratedCurve {
    curve: FittedCurve,
    /// The integral up to the beginning of each interval.
    before: Vec<f64>,
}

impl IntegratedCurve {
    /// Integrates a curve.
    pub(crate) fn of(curve: FittedCurve) -> Self {
        let whole = |[a, b, c, d]: &[f64; 4]| (a + b / 2.0 + c / 3.0 + d / 4.0) / curve.density;
        let before = curve.intervals.iter().scan(0.0, |sum, interval| {
            let before = *sum;
            *sum += whole(interval);
            Some(before)
        });
        Self { before: before.collect(), curve }
    }

    /// The function at each argument, and its integral up to there; outside of the range the function keeps its last
    /// value.
    #[inline(always)]
    pub(crate) fn at<V: Vector>(&self, x: V) -> (V, V) {
        let FittedCurve { low, density, intervals, .. } = &self.curve;
        let (position, nearest) = self.curve.position(x);
        let (interval, [a, b, c, d]) = nearest.look_up(intervals);
        let t = position - interval;
        let value = d.mul_add(t, c).mul_add(t, b).mul_add(t, a);
        let part = (d * 0.25).mul_add(t, c * (1.0 / 3.0)).mul_add(t, b * 0.5).mul_add(t, a) * t;
        let beyond = (x - *low) * *density - position;
        (value, nearest.look_up_one(&self.before) + (part + beyond * value) * (1.0 / density))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_its_function_within_the_error_that_it_states() {
        let f = |x: f64| (-30.0 * x).exp() + (20.0 * (x - 0.4)).tanh();
        let curve = FittedCurve::fit(f, (0.0, 1.0), 1e-8);
        assert!(curve.error <= 1e-8 && curve.intervals.len() < FINEST, "{}", curve.error);
        for k in 0..=10_007 {
            let x = f64::from(k) / 10_007.0;
            assert!((curve.value(x) - f(x)).abs() < 1.5e-8, "{x}: {}", curve.value(x) - f(x));
        }
        assert!((curve.value(-3.0) - f(0.0)).abs() < 1e-8 && (curve.value(7.0) - f(1.0)).abs() < 1e-8);
        assert!(FittedCurve::fit(|x| x.sqrt(), (-1.0, 1.0), 1e-8).error.is_infinite());
    }

    #[test]
    fn an_integral_is_that_of_the_function() {
        let primitive = IntegratedCurve::of(FittedCurve::fit(|x| (3.0 * x).exp(), (0.0, 1.0), 1e-9));
        let exact = |x: f64| (3.0 * x).exp_m1() / 3.0;
        for (x, expected) in
            [(0.0, 0.0), (0.3, exact(0.3)), (1.0, exact(1.0)), (-0.1, -0.1), (1.2, exact(1.0) + 0.2 * (3.0f64).exp())]
        {
            let (value, integral) = primitive.at(Plain::of(x));
            assert!((integral.value() - expected).abs() < 1e-8, "{x}: {} {expected}", integral.value());
            assert!((value.value() - (3.0 * x.clamp(0.0, 1.0)).exp()).abs() < 2e-9);
        }
    }
}
