//! Spending: the seconds and the money of a run, by budget and configuration, and what it would have cost otherwise.
use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::chain::{Chain, ENOUGH, Rule, TimeLine, chains, continued, line, rules};
use super::correlation::spearman;
use super::input::ReportInput;
use super::timetable::ends;
use crate::space::configuration::Configuration;
use crate::trial::Trial;
use crate::trial::budget::Budget;
use crate::trial::direction::Direction;
use crate::trial::outcome::Outcome;

/// Hyperparameters against which times are drawn, at most.
const PACES: usize = 2;
/// The least rank correlation with the times, in standard errors and as it is, of one that is drawn.
const CLEAR: (f64, f64) = (2.6, 0.3);
/// Configurations whose times are kept at most.
const POINTS: usize = 600;

/// The times and prices of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spending {
    /// The seconds of all attempts.
    pub seconds: f64,
    /// The price of an hour of a worker.
    pub price_per_hour: Option<f64>,
    pub money: Option<f64>,
    pub by_budget: Vec<BudgetSpending>,
    /// Every configuration, the most expensive first.
    pub configurations: Vec<ConfigurationSpending>,
    /// The seconds of a start, and those for a unit of budget, by a line through all successes; absent with too few.
    pub line: Option<TimeLine>,
    /// The hyperparameters whose values go with the times of configurations most closely.
    pub paces: Vec<PaceRelation>,
    /// True if the times show that trials at a higher budget continued, false if they show that these began anew; absent if
    /// the times cannot tell.
    pub continued: Option<bool>,
    pub otherwise: Vec<Otherwise>,
    /// The best so far at the highest budget, by the time of its end in seconds of sessions.
    pub clock: Vec<ClockStep>,
    /// The budget of the clock.
    pub clock_budget: Option<f64>,
}

/// The trials of one budget.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BudgetSpending {
    pub budget: f64,
    pub trials: usize,
    pub seconds: f64,
}

/// The trials of one configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConfigurationSpending {
    pub configuration_id: u32,
    pub trials: usize,
    pub seconds: f64,
    /// Its highest budget with a success, and the cost there.
    pub reached: Option<(f64, f64)>,
}

/// The relation of a hyperparameter to the times of configurations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PaceRelation {
    pub hyperparameter: String,
    /// Its index in the space.
    pub index: usize,
    /// Spearman's rank correlation.
    pub correlation: f64,
    /// The position of the value, and the seconds as a share of the mean of trials with the same budgets, a configuration
    /// each.
    pub points: Vec<(f64, f64)>,
}

/// The cost of the same configurations under another rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Otherwise {
    pub rule: Rule,
    pub budget: f64,
    pub seconds: f64,
    pub money: Option<f64>,
}

/// A trial that lowered the best cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClockStep {
    pub trial: u32,
    pub at_s: f64,
    pub cost: f64,
}

impl Spending {
    /// The spending of a run; `None` if no time is known.
    pub(super) fn of(input: &ReportInput) -> Option<Self> {
        if input.timings.is_empty() {
            return None;
        }
        let mut seconds_of: HashMap<u32, f64> = HashMap::new();
        for timing in input.timings.iter().chain(input.course.repeated) {
            *seconds_of.entry(timing.trial).or_default() += timing.seconds.max(0.0);
        }
        let seconds: f64 = seconds_of.values().sum::<f64>();
        let money = |seconds: f64| input.course.price_per_hour.map(|price| price * seconds / 3600.0);
        let of = |trial: &Trial| seconds_of.get(&trial.proposal.trial.0).copied();
        let mut by_budget: BTreeMap<Budget, (usize, f64)> = BTreeMap::new();
        for (trial, seconds) in input.history.trials().iter().filter_map(|trial| Some((trial, of(trial)?))) {
            let sum = by_budget.entry(trial.proposal.budget).or_default();
            *sum = (sum.0 + 1, sum.1 + seconds);
        }
        let chains = chains(input, &of);
        let continued = continued(&chains);
        let line = match continued {
            Some(false) => line(&chains, &|_, reached| reached),
            _ => line(&chains, &|before, reached| reached - before),
        };
        let highest = input.history.trials().iter().map(|trial| trial.proposal.budget.amount()).fold(0.0, f64::max);
        let full = input.course.full_budget.unwrap_or(highest).max(highest);
        let otherwise = |(rule, budget, seconds)| Otherwise { rule, budget, seconds, money: money(seconds) };
        let (clock, clock_budget) = clock(input);
        Some(Self {
            seconds,
            price_per_hour: input.course.price_per_hour,
            money: money(seconds),
            by_budget: (by_budget.into_iter())
                .map(|(budget, (trials, seconds))| BudgetSpending { budget: budget.amount(), trials, seconds })
                .collect(),
            configurations: configurations(input, &of),
            line: line.map(|(line, _)| line),
            paces: paces(input, &chains),
            continued,
            otherwise: rules(&chains, (continued, line.map(|(line, _)| line)), full, seconds)
                .into_iter()
                .map(otherwise)
                .collect(),
            clock,
            clock_budget,
        })
    }

