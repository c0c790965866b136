//! The support-vector machine of a table, on columns scaled by the lengths of a Gaussian process.
use rayon::prelude::*;

use super::regression::{SvrModel, SvrParameters};
use super::table::RegressionTable;
use crate::numeric::quantile::order;
use crate::numeric::stream::Stream;
use crate::space::encoding::Column;
use crate::surrogate::Rows;

/// The number of folds of the validation that chooses the parameters.
const INNER_FOLDS: usize = 4;
/// The number of rows above which parameters are chosen from a part of the configurations.
const TUNING_ROWS: usize = 100;
/// Columns of a machine at most: those with the shortest lengths.
const COLUMNS: usize = 32;

const PENALTIES: [f64; 3] = [1.0, 15.0, 200.0];
const WIDTHS: [f64; 3] = [0.15, 0.6, 2.0];
const TUBES: [f64; 3] = [0.02, 0.1, 0.3];

/// A column with its factor; `indicated` if some rows are inactive there.
#[derive(Clone, Copy, Debug)]
struct ScaledColumn {
    column: usize,
    factor: f64,
    indicated: bool,
}

/// The scaling of rows for a kernel of width one.
#[derive(Clone, Debug)]
struct Scaling {
    columns: Vec<Column>,
    used: Vec<ScaledColumn>,
}

impl Scaling {
    /// A Gaussian kernel of the scaled numbers falls as the process's does: exp(-d²/2) for numbers in units of their lengths, and
    /// exp(-1 / (2 length²)) for two categories.
    fn of(columns: &[Column], lengths: &[f64], rows: &Rows) -> Self {
        let mut used = order(lengths);
        used.truncate(COLUMNS);
        used.sort_unstable();
        let used = used.into_iter().map(|column| ScaledColumn {
            column,
            factor: 0.5_f64.sqrt() / lengths[column],
            indicated: (0..rows.len()).any(|index| rows.row(index)[column].is_nan()),
        });
        Self { columns: columns.to_vec(), used: used.collect() }
    }

    /// Categories are one-hot; what is inactive is in the middle and has an indicator.
    fn row(&self, row: &[f64]) -> Vec<f64> {
        let mut scaled = Vec::with_capacity(2 * self.used.len());
        for &ScaledColumn { column, factor, indicated } in &self.used {
            let value = row[column];
            match self.columns[column] {
                Column::Numeric => scaled.push(factor * if value.is_nan() { 0.0 } else { value - 0.5 }),
                Column::Categorical { choices } => {
                    // Two categories differ in two of these columns.
                    let one = |choice: usize| if value == choice as f64 { factor * 0.5_f64.sqrt() } else { 0.0 };
                    scaled.extend((0..choices).map(one));
                }
            }
            if indicated {
                scaled.push(if value.is_nan() { factor } else { 0.0 });
            }
        }
        scaled
    }
}

/// A support-vector machine that was fitted to a table.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    scaling: Scaling,
    parameters: SvrParameters,
    model: SvrModel,
}

impl Machine {
    /// The machine with the parameters of the least mean square error in cross-validation; `None` if none can be fitted.
    pub(crate) fn tuned(table: &RegressionTable, lengths: &[f64], seed: u64) -> Option<Self> {
        let scaling = Scaling::of(&table.columns, lengths, &table.rows);
        let (part, folds) = part(table, seed);
        let rows: Vec<Vec<f64>> = (0..part.rows.len()).map(|index| scaling.row(part.rows.row(index))).collect();
        let error = |parameters: &SvrParameters| error(&rows, &part.targets, &folds, parameters);
        let best = |tried: Vec<SvrParameters>| {
            let errors: Vec<f64> = tried.par_iter().map(error).collect();
            tried[order(&errors)[0]]
        };
        let grid = PENALTIES.iter().flat_map(|&c| WIDTHS.map(|gamma| SvrParameters { c, gamma, epsilon: TUBES[1] }));
        let coarse = best(grid.collect());
        let parameters = best(TUBES.map(|epsilon| SvrParameters { epsilon, ..coarse }).to_vec());
        Self::of(scaling, parameters, table)
    }

