//! Scalarization of several objectives: the expected improvement of their Chebyshev norm (ParEGO).
use super::JointUtility;
use crate::numeric::pareto;
use crate::numeric::stream::Stream;
use crate::surrogate::Prediction;

/// The weight of the sum beside the largest term. 0.05, as in Knowles (2006).
const SUM: f64 = 0.05;

/// Draws that the mean is taken over.
const DRAWS: usize = 64;

/// The expected improvement of the augmented Chebyshev norm of the objectives with one set of weights, each objective
/// in units of its range over the front (Knowles 2006).
///
/// The norm is computed from the predictions for the objectives and not from observed costs: a surrogate of the norm
/// would have to learn its kinks, and anew for each set of weights. The expectation is the mean over draws, which are
/// the same for every point.
#[derive(Clone, Debug)]
pub(crate) struct Scalarization {
    /// By objective: the lower end of its range, and its weight over the length of the range.
    objectives: Vec<(f64, f64)>,
    draws: Vec<Vec<f64>>,
    /// The lowest norm of what was found.
    best: f64,
}

impl Scalarization {
    /// The scalarization with weights drawn uniformly from those that add up to 1, over points that were found, at
    /// least one.
    pub(crate) fn over(points: &[Vec<f64>], stream: &mut Stream) -> Self {
        let count = points[0].len();
        let front = &pareto::fronts(&points.iter().map(Vec::as_slice).collect::<Vec<_>>())[0];
        let mut weights: Vec<f64> = (0..count).map(|_| -(1.0 - stream.uniform()).ln()).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
        let range = |objective: usize| {
            let values = front.iter().map(|&index| points[index][objective]);
            let (low, high) = (values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max));
            (low, if high > low { high - low } else { 1.0 })
        };
        let objectives = weights.into_iter().enumerate().map(|(objective, weight)| {
            let (low, length) = range(objective);
            (low, weight / length)
        });
        let objectives: Vec<(f64, f64)> = objectives.collect();
        let draws = (0..DRAWS).map(|_| (0..count).map(|_| stream.normal()).collect()).collect();
        let mut scalarization = Self { objectives, draws, best: 0.0 };
        let norms = points.iter().map(|point| scalarization.norm(point.iter().copied()));
        scalarization.best = norms.fold(f64::INFINITY, f64::min);
        scalarization
    }

    fn norm(&self, costs: impl Iterator<Item = f64>) -> f64 {
        let (mut largest, mut sum) = (f64::NEG_INFINITY, 0.0);
        for (cost, (low, weight)) in costs.zip(&self.objectives) {
            let weighted = weight * (cost - low);
            largest = largest.max(weighted);
            sum += weighted;
        }
        largest + SUM * sum
    }
}

impl JointUtility for Scalarization {
    fn log_value(&self, predictions: &[Prediction]) -> f64 {
        let deviations: Vec<f64> = predictions.iter().map(|prediction| prediction.variance.sqrt()).collect();
        let gain = |draw: &Vec<f64>| {
            let each = predictions.iter().zip(&deviations).zip(draw);
            let costs = each.map(|((prediction, deviation), normal)| prediction.mean + deviation * normal);
            (self.best - self.norm(costs)).max(0.0)
        };
        let mean = self.draws.iter().map(gain).sum::<f64>() / DRAWS as f64;
        // Where no draw improves, the expectation tells better from worse.
        let behind = (self.norm(predictions.iter().map(|prediction| prediction.mean)) - self.best).max(0.0);
        (mean + 1e-12).ln() - 1e-3 * behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(means: [f64; 2], variance: f64) -> Vec<Prediction> {
        means.map(|mean| Prediction { mean, variance }).to_vec()
    }

    #[test]
    fn weights_decide_what_is_promising() {
        let points = [vec![0.0, 1.0], vec![1.0, 0.0], vec![0.4, 0.4]];
        let mut firsts = 0;
        for index in 0..200 {
            let scalarization = Scalarization::over(&points, &mut Stream::of(1, "test", index));
            let weight: f64 = scalarization.objectives.iter().map(|(_, weight)| weight).sum();
            assert!((weight - 1.0).abs() < 1e-9);
            // Better in the first objective by as much as the other is in the second.
            let (first, second) = (at([-0.1, 1.0], 1e-4), at([1.0, -0.1], 1e-4));
            firsts += usize::from(scalarization.log_value(&first) > scalarization.log_value(&second));
            let (better, worse) = (at([0.1, 0.1], 1e-4), at([2.0, 2.0], 1e-4));
            assert!(scalarization.log_value(&better) > scalarization.log_value(&worse));
            assert!(scalarization.log_value(&worse) > scalarization.log_value(&at([3.0, 3.0], 1e-4)));
        }
        assert!((80..120).contains(&firsts), "{firsts} of 200");
    }

    #[test]
    fn the_norm_is_that_of_knowles() {
        let mut scalarization = Scalarization::over(&[vec![0.0, 2.0], vec![4.0, 0.0]], &mut Stream::of(1, "test", 0));
        scalarization.objectives = vec![(0.0, 0.25), (0.0, 0.75)];
        assert_eq!(scalarization.norm([2.0, 1.0].into_iter()), 0.75 + SUM * 1.25);
    }
}
