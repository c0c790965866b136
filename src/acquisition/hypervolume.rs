//! Expected improvement of the hypervolume that the front of two objectives dominates.
use super::JointUtility;
use crate::numeric::normal::log_excess;
use crate::numeric::pareto;
use crate::surrogate::Prediction;

/// The distance of the reference point from the worst costs of the front, in ranges of all known points.
const MARGIN: f64 = 0.1;

/// The expected area, below a reference point, that a new point adds to the area that the front dominates.
///
/// The area that the front does not dominate consists of strips, each between two neighbouring points of the front and
/// bounded above by the first of them. For independent objectives, the expected improvement of a strip is a product of
/// expected improvements. The logarithm is computed (Ament et al. 2023), so that points far behind the front still
/// differ.
#[derive(Clone, Debug)]
pub(crate) struct HypervolumeImprovement {
    /// The strips from the left: the right end and the upper bound of each.
    strips: Vec<(f64, f64)>,
}

impl HypervolumeImprovement {
    /// The improvement over points that were found, at least one; only points that no other dominates count.
    pub(crate) fn over(points: &[[f64; 2]]) -> Self {
        let slices: Vec<&[f64]> = points.iter().map(|point| &point[..]).collect();
        let front = &pareto::fronts(&slices)[0];
        let reference = [0, 1].map(|objective| {
            let all = points.iter().map(|point| point[objective]);
            let (low, high) = (all.clone().fold(f64::INFINITY, f64::min), all.fold(f64::NEG_INFINITY, f64::max));
            let worst = front.iter().map(|&index| points[index][objective]).fold(f64::NEG_INFINITY, f64::max);
            worst + MARGIN * (high - low).max(1e-9 * (1.0 + high.abs()))
        });
        Self::below(&front.iter().map(|&index| points[index]).collect::<Vec<_>>(), reference)
    }

    /// The improvement over a front of points that do not dominate each other, below a reference point.
    fn below(front: &[[f64; 2]], reference: [f64; 2]) -> Self {
        let mut front = front.to_vec();
        front.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        let mut strips = Vec::with_capacity(front.len() + 1);
        let mut height = reference[1];
        for [x, y] in front.into_iter().filter(|point| point[0] < reference[0] && point[1] < reference[1]) {
            strips.push((x, height));
            height = y;
        }
        strips.push((reference[0], height));
        Self { strips }
    }
}

impl JointUtility for HypervolumeImprovement {
    fn log_value(&self, predictions: &[Prediction]) -> f64 {
        let [x, y] = predictions else { panic!("the hypervolume is of two objectives") };
        let mut sum = f64::NEG_INFINITY;
        let mut before = f64::NEG_INFINITY;
        for &(end, height) in &self.strips {
            let reached = log_improvement(*x, end);
            // The mean width of the strip, as the difference of two improvements.
            let width =
                if before < reached { reached + (-(before - reached).exp_m1()).ln() } else { f64::NEG_INFINITY };
            sum = log_sum(sum, width + log_improvement(*y, height));
            before = reached;
        }
        sum
    }
}

/// The logarithm of the expected improvement on `best`.
fn log_improvement(Prediction { mean, variance }: Prediction, best: f64) -> f64 {
    let deviation = variance.sqrt();
    if deviation > 0.0 { deviation.ln() + log_excess((best - mean) / deviation) } else { (best - mean).max(0.0).ln() }
}

fn log_sum(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if high == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;

    const FRONT: [[f64; 2]; 3] = [[1.0, 5.0], [2.0, 3.0], [4.0, 1.0]];
    const REFERENCE: [f64; 2] = [6.0, 6.0];

    /// The area below the reference point that some point of a front dominates, on a grid.
    fn area(front: &[[f64; 2]]) -> f64 {
        let steps = 600;
        let place = |index: usize| -2.0 + 8.0 * (index as f64 + 0.5) / steps as f64;
        let cells = (0..steps * steps).map(|index| [place(index / steps), place(index % steps)]);
        let hit = cells.filter(|cell| front.iter().any(|point| point[0] <= cell[0] && point[1] <= cell[1]));
        hit.count() as f64 * (8.0 / steps as f64).powi(2)
    }

    #[test]
    fn what_is_certain_adds_its_area() {
        let function = HypervolumeImprovement::below(&FRONT, REFERENCE);
        let at = |mean| Prediction { mean, variance: 0.0 };
        for point in [[3.0, 2.0], [0.0, 0.0], [1.5, 4.0], [0.5, 5.5], [5.0, 0.5]] {
            let mut joined = FRONT.to_vec();
            joined.push(point);
            let expected = area(&joined) - area(&FRONT);
            let found = function.log_value(&point.map(at)).exp();
            assert!((found - expected).abs() < 0.1, "{point:?}: {found} is not {expected}");
        }
        assert_eq!(function.log_value(&[at(3.0), at(4.0)]), f64::NEG_INFINITY, "it is dominated");
    }

    #[test]
    fn what_is_not_adds_the_mean_over_what_it_may_be() {
        // The gain of a certain point, averaged over draws.
        let function = HypervolumeImprovement::below(&FRONT, REFERENCE);
        let mut stream = Stream::of(1, "test", 0);
        for (means, deviations) in [([3.0, 2.5], [1.0, 0.5]), ([5.0, 5.0], [2.0, 1.0]), ([0.0, 4.0], [0.3, 2.0])] {
            let draws = 200_000;
            let mut draw = || {
                let certain = |objective: usize, normal: f64| Prediction {
                    mean: means[objective] + deviations[objective] * normal,
                    variance: 0.0,
                };
                function.log_value(&[certain(0, stream.normal()), certain(1, stream.normal())]).exp()
            };
            let expected = (0..draws).map(|_| draw()).sum::<f64>() / f64::from(draws);
            let predictions = [0, 1].map(|k| Prediction { mean: means[k], variance: deviations[k] * deviations[k] });
            let found = function.log_value(&predictions).exp();
            assert!((found / expected - 1.0).abs() < 0.02, "{found} is not {expected}");
        }
    }

    #[test]
    fn far_behind_the_front_it_still_differs() {
        let function = HypervolumeImprovement::over(&FRONT);
        let at = |mean| [mean, mean].map(|mean| Prediction { mean, variance: 1.0 });
        let (near, far) = (function.log_value(&at(50.0)), function.log_value(&at(60.0)));
        assert!(near > far && far.is_finite(), "{near} {far}");
    }
}
