//! The kernel of a Gaussian process: a Matérn kernel over numbers times an exponentiated Hamming kernel over categories.
use wide::f64x4;

use crate::space::encoding::Column;

/// Points that are compared at once, one a lane.
const LANES: usize = 4;

/// A kernel with its hyperparameters: the variance, a length for each column, and the variance of the noise.
///
/// Numbers are compared on `[0, 1]` in units of their lengths. A category that differs, or a hyperparameter that is
/// active in one point only, is a factor exp(-1 / (2 length²)), so that points in different branches of a space still
/// learn from each other what the branches share.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    variance: f64,
    /// The inverse square of each length.
    inverse_squares: Vec<f64>,
    pub noise: f64,
}

/// Points that others are compared with; NaN stands for an inactive hyperparameter.
#[derive(Clone, Debug)]
pub(super) struct Points {
    kinds: Vec<Column>,
    /// True for each column of numbers that is active in all points.
    is_complete: Vec<bool>,
    rows: Vec<f64>,
    /// The rows again, by fours and column after column; unused lanes of the last block are 0.
    blocks: Vec<f64x4>,
}

impl Points {
    /// No points yet, with columns of these kinds.
    pub(crate) fn new(kinds: &[Column]) -> Self {
        let is_complete = kinds.iter().map(|kind| matches!(kind, Column::Numeric)).collect();
        Self { kinds: kinds.to_vec(), is_complete, rows: Vec::new(), blocks: Vec::new() }
    }

    /// Appends a point, one number a column.
    pub(crate) fn push(&mut self, row: &[f64]) {
        let lane = self.len() % LANES;
        if lane == 0 {
            self.blocks.extend(std::iter::repeat_n(f64x4::ZERO, self.kinds.len()));
        }
        let last = self.blocks.len() - self.kinds.len();
        self.blocks[last..].iter_mut().zip(row).for_each(|(block, value)| block.as_mut_array()[lane] = *value);
        self.is_complete.iter_mut().zip(row).for_each(|(is_complete, value)| *is_complete &= !value.is_nan());
        self.rows.extend_from_slice(row);
    }

    /// The number of points.
    pub(crate) fn len(&self) -> usize {
        self.rows.len() / self.kinds.len()
    }

    /// The numbers of a point.
    pub(crate) fn row(&self, index: usize) -> &[f64] {
        &self.rows[index * self.kinds.len()..][..self.kinds.len()]
    }

    /// The gap between a block of points and a point in a column; two inactive values do not differ.
    #[inline(always)]
    fn gap(&self, column: usize, block: f64x4, value: f64) -> Gap {
        if value.is_nan() {
            return Gap::Different(!block.is_nan());
        }
        if self.is_complete[column] {
            return Gap::Distance(block - value);
        }
        match self.kinds[column] {
            Column::Numeric => Gap::Apart(block - value, block.is_nan()),
            Column::Categorical { .. } => Gap::Different(!block.simd_eq(f64x4::splat(value))),
        }
    }
}

/// The gap between points in a column, by lanes.
enum Gap {
    /// A mask of the lanes that differ.
    Different(f64x4),
    /// The differences, in a column that is active everywhere.
    Distance(f64x4),
    /// The differences, and a mask of the lanes where one value is inactive and the other is not.
    Apart(f64x4, f64x4),
}

/// The kernel's values for a block of points and a point.
struct Likeness {
    covariance: f64x4,
    /// The derivative of the covariance by the squared distance.
    slope: f64x4,
}

impl Kernel {
    /// The kernel whose hyperparameters have these logarithms: variance, lengths, noise.
    pub(crate) fn of(parameters: &[f64]) -> Self {
        let lengths = &parameters[1..parameters.len() - 1];
        Self {
            variance: parameters[0].exp(),
            inverse_squares: lengths.iter().map(|length| (-2.0 * length).exp()).collect(),
            noise: parameters[parameters.len() - 1].exp(),
        }
    }

    /// The length of each column.
    pub(crate) fn lengths(&self) -> Vec<f64> {
        self.inverse_squares.iter().map(|inverse| inverse.sqrt().recip()).collect()
    }

    /// The prior variance.
    pub(crate) fn variance(&self) -> f64 {
        self.variance
    }

