//! Functions of a cell's file: a material's property as an expression or a table, in SI units.
use crate::battery::cell::constants::GAS;
use crate::battery::cell::formula::{Conditions, Formula};
use crate::battery::simd::elementary::exp;

/// A property over concentration mol/m³, stoichiometry and temperature K.
#[derive(Clone, Debug)]
pub struct Function {
    body: Body,
    /// The SI value of one unit of the file.
    factor: f64,
    /// The dependence of a table on temperature: activation energy over the gas constant, K, and the temperature of the table, K.
    warmth: Option<(f64, f64)>,
}

#[derive(Clone, Debug)]
enum Body {
    Formula(Formula),
    Table { of: usize, table: Table },
}

impl Function {
    pub(crate) fn of_formula(formula: Formula, factor: f64) -> Self {
        Self { body: Body::Formula(formula), factor, warmth: None }
    }

    /// A table over the variable with the index `of`.
    pub(crate) fn of_table(of: usize, table: Table, factor: f64) -> Self {
        Self { body: Body::Table { of, table }, factor, warmth: None }
    }

    /// The same with a dependence on temperature as that of Arrhenius: activation energy, J/mol, and the temperature, K, at
    /// which it is as it was.
    pub(crate) fn activated(self, energy: f64, reference: f64) -> Self {
        Self { warmth: (energy != 0.0).then_some((energy / GAS, reference)), ..self }
    }

    /// The places of a table that is linear between them, and does not depend on temperature.
    pub(crate) fn linear_places(&self) -> Option<&[f64]> {
        match &self.body {
            Body::Table { table, .. } if table.bend.iter().all(|bend| *bend == 0.0) => Some(&table.x),
            _ => None,
        }
    }

    /// The property in SI units as an expression of Python, with texts for its variables; `None` where it is a table, or
    /// has functions other than `exp`, `tanh` and `cosh`.
    pub(crate) fn plain_text(&self, variables: &[&str; 3]) -> Option<String> {
        match &self.body {
            Body::Formula(formula) if self.factor == 1.0 => formula.plain_text(variables),
            Body::Formula(formula) => Some(format!("{:e} * {}", self.factor, formula.plain_text(variables)?)),
            Body::Table { .. } => None,
        }
    }

    /// The property multiplied by a factor.
    pub(crate) fn times(&self, factor: f64) -> Self {
        Self { factor: self.factor * factor, ..self.clone() }
    }

    /// True for each variable that the property reads.
    pub(crate) fn reads(&self) -> [bool; 3] {
        match &self.body {
            Body::Formula(formula) => formula.reads,
            Body::Table { of, .. } => std::array::from_fn(|index| index == *of || index == 2 && self.warmth.is_some()),
        }
    }

    pub(crate) fn reads_stoichiometry(&self) -> bool {
        self.reads()[1]
    }

    pub(crate) fn reads_temperature(&self) -> bool {
        self.reads()[2]
    }

    /// True where the property is zero and reads no variable.
    pub(crate) fn is_zero(&self) -> bool {
        self.reads() == [false; 3] && self.at(&[0.0; 3]) == 0.0
    }

    pub fn at(&self, point: &Conditions) -> f64 {
        let value = self.factor
            * match &self.body {
                Body::Formula(formula) => formula.at(point),
                Body::Table { of, table } => table.at(point[*of]),
            };
        match self.warmth {
            Some((energy, reference)) => value * exp(energy * (1.0 / reference - 1.0 / point[2])),
            None => value,
        }
    }
}

/// The interpolation of a table between its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interpolation {
    Linear,
    /// A cubic spline whose third derivative has no jump at the second and the last but one point ("not a knot"), as
    /// in SciPy, MATLAB and PyBaMM.
    Cubic,
}

/// A table of points, continued along its last tangent beyond them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    x: Vec<f64>,
    y: Vec<f64>,
    /// Second derivatives at the points.
    bend: Vec<f64>,
}

impl Table {
    /// A table through points with ascending `x`: at least two, four where it is cubic.
    pub(crate) fn new(points: &[(f64, f64)], interpolation: Interpolation) -> Self {
        let (x, y): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        let bend = match interpolation {
            Interpolation::Linear => vec![0.0; x.len()],
            Interpolation::Cubic => second_derivatives(&x, &y),
        };
        Self { x, y, bend }
    }

