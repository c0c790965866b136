//! A guess at the cost of the untried.
pub mod forest;
pub mod linkage;
pub mod target;

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

/// A model fitted to rows and their targets.
pub trait Surrogate: Send + Sync {
    /// The expectation of each row.
    fn predict(&self, rows: &Rows) -> Vec<Prediction>;

    /// Takes each of `rows` to have the target that is expected of it now: still running, it will teach little more
    /// than that, and its neighbourhood is less worth asking about.
    fn believe(&mut self, rows: &Rows);
}
