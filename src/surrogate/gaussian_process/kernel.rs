//! How alike two points are: a Matérn kernel over numbers times an exponentiated Hamming kernel over categories.
use crate::space::encoding::Column;

/// The middle of a range, where an inactive number stands: what it would be does not matter.
const MIDDLE: f64 = 0.5;

/// The logarithms of a kernel's hyperparameters: of the variance, of a length for each column, of the noise's variance.
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

/// Points by what the kernel compares, NaN being replaced.
#[derive(Clone, Debug)]
pub(super) struct Points {
    width: usize,
    values: Vec<f64>,
    active: Vec<bool>,
    kinds: Vec<Column>,
}

impl Points {
    pub fn new(kinds: &[Column]) -> Self {
        Self { width: kinds.len(), values: Vec::new(), active: Vec::new(), kinds: kinds.to_vec() }
    }

    pub fn push(&mut self, row: &[f64]) {
        self.values.extend(row.iter().map(|value| if value.is_nan() { MIDDLE } else { *value }));
        self.active.extend(row.iter().map(|value| !value.is_nan()));
    }

    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    fn value(&self, point: usize, column: usize) -> f64 {
        self.values[point * self.width + column]
    }

    /// How far two points are apart in a column: the difference of numbers, or whether they are of different kinds.
    fn gap(&self, here: usize, other: &Self, there: usize, column: usize) -> Gap {
        let (a, b) = (here * self.width + column, there * self.width + column);
        match self.kinds[column] {
            _ if self.active[a] != other.active[b] => Gap::Different,
            _ if !self.active[a] => Gap::Same,
            Column::Numeric => Gap::Apart(self.values[a] - other.values[b]),
            Column::Categorical { .. } if self.values[a] == other.values[b] => Gap::Same,
            Column::Categorical { .. } => Gap::Different,
        }
    }
}

enum Gap {
    Same,
    Different,
    Apart(f64),
}

impl Kernel {
    /// The kernel with these logarithms.
    pub fn of(parameters: &[f64]) -> Self {
        let lengths = &parameters[1..parameters.len() - 1];
        Self {
            variance: parameters[0].exp(),
            inverse_squares: lengths.iter().map(|length| (-2.0 * length).exp()).collect(),
            noise: parameters[parameters.len() - 1].exp(),
        }
    }

    /// The variance before anything is known.
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// The squared distance over the numbers that differ, and the exponent over everything else that does.
    fn distances(&self, a: &Points, i: usize, b: &Points, j: usize) -> (f64, f64) {
        let (mut square, mut hamming) = (0.0, 0.0);
        for (column, inverse) in self.inverse_squares.iter().enumerate() {
            match a.gap(i, b, j, column) {
                Gap::Same => {}
                Gap::Different => hamming += 0.5 * inverse,
                Gap::Apart(gap) => square += gap * gap * inverse,
            }
        }
        (square, hamming)
    }

    /// The covariance of point `i` of `a` and point `j` of `b`, without noise.
    pub fn covariance(&self, a: &Points, i: usize, b: &Points, j: usize) -> f64 {
        let (square, hamming) = self.distances(a, i, b, j);
        self.variance * matern(square) * (-hamming).exp()
    }

    /// The same, adding to `slopes` its derivative by the logarithms of variance and lengths, times what `factor` makes
    /// of nothing but the two points.
    pub fn add_slopes(&self, points: &Points, i: usize, j: usize, factor: f64, slopes: &mut [f64]) {
        let (square, hamming) = self.distances(points, i, points, j);
        let scale = self.variance * (-hamming).exp();
        let covariance = scale * matern(square);
        slopes[0] += factor * covariance;
        for (column, inverse) in self.inverse_squares.iter().enumerate() {
            slopes[1 + column] += factor
                * match points.gap(i, points, j, column) {
                    Gap::Same => 0.0,
                    Gap::Different => covariance * inverse,
                    // The slope by the square distance, times that of the square distance by the logarithm.
                    Gap::Apart(gap) => scale * matern_slope(square) * -2.0 * gap * gap * inverse,
                };
        }
    }

    /// Adds to `slopes` the derivative of the covariance by each number of point `i` of `a`, times `factor`.
    pub fn add_directions(&self, a: &Points, i: usize, b: &Points, j: usize, factor: f64, slopes: &mut [f64]) {
        let (square, hamming) = self.distances(a, i, b, j);
        let slope = factor * self.variance * (-hamming).exp() * matern_slope(square);
        for (column, inverse) in self.inverse_squares.iter().enumerate() {
            if a.kinds[column] == Column::Numeric && a.active[i * a.width + column] && b.active[j * b.width + column] {
                slopes[column] += slope * 2.0 * (a.value(i, column) - b.value(j, column)) * inverse;
            }
        }
    }
}

/// The Matérn kernel of smoothness 5/2 at a squared distance (Rasmussen and Williams 2006, equation 4.17).
fn matern(square: f64) -> f64 {
    let distance = (5.0 * square).sqrt();
    (1.0 + distance + distance * distance / 3.0) * (-distance).exp()
}

/// Its derivative by the squared distance.
fn matern_slope(square: f64) -> f64 {
    let distance = (5.0 * square).sqrt();
    -5.0 / 6.0 * (1.0 + distance) * (-distance).exp()
}
