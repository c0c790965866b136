//! Evidence for targets: their likelihood under Gaussian processes with fixed lengths, for comparing transformations of costs.
use std::f64::consts::SQRT_2;

use super::kernel::{Kernel, Points};
use crate::numeric::linear::{Cholesky, dot};
use crate::space::encoding::Column;
use crate::surrogate::Rows;

/// Logarithms of the lengths, relative to the middle of their prior.
const LENGTHS: [f64; 3] = [-3.0, -2.0, -1.0];

/// Logarithms of the noise's variance.
const NOISES: [f64; 2] = [-9.0, -5.0];

/// Gaussian processes over the same points, one for each length and noise.
pub(crate) struct Evidence {
    factors: Vec<Cholesky>,
    points: usize,
}

impl Evidence {
    /// The evidence for targets of these rows, at least one.
    pub(crate) fn new(columns: &[Column], rows: &Rows) -> Self {
        let mut points = Points::new(columns);
        (0..rows.len()).for_each(|index| points.push(rows.row(index)));
        let middle = SQRT_2 + 0.5 * (columns.len() as f64).ln();
        let factor = |(length, noise): (f64, f64)| {
            let lengths = std::iter::repeat_n(middle + length, columns.len());
            let parameters: Vec<f64> = std::iter::once(0.0).chain(lengths).chain([noise]).collect();
            let kernel = Kernel::of(&parameters);
            Cholesky::of_columns(points.len(), |index, column| {
                kernel.covariances(&points, points.row(index), index, &mut column[index..]);
                column[index] += kernel.noise;
            })
        };
        let all = LENGTHS.into_iter().flat_map(|length| NOISES.map(|noise| (length, noise)));
        Self { factors: all.filter_map(factor).collect(), points: rows.len() }
    }

    /// The logarithm of the largest likelihood of these targets, one a row, up to a constant that depends on the rows alone;
    /// mean and variance are those with the largest likelihood.
    pub(crate) fn of(&self, targets: &[f64]) -> f64 {
        let n = self.points as f64;
        let likelihood = |factor: &Cholesky| {
            let ones = factor.solve(&vec![1.0; self.points]);
            let mean = dot(&ones, targets) / ones.iter().sum::<f64>();
            let rest: Vec<f64> = targets.iter().map(|target| target - mean).collect();
            let variance = dot(&rest, &factor.solve(&rest)) / n;
            -0.5 * n * variance.ln() - 0.5 * factor.log_determinant()
        };
        self.factors.iter().map(likelihood).fold(f64::NEG_INFINITY, f64::max)
    }
}
