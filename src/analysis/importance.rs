//! Importance: by how much predictions out of fold worsen if the values of a hyperparameter are exchanged.
use std::collections::BTreeMap;

use serde::Serialize;

use super::probe::{Probe, ProbeAnswer};
use super::table::RegressionTable;
use super::validation::{Validated, Validation};
use super::watcher::{Cancelled, Watcher, each};
use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::surrogate::Rows;

/// The share of useless hyperparameters among those that are called real, at most (Benjamini and Hochberg 1995).
const FALSE_SHARE: f64 = 0.1;
/// The greatest probability of such a worsening of a useless hyperparameter, at which it is called real.
const CHANCE: f64 = 0.02;
/// The least worsening of a real one, as a share of the variance: less matters to nobody.
const LEAST: f64 = 0.003;
/// Configurations of a stratum below which it is joined with another.
const STRATUM: usize = 4;

/// The importance of one hyperparameter. Shares are of the variance that the model predicts over legal configurations, by
/// functional analysis of variance; they are absent if the model is not trusted.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Importance {
    /// The mean increase of the squared error out of fold if its values are exchanged among configurations at equal budgets
    /// where it is active, as a share of the variance within budgets; absent if there are too few to say.
    pub worsening: Option<f64>,
    /// Ends of the interval of the worsening at the test's confidence: it is above 0 exactly if predictions worsen by more
    /// than exchanged noise would worsen them.
    pub worsening_interval: Option<(f64, f64)>,
    /// True if predictions worsen by more than exchanged noise would worsen them, and by enough to matter.
    pub real: bool,
    /// The share that it explains alone.
    pub share: Option<f64>,
    /// Ends of the bootstrap's 80 % interval.
    pub interval: Option<(f64, f64)>,
    /// The share that it explains together with its interactions.
    pub total: Option<f64>,
    /// Ends of the bootstrap's 80 % interval.
    pub total_interval: Option<(f64, f64)>,
}

/// Exchanges of values among the rows of a table.
pub(super) struct Exchange<'a> {
    pub table: &'a RegressionTable,
    pub validation: &'a Validation,
    pub probe: &'a Probe<'a>,
    /// A position of each hyperparameter by row, inactive ones included.
    pub positions: &'a [Vec<f64>],
    /// The budget of each row.
    pub budgets: &'a [f64],
    pub repeats: u64,
    pub seed: u64,
}

/// One hyperparameter: its column, its index in the space, and true if other hyperparameters or clauses read it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchanged {
    pub column: usize,
    pub index: usize,
    pub is_read: bool,
}

