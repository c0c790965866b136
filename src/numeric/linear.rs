//! Systems with a symmetric positive definite matrix: Cholesky's factor, and what is solved with it.
use faer::linalg::solvers::{DenseSolveCore, Llt, Solve};
use faer::{Mat, Side};

/// The lower factor L of a matrix LLᵀ.
#[derive(Clone, Debug)]
pub struct Cholesky(Llt<f64>);

impl Cholesky {
    /// The factor of the matrix whose entry of row `i` and column `j`, `j` at most `i`, is `entry(i, j)`; `None` where
    /// it is not positive definite.
    pub fn of(size: usize, entry: impl Fn(usize, usize) -> f64) -> Option<Self> {
        let matrix = Mat::from_fn(size, size, |i, j| if j <= i { entry(i, j) } else { 0.0 });
        matrix.llt(Side::Lower).ok().map(Self)
    }

    /// The solution of LLᵀx = `right`.
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        column(&self.0.solve(Mat::from_fn(right.len(), 1, |i, _| right[i])), 0).to_vec()
    }

    /// L⁻¹ times each of `count` columns, whose entries are `entry(row, column)`.
    pub fn forward(&self, count: usize, entry: impl Fn(usize, usize) -> f64) -> Columns {
        let mut columns = Mat::from_fn(self.0.L().nrows(), count, entry);
        self.0.L().solve_lower_triangular_in_place(&mut columns);
        Columns(columns)
    }

    /// L times a vector.
    pub fn times(&self, vector: &[f64]) -> Vec<f64> {
        let factor = self.0.L();
        (0..vector.len()).map(|i| (0..=i).map(|j| factor[(i, j)] * vector[j]).sum()).collect()
    }

    /// The logarithm of the determinant of LLᵀ.
    pub fn log_determinant(&self) -> f64 {
        let factor = self.0.L();
        2.0 * (0..factor.nrows()).map(|i| factor[(i, i)].ln()).sum::<f64>()
    }

    /// (LLᵀ)⁻¹.
    pub fn inverse(&self) -> Columns {
        Columns(self.0.inverse())
    }
}

/// A matrix by columns.
pub struct Columns(Mat<f64>);

impl Columns {
    /// The entries of a column.
    pub fn column(&self, index: usize) -> &[f64] {
        column(&self.0, index)
    }
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
        assert!(close(factor.forward(1, |i, _| [4.0, 8.0][i]).column(0), [2.0, 2.0]));
        assert!(close(&factor.times(&[2.0, 2.0]), [4.0, 8.0]));
        assert!((factor.log_determinant() - 36.0_f64.ln()).abs() < 1e-12);
        assert!(close(factor.inverse().column(0), [10.0 / 36.0, -2.0 / 36.0]));
        assert!(Cholesky::of(2, |i, j| [[1.0, 2.0], [2.0, 1.0]][i][j]).is_none());
    }
}
