//! Which ends of attempts are a trial's outcome, and how a trial is tried again after the others.
use std::collections::HashMap;

use crate::store::record::Ended;
use crate::trial::outcome::Outcome;
use crate::trial::{ConfigurationId, TrialId};

/// How often a trial is started when its worker disappears.
const ATTEMPTS: u32 = 3;
/// Into how many pieces a batch is divided at most before the device counts as too small for it.
const SMALLEST: u32 = 16;

/// What a run has learned from attempts that ended without an outcome, as its journal tells it.
#[derive(Clone, Debug, Default)]
pub struct Retries {
    losses: HashMap<TrialId, u32>,
    divisors: HashMap<ConfigurationId, u32>,
}

impl Retries {
    /// Whether an end is the trial's outcome. It is none where its worker was lost, where the device had no memory left
    /// and smaller pieces of a batch can be tried, and where it came too late.
    ///
    /// To be asked once for each end, in the order of the journal.
    pub fn is_final(&mut self, ended: &Ended, configuration: ConfigurationId) -> bool {
        if ended.late {
            return false;
        }
        match ended.outcome {
            Outcome::Lost => {
                let losses = self.losses.entry(ended.trial).or_default();
                *losses += 1;
                *losses >= ATTEMPTS
            }
            Outcome::OutOfDeviceMemory => {
                let divisor = self.divisors.entry(configuration).or_insert(1);
                let is_smallest = *divisor >= SMALLEST;
                *divisor = (*divisor * 2).min(SMALLEST);
                is_smallest
            }
            _ => true,
        }
    }

    /// Into how many pieces the batches of a configuration are divided, at every budget.
    pub fn divisor(&self, configuration: ConfigurationId) -> u32 {
        self.divisors.get(&configuration).copied().unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_device_without_memory_gets_smaller_pieces_and_a_lost_worker_another_try() {
        let end = |trial, outcome, late| Ended {
            trial: TrialId(trial),
            attempt: 1,
            outcome,
            info: Default::default(),
            slot: "gpu:0".into(),
            started: Timestamp::UNIX_EPOCH,
            at: Timestamp::UNIX_EPOCH,
            seconds: 1.0,
            cpu_seconds: 1.0,
            peak_memory: 1,
            exit: String::new(),
            late,
        };
        let (mut retries, first, second) = (Retries::default(), ConfigurationId(1), ConfigurationId(2));
        let full = || Outcome::OutOfDeviceMemory;
        for divisor in [1, 2, 4, 8] {
            assert_eq!(retries.divisor(first), divisor);
            assert!(!retries.is_final(&end(1, full(), false), first));
        }
        assert_eq!((retries.divisor(first), retries.divisor(second)), (16, 1));
        // Another trial of the same configuration, promoted: what was learned holds.
        assert!(retries.is_final(&end(9, full(), false), first));
        assert_eq!(retries.divisor(first), 16);
        for is_final in [false, false, true] {
            assert_eq!(retries.is_final(&end(2, Outcome::Lost, false), second), is_final);
        }
        assert!(!retries.is_final(&end(3, Outcome::of_cost(1.0), true), second));
        assert!(retries.is_final(&end(3, Outcome::of_cost(1.0), false), second));
    }
}
