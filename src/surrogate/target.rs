//! Regression targets: transformations of costs. Failures get no target.
use serde::{Deserialize, Serialize};

use super::Rows;
use super::warping::warped;
use crate::numeric::normal;
use crate::numeric::quantile::{average_ranks, quantile};
use crate::space::encoding::Column;

/// The scale on which a surrogate learns costs; lower stays better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// The cost itself.
    Raw,
    /// The logarithm of the cost; where any cost is not positive, that of the distance from just below the best.
    Log,
    /// The normal score of the cost's rank, which ignores the spread of costs.
    Rank,
    /// The power transformation that makes the costs most normal (Yeo and Johnson 2000). Before that, costs above the median
    /// are limited by their rank, and costs that span decades are replaced by logarithms.
    Power,
}

impl Scale {
    /// The targets for expected costs, one a row; on the scales of logarithms and ranks they are logarithms already.
    pub(super) fn targets(self, values: Vec<f64>, rows: &Rows, columns: &[Column]) -> Vec<f64> {
        match self {
            Self::Raw | Self::Log => values,
            Self::Rank => normal_scores(&values),
            Self::Power => powers(&warped(&values, rows, columns)),
        }
    }
}

/// The logarithm of each cost, as [`Scale::Log`] says.
pub(crate) fn logarithms(costs: &[f64]) -> Vec<f64> {
    if costs.iter().all(|&cost| cost > 0.0) {
        return costs.iter().map(|cost| cost.ln()).collect();
    }
    // SMAC's log-scaled encoder: the distance to a point as far below the minimum as the 5th percentile is above it.
    let extreme =
        |pick: fn(f64, f64) -> f64| costs.iter().copied().reduce(pick).expect("there is a cost that is not positive");
    let (min, max) = (extreme(f64::min), extreme(f64::max));
    let fifth = quantile(costs, 0.05).expect("there is a cost that is not positive");
    let range = if max > min { max - min } else { 1.0 };
    let low = min - (fifth - min).max(1e-10 * range);
    costs.iter().map(|cost| ((cost - low) / (max - low).max(f64::MIN_POSITIVE)).ln()).collect()
}

/// The normal score of each value's rank, equals sharing theirs.
pub(crate) fn normal_scores(values: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    average_ranks(values).into_iter().map(|rank| normal::inverse_distribution((rank - 0.5) / n)).collect()
}

/// The values, standardised, under the power transformation of Yeo and Johnson with the largest likelihood.
pub(crate) fn powers(values: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
    if deviation == 0.0 || !deviation.is_finite() {
        return values.to_vec();
    }
    let standard: Vec<f64> = values.iter().map(|value| (value - mean) / deviation).collect();
    let likelihood = |power: f64| {
        let transformed: Vec<f64> = standard.iter().map(|&value| yeo_johnson(value, power)).collect();
        let mean = transformed.iter().sum::<f64>() / n;
        let variance = transformed.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        let stretch: f64 = standard.iter().map(|value| value.signum() * value.abs().ln_1p()).sum();
        -0.5 * n * variance.ln() + (power - 1.0) * stretch
    };
    let powers = (-8..=16).map(|quarter| f64::from(quarter) / 4.0);
    let best =
        powers.max_by(|&a, &b| likelihood(a).total_cmp(&likelihood(b))).expect("the grid of powers is not empty");
    standard.into_iter().map(|value| yeo_johnson(value, best)).collect()
}

fn yeo_johnson(value: f64, power: f64) -> f64 {
    // A negative value is transformed with the power reflected at 1.
    let half = |size: f64, power: f64| {
        if power.abs() < 1e-9 { size.ln_1p() } else { (power * size.ln_1p()).exp_m1() / power }
    };
    if value >= 0.0 { half(value, power) } else { -half(-value, 2.0 - power) }
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

    #[test]
    fn a_power_makes_costs_normal_and_keeps_their_order() {
        // scipy.stats.yeojohnson(x, lmbda) for x = 1.5 and -1.5.
        for (value, power, expected) in [
            (1.5, 0.0, 0.916_290_731_9),
            (1.5, 2.0, 2.625),
            (1.5, 0.5, 1.162_277_660_2),
            (-1.5, 2.0, -0.916_290_731_9),
            (-1.5, 0.5, -1.968_564_716_8),
        ] {
            assert!(
                (yeo_johnson(value, power) - expected).abs() < 1e-9,
                "{value} {power} {}",
                yeo_johnson(value, power)
            );
        }
        let costs: Vec<f64> =
            (0..200).map(|index| normal::inverse_distribution((f64::from(index) + 0.5) / 200.0).exp()).collect();
        let skewness = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let moment = |k: i32| values.iter().map(|value| (value - mean).powi(k)).sum::<f64>() / values.len() as f64;
            moment(3) / moment(2).powf(1.5)
        };
        let transformed = powers(&costs);
        assert!(skewness(&costs) > 2.0 && skewness(&transformed).abs() < 0.4, "{}", skewness(&transformed));
        assert!(transformed.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(powers(&[3.0, 3.0]), [3.0, 3.0]);
    }
}