    /// The Matérn kernel of smoothness 5/2 (Rasmussen and Williams 2006, equation 4.17) of the squared distance over the
    /// numbers, times that of everything else that differs.
    #[inline(always)]
    fn compare(&self, points: &Points, block: &[f64x4], row: &[f64]) -> Likeness {
        let (mut square, mut hamming) = (f64x4::ZERO, f64x4::ZERO);
        for (column, inverse) in self.inverse_squares.iter().enumerate() {
            match points.gap(column, block[column], row[column]) {
                Gap::Distance(gap) => square += gap * gap * *inverse,
                Gap::Different(mask) => hamming += mask & f64x4::splat(0.5 * inverse),
                Gap::Apart(gap, missing) => {
                    square += !missing & (gap * gap * *inverse);
                    hamming += missing & f64x4::splat(0.5 * inverse);
                }
            }
        }
        let distance = (square * 5.0).sqrt();
        let decay = (-distance - hamming).exp() * self.variance;
        Likeness {
            covariance: (distance * (distance / 3.0 + 1.0) + 1.0) * decay,
            slope: (distance + 1.0) * decay * (-5.0 / 6.0),
        }
    }

    /// The covariances of `row` with the points from index `from` on, without noise.
    pub(crate) fn covariances(&self, points: &Points, row: &[f64], from: usize, into: &mut [f64]) {
        let width = points.kinds.len();
        let blocks = points.blocks.chunks_exact(width).enumerate().skip(from / LANES);
        for (number, block) in blocks {
            let found = self.compare(points, block, row).covariance;
            let first = number * LANES;
            // The first and the last wanted point may lie within a block.
            let skipped = from.saturating_sub(first);
            let wanted = into[first + skipped - from..].iter_mut().take(LANES - skipped);
            wanted.zip(&found.as_array()[skipped..]).for_each(|(into, found)| *into = *found);
        }
    }

    /// Adds to `slopes` the derivatives, by the logarithms of variance and lengths, of the covariances of a point and the
    /// first points, each times its factor.
    pub(crate) fn add_slopes(&self, points: &Points, row: &[f64], factors: &[f64], slopes: &mut [f64]) {
        let width = points.kinds.len();
        let mut totals = vec![f64x4::ZERO; width + 1];
        for (block, factors) in points.blocks.chunks_exact(width).zip(factors.chunks(LANES)) {
            let likeness = self.compare(points, block, row);
            let factor = lanes(factors);
            let (covariance, slope) = (factor * likeness.covariance, factor * likeness.slope);
            totals[0] += covariance;
            for (column, total) in totals[1..].iter_mut().enumerate() {
                *total += match points.gap(column, block[column], row[column]) {
                    Gap::Distance(gap) => slope * gap * gap * -2.0,
                    Gap::Different(mask) => mask & covariance,
                    Gap::Apart(gap, missing) => missing.select(covariance, slope * gap * gap * -2.0),
                };
            }
        }
        slopes[0] += totals[0].reduce_add();
        for (column, inverse) in self.inverse_squares.iter().enumerate() {
            slopes[1 + column] += totals[1 + column].reduce_add() * inverse;
        }
    }

    /// The derivatives by each number of a point of its covariances with all points, each times its factor.
    pub(crate) fn directions(&self, points: &Points, row: &[f64], factors: &[f64]) -> Vec<f64> {
        let width = points.kinds.len();
        let mut totals = vec![f64x4::ZERO; width];
        for (block, factors) in points.blocks.chunks_exact(width).zip(factors.chunks(LANES)) {
            let slope = self.compare(points, block, row).slope * lanes(factors);
            for (column, total) in totals.iter_mut().enumerate() {
                match points.gap(column, block[column], row[column]) {
                    Gap::Distance(gap) => *total += slope * gap * -2.0,
                    Gap::Different(_) => {}
                    Gap::Apart(gap, missing) => *total += !missing & (slope * gap * -2.0),
                }
            }
        }
        totals.iter().zip(&self.inverse_squares).map(|(total, inverse)| total.reduce_add() * inverse).collect()
    }
}

/// A vector of at most four numbers, padded with zeros.
fn lanes(numbers: &[f64]) -> f64x4 {
    let mut lanes = [0.0; LANES];
    lanes[..numbers.len()].copy_from_slice(numbers);
    f64x4::new(lanes)
}
