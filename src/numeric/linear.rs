//! Linear systems with a symmetric positive definite matrix, by Cholesky's factorization.
use faer::linalg::solvers::{DenseSolveCore, Llt, Solve};
use faer::{Mat, Side};

/// The lower factor L of a matrix LLᵀ.
#[derive(Clone, Debug)]
pub(crate) struct Cholesky(Llt<f64>);

impl Cholesky {
    /// The factor of the matrix whose entry of row `i` and column `j`, `j` at most `i`, is `entry(i, j)`; `None` where
    /// it is not positive definite.
    pub(crate) fn of(size: usize, entry: impl Fn(usize, usize) -> f64) -> Option<Self> {
        Self::of_columns(size, |j, column| (j..size).for_each(|i| column[i] = entry(i, j)))
    }

    /// The factor of a matrix that is filled column by column; `fill` is given the column's index and zeros. Entries above
    /// the diagonal are ignored. `None` where the matrix is not positive definite.
    pub(crate) fn of_columns(size: usize, fill: impl FnMut(usize, &mut [f64])) -> Option<Self> {
        Columns::filled(size, size, fill).0.llt(Side::Lower).ok().map(Self)
    }

    /// The solution of LLᵀx = `right`.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        column(&self.0.solve(Mat::from_fn(right.len(), 1, |i, _| right[i])), 0).to_vec()
    }

    /// L⁻¹ times each column.
    pub(crate) fn forward(&self, mut columns: Columns) -> Columns {
        self.0.L().solve_lower_triangular_in_place(&mut columns.0);
        columns
    }

    /// L times a vector.
    pub(crate) fn times(&self, vector: &[f64]) -> Vec<f64> {
        let factor = self.0.L();
        (0..vector.len()).map(|i| (0..=i).map(|j| factor[(i, j)] * vector[j]).sum()).collect()
    }

    /// The logarithm of the determinant of LLᵀ.
    pub(crate) fn log_determinant(&self) -> f64 {
        let factor = self.0.L();
        2.0 * (0..factor.nrows()).map(|i| factor[(i, i)].ln()).sum::<f64>()
    }

    /// The inverse (LLᵀ)⁻¹.
    pub(crate) fn inverse(&self) -> Columns {
        Columns(self.0.inverse())
    }
}

/// A dense matrix, stored by columns.
pub(crate) struct Columns(Mat<f64>);

impl Columns {
    /// A matrix of this shape; `fill` is given each column's index and zeros.
    pub(crate) fn filled(rows: usize, columns: usize, mut fill: impl FnMut(usize, &mut [f64])) -> Self {
        let mut matrix = Mat::zeros(rows, columns);
        (0..columns).for_each(|column| fill(column, matrix.col_as_slice_mut(column)));
        Self(matrix)
    }

    /// The entries of a column.
    pub(crate) fn column(&self, index: usize) -> &[f64] {
        column(&self.0, index)
    }
}

/// The scalar product of two vectors of equal length.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Four sums at once: one alone waits for each addition.
    let (a, b) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    let mut sums = [0.0; 4];
    for (a, b) in a.zip(b) {
        (0..4).for_each(|lane| sums[lane] += a[lane] * b[lane]);
    }
    sums.iter().sum::<f64>() + rest
}

fn column(matrix: &Mat<f64>, index: usize) -> &[f64] {
    matrix.col_as_slice(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_matrix_is_solved() {
        // L = [[2, 0], [1, 3]], so that LLᵀ = [[4, 2], [2, 10]].
        let matrix = [[4.0, 2.0], [2.0, 10.0]];
        let factor = Cholesky::of(2, |i, j| matrix[i][j]).unwrap();
        let close = |a: &[f64], b: [f64; 2]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(close(&factor.solve(&[8.0, 22.0]), [1.0, 2.0]));
        let right = Columns::filled(2, 1, |_, column| column.copy_from_slice(&[4.0, 8.0]));
        assert!(close(factor.forward(right).column(0), [2.0, 2.0]));
        assert!(close(&factor.times(&[2.0, 2.0]), [4.0, 8.0]));
        assert!((factor.log_determinant() - 36.0_f64.ln()).abs() < 1e-12);
        assert!(close(factor.inverse().column(0), [10.0 / 36.0, -2.0 / 36.0]));
        assert!(Cholesky::of(2, |i, j| [[1.0, 2.0], [2.0, 1.0]][i][j]).is_none());
    }
}
