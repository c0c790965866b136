//! Retries: the ends of attempts that are not a trial's outcome, and how the trial is tried again.
use std::collections::HashMap;

use crate::trial::outcome::Outcome;
use crate::trial::{ConfigurationId, TrialId};

/// The number of times that a trial is started when its worker disappears or its failures are transient.
const ATTEMPTS: u32 = 3;
/// The greatest number of pieces that a batch is divided into; then the device counts as too small for the
/// configuration.
const SMALLEST: u32 = 16;

/// The lost workers and the divided batches of a run, as its journal tells them.
#[derive(Clone, Debug, Default)]
pub struct Retries {
    losses: HashMap<TrialId, u32>,
    divisors: HashMap<ConfigurationId, u32>,
}

impl Retries {
    /// True where the outcome of an attempt is the trial's outcome. It is not where the worker was lost or the failure is
    /// transient and another attempt is left, or where the device had no memory left and smaller pieces of a batch can be tried.
    ///
    /// Must be called once for each end of an attempt, in the order of the journal.
    pub(crate) fn is_final(&mut self, trial: TrialId, configuration: ConfigurationId, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Lost | Outcome::Transient => {
                let losses = self.losses.entry(trial).or_default();
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

    /// The number of pieces that the batches of a configuration are divided into, at every budget.
    pub(crate) fn divisor(&self, configuration: ConfigurationId) -> u32 {
        self.divisors.get(&configuration).copied().unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_without_memory_gets_smaller_pieces_and_a_lost_worker_another_try() {
        let (mut retries, first, second) = (Retries::default(), ConfigurationId(1), ConfigurationId(2));
        for divisor in [1, 2, 4, 8] {
            assert_eq!(retries.divisor(first), divisor);
            assert!(!retries.is_final(TrialId(1), first, &Outcome::OutOfDeviceMemory));
        }
        assert_eq!((retries.divisor(first), retries.divisor(second)), (16, 1));
        // Another trial of the same configuration, promoted: what was learned holds.
        assert!(retries.is_final(TrialId(9), first, &Outcome::OutOfDeviceMemory));
        assert_eq!(retries.divisor(first), 16);
        for (outcome, is_final) in [(Outcome::Lost, false), (Outcome::Transient, false), (Outcome::Transient, true)] {
            assert_eq!(retries.is_final(TrialId(2), second, &outcome), is_final);
        }
        assert!(retries.is_final(TrialId(3), second, &Outcome::of_cost(1.0)));
    }
}
