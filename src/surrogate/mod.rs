//! A guess at the cost of the untried.
pub mod multi_fidelity;
pub mod residual_models;

pub mod forest;
pub mod gaussian_process;

pub mod fidelity_regression;
pub mod target;

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

    /// The rows that these numbers are, one after the other.
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

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.width..][..self.width]
    }
}

/// What a surrogate expects of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    pub mean: f64,
    /// Never negative.
    pub variance: f64,
}

/// What is expected around a point.
#[derive(Clone, Debug)]
pub struct Slope {
    pub prediction: Prediction,
    /// The derivative of the mean by each number of the row; 0 for categories.
    pub of_mean: Vec<f64>,
    /// That of the variance.
    pub of_variance: Vec<f64>,
}

/// Targets of rows, in ascending order of the rows' indices.
pub type Targets = Vec<(usize, f64)>;

/// A model fitted to rows and their targets.
pub trait Surrogate: Send + Sync {
    /// Learns what is known of `rows` after so many `results`, and forgets what it believed; `earlier` is what was known
    /// after the first so many of them, at least one. Rows keep their indices, and what has a target keeps having one.
    ///
    /// The model then depends on these alone: not on what it followed before.
    fn follow(&mut self, rows: &Rows, known: &Targets, results: usize, earlier: &dyn Fn(usize) -> Targets);

    /// The expected target of each known row.
    fn means(&self, rows: &Rows, known: &Targets) -> Vec<f64> {
        let predictions = self.predict(&rows.select(known.iter().map(|(index, _)| *index)));
        predictions.into_iter().map(|prediction| prediction.mean).collect()
    }

    /// The expectation of each row.
    fn predict(&self, rows: &Rows) -> Vec<Prediction>;

    /// The expectations under each of the model's hyperparameters, where it keeps several: of an acquisition function,
    /// the mean over these counts.
    fn predict_each(&self, rows: &Rows) -> Vec<Vec<Prediction>> {
        vec![self.predict(rows)]
    }

    /// Takes each of `rows`, still running, to have this target, or the one that is expected of it now: its neighbourhood
    /// is then less worth asking about.
    fn believe(&mut self, rows: &Rows, target: Option<f64>);

    /// What a function drawn at random from those that the model holds possible is at each row.
    fn draw(&self, rows: &Rows, stream: &mut Stream) -> Vec<f64>;

    /// The expectations around a row, for each of the model's hyperparameters; `None` of a model that has steps.
    fn slopes(&self, _row: &[f64]) -> Option<Vec<Slope>> {
        None
    }
}