impl Exchange<'_> {
    /// The importance of each hyperparameter, without shares.
    pub(crate) fn importances(
        &self,
        exchanged: Vec<Exchanged>,
        watcher: &dyn Watcher,
    ) -> Result<Vec<Importance>, Cancelled> {
        let within = self.table.variance_within();
        let best = self.validation.ranked.first();
        let test = |each: Exchanged| Test::of(&best.map_or_else(Vec::new, |best| self.increases(best, each)), within);
        let tests = each(watcher, "importance", exchanged, test)?;
        let chances: Vec<f64> = tests.iter().map(|test| test.chance).collect();
        let most = threshold(&chances);
        let importance = |test: Test| {
            let known = test.mean.zip(test.quantile(most));
            Importance {
                worsening: known.map(|(mean, _)| mean),
                worsening_interval: known.map(|(mean, z)| (mean - z * test.error, mean + z * test.error)),
                real: test.chance <= most && known.is_some_and(|(mean, _)| mean >= LEAST),
                ..Importance::default()
            }
        };
        Ok(tests.into_iter().map(importance).collect())
    }

    /// The mean increase of the squared error of each configuration where the hyperparameter is active.
    ///
    /// Each takes values of others of its stratum, in any fold: a fold may hold one configuration only.
    fn increases(&self, validated: &Validated, exchanged: Exchanged) -> Vec<f64> {
        let active: Vec<usize> =
            (0..self.table.targets.len()).filter(|&row| !self.table.rows.row(row)[exchanged.column].is_nan()).collect();
        let empty = || (Rows::new(self.table.rows.width()), Vec::new());
        let mut mixtures: Vec<(Rows, Vec<usize>)> = validated.models.iter().map(|_| empty()).collect();
        for stratum in self.strata(&active) {
            for (own, rows) in stratum.iter().enumerate() {
                let address = (exchanged.index as u64) << 32 | rows[0] as u64;
                let mut others: Vec<usize> = (0..stratum.len()).filter(|&other| other != own).collect();
                Stream::of(self.seed, "exchange", address).shuffle(&mut others);
                for (&other, _) in others.iter().zip(0..self.repeats) {
                    for &row in rows {
                        if let Some(mixed) = self.mixed(row, stratum[other][0], exchanged) {
                            let (mixtures, owners) = &mut mixtures[self.validation.folds[row]];
                            mixtures.push(&mixed);
                            owners.push(row);
                        }
                    }
                }
            }
        }
        let mut found: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        for (model, (rows, owners)) in validated.models.iter().zip(mixtures) {
            let Some(model) = model.as_ref().filter(|_| !rows.is_empty()) else { continue };
            for (predicted, row) in model.predict(&rows).into_iter().zip(owners) {
                let target = self.table.targets[row];
                let increase = (predicted - target).powi(2) - (validated.predictions[row] - target).powi(2);
                let sum = found.entry(self.table.groups[row]).or_default();
                *sum = (sum.0 + increase, sum.1 + 1.0);
            }
        }
        found.into_values().map(|(sum, count)| sum / count).collect()
    }

    /// The rows of each configuration, by the stratum of its highest budget; small strata are joined with the next.
    fn strata(&self, active: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let mut groups: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        active.iter().for_each(|&row| groups.entry(self.table.groups[row]).or_default().push(row));
        let highest = |rows: &Vec<usize>| rows.iter().map(|&row| self.table.strata[row]).max();
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        groups.sort_by_key(highest);
        let mut strata: Vec<Vec<Vec<usize>>> = Vec::new();
        for of_stratum in groups.chunk_by(|a, b| highest(a) == highest(b)) {
            match strata.last_mut() {
                Some(last) if last.len() < STRATUM || of_stratum.len() < STRATUM => last.extend_from_slice(of_stratum),
                _ => strata.push(of_stratum.to_vec()),
            }
        }
        strata
    }

    /// A row with the value that another row has; `None` if no legal configuration is such.
    fn mixed(&self, row: usize, donor: usize, exchanged: Exchanged) -> Option<Vec<f64>> {
        if !exchanged.is_read {
            let mut mixed = self.table.rows.row(row).to_vec();
            mixed[exchanged.column] = self.table.rows.row(donor)[exchanged.column];
            return Some(mixed);
        }
        let fixed = [(exchanged.index, self.positions[donor][exchanged.index])];
        match self.probe.at(&self.positions[row], &fixed, self.budgets[row]) {
            ProbeAnswer::Row(row) => Some(row),
            ProbeAnswer::Inactive | ProbeAnswer::Forbidden => None,
        }
    }
}

/// The mean of increases of the squared error, as a share of the variance, against a mean of zero.
struct Test {
    mean: Option<f64>,
    error: f64,
    /// The probability of such a mean if the hyperparameter is useless.
    chance: f64,
    /// The degrees of freedom.
    freedom: f64,
}

