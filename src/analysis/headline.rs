//! Headline: the best configuration, its cost beside the default's, and the outcomes of the trials.
use indexmap::IndexMap;
use serde::Serialize;

use super::convergence::default_costs;
use super::input::{ReportInput, TestCosts};
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::{Domain, Value};
use crate::trial::Trial;
use crate::trial::direction::Direction;
use crate::trial::recommendation::{Recommendation, best_first};

/// The most ties that are listed.
const TIES: usize = 10;

/// The result of a run at a glance.
#[derive(Clone, Debug, Serialize)]
pub struct Headline {
    pub best: Option<BestTrial>,
    /// The default configuration's cost and budget: the budget of the best trial if the cost is known there, else the
    /// highest at which it is known.
    pub default: Option<(f64, f64)>,
    /// The cost of the constant predictor.
    pub baseline: Option<f64>,
    pub verdict: Option<TestCosts>,
    /// The number of trials by the word for their outcome.
    pub outcomes: IndexMap<String, usize>,
    pub configurations: usize,
    /// The highest budget of any trial.
    pub highest: Option<f64>,
    /// Successes at that budget.
    pub at_highest: usize,
    /// Seconds that trials ran, summed over all of them.
    pub worked_s: Option<f64>,
    /// Seconds from the first start to the last end.
    pub elapsed_s: Option<f64>,
}

/// The recommended configuration.
#[derive(Clone, Debug, Serialize)]
pub struct BestTrial {
    pub trial: u32,
    pub configuration_id: u32,
    pub budget: f64,
    /// The mean cost at that budget, its highest.
    pub cost: f64,
    /// True where that cost is of evaluations alone, such as those at the end of the run: no trial of it succeeded there.
    pub evaluated: bool,
    /// The cost that is expected at the highest budget of the run, given all results.
    pub expected: f64,
    /// The standard deviation of the expected cost; absent where it is one measurement whose noise is not known.
    pub deviation: Option<f64>,
    /// The budget that it is expected at.
    pub target: f64,
    /// The lowest cost measured at that budget, where it is another configuration's, with the number of that one.
    pub lowest: Option<(f64, u32)>,
    /// Configurations whose expected cost is not above by more than its uncertainty, the best first, at most ten.
    pub ties: Vec<u32>,
    pub origin: String,
    pub config: IndexMap<String, Value>,
    /// The configuration as a RON map.
    pub ron: String,
    /// Values at an end of their range: a wider range may hold a better one.
    pub on_bounds: Vec<Bound>,
}

/// A value at an end of its range.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bound {
    pub hyperparameter: String,
    pub value: Value,
    /// True for the upper end.
    pub upper: bool,
}

impl Headline {
    pub(super) fn of(input: &ReportInput) -> Self {
        let mut outcomes = IndexMap::new();
        for trial in input.history.trials() {
            *outcomes.entry(trial.word().to_owned()).or_insert(0) += 1;
        }
        outcomes.sort_by(|a, m, b, n| n.cmp(m).then(a.cmp(b)));
        let highest = input.history.trials().iter().map(|trial| trial.proposal.budget).max();
        let finished = |trial: &&Trial| trial.outcome.as_ref().is_some_and(|outcome| outcome.cost().is_some());
        let at_highest = input.history.trials().iter().filter(finished);
        let (first, last) = input.timings.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(first, last), timing| {
            (first.min(timing.started_s), last.max(timing.started_s + timing.seconds))
        });
        let timed = !input.timings.is_empty();
        let best = input.recommendation();
        let defaults = default_costs(input);
        let beside =
            best.and_then(|best| defaults.get_key_value(&best.target).or_else(|| defaults.get_key_value(&best.budget)));
        Self {
            best: best.and_then(|best| BestTrial::of(input, &best)),
            default: beside.or(defaults.last_key_value()).map(|(budget, cost)| (*cost, budget.amount())),
            baseline: input.baseline,
            verdict: input.verdict.cloned(),
            outcomes,
            configurations: input.history.configurations().len(),
            highest: highest.map(|budget| budget.amount()),
            at_highest: at_highest.filter(|trial| Some(trial.proposal.budget) == highest).count(),
            worked_s: timed.then(|| input.timings.iter().map(|timing| timing.seconds).sum()),
            elapsed_s: timed.then_some(last - first),
        }
    }
}

impl Headline {
    /// The factor by which the best is better than the default at the same budget, measured or expected; `None` unless both
    /// are positive.
    pub(crate) fn improvement(&self, direction: Direction) -> Option<f64> {
        let best = self.best.as_ref()?;
        let (cost, budget) = self.default?;
        let mine = best.at(budget)?;
        let (worse, better) = match direction {
            Direction::Minimize => (cost, mine),
            Direction::Maximize => (mine, cost),
        };
        (better > 0.0 && worse > better).then(|| worse / better)
    }
}

impl BestTrial {
    /// The cost at a budget: as it was measured, or as it is expected.
    pub(crate) fn at(&self, budget: f64) -> Option<f64> {
        if budget == self.target { Some(self.expected) } else { (budget == self.budget).then_some(self.cost) }
    }

    fn of(input: &ReportInput, best: &Recommendation) -> Option<Self> {
        let proposal = &input.history.trial(best.trial)?.proposal;
        let bound = |(index, value): (usize, &Option<Value>)| {
            let hyperparameter = &input.space.hyperparameters()[index];
            let value = value.as_ref()?;
            let (low, high) = match &hyperparameter.domain {
                Domain::Float { .. } => (0.01, 0.99),
                Domain::Integer { .. } | Domain::Steps(_) | Domain::Ordinal { .. }
                    if hyperparameter.size() > Some(2) =>
                {
                    (
                        hyperparameter.position(&hyperparameter.at(0.0))?,
                        hyperparameter.position(&hyperparameter.at(1.0))?,
                    )
                }
                _ => return None,
            };
            let position = hyperparameter.position(value)?;
            let at_end = position <= low || position >= high;
            let name = hyperparameter.name.clone();
            at_end.then(|| Bound { hyperparameter: name, value: value.clone(), upper: position >= high })
        };
        Some(Self {
            trial: proposal.trial.0,
            configuration_id: proposal.configuration_id.0,
            budget: best.budget.amount(),
            cost: best.cost,
            evaluated: best.is_evaluated,
            expected: best.expected,
            deviation: best.deviation,
            target: best.target.amount(),
            lowest: best.differs_from_lowest().then_some((best.lowest.cost, best.lowest.configuration.0)),
            ties: ties(input, best),
            origin: proposal.origin.name().to_owned(),
            config: named(input, &proposal.configuration),
            ron: input.space.to_ron(&proposal.configuration),
            on_bounds: proposal.configuration.values().iter().enumerate().filter_map(bound).collect(),
        })
    }
}

/// The configurations that tie with the best: the difference is at most one standard deviation of the difference.
fn ties(input: &ReportInput, best: &Recommendation) -> Vec<u32> {
    let variance = |each: &Recommendation| each.deviation.map_or(0.0, |deviation| deviation.powi(2));
    let is_tied = |each: &Recommendation| {
        let spread = (variance(each) + variance(best)).sqrt();
        // One that was never at the highest budget is not known to tie.
        each.is_measured() && spread > 0.0 && each.expected - best.expected <= spread
    };
    let others = best_first(input.history, input.evaluations, TIES + 1).into_iter().skip(1);
    others.filter(is_tied).map(|each| each.configuration.0).collect()
}

fn named(input: &ReportInput, configuration: &Configuration) -> IndexMap<String, Value> {
    input.space.named(configuration).map(|(name, value)| (name.to_owned(), value.clone())).collect()
}
