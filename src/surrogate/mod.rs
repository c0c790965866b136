//! Surrogates: predict the cost of configurations that were not evaluated.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod factory;
pub mod fidelity_regression;
pub mod forest;
pub mod gaussian_process;
pub mod multi_fidelity;
mod refit;
pub mod residual_models;
pub mod target;
mod warping;

use crate::numeric::stream::Stream;

/// Rows of equal width in one block, a point each; NaN stands for an inactive hyperparameter.
#[derive(Clone, Debug)]
pub struct Rows {
    width: usize,
    values: Vec<f64>,
}

impl Rows {
    /// No rows yet; `width` must not be zero.
    pub fn new(width: usize) -> Self {
        assert!(width > 0, "a row has at least one column");
        Self { width, values: Vec::new() }
    }

    /// Rows from numbers that stand row after row; their count must be a multiple of `width`.
    pub fn of(width: usize, values: Vec<f64>) -> Self {
        assert!(width > 0 && values.len().is_multiple_of(width), "rows are whole");
        Self { width, values }
    }

    /// Appends a row of `width` numbers.
    pub fn push(&mut self, row: &[f64]) {
        assert_eq!(row.len(), self.width, "rows have equal width");
        self.values.extend_from_slice(row);
    }

    /// The rows with these indices, in that order.
    pub fn select(&self, indices: impl IntoIterator<Item = usize>) -> Self {
        let mut rows = Self::new(self.width);
        indices.into_iter().for_each(|index| rows.push(self.row(index)));
        rows
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The numbers of a row, one a column.
    pub fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.width..][..self.width]
    }
}

/// A surrogate's prediction for one row: mean and variance of its target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The expected target.
    pub mean: f64,
    /// The variance of the target, never negative.
    pub variance: f64,
}

/// A prediction with its derivatives by the numbers of the row.
#[derive(Clone, Debug)]
pub struct Slope {
    pub prediction: Prediction,
    /// The derivatives of the mean, one a column; 0 for categories.
    pub of_mean: Vec<f64>,
    /// The derivatives of the variance, one a column; 0 for categories.
    pub of_variance: Vec<f64>,
}

/// Targets of rows, in ascending order of the rows' indices.
pub type Targets = Vec<(usize, f64)>;

/// A model fitted to rows and their targets.
pub trait Surrogate: Send + Sync {
    /// Fits the model to the targets of `rows` after so many `results`, and drops what it was conditioned on; `earlier`
    /// returns the targets after the first so many results, at least one. Rows keep their indices, and a row with a target
    /// keeps having one.
    ///
    /// The model then depends on these arguments alone, not on earlier updates.
    fn update(&mut self, rows: &Rows, targets: &Targets, results: usize, earlier: &dyn Fn(usize) -> Targets);

    /// The expected target of each row that has one.
    fn means(&self, rows: &Rows, targets: &Targets) -> Vec<f64> {
        let predictions = self.predict(&rows.select(targets.iter().map(|(index, _)| *index)));
        predictions.into_iter().map(|prediction| prediction.mean).collect()
    }

    /// The predictions of `rows`, one a row.
    fn predict(&self, rows: &Rows) -> Vec<Prediction>;

    /// The predictions under each set of the model's hyperparameters, where it keeps several: an acquisition function is
    /// averaged over these.
    fn predict_each(&self, rows: &Rows) -> Vec<Vec<Prediction>> {
        vec![self.predict(rows)]
    }

    /// Conditions the model, until the next update, on each of `rows` having this target, or its predicted mean where there
    /// is none. Running trials are such rows: their neighbourhood is then less promising.
    fn condition_on(&mut self, rows: &Rows, target: Option<f64>);

    /// The values at each row of one function drawn from the posterior.
    fn sample_posterior(&self, rows: &Rows, stream: &mut Stream) -> Vec<f64>;

    /// The predictions at a row with their derivatives, one for each set of the model's hyperparameters; `None` where the
    /// model is not differentiable.
    fn slopes(&self, _row: &[f64]) -> Option<Vec<Slope>> {
        None
    }
}
