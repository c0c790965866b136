//! Noise: the variance of costs that no model can explain, and the share of the variance that one could.
use std::collections::BTreeMap;

use serde::Serialize;

use super::table::RegressionTable;
use crate::space::encoding::Column;

/// Degrees of freedom, or pairs, below which an estimate is not trusted.
const ENOUGH: usize = 6;
/// The square of the distance, in lengths of the kernel, up to which configurations are near-duplicates.
const NEAR: f64 = 0.004;

/// The origin of an estimate of noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseSource {
    /// Trials of one configuration at one budget, such as those of several seeds.
    Repeats,
    /// Configurations that the Gaussian process cannot tell apart.
    NearDuplicates,
    /// The noise that the Gaussian process has learnt, or the error that is left where it is smaller.
    Process,
}

/// The variance that is noise, and what that leaves to explain.
#[derive(Clone, Debug, Serialize)]
pub struct Noise {
    pub source: NoiseSource,
    /// The variance of the noise, on the scale of the model's targets.
    pub variance: f64,
    /// The share of the variance within budgets that is not noise: R² that a perfect model would have.
    pub ceiling: f64,
    /// The variance of the noise by budget, where repeats or near-duplicates tell it.
    pub by_budget: Vec<(f64, f64)>,
}

/// Differences of costs that only noise can explain, at one stratum: squares and how many they are.
type Squares = BTreeMap<usize, (f64, usize)>;

impl Noise {
    /// The noise of a table; `learnt` is the lengths and the noise of a Gaussian process, `budgets` are those of the rows.
    pub(super) fn of(table: &RegressionTable, (lengths, learnt): (&[f64], f64), budgets: &[f64]) -> Self {
        let total = table.variance_within();
        let repeats = repeats(table);
        let (source, squares) = match enough(&repeats) {
            true => (NoiseSource::Repeats, repeats),
            false => (NoiseSource::NearDuplicates, near_duplicates(table, lengths)),
        };
        let (source, variance, squares) = match enough(&squares) {
            true => (source, pooled(squares.values()), squares),
            false => (NoiseSource::Process, learnt, Squares::new()),
        };
        let budget = |stratum: usize| table.strata.iter().position(|each| *each == stratum).map(|row| budgets[row]);
        let by_budget = squares.iter().filter(|(_, (_, n))| 2 * n >= ENOUGH);
        let by_budget = by_budget.filter_map(|(stratum, found)| Some((budget(*stratum)?, pooled([found].into_iter()))));
        let ceiling = if total > 1e-18 { (1.0 - variance / total).clamp(0.0, 1.0) } else { 0.0 };
        Self { source, variance, ceiling, by_budget: by_budget.collect() }
    }
}

fn enough(squares: &Squares) -> bool {
    squares.values().map(|(_, n)| n).sum::<usize>() >= ENOUGH
}

fn pooled<'a>(squares: impl Iterator<Item = &'a (f64, usize)>) -> f64 {
    let (sum, n) = squares.fold((0.0, 0), |(sum, n), (square, count)| (sum + square, n + count));
    sum / n.max(1) as f64
}

/// The squares around the means of trials of one configuration at one budget, with their degrees of freedom.
fn repeats(table: &RegressionTable) -> Squares {
    let mut targets: BTreeMap<(usize, u32), Vec<f64>> = BTreeMap::new();
    for ((stratum, group), target) in table.strata.iter().zip(&table.groups).zip(&table.targets) {
        targets.entry((*stratum, *group)).or_default().push(*target);
    }
    let mut squares = Squares::new();
    for ((stratum, _), targets) in targets.into_iter().filter(|(_, targets)| targets.len() > 1) {
        let mean = targets.iter().sum::<f64>() / targets.len() as f64;
        let found = squares.entry(stratum).or_default();
        found.0 += targets.iter().map(|target| (target - mean).powi(2)).sum::<f64>();
        found.1 += targets.len() - 1;
    }
    squares
}

/// Half the squared differences of pairs of configurations that are nearly the same, each in one pair at most.
fn near_duplicates(table: &RegressionTable, lengths: &[f64]) -> Squares {
    let mut squares = Squares::new();
    let mut paired = vec![false; table.targets.len()];
    for first in 0..table.targets.len() {
        let free = |second: &usize| {
            !paired[*second]
                && table.strata[*second] == table.strata[first]
                && table.groups[*second] != table.groups[first]
        };
        let distance = |second: usize| distance(table, lengths, first, second);
        let nearest = (first + 1..table.targets.len()).filter(free).map(|second| (distance(second), second));
        let nearest = nearest.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(distance, _)| *distance <= NEAR);
        if let Some((_, second)) = nearest.filter(|_| !paired[first]) {
            (paired[first], paired[second]) = (true, true);
            let found = squares.entry(table.strata[first]).or_default();
            found.0 += 0.5 * (table.targets[first] - table.targets[second]).powi(2);
            found.1 += 1;
        }
    }
    squares
}

/// The square of the distance of two rows; infinite if they differ in a category or in what is active, or may do so.
fn distance(table: &RegressionTable, lengths: &[f64], first: usize, second: usize) -> f64 {
    let (a, b) = (table.rows.row(first), table.rows.row(second));
    let gap = |column: usize| match table.columns[column] {
        _ if a[column].is_nan() && b[column].is_nan() => 0.0,
        // A length beyond the space says that the process sees no effect, not that there is none.
        Column::Numeric if !a[column].is_nan() && !b[column].is_nan() => {
            (a[column] - b[column]) / lengths[column].min(1.0)
        }
        _ if a[column] == b[column] && table.pooled[column] != Some(a[column]) => 0.0,
        _ => f64::INFINITY,
    };
    (0..table.columns.len()).map(|column| gap(column).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;
    use crate::surrogate::Rows;

    /// Configurations on a line, a cost that grows by 1 along it, and noise of the variance 0.01.
    fn table(place: impl Fn(usize) -> f64, repeats: usize) -> RegressionTable {
        let mut stream = Stream::of(0, "noise", 0);
        let places: Vec<f64> = (0..60).map(|row| place(row / repeats)).collect();
        let targets: Vec<f64> = places.iter().map(|x| x + 0.1 * stream.normal()).collect();
        let groups = (0..60).map(|row| row as u32 / repeats as u32).collect();
        RegressionTable {
            columns: vec![Column::Numeric],
            pooled: vec![None],
            rows: Rows::of(1, places),
            targets,
            groups,
            strata: vec![0; 60],
        }
    }

    #[test]
    fn noise_is_estimated_from_what_there_is() {
        let check = |table: RegressionTable, source| {
            let noise = Noise::of(&table, (&[0.5], 0.02), &[1.0; 60]);
            assert_eq!(noise.source, source);
            let expected = if source == NoiseSource::Process { 0.02 } else { 0.01 };
            assert!((noise.variance / expected - 1.0).abs() < 0.5, "{source:?} {}", noise.variance);
            let total = table.variance_within();
            assert!((noise.ceiling - (1.0 - noise.variance / total)).abs() < 1e-12);
        };
        check(table(|group| group as f64 / 20.0, 3), NoiseSource::Repeats);
        check(table(|group| (group / 2) as f64 / 30.0 + 1e-4 * group as f64, 1), NoiseSource::NearDuplicates);
        check(table(|group| group as f64, 1), NoiseSource::Process);
    }
}
