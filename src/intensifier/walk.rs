//! A history that grows by an intensifier's decisions, for tests.
use super::bracket::Schedule;
use super::{Candidate, InstanceSeed, Intensifier, Next};
use crate::space::Space;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
use crate::trial::budget::Budget;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;
use crate::trial::{ConfigurationId, Proposal, TrialId};

pub(crate) struct Walk<I> {
    pub intensifier: I,
    space: Space,
    pub history: History,
    pub can_sample_new: bool,
}

pub(crate) fn schedule(min: f64, max: f64, eta: u32) -> Schedule {
    Schedule::new(Budget::new(min).unwrap(), Budget::new(max).unwrap(), eta).unwrap()
}

pub(crate) fn at(budget: f64, configurations: impl IntoIterator<Item = u32>) -> Vec<(u32, f64)> {
    configurations.into_iter().map(|configuration| (configuration, budget)).collect()
}

impl<I: Intensifier> Walk<I> {
    pub(crate) fn new(intensifier: I) -> Self {
        let domain = Domain::Integer { min: 1, max: 1_000_000, log: false };
        let x = Hyperparameter::new("x", domain, Value::Integer(1));
        let space = Space::new("test".into(), vec![x], vec![], vec![]).unwrap();
        Self { intensifier, space, history: History::default(), can_sample_new: true }
    }

    /// Asserts that an intensifier which is shown the whole history at once decides as this one does.
    pub(crate) fn same_as(&mut self, mut other: I) {
        let history = &self.history;
        assert_eq!(other.next(history, self.can_sample_new), self.intensifier.next(history, self.can_sample_new));
    }

    /// Asks for a trial.
    pub(crate) fn proposal(&mut self) -> Option<Proposal> {
        let new = ConfigurationId::of_index(self.history.configurations().len());
        let (configuration_id, assignment) = match self.intensifier.next(&self.history, self.can_sample_new) {
            Next::Promote { configuration, assignment } => (configuration, assignment),
            Next::Choose { mut candidates } => {
                let Candidate { configuration, assignment } = candidates.swap_remove(0);
                (configuration.unwrap_or(new), assignment)
            }
            Next::New { assignment } => (new, assignment),
            Next::Wait => return None,
        };
        let value = Some(Value::Integer(i64::from(configuration_id.0)));
        let InstanceSeed { seed, instance } =
            assignment.instance_seed.unwrap_or(InstanceSeed { seed: 0, instance: None });
        let configuration = self.space.configuration(vec![value]).unwrap();
        let next = self.history.proposal(configuration, assignment.budget);
        let proposal = Proposal { bracket: assignment.bracket, rung: assignment.rung, seed, instance, ..next };
        self.history.ask(proposal.clone());
        Some(proposal)
    }

    /// Asks for a trial; returns the number of its configuration and its budget.
    pub(crate) fn ask(&mut self) -> Option<(u32, f64)> {
        self.proposal().map(|proposal| (proposal.configuration_id.0, proposal.budget.amount()))
    }

    pub(crate) fn asks(&mut self, count: usize) -> Vec<(u32, f64)> {
        (0..count).map_while(|_| self.ask()).collect()
    }

    pub(crate) fn tell(&mut self, trial: u32, outcome: Outcome) {
        assert!(self.history.tell(TrialId(trial), outcome));
    }

    pub(crate) fn finish(&mut self, trial: u32, cost: f64) {
        self.tell(trial, Outcome::of_cost(cost));
    }
}
