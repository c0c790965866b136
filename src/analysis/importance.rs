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
/// The normal quantile of a 90 % interval.
const Z: f64 = 1.645;

/// The importance of one hyperparameter. Shares are of the variance that the model predicts over legal configurations, by
/// functional analysis of variance; they are absent if the model is not trusted.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Importance {
    /// The mean increase of the squared error out of fold if its values are exchanged among configurations at equal budgets
    /// where it is active, as a share of the variance within budgets.
    pub worsening: Option<f64>,
    /// Ends of the 90 % interval of the worsening.
    pub worsening_interval: Option<(f64, f64)>,
    /// True if predictions worsen by more than exchanged noise would worsen them.
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
        let importance = |test: Test| Importance {
            worsening: test.mean,
            worsening_interval: test.mean.map(|mean| (mean - Z * test.error, mean + Z * test.error)),
            real: test.chance <= most && test.mean.is_some_and(|mean| mean >= LEAST),
            ..Importance::default()
        };
        Ok(tests.into_iter().map(importance).collect())
    }

    /// The mean increase of the squared error of each configuration where the hyperparameter is active.
    fn increases(&self, validated: &Validated, exchanged: Exchanged) -> Vec<f64> {
        let mut found: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        for (fold, model) in validated.models.iter().enumerate() {
            let Some(model) = model else { continue };
            let inside: Vec<usize> = (0..self.validation.folds.len())
                .filter(|&row| self.validation.folds[row] == fold)
                .filter(|&row| !self.table.rows.row(row)[exchanged.column].is_nan())
                .collect();
            let donors = self.donors(&inside);
            let (mut rows, mut owners) = (Rows::new(self.table.rows.width()), Vec::new());
            for repeat in 0..self.repeats {
                let address = (exchanged.index as u64) << 32 | (fold as u64) << 16 | repeat;
                let mut stream = Stream::of(self.seed, "exchange", address);
                for stratum in &donors {
                    let mut order: Vec<usize> = (0..stratum.len()).collect();
                    stream.shuffle(&mut order);
                    for (own, &donor) in stratum.iter().zip(&order) {
                        for &row in own {
                            if let Some(mixed) = self.mixed(row, stratum[donor][0], exchanged) {
                                rows.push(&mixed);
                                owners.push(row);
                            }
                        }
                    }
                }
            }
            if rows.is_empty() {
                continue;
            }
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
    fn donors(&self, inside: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let mut groups: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        inside.iter().for_each(|&row| groups.entry(self.table.groups[row]).or_default().push(row));
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
}

impl Test {
    fn of(increases: &[f64], variance: f64) -> Self {
        let n = increases.len() as f64;
        if increases.len() < STRATUM || variance <= 1e-18 {
            return Self { mean: None, error: 0.0, chance: 1.0 };
        }
        let mean = increases.iter().sum::<f64>() / n;
        let square = increases.iter().map(|increase| (increase - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let error = (square / n).sqrt();
        let t = mean / error.max(1e-12 * variance);
        // Student's law by a normal one (Abramowitz and Stegun 1964, equation 26.7.8).
        let z = t * (1.0 - 0.25 / (n - 1.0)) / (1.0 + 0.5 * t * t / (n - 1.0)).sqrt();
        Self { mean: Some(mean / variance), error: error / variance, chance: normal::distribution(-z) }
    }
}

/// The greatest probability at which a hyperparameter is called real.
fn threshold(chances: &[f64]) -> f64 {
    let mut sorted = chances.to_vec();
    sorted.sort_by(f64::total_cmp);
    let share = FALSE_SHARE / sorted.len().max(1) as f64;
    let allowed = sorted.iter().enumerate().filter(|(rank, chance)| **chance <= share * (rank + 1) as f64);
    allowed.map(|(_, chance)| *chance).fold(0.0, f64::max).min(CHANCE)
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
        assert_eq!(threshold(&[0.015, 0.5]), 0.015);
        let many: Vec<f64> = std::iter::once(0.015).chain(vec![0.5; 199]).collect();
        assert_eq!(threshold(&many), 0.0);
        assert_eq!(threshold(&[0.03]), CHANCE);
    }
}
