//! Cross-validation: the error of a model on configurations that it has not seen, and the choice of its parameters.
use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::neldermead::NelderMead;
use rayon::prelude::*;

use super::regression::{ColumnKind, SvrModel, SvrParameters};
use crate::numeric::stream::Stream;

/// The number of folds of the validation that chooses the parameters.
const INNER_FOLDS: usize = 5;
/// The number of rows above which parameters are chosen from a part of the configurations, so that a report takes
/// seconds.
const TUNING_ROWS: usize = 120;
const REFINEMENTS: u64 = 30;

/// Rows with their targets and configurations; a split never has a configuration on both sides.
#[derive(Clone)]
pub(super) struct RegressionTable<'a> {
    pub kinds: &'a [ColumnKind],
    pub rows: Vec<Vec<f64>>,
    pub targets: Vec<f64>,
    pub groups: Vec<u32>,
}

impl RegressionTable<'_> {
    /// The rows with these indices.
    pub(crate) fn select(&self, indices: &[usize]) -> Self {
        Self {
            kinds: self.kinds,
            rows: indices.iter().map(|&index| self.rows[index].clone()).collect(),
            targets: indices.iter().map(|&index| self.targets[index]).collect(),
            groups: indices.iter().map(|&index| self.groups[index]).collect(),
        }
    }

    /// The model with these parameters.
    pub(crate) fn fit(&self, parameters: &SvrParameters) -> Option<SvrModel> {
        SvrModel::fit(&self.rows, &self.targets, self.kinds, parameters)
    }

    /// The configurations, each once, in ascending order.
    pub(crate) fn distinct(&self) -> Vec<u32> {
        let mut distinct = self.groups.clone();
        distinct.sort_unstable();
        distinct.dedup();
        distinct
    }

    /// The fold of each row: configurations are shuffled, then dealt.
    fn folds(&self, count: usize, stream: &mut Stream) -> Vec<usize> {
        let mut order = self.distinct();
        stream.shuffle(&mut order);
        let dealt = |group: &u32| order.iter().position(|each| each == group).expect("one of the groups") % count;
        self.groups.iter().map(dealt).collect()
    }

    /// The prediction of each row by a model that saw no row of its configuration.
    ///
    /// `choose` gives the parameters for the rows outside of a fold, so that they are chosen without the fold, too.
    fn out_of_fold(&self, folds: &[usize], choose: impl Fn(&Self) -> SvrParameters + Sync) -> Vec<f64> {
        let count = folds.iter().max().map_or(0, |last| last + 1);
        let parts: Vec<Vec<(usize, f64)>> = (0..count)
            .into_par_iter()
            .map(|fold| {
                let (inside, outside): (Vec<usize>, Vec<usize>) = (0..folds.len()).partition(|&row| folds[row] == fold);
                let rest = self.select(&outside);
                let model = rest.fit(&choose(&rest));
                let predict = |row: usize| model.as_ref().map_or(0.0, |model| model.predict(&self.rows[row]));
                inside.into_iter().map(|row| (row, predict(row))).collect()
            })
            .collect();
        let mut predictions = vec![0.0; self.targets.len()];
        for (row, prediction) in parts.into_iter().flatten() {
            predictions[row] = prediction;
        }
        predictions
    }

    /// The prediction of each row by a model that saw no row of its configuration, not even to choose its parameters
    /// (nested cross-validation), and the number of folds.
    pub(crate) fn validate(&self, seed: u64) -> (Vec<f64>, usize) {
        let groups = self.distinct().len();
        let count = if groups <= 30 { 10.min(groups) } else { 5 };
        let folds = self.folds(count, &mut Stream::of(seed, "outer folds", 0));
        (self.out_of_fold(&folds, |rest| rest.tune(seed)), count)
    }

    /// The rows that parameters are chosen from, with their folds.
    fn part(&self, seed: u64) -> (Self, Vec<usize>) {
        let mut stream = Stream::of(seed, "inner folds", 0);
        let mut distinct = self.distinct();
        if self.targets.len() > TUNING_ROWS {
            stream.shuffle(&mut distinct);
            let kept = distinct.len() * TUNING_ROWS / self.targets.len();
            distinct.truncate(kept.max(INNER_FOLDS));
        }
        let indices: Vec<usize> = (0..self.groups.len()).filter(|&row| distinct.contains(&self.groups[row])).collect();
        let part = self.select(&indices);
        let folds = part.folds(INNER_FOLDS.min(distinct.len()), &mut stream);
        (part, folds)
    }

    /// The parameters with the least mean square error in cross-validation: a coarse grid, then Nelder and Mead.
    pub(crate) fn tune(&self, seed: u64) -> SvrParameters {
        let (part, folds) = self.part(seed);
        let error = ParameterSearch { table: &part, folds: &folds };
        let (best, least) = error.coarse();
        let free = free(self.kinds);
        let start: Vec<f64> = free.iter().map(|&axis| best[axis]).collect();
        let simplex: Vec<Vec<f64>> = (0..=free.len())
            .map(|corner| {
                let mut point = start.clone();
                if corner > 0 {
                    point[corner - 1] += 0.4;
                }
                point
            })
            .collect();
        let solver = NelderMead::new(simplex).with_sd_tolerance(1e-4).expect("a positive tolerance");
        let refined = Executor::new(error, solver).configure(|state| state.max_iters(REFINEMENTS)).run();
        let refined = refined.ok().and_then(|result| {
            let state = result.state();
            (state.get_best_cost() < least).then(|| state.get_best_param().cloned()).flatten()
        });
        parameters(&full(self.kinds, &refined.unwrap_or(start)))
    }
}

