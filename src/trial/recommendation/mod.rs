//! Recommendation: the configuration with the lowest expected cost at the full budget, given all results of a run.
//!
//! Costs are taken to be normal. From the smallest budget upward, each configuration has an estimate of its cost: what
//! follows from its estimate at the budget below by a line through the configurations that have both costs (`relation.rs`),
//! or, for its first budget, the mean of all configurations there; then its own measurements, weighted against that by their
//! noise (`estimate.rs`). The noise is known where a configuration was evaluated with several seeds or on several instances
//! (`measurement.rs`); without, a measurement counts as exact. So a single run with repetitions is Bayesian shrinkage, a run
//! with rungs is regression, and one with neither is the lowest cost.
//!
//! The answer follows from the log alone, in a time proportional to the number of results.
mod estimate;
mod measurement;
mod relation;

use std::cmp::Ordering;

use super::budget::Budget;
use super::direction::Direction;
use super::evaluation::Evaluation;
use super::history::History;
use super::outcome::OutcomeKind;
use super::{ConfigurationId, TrialId};
use estimate::Estimate;
pub(crate) use measurement::counted;
use measurement::{Cell, Level, levels};
use relation::{Moments, Relation};

/// The configuration that a run recommends, with the evidence for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recommendation {
    pub configuration: ConfigurationId,
    /// The first success of the configuration at its highest budget; its first trial where only an evaluation succeeded.
    pub trial: TrialId,
    /// True where no trial of the configuration succeeded at `budget`: the cost comes from evaluations outside of the search.
    pub is_evaluated: bool,
    /// The highest budget at which the configuration has succeeded.
    pub budget: Budget,
    /// The mean cost of its successes there.
    pub cost: f64,
    /// The number of those successes, one a pair of seed and instance.
    pub results: u32,
    /// The number of its failures there.
    pub failures: u32,
    /// The highest budget at which any configuration has succeeded.
    pub target: Budget,
    /// The cost that is expected at `target`, averaged over seeds and instances.
    pub expected: f64,
    /// The standard deviation of that expectation; absent where it is one measurement whose noise is not known.
    pub deviation: Option<f64>,
    pub lowest: LowestCost,
}

/// The lowest mean cost that was measured at the target budget, be it by luck.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LowestCost {
    pub configuration: ConfigurationId,
    pub cost: f64,
}

impl Recommendation {
    /// The same with the user's signs: values that are maximized in place of their costs.
    #[must_use]
    pub fn turned(self, direction: Direction) -> Self {
        let lowest = LowestCost { cost: direction.turn(self.lowest.cost), ..self.lowest };
        Self { cost: direction.turn(self.cost), expected: direction.turn(self.expected), lowest, ..self }
    }

    /// True where the recommended configuration has succeeded at the target budget.
    pub fn is_measured(&self) -> bool {
        self.budget == self.target
    }

    /// True where another configuration has the lowest measured cost at the target budget.
    pub fn differs_from_lowest(&self) -> bool {
        self.lowest.configuration != self.configuration
    }
}

/// Reasons to recommend others first, the better before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Sound,
    /// It fell behind at a higher budget than it succeeded at.
    Pruned,
    /// At the highest budget with a verdict, at least half of its results are failures.
    Failing,
}

/// A configuration that has succeeded.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    estimate: Estimate,
    /// Its results at the highest budget at which it succeeded.
    reached: (Budget, Cell),
    standing: Standing,
}

/// The recommendation that follows from a history and from evaluations outside of it; `None` without a success. Of equals
/// it is the earliest.
pub fn recommend(history: &History, evaluations: &[Evaluation]) -> Option<Recommendation> {
    let run = Candidates::of(history, evaluations)?;
    let best = run.known().min_by(|a, b| a.1.before(&b.1))?;
    run.recommendation(history, best)
}

/// The configurations that would be recommended one after another, the best first, at most so many.
pub fn best_first(history: &History, evaluations: &[Evaluation], count: usize) -> Vec<Recommendation> {
    let Some(run) = Candidates::of(history, evaluations) else { return Vec::new() };
    let mut known: Vec<_> = run.known().collect();
    known.sort_by(|a, b| a.1.before(&b.1));
    known.into_iter().take(count).filter_map(|each| run.recommendation(history, each)).collect()
}

/// The mean cost of a configuration at a budget over its trials and evaluations there; `None` without a success.
pub fn mean_cost(
    history: &History,
    evaluations: &[Evaluation],
    configuration: ConfigurationId,
    budget: Budget,
) -> Option<f64> {
    let level = levels(history, evaluations).into_iter().find(|level| level.budget == budget)?;
    level.successes().find(|cell| cell.configuration == configuration).map(|cell| cell.mean)
}

