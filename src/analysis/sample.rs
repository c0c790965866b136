//! The trials that enter the regression, and why the others do not.
use std::collections::BTreeMap;

use serde::Serialize;

use super::Evidence;
use crate::trial::budget::Budget;
use crate::trial::outcome::Outcome;
use crate::trial::{Trial, TrialId};

/// Successes at one budget from which on that budget alone is enough to learn from.
const ENOUGH_ALONE: usize = 40;
/// Successes that the budget to be explained must have.
const ENOUGH_TO_AIM: usize = 3;

/// What the regression learns from, in the words of the figure's header.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// The budget at which costs are predicted; absent where no trial succeeded.
    pub budget: Option<f64>,
    /// Whether trials at other budgets enter too, with the budget as one more feature.
    pub pooled: bool,
    /// Whether the target is the decimal logarithm of the cost.
    pub logarithmic: bool,
    /// The cost above which a trial counts as not having learned; costs above it enter as this.
    pub cap: Option<f64>,
    pub capped: usize,
    /// Successes that enter.
    pub trials: usize,
    /// Successes that enter, at the budget at which costs are predicted.
    pub at_budget: usize,
    /// Successes by budget, from the smallest.
    pub budgets: Vec<Share>,
    pub left_out: Vec<LeftOut>,
    #[serde(skip)]
    pub(super) used: Vec<Used>,
}

/// How many trials succeeded at a budget, and whether they enter.
#[derive(Clone, Debug, Serialize)]
pub struct Share {
    pub budget: f64,
    pub trials: usize,
    pub enters: bool,
}

/// Trials that do not enter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeftOut {
    pub reason: String,
    pub trials: usize,
}

/// A trial that enters, with its target (decades of cost where logarithmic).
#[derive(Clone, Copy, Debug)]
pub(super) struct Used {
    pub trial: TrialId,
    pub target: f64,
}

impl Sample {
    /// Chooses the trials.
    ///
    /// One budget alone is the cleanest evidence, but Hyperband leaves few trials at the highest. Below
    /// `ENOUGH_ALONE` of them all budgets enter, the budget is a feature, and predictions are made at the highest.
    pub(super) fn of(evidence: &Evidence) -> Self {
        let finished = |trial: &Trial| trial.outcome.as_ref().and_then(Outcome::cost);
        let mut counts: BTreeMap<Budget, usize> = BTreeMap::new();
        for trial in evidence.history.trials().iter().filter(|trial| finished(trial).is_some()) {
            *counts.entry(trial.proposal.budget).or_default() += 1;
        }
        let aim = counts.iter().rev().find(|(_, n)| **n >= ENOUGH_TO_AIM).or(counts.iter().next_back());
        let aim = aim.map(|(budget, _)| *budget);
        let at_budget = aim.map_or(0, |budget| counts[&budget]);
        let pooled = at_budget < ENOUGH_ALONE && counts.len() > 1;
        let enters = |budget: Budget| pooled || Some(budget) == aim;

        let cap = evidence.baseline.filter(|cap| cap.is_finite());
        let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut costs, mut capped) = (Vec::new(), 0);
        for trial in evidence.history.trials() {
            let reason = match &trial.outcome {
                None => "running",
                Some(Outcome::Finished { .. }) if !enters(trial.proposal.budget) => "at another budget",
                Some(Outcome::Finished { cost }) => {
                    let worse = cap.is_some_and(|cap| *cost > cap);
                    capped += usize::from(worse);
                    costs.push((trial.proposal.trial, if worse { cap.unwrap_or(*cost) } else { *cost }));
                    continue;
                }
                Some(Outcome::TimedOut) => "timed out",
                Some(Outcome::OutOfMemory) => "out of memory",
                Some(other) => other.name(),
            };
            *left_out.entry(reason).or_default() += 1;
        }
        let logarithmic = costs.iter().all(|(_, cost)| *cost > 0.0);
        let target = |cost: f64| if logarithmic { cost.log10() } else { cost };
        Self {
            budget: aim.map(Budget::amount),
            pooled,
            logarithmic,
            cap,
            capped,
            trials: costs.len(),
            at_budget,
            budgets: counts
                .iter()
                .map(|(budget, trials)| Share { budget: budget.amount(), trials: *trials, enters: enters(*budget) })
                .collect(),
            left_out: left_out.iter().map(|(why, n)| LeftOut { reason: (*why).into(), trials: *n }).collect(),
            used: costs.iter().map(|(trial, cost)| Used { trial: *trial, target: target(*cost) }).collect(),
        }
    }

    /// A target as a cost.
    pub fn cost(&self, target: f64) -> f64 {
        if self.logarithmic { 10f64.powf(target) } else { target }
    }
}
