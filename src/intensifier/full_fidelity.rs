//! Full fidelity: every configuration is evaluated once, at the full budget.
use super::{Assignment, Intensifier, Next};
use crate::trial::budget::Budget;
use crate::trial::history::History;

/// An intensifier with one endless rung.
#[derive(Clone, Debug)]
pub(crate) struct FullFidelity {
    budget: Budget,
}

impl FullFidelity {
    /// Full fidelity at this budget.
    pub(crate) fn new(budget: Budget) -> Self {
        Self { budget }
    }
}

impl Intensifier for FullFidelity {
    fn next(&mut self, _history: &History, can_sample_new: bool) -> Next {
        if !can_sample_new {
            return Next::Wait;
        }
        Next::New { assignment: Assignment { bracket: 0, rung: 0, budget: self.budget, instance_seed: None } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intensifier::walk::{Walk, at};

    #[test]
    fn full_fidelity_is_one_endless_rung() {
        let mut walk = Walk::new(FullFidelity::new(Budget::new(5.0).unwrap()));
        assert_eq!(walk.asks(40), at(5.0, 1..=40));
        assert!(walk.history.trials().iter().all(|trial| trial.proposal.bracket == 0 && trial.proposal.rung == 0));
        walk.can_sample_new = false;
        assert_eq!(walk.ask(), None);
    }
}
