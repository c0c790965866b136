//! What the leaves of a tree expect, after the targets that they have seen.
use super::settings::{ForestSettings, Leaves, Uncertainty};

/// By the number of a leaf.
#[derive(Clone, Debug)]
pub(super) struct Expectations {
    /// How much was seen, and the sum of it.
    seen: Vec<(f64, f64)>,
    means: Vec<f64>,
    /// Empty where nobody asks for them.
    variances: Vec<f64>,
    is_logarithmic: bool,
}

impl Expectations {
    /// Of so many leaves, which have seen nothing yet.
    pub fn new(leaves: usize, settings: &ForestSettings) -> Self {
        let is_total = settings.uncertainty == Uncertainty::Total;
        Self {
            seen: vec![(0.0, 0.0); leaves],
            means: vec![0.0; leaves],
            variances: vec![0.0; if is_total { leaves } else { 0 }],
            is_logarithmic: settings.leaves == Leaves::LogMean,
        }
    }

    /// Lets every leaf see what its rows say: `rows` are leaf, weight and target of each. Where targets are logarithms,
    /// a leaf expects that of their mean.
    pub fn settle(&mut self, rows: impl Iterator<Item = (u32, f64, f64)> + Clone) {
        self.seen.fill((0.0, 0.0));
        for (leaf, weight, target) in rows.clone() {
            let (seen, sum) = &mut self.seen[leaf as usize];
            *seen += weight;
            *sum += weight * target;
        }
        let overall = || {
            let (weight, sum) = self.seen.iter().fold((0.0, 0.0), |all, leaf| (all.0 + leaf.0, all.1 + leaf.1));
            sum / weight
        };
        for (mean, &(weight, sum)) in self.means.iter_mut().zip(&self.seen) {
            *mean = if weight > 0.0 { sum / weight } else { overall() };
        }
        if !self.variances.is_empty() {
            self.variances.fill(0.0);
            for (leaf, weight, target) in rows.clone() {
                let leaf = leaf as usize;
                self.variances[leaf] += weight * (target - self.means[leaf]).powi(2) / self.seen[leaf].0;
            }
        }
        if self.is_logarithmic {
            let mut sums = vec![0.0; self.means.len()];
            for (leaf, weight, target) in rows {
                let leaf = leaf as usize;
                sums[leaf] += weight / self.seen[leaf].0 * (target - self.means[leaf]).exp();
            }
            self.means.iter_mut().zip(sums).for_each(|(mean, sum)| *mean += sum.ln());
        }
    }

    /// Adds one observation to a leaf.
    pub fn absorb(&mut self, leaf: u32, target: f64) {
        let leaf = leaf as usize;
        let (weight, mean) = (self.seen[leaf].0, self.means[leaf]);
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
        self.seen[leaf].0 += 1.0;
    }

    pub fn mean(&self, leaf: u32) -> f64 {
        self.means[leaf as usize]
    }

    /// Of the targets in a leaf; 0 where the settings do not count it.
    pub fn variance(&self, leaf: u32) -> f64 {
        self.variances.get(leaf as usize).copied().unwrap_or(0.0)
    }
}