    pub(crate) fn at(&self, x: f64) -> f64 {
        let last = self.x.len() - 1;
        let inside = x.clamp(self.x[0], self.x[last]);
        let k = self.x.partition_point(|each| *each <= inside).clamp(1, last);
        let (x0, x1, y0, y1) = (self.x[k - 1], self.x[k], self.y[k - 1], self.y[k]);
        let (m0, m1, h) = (self.bend[k - 1], self.bend[k], x1 - x0);
        let (a, b) = ((x1 - inside) / h, (inside - x0) / h);
        let value = a * y0 + b * y1 + h * h / 6.0 * ((a * a * a - a) * m0 + (b * b * b - b) * m1);
        let slope = (y1 - y0) / h + h / 6.0 * ((3.0 * b * b - 1.0) * m1 - (3.0 * a * a - 1.0) * m0);
        value + slope * (x - inside)
    }
}

fn second_derivatives(x: &[f64], y: &[f64]) -> Vec<f64> {
    let n = x.len();
    let h: Vec<f64> = x.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let slope: Vec<f64> = (0..n - 1).map(|k| (y[k + 1] - y[k]) / h[k]).collect();
    // One row for each inner point; the outer two bends follow from their neighbours and are put in here.
    let mut rows: Vec<[f64; 4]> =
        (1..n - 1).map(|k| [h[k - 1], 2.0 * (h[k - 1] + h[k]), h[k], 6.0 * (slope[k] - slope[k - 1])]).collect();
    let (first, last) = (h[0] / h[1], h[n - 2] / h[n - 3]);
    rows[0][1] += h[0] * (1.0 + first);
    rows[0][2] -= h[0] * first;
    let end = rows.len() - 1;
    rows[end][1] += h[n - 2] * (1.0 + last);
    rows[end][0] -= h[n - 2] * last;
    for k in 1..rows.len() {
        let share = rows[k][0] / rows[k - 1][1];
        rows[k][1] -= share * rows[k - 1][2];
        rows[k][3] -= share * rows[k - 1][3];
    }
    let mut bend = vec![0.0; n];
    for k in (0..rows.len()).rev() {
        let ahead = if k == end { 0.0 } else { rows[k][2] * bend[k + 2] };
        bend[k + 1] = (rows[k][3] - ahead) / rows[k][1];
    }
    bend[0] = (1.0 + first) * bend[1] - first * bend[2];
    bend[n - 1] = (1.0 + last) * bend[n - 2] - last * bend[n - 3];
    bend
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cubic_table_reproduces_a_cubic() {
        let f = |x: f64| 1.0 - x + 2.0 * x * x - 0.7 * x * x * x;
        let points: Vec<(f64, f64)> = [0.0, 0.2, 0.5, 0.6, 1.1, 1.5].map(|x| (x, f(x))).to_vec();
        let table = Table::new(&points, Interpolation::Cubic);
        for k in 0..=150 {
            let x = f64::from(k) * 0.01;
            assert!((table.at(x) - f(x)).abs() < 1e-13, "{x}");
        }
        let beyond = f(1.5) + 0.5 * (-1.0 + 4.0 * 1.5 - 2.1 * 1.5 * 1.5);
        assert!((table.at(2.0) - beyond).abs() < 1e-12);
    }

    /// `scipy.interpolate.make_interp_spline([0, 0.3, 0.5, 0.9, 1.2], [1, 0.2, 0.4, -0.3, 0.1], k=3)`
    #[test]
    fn a_cubic_table_is_that_of_scipy() {
        let points = [(0.0, 1.0), (0.3, 0.2), (0.5, 0.4), (0.9, -0.3), (1.2, 0.1)];
        let table = Table::new(&points, Interpolation::Cubic);
        for (x, expected) in SCIPY {
            assert!((table.at(x) - expected).abs() < 1e-12, "{x}: {} {expected}", table.at(x));
        }
        let table = Table::new(&points, Interpolation::Linear);
        assert!((table.at(0.4) - 0.3).abs() < 1e-15 && (table.at(1.5) - 0.5).abs() < 1e-12);
    }

    const SCIPY: [(f64, f64); 4] = [
        (0.1, 0.39329598506069113),
        (0.42, 0.34705882352941164),
        (0.7, 0.12819794584500482),
        (1.15, -0.12507148692810466),
    ];
}