/// The candidates of a run by the index of their configuration, and the results at the highest budget with a success.
struct Candidates {
    all: Vec<Option<Candidate>>,
    target: Level,
}

impl Candidates {
    fn of(history: &History, evaluations: &[Evaluation]) -> Option<Self> {
        let mut levels = levels(history, evaluations);
        let all = candidates(history, &levels);
        let target = levels.iter().rposition(|level| level.successes().next().is_some())?;
        Some(Self { all, target: levels.swap_remove(target) })
    }

    fn known(&self) -> impl Iterator<Item = (ConfigurationId, Candidate)> {
        let known = self.all.iter().enumerate();
        known.filter_map(|(index, each)| Some((ConfigurationId::of_index(index), (*each)?)))
    }

    fn recommendation(&self, history: &History, best: (ConfigurationId, Candidate)) -> Option<Recommendation> {
        let (configuration, Candidate { estimate, reached: (budget, cell), .. }) = best;
        let lowest = self.target.successes().min_by(|a, b| a.mean.total_cmp(&b.mean))?;
        let succeeded = history.of(configuration).find(|trial| {
            trial.proposal.budget == budget && trial.outcome.as_ref().is_some_and(|outcome| outcome.cost().is_some())
        });
        Some(Recommendation {
            configuration,
            is_evaluated: succeeded.is_none(),
            trial: succeeded.or_else(|| history.of(configuration).next())?.proposal.trial,
            budget,
            cost: cell.mean,
            results: cell.successes,
            failures: cell.failures,
            target: self.target.budget,
            expected: estimate.mean,
            deviation: Some(estimate.variance.sqrt()).filter(|deviation| *deviation > 0.0),
            lowest: LowestCost { configuration: lowest.configuration, cost: lowest.mean },
        })
    }
}

impl Candidate {
    /// The order in which candidates are recommended.
    fn before(&self, other: &Self) -> Ordering {
        (self.standing.cmp(&other.standing))
            .then(self.estimate.mean.total_cmp(&other.estimate.mean))
            // Beyond the fence all expectations are equal.
            .then(other.reached.0.cmp(&self.reached.0))
            .then(self.reached.1.mean.total_cmp(&other.reached.1.mean))
    }
}

impl Level {
    fn successes(&self) -> impl Iterator<Item = &Cell> + Clone {
        self.cells.iter().filter(|cell| cell.successes > 0)
    }
}

/// The candidates by the index of their configuration, with their estimates at the highest level with a success.
fn candidates(history: &History, levels: &[Level]) -> Vec<Option<Candidate>> {
    let mut known: Vec<Option<Candidate>> = vec![None; history.configurations().len()];
    let (mut below, mut noise): (Option<Moments>, f64) = (None, 0.0);
    for level in levels {
        let measured = level.successes().map(|cell| cell.adjusted);
        if let Some(here) = Moments::of(measured.clone()) {
            noise = level.noise.unwrap_or(noise);
            // Without repetitions here, the noise of the budget below.
            let error = |cell: &Cell| if level.noise.is_some() { cell.error } else { noise };
            let share = level.successes().map(error).sum::<f64>() / measured.count() as f64;
            if let Some(below) = below {
                let both = level.successes().filter_map(|cell| {
                    Some((known[cell.configuration.index()].as_ref()?.estimate.mean, cell.adjusted))
                });
                let relation = Relation::fit(&both.collect::<Vec<_>>(), below, here);
                known.iter_mut().flatten().for_each(|each| each.estimate = relation.carry(each.estimate, share));
            }
            let everyone = Estimate { mean: here.mean, variance: (here.variance - share).max(0.0) };
            for cell in level.successes() {
                let place = &mut known[cell.configuration.index()];
                let prior = place.as_ref().map_or(everyone, |candidate| candidate.estimate);
                let estimate = prior.after(cell.adjusted, error(cell));
                *place = Some(Candidate { estimate, reached: (level.budget, *cell), standing: Standing::Sound });
            }
            below = Some(here);
        }
        for cell in &level.cells {
            if let Some(candidate) = &mut known[cell.configuration.index()]
                && cell.failures >= cell.successes
            {
                candidate.standing = Standing::Failing;
            }
        }
    }
    for trial in history.ended().filter(|trial| trial.outcome.as_ref().map(|it| it.kind()) == Some(OutcomeKind::Pruned))
    {
        if let Some(candidate) = &mut known[trial.proposal.configuration_id.index()]
            && trial.proposal.budget > candidate.reached.0
        {
            candidate.standing = candidate.standing.max(Standing::Pruned);
        }
    }
    known
}

#[cfg(test)]
mod tests;