    fn of(scaling: Scaling, parameters: SvrParameters, table: &RegressionTable) -> Option<Self> {
        let rows: Vec<Vec<f64>> = (0..table.rows.len()).map(|index| scaling.row(table.rows.row(index))).collect();
        let model = SvrModel::fit(&rows, &table.targets, &parameters)?;
        Some(Self { scaling, parameters, model })
    }

    /// The machine with the same parameters, fitted to another table.
    pub(crate) fn refit(&self, table: &RegressionTable) -> Option<Self> {
        Self::of(self.scaling.clone(), self.parameters, table)
    }

    /// The predicted target of a row.
    pub(crate) fn predict(&self, row: &[f64]) -> f64 {
        self.model.predict(&self.scaling.row(row))
    }

    /// The parameters that were chosen.
    pub(crate) fn parameters(&self) -> SvrParameters {
        self.parameters
    }
}

/// The rows that parameters are chosen from, with their folds.
fn part(table: &RegressionTable, seed: u64) -> (RegressionTable, Vec<usize>) {
    let mut stream = Stream::of(seed, "inner folds", 0);
    let mut distinct = table.distinct();
    if table.targets.len() > TUNING_ROWS {
        stream.shuffle(&mut distinct);
        let kept = distinct.len() * TUNING_ROWS / table.targets.len();
        distinct.truncate(kept.max(INNER_FOLDS));
    }
    let indices: Vec<usize> = (0..table.groups.len()).filter(|&row| distinct.contains(&table.groups[row])).collect();
    let part = table.select(&indices);
    let folds = part.folds(INNER_FOLDS.min(distinct.len()), &mut stream);
    (part, folds)
}

/// The mean square error out of fold; infinite if a fold cannot be fitted.
fn error(rows: &[Vec<f64>], targets: &[f64], folds: &[usize], parameters: &SvrParameters) -> f64 {
    let count = folds.iter().max().map_or(0, |last| last + 1);
    let mut sum = 0.0;
    for fold in 0..count {
        let outside = || (0..folds.len()).filter(|&row| folds[row] != fold);
        let fitted = outside().map(|row| rows[row].clone()).collect::<Vec<_>>();
        let seen = outside().map(|row| targets[row]).collect::<Vec<_>>();
        let Some(model) = SvrModel::fit(&fitted, &seen, parameters) else { return f64::INFINITY };
        let inside = (0..folds.len()).filter(|&row| folds[row] == fold);
        sum += inside.map(|row| (model.predict(&rows[row]) - targets[row]).powi(2)).sum::<f64>();
    }
    sum / folds.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_process() {
        let columns = [Column::Numeric, Column::Categorical { choices: 3 }];
        let rows = Rows::of(2, vec![f64::NAN, 1.0]);
        let scaling = Scaling::of(&columns, &[0.5, 2.0], &rows);
        let kernel = |a: &[f64], b: &[f64]| {
            let (a, b) = (scaling.row(a), scaling.row(b));
            (-a.iter().zip(&b).map(|(a, b)| (a - b).powi(2)).sum::<f64>()).exp()
        };
        let cases =
            [([0.0, 1.0], [0.5, 1.0], 0.5), ([0.2, 1.0], [0.2, 2.0], 1.0 / 8.0), ([0.5, 1.0], [f64::NAN, 1.0], 2.0)];
        for (a, b, exponent) in cases {
            assert!((kernel(&a, &b) - f64::exp(-exponent)).abs() < 1e-12, "{a:?} {b:?} {}", kernel(&a, &b));
        }
    }

    #[test]
    fn columns_with_short_lengths_are_kept() {
        let lengths: Vec<f64> = (0..100).map(|column| if column % 10 == 3 { 0.5 } else { 9.0 }).collect();
        let used = Scaling::of(&[Column::Numeric; 100], &lengths, &Rows::new(100)).used;
        assert_eq!(used.len(), COLUMNS);
        assert!((0..10).all(|ten| used.iter().any(|each| each.column == 10 * ten + 3)));
    }
}
