//! Relations between rungs: the cost at a budget as a line over the cost at the budget below.
use super::estimate::Estimate;

/// The slope before any pair was seen, and its variance: a difference at the smaller budget is mostly kept at the
/// larger one, and a part of it was luck (regression to the mean).
const SLOPE: f64 = 0.8;
const SLOPE_VARIANCE: f64 = 0.16;

/// The share of a rung's variance that the line leaves before any pair was seen, `1 - SLOPE²`, with the weight of so many
/// pairs.
const LEFT: f64 = 0.36;
const WEIGHT: f64 = 2.0;

/// The number of times that slope and residual variance are estimated from each other.
const ROUNDS: usize = 3;

/// The moments of the costs on one rung: their mean and their variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moments {
    pub mean: f64,
    pub variance: f64,
}

impl Moments {
    /// The moments of values; a single one has the variance 0. `None` without values.
    pub(super) fn of(values: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for value in values {
            count += 1.0;
            let apart = value - mean;
            mean += apart / count;
            squares += apart * (value - mean);
        }
        (count > 0.0).then(|| Self { mean, variance: squares / f64::max(count - 1.0, 1.0) })
    }
}

/// A Bayesian line through the configurations that have both costs, centred on their means.
///
/// The level is free where there is a pair. Without one, the line leads from the mean of the smaller budget to the mean of
/// the larger. The slope has a normal prior, so that two pairs do not decide it; with many the line is the least-squares
/// line. Selecting configurations by their cost at the smaller budget, as promotion does, does not bias it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Relation {
    centre: (f64, f64),
    slope: f64,
    slope_variance: f64,
    /// The variance of the costs about the line.
    residual: f64,
    /// The variance of the line's level.
    level: f64,
}

impl Relation {
    /// The line through `pairs` of costs at the smaller and the larger budget, where all costs there have these moments.
    pub(super) fn fit(pairs: &[(f64, f64)], below: Moments, above: Moments) -> Self {
        let spread = below.variance.max(above.variance);
        let guess = LEFT * spread;
        if pairs.is_empty() {
            let centre = (below.mean, above.mean);
            return Self { centre, slope: SLOPE, slope_variance: SLOPE_VARIANCE, residual: guess, level: spread };
        }
        let n = pairs.len() as f64;
        let centre =
            (pairs.iter().map(|pair| pair.0).sum::<f64>() / n, pairs.iter().map(|pair| pair.1).sum::<f64>() / n);
        let (mut square, mut product) = (0.0, 0.0);
        for (x, y) in pairs {
            square += (x - centre.0).powi(2);
            product += (x - centre.0) * (y - centre.1);
        }
        let mut line = Self { centre, slope: SLOPE, slope_variance: SLOPE_VARIANCE, residual: guess, level: 0.0 };
        for _ in 0..ROUNDS {
            // Scaled by the residual variance, which may be 0 where all costs lie on the line.
            let prior = line.residual / SLOPE_VARIANCE;
            if square + prior > 0.0 {
                line.slope = ((product + prior * SLOPE) / (square + prior)).max(0.0);
                line.slope_variance = line.residual / (square + prior);
            }
            let left: f64 = pairs.iter().map(|(x, y)| (y - centre.1 - line.slope * (x - centre.0)).powi(2)).sum();
            line.residual = (WEIGHT * guess + left) / (WEIGHT + n - 1.0);
        }
        line.level = line.residual / n;
        line
    }

    /// The estimate at the larger budget that follows from one at the smaller; `noise` is the part of the residual
    /// variance that is noise of the costs and not of the configurations.
    pub(super) fn carry(&self, below: Estimate, noise: f64) -> Estimate {
        let apart = below.mean - self.centre.0;
        let own = (self.residual - noise).max(0.01 * self.residual);
        Estimate {
            mean: self.centre.1 + self.slope * apart,
            variance: self.slope.powi(2) * below.variance + own + self.level + self.slope_variance * apart.powi(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Moments = Moments { mean: 0.0, variance: 1.0 };

    #[test]
    fn many_pairs_give_the_line_of_least_squares() {
        let pairs: Vec<(f64, f64)> = (0..200).map(|i| f64::from(i) / 20.0).map(|x| (x, 2.0 + 0.5 * x)).collect();
        let below = Moments::of(pairs.iter().map(|pair| pair.0)).unwrap();
        let line = Relation::fit(&pairs, below, Moments::of(pairs.iter().map(|pair| pair.1)).unwrap());
        let found = line.carry(Estimate { mean: -1.0, variance: 0.0 }, 0.0);
        assert!((found.mean - 1.5).abs() < 0.01, "{found:?}");
        assert!(found.variance < 0.05 * below.variance, "{found:?}");
    }

    #[test]
    fn one_pair_moves_the_level_and_none_matches_the_means() {
        let above = Moments { mean: 5.0, variance: 0.0 };
        let one = Relation::fit(&[(1.0, 4.0)], ONE, above).carry(Estimate { mean: 0.0, variance: 0.0 }, 0.0);
        assert!((one.mean - (4.0 - SLOPE)).abs() < 1e-12, "{one:?}");
        // Residual and level from the one pair, and the slope's variance a unit away from it.
        let slope = LEFT / (LEFT / SLOPE_VARIANCE);
        assert!((one.variance - (LEFT * 2.0 + slope)).abs() < 1e-12, "{one:?}");
        let none = Relation::fit(&[], ONE, above).carry(Estimate { mean: -1.0, variance: 0.0 }, 0.0);
        assert!((none.mean - (5.0 - SLOPE)).abs() < 1e-12, "{none:?}");
    }

    #[test]
    fn equal_costs_are_no_trouble() {
        let flat = Moments { mean: 3.0, variance: 0.0 };
        let line = Relation::fit(&[(3.0, 3.0); 4], flat, flat);
        assert_eq!(line.carry(Estimate { mean: 3.0, variance: 0.0 }, 0.0), Estimate { mean: 3.0, variance: 0.0 });
    }
}
