//! Costs as regression targets: failures never enter, so that no cost stands for one.
use serde::{Deserialize, Serialize};

use crate::numeric::normal;
use crate::numeric::quantile::{average_ranks, quantile};

/// What the surrogate learns in place of the cost; lower stays better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// The cost itself.
    Raw,
    /// Its logarithm; where a cost is not positive, that of the distance from just below the best.
    Log,
    /// The normal score of its rank, which forgets how costs are spread.
    Rank,
}

/// The logarithm of each cost, as [`Scale::Log`] says.
pub fn logarithms(costs: &[f64]) -> Vec<f64> {
    if costs.iter().all(|&cost| cost > 0.0) {
        return costs.iter().map(|cost| cost.ln()).collect();
    }
    // SMAC's log-scaled encoder: the distance to a point as far below the minimum as the 5th percentile is above it.
    let extreme = |pick: fn(f64, f64) -> f64| costs.iter().copied().reduce(pick).expect("a cost is not positive");
    let (min, max) = (extreme(f64::min), extreme(f64::max));
    let fifth = quantile(costs, 0.05).expect("a cost is not positive");
    let range = if max > min { max - min } else { 1.0 };
    let low = min - (fifth - min).max(1e-10 * range);
    costs.iter().map(|cost| ((cost - low) / (max - low).max(f64::MIN_POSITIVE)).ln()).collect()
}

/// The normal score of each value's rank, equals sharing theirs.
pub fn normal_scores(values: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    average_ranks(values).into_iter().map(|rank| normal::inverse_distribution((rank - 0.5) / n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_finite_and_keep_the_order() {
        for costs in [vec![1.0, 0.1, 10.0], vec![-3.0, 0.0, 5.0, -2.9], vec![0.0, 0.0], vec![-1.0]] {
            let targets = logarithms(&costs);
            for a in 0..costs.len() {
                assert!(targets[a].is_finite(), "{costs:?} {targets:?}");
                for b in 0..costs.len() {
                    assert_eq!(costs[a] < costs[b], targets[a] < targets[b], "{costs:?} {targets:?}");
                }
            }
        }
        assert_eq!(logarithms(&[1.0, std::f64::consts::E]), [0.0, 1.0]);
    }

    #[test]
    fn normal_scores_are_symmetric() {
        let scores = normal_scores(&[1e9, -5.0, 0.0]);
        assert!(scores[2].abs() < 1e-12 && (scores[0] + scores[1]).abs() < 1e-9 && scores[0] > 0.9, "{scores:?}");
    }
}