/// Decimal logarithms of the parameters within which the search stays, in the order of the fields.
const BOX: [(f64, f64); 5] = [(-1.0, 3.0), (-3.5, 0.5), (-2.0, -0.3), (-1.0, 1.5), (-1.5, 1.5)];

/// The indices of the parameters that have an effect with these kinds of columns.
fn free(kinds: &[ColumnKind]) -> Vec<usize> {
    let needs = [None, None, None, Some(ColumnKind::Choice), Some(ColumnKind::Budget)];
    (0..5).filter(|&axis| needs[axis].is_none_or(|kind| kinds.contains(&kind))).collect()
}

fn full(kinds: &[ColumnKind], point: &[f64]) -> Vec<f64> {
    let mut all = vec![0.0; 5];
    for (axis, value) in free(kinds).into_iter().zip(point) {
        all[axis] = *value;
    }
    all
}

fn parameters(point: &[f64]) -> SvrParameters {
    let value = |axis: usize| 10f64.powf(point[axis].clamp(BOX[axis].0, BOX[axis].1));
    SvrParameters { c: value(0), gamma: value(1), epsilon: value(2), choice: value(3), budget: value(4) }
}

/// The cross-validated error as a function of the parameters' logarithms.
struct ParameterSearch<'a> {
    table: &'a RegressionTable<'a>,
    folds: &'a [usize],
}

impl ParameterSearch<'_> {
    /// The best point of a coarse grid, with its error.
    fn coarse(&self) -> (Vec<f64>, f64) {
        let mut grid = Vec::new();
        for c in [0.0, 1.0, 2.0] {
            for gamma in [-2.5, -2.0, -1.5, -1.0, -0.5] {
                grid.push(vec![c, gamma, -1.0, 0.0, 0.0]);
            }
        }
        let scores: Vec<f64> = grid.par_iter().map(|point| self.of(point)).collect();
        let best = (0..grid.len()).min_by(|&a, &b| scores[a].total_cmp(&scores[b])).expect("the grid is not empty");
        (grid[best].clone(), scores[best])
    }

    fn of(&self, point: &[f64]) -> f64 {
        let parameters = parameters(point);
        let predictions = self.table.out_of_fold(self.folds, |_| parameters);
        let squares = predictions.iter().zip(&self.table.targets).map(|(p, t)| (p - t).powi(2));
        // Outside of the box the clamped error is constant; a slope back to the box is added.
        let outside: f64 = point.iter().zip(BOX).map(|(x, (low, high))| (x - x.clamp(low, high)).powi(2)).sum();
        squares.sum::<f64>() / self.folds.len().max(1) as f64 * (1.0 + outside)
    }
}

impl CostFunction for ParameterSearch<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, point: &Self::Param) -> Result<Self::Output, Error> {
        Ok(self.of(&full(self.table.kinds, point)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(kinds: &[ColumnKind], n: usize, signal: f64) -> RegressionTable<'_> {
        let mut stream = Stream::of(1, "test", 0);
        let rows: Vec<Vec<f64>> = (0..n).map(|_| kinds.iter().map(|_| stream.normal()).collect()).collect();
        let targets = rows.iter().map(|row| signal * (row[0] + row[1].sin()) + 0.3 * stream.normal()).collect();
        RegressionTable { kinds, rows, targets, groups: (0..n as u32).map(|row| row / 2).collect() }
    }

    fn explained(table: &RegressionTable) -> f64 {
        let (predictions, _) = table.validate(0);
        let mean = table.targets.iter().sum::<f64>() / table.targets.len() as f64;
        let error: f64 = predictions.iter().zip(&table.targets).map(|(p, t)| (p - t).powi(2)).sum();
        1.0 - error / table.targets.iter().map(|t| (t - mean).powi(2)).sum::<f64>()
    }

    #[test]
    fn a_law_is_found_and_noise_is_not() {
        let kinds = [ColumnKind::Ordered; 4];
        let (law, noise) = (explained(&table(&kinds, 60, 1.0)), explained(&table(&kinds, 60, 0.0)));
        assert!(law > 0.75, "{law}");
        assert!(noise < 0.15, "{noise}");
    }

    #[test]
    fn a_configuration_is_in_one_fold() {
        let table = table(&[ColumnKind::Ordered; 2], 31, 1.0);
        let folds = table.folds(5, &mut Stream::of(0, "test", 0));
        for a in 0..31 {
            for b in 0..31 {
                assert!(table.groups[a] != table.groups[b] || folds[a] == folds[b]);
            }
        }
    }
}
