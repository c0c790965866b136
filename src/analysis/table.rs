//! Table: the sample's rows with their targets, configurations and budgets.
use crate::numeric::stream::Stream;
use crate::space::encoding::Column;
use crate::surrogate::Rows;

/// Distinct budgets up to this many are strata of their own; more are grouped by their logarithms.
const STRATA: usize = 12;

/// Rows with their targets, configurations and budgets; a split never has a configuration on both sides.
#[derive(Clone)]
pub(super) struct RegressionTable {
    pub columns: Vec<Column>,
    /// The category of each column that pools rare choices, which may be different ones.
    pub pooled: Vec<Option<f64>>,
    pub rows: Rows,
    pub targets: Vec<f64>,
    /// The configuration of each row.
    pub groups: Vec<u32>,
    /// The stratum of each row: rows of equal budgets, or of similar ones if there are many.
    pub strata: Vec<usize>,
}

impl RegressionTable {
    /// The rows with these indices.
    pub(crate) fn select(&self, indices: &[usize]) -> Self {
        Self {
            columns: self.columns.clone(),
            pooled: self.pooled.clone(),
            rows: self.rows.select(indices.iter().copied()),
            targets: indices.iter().map(|&index| self.targets[index]).collect(),
            groups: indices.iter().map(|&index| self.groups[index]).collect(),
            strata: indices.iter().map(|&index| self.strata[index]).collect(),
        }
    }

    /// The configurations, each once, in ascending order.
    pub(crate) fn distinct(&self) -> Vec<u32> {
        let mut distinct = self.groups.clone();
        distinct.sort_unstable();
        distinct.dedup();
        distinct
    }

    /// The fold of each row: configurations are shuffled, then dealt.
    pub(crate) fn folds(&self, count: usize, stream: &mut Stream) -> Vec<usize> {
        let groups = self.distinct();
        let mut dealt: Vec<usize> = (0..groups.len()).map(|index| index % count.max(1)).collect();
        stream.shuffle(&mut dealt);
        let rank = |group: &u32| groups.binary_search(group).expect("one of the groups");
        self.groups.iter().map(|group| dealt[rank(group)]).collect()
    }

    /// The mean target of each stratum, by row.
    pub(crate) fn stratum_means(&self) -> Vec<f64> {
        let mut sums = vec![(0.0, 0.0); self.strata.iter().max().map_or(0, |most| most + 1)];
        for (&stratum, target) in self.strata.iter().zip(&self.targets) {
            sums[stratum].0 += target;
            sums[stratum].1 += 1.0;
        }
        self.strata.iter().map(|&stratum| sums[stratum].0 / sums[stratum].1).collect()
    }

    /// The mean square of the targets around the means of their strata.
    pub(crate) fn variance_within(&self) -> f64 {
        let squares = self.targets.iter().zip(self.stratum_means()).map(|(target, mean)| (target - mean).powi(2));
        squares.sum::<f64>() / self.targets.len().max(1) as f64
    }

    /// Rows drawn with replacement, configuration by configuration.
    pub(crate) fn resampled(&self, stream: &mut Stream) -> Self {
        let groups = self.distinct();
        let mut rows_of: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
        for (row, group) in self.groups.iter().enumerate() {
            rows_of[groups.binary_search(group).expect("one of the groups")].push(row);
        }
        let drawn: Vec<usize> = groups.iter().flat_map(|_| rows_of[stream.below(groups.len())].clone()).collect();
        self.select(&drawn)
    }
}

/// The stratum of each budget.
pub(super) fn strata(budgets: &[f64]) -> Vec<usize> {
    let mut distinct = budgets.to_vec();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let rank = |budget: &f64| distinct.binary_search_by(|each| each.total_cmp(budget)).expect("one of the budgets");
    budgets
        .iter()
        .map(|budget| if distinct.len() > STRATA { rank(budget) * STRATA / distinct.len() } else { rank(budget) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(groups: &[u32], strata: &[usize], targets: &[f64]) -> RegressionTable {
        let rows = Rows::of(1, groups.iter().map(|group| f64::from(*group)).collect());
        let (targets, groups, strata) = (targets.to_vec(), groups.to_vec(), strata.to_vec());
        RegressionTable { columns: vec![Column::Numeric], pooled: vec![None], rows, targets, groups, strata }
    }

    #[test]
    fn a_configuration_is_in_one_fold() {
        let groups: Vec<u32> = (0..31).map(|row| row / 2).collect();
        let folds = table(&groups, &[0; 31], &[0.0; 31]).folds(5, &mut Stream::of(0, "test", 0));
        for (a, group) in groups.iter().enumerate() {
            for (b, other) in groups.iter().enumerate() {
                assert!(group != other || folds[a] == folds[b]);
            }
        }
        assert!((0..5).all(|fold| folds.contains(&fold)));
    }

    #[test]
    fn variance_between_budgets_does_not_count() {
        let table = table(&[0, 1, 2, 3], &[0, 0, 1, 1], &[1.0, 3.0, 101.0, 103.0]);
        assert_eq!(table.variance_within(), 1.0);
        assert_eq!(table.resampled(&mut Stream::of(0, "test", 0)).targets.len(), 4);
    }

    #[test]
    fn many_budgets_are_grouped() {
        assert_eq!(strata(&[9.0, 3.0, 9.0]), [1, 0, 1]);
        let many: Vec<f64> = (1..=120).map(f64::from).collect();
        let found = strata(&many);
        assert_eq!((found[0], found[119], found.iter().filter(|each| **each == 3).count()), (0, 11, 10));
    }
}
