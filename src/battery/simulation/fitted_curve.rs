//! Fitted curves: functions of one variable, and their integrals, as cubics on an even grid.
use crate::battery::simd::lanes::{Plain, Vector};

/// Intervals of the finest grid, and below of the coarsest.
const FINEST: usize = 4096;
const COARSEST: usize = 64;

/// The largest deviation, relative to the function's size, of an interval that is used.
const USABLE: f64 = 1e-2;

/// Cubics through four samples of each interval; outside its range the function keeps its last value.
///
/// The range ends where the function is not finite, or turns too sharply for the finest grid.
#[derive(Clone, Debug)]
pub(crate) struct FittedCurve {
    low: f64,
    /// Intervals in one unit of the argument.
    density: f64,
    intervals: Vec<[f64; 4]>,
    /// The first interval that is used, and the end of the last.
    used: (usize, usize),
    /// The largest deviation from the function that was found between the samples, in what is used.
    pub error: f64,
}

impl FittedCurve {
    /// Fits `f` over `low..high`, refining until the deviation is below `tolerance` or the grid is the finest.
    pub(crate) fn fit(f: impl Fn(f64) -> f64, (low, high): (f64, f64), tolerance: f64) -> Self {
        let mut count = COARSEST;
        loop {
            let curve = Self::with(&f, (low, high), count);
            if count == FINEST || curve.error <= tolerance && curve.used == (0, count) {
                return curve;
            }
            count *= 2;
        }
    }

    /// The largest deviation, as a share of the curve's size in the middle of its range.
    pub(crate) fn relative_error(&self) -> f64 {
        let size = size(&self.intervals, self.used);
        if size > 0.0 { self.error / size } else { 0.0 }
    }

    /// The range in which the curve follows its function.
    pub(crate) fn range(&self) -> (f64, f64) {
        let (first, end) = self.used;
        (self.low + first as f64 / self.density, self.low + end as f64 / self.density)
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
        let mut curve = Self { low, density: 1.0 / step, intervals, used: (0, count), error: 0.0 };
        let deviations: Vec<f64> = (0..count)
            .map(|k| {
                let parts = [1.0 / 6.0, 0.5, 5.0 / 6.0];
                let deviation = |part| curve.value(low + step * (k as f64 + part)) - sample(k, part);
                parts
                    .into_iter()
                    .map(deviation)
                    .fold(0.0, |most: f64, each| if each.is_nan() { f64::INFINITY } else { most.max(each.abs()) })
            })
            .collect();
        curve.used = usable(&deviations, &curve.intervals);
        let (first, end) = curve.used;
        curve.error = deviations[first..end].iter().fold(0.0, |most, each| each.max(most));
        curve
    }

    /// Arguments in units of intervals, and half an interval less, which is nearest to the number of its interval.
    #[inline(always)]
    fn position<V: Vector>(&self, x: V) -> (V, V) {
        let (first, end) = (self.used.0 as f64, self.used.1 as f64);
        let position = ((x - self.low) * self.density).max(first).min(end);
        (position, (position - 0.5).max(first).min(end - 1.0))
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

/// The intervals that are used, as the first and the end: the longest run without a deviation that is not finite, less
/// those at its ends where the function turns too sharply, beside its size in the middle of the range. Where there is none, all.
fn usable(deviations: &[f64], intervals: &[[f64; 4]]) -> (usize, usize) {
    let count = intervals.len();
    let (mut best, mut first) = ((0, 0), 0);
    let breaks = (0..count).filter(|&k| !deviations[k].is_finite()).chain([count]);
    for k in breaks {
        if k - first > best.1 - best.0 {
            best = (first, k);
        }
        first = k + 1;
    }
    let (mut first, mut end) = best;
    if end == first {
        return (0, count);
    }
    let size = size(intervals, (first, end));
    let is_sharp = |k: usize| size > 0.0 && deviations[k] > USABLE * size;
    while first < end && is_sharp(first) {
        first += 1;
    }
    while end > first && is_sharp(end - 1) {
        end -= 1;
    }
    if end > first { (first, end) } else { best }
}

/// The largest amount of a curve within the middle of what is used.
fn size(intervals: &[[f64; 4]], (first, end): (usize, usize)) -> f64 {
    let middle = first + (end - first) / 20..end - (end - first) / 20;
    intervals[middle].iter().map(|[value, ..]| value.abs()).fold(0.0, f64::max)
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
        let (first, end) = curve.used;
        let before = curve.intervals.iter().enumerate().scan(0.0, |sum, (k, interval)| {
            let before = *sum;
            *sum += if (first..end).contains(&k) { whole(interval) } else { 0.0 };
            Some(before)
        });
        Self { before: before.collect(), curve }
    }

    pub(crate) fn curve(&self) -> &FittedCurve {
        &self.curve
    }

    /// The range in which the curve follows its function.
    pub(crate) fn range(&self) -> (f64, f64) {
        self.curve.range()
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
    }

    #[test]
    fn a_curve_keeps_to_where_its_function_is_finite() {
        let root = FittedCurve::fit(|x| x.sqrt(), (-1.0, 1.0), 1e-8);
        assert!(root.range().0 >= 0.0 && root.range().0 < 1e-3 && root.range().1 == 1.0, "{:?}", root.range());
        assert!((root.value(0.25) - 0.5).abs() < 1e-6 && root.value(-0.5).is_finite(), "{}", root.value(-0.5));
        let pole = FittedCurve::fit(|x| 4e-16 / x, (0.0, 1.0), 1e-20);
        assert!(pole.range().0 > 0.0 && pole.range().0 < 2e-3 && pole.error < 1e-2 * 8e-15, "{pole:?}");
        assert!((pole.value(0.5) / 8e-16 - 1.0).abs() < 1e-6 && pole.value(0.0).is_finite());
        let integral = IntegratedCurve::of(pole);
        let [near, far] = [0.3, 0.6].map(|x| integral.at(Plain::of(x)).1.value());
        assert!(((far - near) / (4e-16 * 2f64.ln()) - 1.0).abs() < 1e-6, "{near} {far}");
        let nowhere = FittedCurve::fit(|_| f64::NAN, (0.0, 1.0), 1e-8);
        assert!(nowhere.value(0.5).is_nan() && nowhere.error.is_infinite());
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