impl Test {
    fn of(increases: &[f64], variance: f64) -> Self {
        let n = increases.len() as f64;
        if increases.len() < STRATUM || variance <= 1e-18 {
            return Self { mean: None, error: 0.0, chance: 1.0, freedom: 1.0 };
        }
        let mean = increases.iter().sum::<f64>() / n;
        let square = increases.iter().map(|increase| (increase - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let error = (square / n).sqrt();
        let t = mean / error.max(1e-12 * variance);
        // Student's law by a normal one (Abramowitz and Stegun 1964, equation 26.7.8).
        let z = t * (1.0 - 0.25 / (n - 1.0)) / (1.0 + 0.5 * t * t / (n - 1.0)).sqrt();
        Self {
            mean: Some(mean / variance),
            error: error / variance,
            chance: normal::distribution(-z),
            freedom: n - 1.0,
        }
    }

    /// The quantile of Student's law that is exceeded with a probability, by the same approximation; `None` where there are
    /// too few increases for so small a probability.
    fn quantile(&self, probability: f64) -> Option<f64> {
        let z = -normal::inverse_distribution(probability);
        let square = (1.0 - 0.25 / self.freedom).powi(2) - 0.5 * z * z / self.freedom;
        (square > 0.0).then(|| z / square.sqrt())
    }
}

/// The greatest probability at which a hyperparameter is called real.
fn threshold(chances: &[f64]) -> f64 {
    let mut sorted = chances.to_vec();
    sorted.sort_by(f64::total_cmp);
    let share = FALSE_SHARE / sorted.len().max(1) as f64;
    let allowed = |rank: &usize| sorted[rank - 1] <= share * *rank as f64;
    let rank = (1..=sorted.len()).rev().find(allowed).unwrap_or(1);
    (share * rank as f64).min(CHANCE)
}

/// The variance of values with weights.
pub(super) fn variance(weighted: &[(f64, f64)]) -> f64 {
    let weight: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    if weight <= 0.0 {
        return 0.0;
    }
    let mean = weighted.iter().map(|(value, weight)| value * weight).sum::<f64>() / weight;
    weighted.iter().map(|(value, w)| w * (value - mean).powi(2)).sum::<f64>() / weight
}

#[cfg(test)]
mod tests {
    use super::super::{Findings, fixtures};
    use super::*;

    #[test]
    fn the_chance_is_that_of_student() {
        // scipy.stats.t.sf(2.0, 9) = 0.0382764
        let increases: Vec<f64> = (0..10).map(|index| f64::from(index) - 4.5).collect();
        let deviation = (increases.iter().map(|each| each * each).sum::<f64>() / 9.0 / 10.0).sqrt();
        let shifted: Vec<f64> = increases.iter().map(|each| each + 2.0 * deviation).collect();
        let chance = Test::of(&shifted, 1.0).chance;
        assert!((chance - 0.038_276).abs() < 2e-3, "{chance}");
        assert_eq!(Test::of(&[1.0; 3], 1.0).mean, None);
    }

    #[test]
    fn many_hyperparameters_need_more_evidence() {
        assert_eq!(threshold(&[0.015, 0.5]), CHANCE);
        let many: Vec<f64> = std::iter::once(0.015).chain(vec![0.5; 199]).collect();
        assert!((threshold(&many) - 0.0005).abs() < 1e-12);
        assert_eq!(threshold(&[0.03]), CHANCE);
    }

    #[test]
    fn the_interval_agrees_with_the_test() {
        for (shift, n) in [(0.5, 10), (2.0, 10), (2.4, 10), (2.5, 10), (4.0, 10), (9.0, 10), (2.1, 60), (3.0, 60)] {
            let middle = f64::from(n - 1) / 2.0;
            let increases: Vec<f64> = (0..n).map(|index| f64::from(index) - middle).collect();
            let error = (increases.iter().map(|each| each * each).sum::<f64>() / f64::from(n * (n - 1))).sqrt();
            let test = Test::of(&increases.iter().map(|each| each + shift * error).collect::<Vec<f64>>(), 1.0);
            let low = test.mean.unwrap() - test.quantile(CHANCE).unwrap() * test.error;
            assert_eq!(low > 0.0, test.chance <= CHANCE, "{shift} {n}");
        }
        // Four increases tell nothing about one of many hyperparameters.
        assert_eq!(Test::of(&[1.0, 2.0, 1.5, 1.8], 1.0).quantile(0.001), None);
    }

    #[test]
    fn a_hyperparameter_that_explains_everything_matters_with_few_trials() {
        let space = fixtures::line();
        for n in [8, 10, 12] {
            let trials = (0..n).map(|index| (f64::from(index * 7 % n) / 12.0, 1.0, f64::from(index * 7 % n) / 12.0));
            let trials = trials.map(|(x, budget, cost)| (x, budget, fixtures::finished(cost - 0.3)));
            let history = fixtures::history(&space, trials);
            let matrix = Findings::of(&fixtures::input(&space, &history)).matrix;
            let importance = matrix.dimensions[0].importance;
            assert!(importance.real && importance.worsening > Some(0.5), "{n}: {importance:?}");
            assert!(importance.worsening_interval.unwrap().0 > 0.0, "{n}: {importance:?}");
        }
    }
}
