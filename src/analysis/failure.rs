//! Failure rates: the values of a hyperparameter at which trials fail more often than on average.
use serde::Serialize;

use super::bin::Binning;
use super::input::ReportInput;
use crate::space::hyperparameter::{Domain, Value};
use crate::trial::Trial;
use crate::trial::outcome::Outcome;

/// The normal quantile of a 90 % interval.
const Z: f64 = 1.645;

/// The number of failures among the trials at one value.
#[derive(Clone, Debug, Serialize)]
pub struct FailureRate {
    pub hyperparameter: String,
    /// The value, or the middle of the range of values.
    pub value: Value,
    pub failed: usize,
    pub trials: usize,
    /// Wilson's 90 % interval of the rate.
    pub interval: (f64, f64),
}

/// The values at which failures are more frequent than among all trials, sorted by the lower end of the interval,
/// greatest first.
pub(super) fn failures(input: &ReportInput) -> Vec<FailureRate> {
    let failed = Outcome::is_failure;
    let ended = || input.history.trials().iter().filter_map(|trial| Some((trial, trial.outcome.as_ref()?)));
    let all = ended().filter(|(_, outcome)| failed(outcome)).count() as f64 / ended().count().max(1) as f64;
    let mut found = Vec::new();
    for (index, hyperparameter) in input.space.hyperparameters().iter().enumerate() {
        if matches!(hyperparameter.domain, Domain::Constant { .. }) {
            continue;
        }
        let position = |trial: &Trial| hyperparameter.position(trial.proposal.configuration.get(index)?);
        let binning = Binning::of(hyperparameter, ended().filter_map(|(trial, _)| position(trial)));
        let mut counts = vec![(0, 0); binning.bins.len()];
        for (trial, outcome) in ended() {
            if let Some(position) = position(trial) {
                let count = &mut counts[binning.bin_of(position)];
                count.0 += usize::from(failed(outcome));
                count.1 += 1;
            }
        }
        for (bin, (failed, trials)) in binning.bins.into_iter().zip(counts) {
            if failed > 0 && failed as f64 / trials as f64 > all {
                let name = hyperparameter.name.clone();
                let interval = wilson(failed as f64, trials as f64);
                found.push(FailureRate { hyperparameter: name, value: bin.value, failed, trials, interval });
            }
        }
    }
    found.sort_by(|a, b| b.interval.0.total_cmp(&a.interval.0));
    found
}

/// Wilson's interval of a rate (Wilson 1927).
fn wilson(failed: f64, trials: f64) -> (f64, f64) {
    let (rate, square) = (failed / trials, Z * Z);
    let middle = (rate + square / (2.0 * trials)) / (1.0 + square / trials);
    let half = Z / (1.0 + square / trials) * (rate * (1.0 - rate) / trials + square / (4.0 * trials * trials)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_agree_with_scipy() {
        // scipy.stats.binomtest(2, 10).proportion_ci(0.9, "wilson")
        let (low, high) = wilson(2.0, 10.0);
        assert!((low - 0.06855).abs() < 1e-4 && (high - 0.45923).abs() < 1e-4, "{low} {high}");
        assert_eq!(wilson(0.0, 5.0).0, 0.0);
    }
}
