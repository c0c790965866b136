//! The best cost so far against effort.
use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::Evidence;
use crate::trial::Origin;
use crate::trial::budget::Budget;

/// Costs against what was spent to find them.
#[derive(Clone, Debug, Serialize)]
pub struct Convergence {
    /// Successes, in the order of ending.
    pub dots: Vec<Dot>,
    /// The best so far at each budget, from the smallest budget.
    pub curves: Vec<Curve>,
    /// All that was spent, in budget units; a promoted trial spends only the difference.
    pub spent: f64,
    /// Trials that ended.
    pub ended: usize,
    /// The default configuration's cost at the highest budget at which it ran.
    pub default: Option<(f64, f64)>,
    pub baseline: Option<f64>,
    /// Trials that ended since the best at the highest budget was found.
    pub since: Option<usize>,
}

/// A success.
#[derive(Clone, Debug, Serialize)]
pub struct Dot {
    pub trial: u32,
    /// How many trials had ended, this one included.
    pub ended: usize,
    /// What had been spent when it ended.
    pub spent: f64,
    pub budget: f64,
    pub cost: f64,
    pub random: bool,
}

/// The best so far at one budget: each step holds until the next.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    pub budget: f64,
    pub steps: Vec<Step>,
}

/// A new best.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Step {
    pub trial: u32,
    pub ended: usize,
    pub spent: f64,
    pub cost: f64,
}

impl Convergence {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let (mut reached, mut spent, mut ended) = (HashMap::new(), 0.0, 0);
        let (mut dots, mut curves) = (Vec::new(), BTreeMap::<Budget, Vec<Step>>::new());
        for trial in evidence.history.ended() {
            let proposal = &trial.proposal;
            let so_far: &mut f64 = reached.entry(proposal.configuration_id).or_default();
            spent += (proposal.budget.amount() - *so_far).max(0.0);
            *so_far = so_far.max(proposal.budget.amount());
            ended += 1;
            let Some(cost) = trial.outcome.as_ref().and_then(|outcome| outcome.cost()) else { continue };
            let (number, budget) = (proposal.trial.0, proposal.budget.amount());
            dots.push(Dot { trial: number, ended, spent, budget, cost, random: proposal.origin == Origin::Random });
            let steps = curves.entry(proposal.budget).or_default();
            if steps.last().is_none_or(|best: &Step| cost < best.cost) {
                steps.push(Step { trial: number, ended, spent, cost });
            }
        }
        let since = curves.values().next_back().and_then(|steps| steps.last()).map(|best| ended - best.ended);
        let curves = curves.into_iter().map(|(budget, steps)| Curve { budget: budget.amount(), steps });
        Self {
            dots,
            curves: curves.collect(),
            spent,
            ended,
            default: default_cost(evidence),
            baseline: evidence.baseline,
            since,
        }
    }
}

/// The default configuration's cost and the highest budget at which it has one.
pub(super) fn default_cost(evidence: &Evidence) -> Option<(f64, f64)> {
    let default = evidence.space.default_configuration().ok()?;
    let trials = evidence.history.trials().iter().filter(|trial| trial.proposal.configuration == default);
    let costs = trials.filter_map(|trial| Some((trial.outcome.as_ref()?.cost()?, trial.proposal.budget)));
    costs.max_by_key(|(_, budget)| *budget).map(|(cost, budget)| (cost, budget.amount()))
}