    pub(super) fn turn(&mut self, direction: Direction) {
        let reached = self.configurations.iter_mut().filter_map(|each| each.reached.as_mut());
        reached.for_each(|(_, cost)| *cost = direction.turn(*cost));
        self.clock.iter_mut().for_each(|step| step.cost = direction.turn(step.cost));
    }

    /// The cost under a rule, if it differs from the actual one.
    pub(crate) fn under(&self, rule: Rule) -> Option<&Otherwise> {
        self.otherwise.iter().find(|each| each.rule == rule)
    }
}

fn configurations(input: &ReportInput, seconds: &dyn Fn(&Trial) -> Option<f64>) -> Vec<ConfigurationSpending> {
    let mut found: BTreeMap<u32, ConfigurationSpending> = BTreeMap::new();
    for (trial, seconds) in input.history.trials().iter().filter_map(|trial| Some((trial, seconds(trial)?))) {
        let configuration_id = trial.proposal.configuration_id.0;
        let empty = ConfigurationSpending { configuration_id, trials: 0, seconds: 0.0, reached: None };
        let own = found.entry(configuration_id).or_insert(empty);
        (own.trials, own.seconds) = (own.trials + 1, own.seconds + seconds);
        if let Some(cost) = trial.outcome.as_ref().and_then(Outcome::cost) {
            let budget = trial.proposal.budget.amount();
            if own.reached.is_none_or(|(reached, _)| reached < budget) {
                own.reached = Some((budget, cost));
            }
        }
    }
    let mut all: Vec<ConfigurationSpending> = found.into_values().collect();
    all.sort_by(|a, b| b.seconds.total_cmp(&a.seconds).then(a.configuration_id.cmp(&b.configuration_id)));
    all
}

/// The numeric hyperparameters whose ranks clearly go with the ranks of the times, the closest first.
fn paces(input: &ReportInput, chains: &[Chain]) -> Vec<PaceRelation> {
    let mut means: BTreeMap<(u64, u64), (f64, f64)> = BTreeMap::new();
    for (_, seconds, before, reached) in chains.iter().flat_map(|chain| &chain.trials) {
        let sum = means.entry((before.to_bits(), reached.to_bits())).or_default();
        *sum = (sum.0 + seconds, sum.1 + 1.0);
    }
    let usual = |before: f64, reached: f64| {
        let (sum, count) = means[&(before.to_bits(), reached.to_bits())];
        sum / count
    };
    let pace = |chain| pace(chain, &usual);
    let known: Vec<_> = chains.iter().filter_map(pace).collect();
    let known: Vec<_> = known.iter().step_by(known.len().div_ceil(POINTS).max(1)).collect();
    let relation = |index: usize| {
        let hyperparameter = &input.space.hyperparameters()[index];
        if hyperparameter.is_categorical() || !super::row::varies(hyperparameter) {
            return None;
        }
        let point = |(configuration, pace): &&(&Configuration, f64)| {
            Some((hyperparameter.position(configuration.get(index)?)?, *pace))
        };
        let points: Vec<(f64, f64)> = known.iter().copied().filter_map(|each| point(&each)).collect();
        if points.len() < ENOUGH {
            return None;
        }
        let (x, y): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        let correlation = spearman(&x, &y)?;
        let is_clear = correlation.abs() * (points.len() as f64).sqrt() > CLEAR.0 && correlation.abs() >= CLEAR.1;
        if !is_clear {
            return None;
        }
        Some(PaceRelation { hyperparameter: hyperparameter.name.clone(), index, correlation, points })
    };
    let mut all: Vec<PaceRelation> = (0..input.space.hyperparameters().len()).filter_map(relation).collect();
    all.sort_by(|a, b| b.correlation.abs().total_cmp(&a.correlation.abs()));
    all.truncate(PACES);
    all
}

/// The configuration of a chain without failures, and its seconds as a share of the usual ones.
fn pace<'a>(chain: &Chain<'a>, usual: &dyn Fn(f64, f64) -> f64) -> Option<(&'a Configuration, f64)> {
    let seconds: f64 = chain.trials.iter().map(|(_, seconds, ..)| seconds).sum();
    let all: f64 = chain.trials.iter().map(|(_, _, before, reached)| usual(*before, *reached)).sum();
    let (first, ..) = chain.trials.first()?;
    (!chain.failed && all > 0.0).then(|| (&first.proposal.configuration, seconds / all))
}

