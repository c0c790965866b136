//! Nonlinear least squares by damped Gauss-Newton steps (Levenberg 1944, Marquardt 1963), with a Jacobian by differences.
use rayon::prelude::*;

use crate::numeric::linear::Cholesky;

/// Damping at the start, its factors after a good and after a bad step, and its bound.
const DAMPING: f64 = 1e-3;
const EASIER: f64 = 0.2;
const HARDER: f64 = 5.0;
const STIFFEST: f64 = 1e10;
/// The relative decrease of the sum of squares at which a search ends.
const SETTLED: f64 = 1e-8;

/// Residuals of a point; `None` where it has none.
pub(crate) type Residuals<'a> = dyn Fn(&[f64]) -> Option<Vec<f64>> + Sync + 'a;

/// A minimum of the sum of squares.
#[derive(Clone, Debug)]
pub(crate) struct Minimum {
    pub point: Vec<f64>,
    pub residuals: Vec<f64>,
    /// Derivatives of the residuals, a column for each coordinate.
    pub jacobian: Vec<Vec<f64>>,
    pub sum: f64,
    /// False where the steps ran out.
    pub is_settled: bool,
}

/// The sum of squares.
pub(crate) fn sum(residuals: &[f64]) -> f64 {
    residuals.iter().map(|residual| residual * residual).sum()
}

/// Goes from `start` to the nearest minimum within `bounds`, in at most so many steps; `differences` are those of the Jacobian.
/// `None` where the start has no residuals.
pub(crate) fn minimize(
    residuals: &Residuals,
    bounds: &[(f64, f64)],
    differences: &[f64],
    start: &[f64],
    steps: usize,
) -> Option<Minimum> {
    let mut point: Vec<f64> = start.iter().zip(bounds).map(|(x, (low, high))| x.clamp(*low, *high)).collect();
    let mut here = residuals(&point)?;
    let (mut sum_here, mut damping, mut is_settled) = (sum(&here), DAMPING, false);
    let mut jacobian = derivatives(residuals, bounds, differences, &point, &here)?;
    for _ in 0..steps {
        let size = point.len();
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let normal: Vec<Vec<f64>> =
            (0..size).map(|i| (0..=i).map(|j| product(&jacobian[i], &jacobian[j])).collect()).collect();
        let slope: Vec<f64> = jacobian.iter().map(|column| -product(column, &here)).collect();
        let mut is_better = false;
        while damping < STIFFEST {
            let entry = |i: usize, j: usize| match i == j {
                true => normal[i][i] * (1.0 + damping) + 1e-30 + 1e-12 * damping,
                false => normal[i][j],
            };
            let Some(factor) = Cholesky::of(size, entry) else {
                damping *= HARDER;
                continue;
            };
            let step = factor.solve(&slope);
            let next: Vec<f64> = point
                .iter()
                .zip(&step)
                .zip(bounds)
                .map(|((x, step), (low, high))| (x + step).clamp(*low, *high))
                .collect();
            let found = residuals(&next).map(|found| (sum(&found), found)).filter(|(sum, _)| *sum < sum_here);
            match found {
                Some((lower, found)) => {
                    is_settled = sum_here - lower <= SETTLED * sum_here;
                    (point, here, sum_here, damping) = (next, found, lower, damping * EASIER);
                    is_better = true;
                    break;
                }
                None => damping *= HARDER,
            }
        }
        // No direction leads down: this is a minimum, but for rounding.
        is_settled |= !is_better;
        if is_better {
            jacobian = derivatives(residuals, bounds, differences, &point, &here)?;
        }
        if is_settled {
            break;
        }
    }
    Some(Minimum { point, residuals: here, jacobian, sum: sum_here, is_settled })
}

/// Central differences, one-sided at a bound.
fn derivatives(
    residuals: &Residuals,
    bounds: &[(f64, f64)],
    differences: &[f64],
    point: &[f64],
    here: &[f64],
) -> Option<Vec<Vec<f64>>> {
    let column = |k: usize| {
        let moved = |by: f64| {
            let mut point = point.to_vec();
            point[k] = (point[k] + by).clamp(bounds[k].0, bounds[k].1);
            (point[k], residuals(&point))
        };
        let ((low, below), (high, above)) = (moved(-differences[k]), moved(differences[k]));
        let (from, below) = below.map_or((point[k], here.to_vec()), |below| (low, below));
        let (to, above) = above.map_or((point[k], here.to_vec()), |above| (high, above));
        (to > from).then(|| above.iter().zip(&below).map(|(a, b)| (a - b) / (to - from)).collect())
    };
    (0..point.len()).into_par_iter().map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponential_is_fitted() {
        let data: Vec<(f64, f64)> =
            (0..20).map(|k| (f64::from(k) * 0.2, 3.0 * (-f64::from(k) * 0.2 / 1.5).exp() + 0.5)).collect();
        let model = |x: &[f64]| Some(data.iter().map(|(t, y)| x[0] * (-t / x[1].exp()).exp() + x[2] - y).collect());
        let bounds = [(0.0, 100.0), (-5.0, 5.0), (-10.0, 10.0)];
        let found = minimize(&model, &bounds, &[1e-4; 3], &[1.0, 1.5, 0.0], 100).unwrap();
        assert!(found.is_settled && found.sum < 1e-12, "{found:?}");
        assert!((found.point[0] - 3.0).abs() < 1e-5 && (found.point[1].exp() - 1.5).abs() < 1e-5);
        // The minimum in a box may lie on its edge.
        let found =
            minimize(&model, &[(0.0, 2.0), (-5.0, 5.0), (-10.0, 10.0)], &[1e-4; 3], &[1.0, 1.5, 0.0], 100).unwrap();
        assert!((found.point[0] - 2.0).abs() < 1e-9, "{found:?}");
        assert!(minimize(&|_: &[f64]| None, &bounds, &[1e-4; 3], &[1.0, 1.5, 0.0], 9).is_none());
    }
}
