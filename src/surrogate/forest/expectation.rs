//! Predictions of the leaves of a tree: mean and variance of the targets in each.
use super::settings::{ForestSettings, Leaves, Uncertainty};

/// Mean and variance of the targets in each leaf of a tree, by the leaf's number.
#[derive(Clone, Debug)]
pub(super) struct Expectations {
    /// Total weight of the targets, and their weighted sum.
    sums: Vec<(f64, f64)>,
    means: Vec<f64>,
    /// Empty where the settings do not count them.
    variances: Vec<f64>,
    is_logarithmic: bool,
}

impl Expectations {
    /// Predictions for so many leaves, without targets yet.
    pub(crate) fn new(leaves: usize, settings: &ForestSettings) -> Self {
        let is_total = settings.uncertainty == Uncertainty::Total;
        Self {
            sums: vec![(0.0, 0.0); leaves],
            means: vec![0.0; leaves],
            variances: vec![0.0; if is_total { leaves } else { 0 }],
            is_logarithmic: settings.leaves == Leaves::LogMean,
        }
    }

    /// Computes all leaves anew; `rows` are leaf, weight and target of each row. Where targets are logarithms, a leaf
    /// predicts the logarithm of the mean of their exponentials.
    pub(crate) fn settle(&mut self, rows: impl Iterator<Item = (u32, f64, f64)> + Clone) {
        self.sums.fill((0.0, 0.0));
        for (leaf, weight, target) in rows.clone() {
            let (total, sum) = &mut self.sums[leaf as usize];
            *total += weight;
            *sum += weight * target;
        }
        let overall = || {
            let (weight, sum) = self.sums.iter().fold((0.0, 0.0), |all, leaf| (all.0 + leaf.0, all.1 + leaf.1));
            sum / weight
        };
        for (mean, &(weight, sum)) in self.means.iter_mut().zip(&self.sums) {
            *mean = if weight > 0.0 { sum / weight } else { overall() };
        }
        if !self.variances.is_empty() {
            self.variances.fill(0.0);
            for (leaf, weight, target) in rows.clone() {
                let leaf = leaf as usize;
                self.variances[leaf] += weight * (target - self.means[leaf]).powi(2) / self.sums[leaf].0;
            }
        }
        if self.is_logarithmic {
            let mut sums = vec![0.0; self.means.len()];
            for (leaf, weight, target) in rows {
                let leaf = leaf as usize;
                sums[leaf] += weight / self.sums[leaf].0 * (target - self.means[leaf]).exp();
            }
            self.means.iter_mut().zip(sums).for_each(|(mean, sum)| *mean += sum.ln());
        }
    }

    /// Adds one target of weight 1 to a leaf.
    pub(crate) fn absorb(&mut self, leaf: u32, target: f64) {
        let leaf = leaf as usize;
        let (weight, mean) = (self.sums[leaf].0, self.means[leaf]);
        let step = (target - mean) / (weight + 1.0);
        if let Some(variance) = self.variances.get_mut(leaf) {
            *variance = (weight * *variance + (target - mean) * weight * step) / (weight + 1.0);
        }
        self.means[leaf] = if self.is_logarithmic {
            let high = mean.max(target);
            high + ((weight * (mean - high).exp() + (target - high).exp()) / (weight + 1.0)).ln()
        } else {
            mean + step
        };
        self.sums[leaf].0 += 1.0;
    }

    /// The mean of the targets in a leaf.
    pub(crate) fn mean(&self, leaf: u32) -> f64 {
        self.means[leaf as usize]
    }

    /// The variance of the targets in a leaf; 0 where the settings do not count it.
    pub(crate) fn variance(&self, leaf: u32) -> f64 {
        self.variances.get(leaf as usize).copied().unwrap_or(0.0)
    }
}
