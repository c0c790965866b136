//! Conditioning of a surrogate on trials without a cost: those that run, and those that failed.
use serde::{Deserialize, Serialize};

use super::super::training_data::TrainingData;
use crate::surrogate::{Surrogate, Targets};

/// Failures that a Gaussian process takes for a target at most, the latest.
const FAILURES: usize = 200;

/// The target that a running trial is taken to have until it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "Pending")]
pub enum PendingTrials {
    /// As expected (the kriging believer of Ginsbourger et al. 2010).
    Believed,
    /// As good as the best: the next ask stays away from it least.
    Lowest,
    /// As good as the mean.
    Mean,
    /// As bad as the worst: the next ask stays away from it most.
    Highest,
}

/// The rules by which trials without a cost count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conditioning {
    pub pending: PendingTrials,
    /// The distance of a failure's target beyond the worst target, in ranges of the targets; `None` where failures are
    /// no targets.
    pub pessimism: Option<f64>,
}

impl Conditioning {
    /// Conditions a surrogate that has just learnt these targets, by row; `is_known` are rows that need no other target.
    pub(crate) fn apply(
        &self,
        surrogate: &mut dyn Surrogate,
        data: &TrainingData,
        targets: &Targets,
        is_known: &[bool],
    ) {
        if let Some(pessimism) = self.pessimism.filter(|_| data.has_failures()) {
            penalize_failures(surrogate, data, targets, pessimism);
        }
        let values = targets.iter().map(|(_, target)| *target);
        let target = match self.pending {
            PendingTrials::Believed => None,
            PendingTrials::Lowest => values.reduce(f64::min),
            PendingTrials::Mean => Some(values.sum::<f64>() / targets.len() as f64),
            PendingTrials::Highest => values.reduce(f64::max),
        };
        let open = data.open().into_iter().filter(|&row| !is_known[row]);
        surrogate.condition_on(&data.rows.select(open), target);
    }
}

/// Takes failures for bad costs, until the next result: otherwise nothing is ever learnt where everything fails, and a
/// Gaussian process, which expects most of where it knows least, wants to go there again. Its hyperparameters are those
/// of costs alone.
fn penalize_failures(surrogate: &mut dyn Surrogate, data: &TrainingData, targets: &Targets, pessimism: f64) {
    let values = || targets.iter().map(|(_, target)| *target);
    let (best, worst) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let failed: Vec<usize> =
        data.successes(usize::MAX).into_iter().filter(|(_, success)| *success == 0.0).map(|(row, _)| row).collect();
    let latest = failed[failed.len().saturating_sub(FAILURES)..].iter().copied();
    surrogate.condition_on(&data.rows.select(latest), Some(worst + pessimism * (worst - best)));
}
