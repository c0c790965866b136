//! All trials so far, and questions about them.
use std::collections::HashMap;

use super::budget::Budget;
use super::outcome::Outcome;
use super::{ConfigurationId, Proposal, Trial, TrialId};
use crate::space::configuration::Configuration;

/// The log of an experiment in memory: what was asked, in order, and what came of it.
///
/// Rungs, incumbent and surrogate are computed from it; nothing else is kept that could disagree.
#[derive(Clone, Debug, Default)]
pub struct History {
    trials: Vec<Trial>,
    /// Trials in the order in which they ended.
    ended: Vec<TrialId>,
    configurations: Vec<Configuration>,
    numbers: HashMap<Configuration, ConfigurationId>,
}

impl History {
    /// Adds a proposal.
    ///
    /// # Panics
    /// Where its number is not the next one, or its configuration has another number already.
    pub fn ask(&mut self, proposal: Proposal) {
        assert_eq!(proposal.trial, self.next_trial(), "trials are numbered in the order of asking");
        let number = self.number_of(&proposal.configuration);
        assert_eq!(proposal.configuration_id, number, "a configuration keeps its number");
        if number.0 as usize > self.configurations.len() {
            self.configurations.push(proposal.configuration.clone());
            self.numbers.insert(proposal.configuration.clone(), number);
        }
        self.trials.push(Trial { proposal, outcome: None });
    }

    /// Records the outcome of a trial; false, and nothing changes, where it is unknown or has one already.
    pub fn tell(&mut self, trial: TrialId, outcome: Outcome) -> bool {
        match self.trials.get_mut((trial.0 as usize).wrapping_sub(1)) {
            Some(Trial { outcome: open @ None, .. }) => {
                *open = Some(outcome);
                self.ended.push(trial);
                true
            }
            _ => false,
        }
    }

    /// The number that the next trial gets.
    pub fn next_trial(&self) -> TrialId {
        TrialId(self.trials.len() as u32 + 1)
    }

    /// The number that a configuration has, or gets when it is first asked for.
    pub fn number_of(&self, configuration: &Configuration) -> ConfigurationId {
        self.numbers.get(configuration).copied().unwrap_or(ConfigurationId(self.configurations.len() as u32 + 1))
    }

    /// Whether a configuration was asked for before.
    pub fn contains(&self, configuration: &Configuration) -> bool {
        self.numbers.contains_key(configuration)
    }

    /// Every configuration, in the order of its number.
    pub fn configurations(&self) -> &[Configuration] {
        &self.configurations
    }

    /// The configuration with a number that this history gave.
    pub fn configuration(&self, number: ConfigurationId) -> &Configuration {
        &self.configurations[number.0 as usize - 1]
    }

    /// Every trial, in the order of asking.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// A trial by its number.
    pub fn trial(&self, trial: TrialId) -> Option<&Trial> {
        self.trials.get((trial.0 as usize).wrapping_sub(1))
    }

    /// The trials that have ended, in the order of ending.
    pub fn ended(&self) -> impl Iterator<Item = &Trial> {
        self.ended.iter().map(|trial| &self.trials[trial.0 as usize - 1])
    }

    /// The trials that were asked for and have not ended.
    pub fn running(&self) -> impl Iterator<Item = &Trial> {
        self.trials.iter().filter(|trial| trial.outcome.is_none())
    }

    /// The trial of a configuration at a budget.
    pub fn at(&self, configuration: ConfigurationId, budget: Budget) -> Option<&Trial> {
        self.trials
            .iter()
            .find(|trial| trial.proposal.configuration_id == configuration && trial.proposal.budget == budget)
    }

    /// Budget spent by the trials that ended, where a configuration continues from what it spent before.
    pub fn spent(&self) -> f64 {
        continued(self.ended())
    }

    /// Budget of all trials that were asked for, where a configuration continues from what it spent before.
    pub fn asked(&self) -> f64 {
        continued(self.trials.iter())
    }
}

fn continued<'a>(trials: impl Iterator<Item = &'a Trial>) -> f64 {
    let mut reached: HashMap<ConfigurationId, f64> = HashMap::new();
    let mut spent = 0.0;
    for trial in trials {
        let so_far = reached.entry(trial.proposal.configuration_id).or_default();
        spent += (trial.proposal.budget.amount() - *so_far).max(0.0);
        *so_far = so_far.max(trial.proposal.budget.amount());
    }
    spent
}