/// The best so far at the highest budget with a success, by the time at which trials ended.
fn clock(input: &ReportInput) -> (Vec<ClockStep>, Option<f64>) {
    let cost = |trial: &Trial| trial.outcome.as_ref().and_then(Outcome::cost);
    let budgets = input.history.trials().iter().filter(|trial| cost(trial).is_some());
    let Some(budget) = budgets.map(|trial| trial.proposal.budget).max() else { return (Vec::new(), None) };
    let ends = ends(input);
    let at = input.history.trials().iter().filter(|trial| trial.proposal.budget == budget);
    let mut known: Vec<ClockStep> = at
        .filter_map(|trial| {
            let number = trial.proposal.trial.0;
            Some(ClockStep { trial: number, at_s: *ends.get(&number)?, cost: cost(trial)? })
        })
        .collect();
    known.sort_by(|a, b| a.at_s.total_cmp(&b.at_s).then(a.trial.cmp(&b.trial)));
    let mut steps: Vec<ClockStep> = Vec::new();
    for step in known {
        if steps.last().is_none_or(|best| step.cost < best.cost) {
            steps.push(step);
        }
    }
    (steps, Some(budget.amount()))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{finished, input, line};
    use super::super::input::{Course, Timing};
    use super::*;
    use crate::space::hyperparameter::Value;
    use crate::trial::history::History;

    /// Successive halving with 27, 9, 3 and 1 configurations at 1, 3, 9 and 27 steps, of which each takes so long.
    fn bracket(seconds: impl Fn(f64, f64) -> f64) -> (History, Vec<Timing>) {
        let (space, mut history, mut timings) = (line(), History::default(), Vec::new());
        for (rung, count) in [27, 9, 3, 1].into_iter().enumerate() {
            let (budget, before) = (3_f64.powi(rung as i32), if rung == 0 { 0.0 } else { 3_f64.powi(rung as i32 - 1) });
            for index in 0..count {
                let x = f64::from(index) / 27.0;
                let configuration = space.configuration(vec![Some(Value::Float(x))]).unwrap();
                let proposal = history.proposal(configuration, Budget::new(budget).unwrap());
                let trial = proposal.trial;
                history.ask(proposal);
                history.tell(trial, finished(x));
                let started_s = f64::from(trial.0);
                timings.push(Timing {
                    trial: trial.0,
                    started_s,
                    seconds: seconds(before, budget),
                    slot: "cpu:0".into(),
                });
            }
        }
        (history, timings)
    }

    fn spending(seconds: impl Fn(f64, f64) -> f64) -> Spending {
        let (space, (history, timings)) = (line(), bracket(seconds));
        let course = Course { price_per_hour: Some(3600.0), ..Course::default() };
        Spending::of(&ReportInput { timings: &timings, course, ..input(&space, &history) }).unwrap()
    }

    #[test]
    fn the_cost_of_a_known_bracket_under_each_rule() {
        // Two seconds a step, where trials continue.
        let found = spending(|before, budget| 2.0 * (budget - before));
        assert_eq!(found.continued, Some(true));
        let check = |found: &Spending, expected: [(Rule, f64, f64); 3]| {
            for (found, (rule, budget, seconds)) in found.otherwise.iter().zip(expected) {
                assert_eq!((found.rule, found.budget), (rule, budget));
                assert!((found.seconds - seconds).abs() < 1e-6, "{found:?}");
            }
            assert_eq!(found.otherwise.len(), 3);
        };
        check(
            &found,
            [
                (Rule::Actual, 81.0, 162.0),
                (Rule::WithoutStopping, 729.0, 1458.0),
                (Rule::WithoutContinuing, 108.0, 216.0),
            ],
        );
        assert_eq!((found.money, found.by_budget[3].seconds), (Some(162.0), 36.0));
        // The same, where each begins anew: beside the 108 steps, 26 times 27.
        let found = spending(|_, budget| 2.0 * budget);
        assert_eq!(found.continued, Some(false));
        check(
            &found,
            [(Rule::Actual, 108.0, 216.0), (Rule::WithoutStopping, 810.0, 1620.0), (Rule::WithContinuing, 81.0, 162.0)],
        );
        // A start of five seconds is paid once a trial under every rule.
        let found = spending(|before, budget| 5.0 + 2.0 * (budget - before));
        assert!(found.line.is_some_and(|line| (line.start_s - 5.0).abs() < 1e-6));
        check(
            &found,
            [
                (Rule::Actual, 81.0, 362.0),
                (Rule::WithoutStopping, 729.0, 1658.0),
                (Rule::WithoutContinuing, 108.0, 416.0),
            ],
        );
    }

    #[test]
    fn the_best_falls_by_the_clock() {
        let (space, (history, timings)) = (line(), bracket(|_, budget| budget));
        let found = Spending::of(&ReportInput { timings: &timings, ..input(&space, &history) }).unwrap();
        assert_eq!((found.clock.len(), found.clock_budget), (1, Some(27.0)));
        assert_eq!(Spending::of(&input(&space, &history)), None);
    }
}
