//! Conditioning of a surrogate on trials without a cost: those that run, and those that failed.
use serde::{Deserialize, Serialize};

use super::super::repeatability::success_again;
use super::super::training_data::TrainingData;
use crate::surrogate::{Surrogate, Targets};

/// The greatest number of failures that get a target in a Gaussian process, the latest ones.
const FAILURES: usize = 200;

/// The probability of success, when it is tried again, from which on a failed configuration is not taken for a bad one.
const DOUBT: f64 = 0.5;

/// The assumed target of a running trial until it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "Pending")]
pub enum PendingTrials {
    /// The predicted mean (the kriging believer of Ginsbourger et al. 2010).
    Believed,
    /// The best target: the next proposal stays away least.
    Lowest,
    /// The mean of the targets.
    Mean,
    /// The worst target: the next proposal stays away most.
    Highest,
}

/// The targets of trials that have no cost: running and failed ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conditioning {
    pub pending: PendingTrials,
    /// The distance of a failure's target beyond the worst target, in ranges of the targets; `None` where failures get
    /// no target.
    pub pessimism: Option<f64>,
}

impl Conditioning {
    /// Conditions a surrogate that has just been fitted to these targets, given by row; `is_known` marks rows that need
    /// no other target.
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

/// Conditions the surrogate on a bad cost for each failure that is likely to repeat, until the next result; a failure that is
/// doubted teaches nothing, so that its neighbourhood is tried again. Otherwise nothing would be learnt where every trial
/// fails, and a Gaussian process, which is most optimistic where it has no results, would propose the same region again. Its
/// hyperparameters are learnt from costs alone.
fn penalize_failures(surrogate: &mut dyn Surrogate, data: &TrainingData, targets: &Targets, pessimism: f64) {
    let values = || targets.iter().map(|(_, target)| *target);
    let (best, worst) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let again = success_again(data, usize::MAX);
    let failed: Vec<(usize, f64)> = again.into_iter().filter(|(_, success)| *success < 1.0).collect();
    let latest = &failed[failed.len().saturating_sub(FAILURES)..];
    let believed = latest.iter().filter(|(_, success)| *success < DOUBT).map(|(row, _)| *row);
    surrogate.condition_on(&data.rows.select(believed), Some(worst + pessimism * (worst - best)));
}
