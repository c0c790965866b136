//! The race of several runs: the best so far against the budget spent, with bands over the runs of a group.
use indexmap::IndexMap;
use serde::Serialize;

use crate::numeric::quantile::quantile;
use crate::trial::budget::Budget;
use crate::trial::direction::Direction;
use crate::trial::history::History;

/// Points of a band, evenly spaced over the common effort.
const POINTS: usize = 60;
/// The quantiles at the ends of a band.
const BAND: (f64, f64) = (0.25, 0.75);

/// One run of a race.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Runner<'a> {
    /// The name of its group: runs of one experiment with several seeds.
    pub group: &'a str,
    pub history: &'a History,
}

/// The numbers of a race.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Race {
    /// The highest budget at which all runs have a cost; absent if there is none, and nothing is compared.
    pub budget: Option<f64>,
    /// The budget that every run has spent.
    pub effort: f64,
    pub groups: Vec<RaceGroup>,
}

/// The runs of one group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RaceGroup {
    pub name: String,
    pub runs: usize,
    /// The best cost of each run at the end of the common effort; absent where it has none by then.
    pub finals: Vec<Option<f64>>,
    pub points: Vec<RacePoint>,
}

/// The best costs of a group's runs after an effort.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct RacePoint {
    pub spent: f64,
    /// The median over those runs that have a cost; absent where fewer than half have one.
    pub median: Option<f64>,
    /// The ends of the band that holds the middle half of the runs; absent below three runs.
    pub band: Option<(f64, f64)>,
}

impl Race {
    /// The race of runs, whose groups keep the order of their first members.
    pub(crate) fn of(runners: &[Runner]) -> Self {
        let budgets = |history: &History| -> Vec<Budget> {
            let costs = history.ended().filter(|trial| trial.outcome.as_ref().is_some_and(|end| end.cost().is_some()));
            costs.map(|trial| trial.proposal.budget).collect()
        };
        let all: Vec<Vec<Budget>> = runners.iter().map(|runner| budgets(runner.history)).collect();
        let common = all.first().into_iter().flatten().filter(|budget| all.iter().all(|each| each.contains(budget)));
        let budget = common.max().copied();
        let effort = runners.iter().map(|runner| runner.history.spent()).reduce(f64::min).unwrap_or(0.0);
        let mut groups: IndexMap<&str, Vec<Vec<(f64, f64)>>> = IndexMap::new();
        for runner in runners {
            let steps = budget.map_or_else(Vec::new, |budget| steps(runner.history, budget));
            groups.entry(runner.group).or_default().push(steps);
        }
        let group = |(name, runs): (&str, Vec<Vec<(f64, f64)>>)| {
            let after = |spent: f64| -> Vec<Option<f64>> { runs.iter().map(|steps| best(steps, spent)).collect() };
            let point = |index: usize| {
                let spent = effort * index as f64 / POINTS as f64;
                RacePoint::of(spent, &after(spent))
            };
            let points = (1..=POINTS).map(point).collect();
            RaceGroup { name: name.to_owned(), runs: runs.len(), finals: after(effort), points }
        };
        Self { budget: budget.map(Budget::amount), effort, groups: groups.into_iter().map(group).collect() }
    }

    /// The race with values of an objective that is maximized in place of costs.
    pub(crate) fn turn(&mut self, direction: Direction) {
        for group in &mut self.groups {
            group.finals.iter_mut().flatten().for_each(|cost| *cost = direction.turn(*cost));
            for point in &mut group.points {
                point.median = point.median.map(|cost| direction.turn(cost));
                point.band = point.band.map(|(low, high)| {
                    let (low, high) = (direction.turn(low), direction.turn(high));
                    (low.min(high), low.max(high))
                });
            }
        }
    }
}

impl RacePoint {
    /// The median and the band of the best costs of some runs; a run without a cost counts as worse than all others.
    fn of(spent: f64, costs: &[Option<f64>]) -> Self {
        let mut known: Vec<f64> = costs.iter().flatten().copied().collect();
        known.sort_by(f64::total_cmp);
        let worst = known.last().copied();
        let all: Vec<f64> = costs.iter().filter_map(|cost| cost.or(worst)).collect();
        let is_half = 2 * known.len() >= costs.len().max(1);
        let end = |share: f64| quantile(&all, share).filter(|_| is_half && costs.len() >= 3);
        Self { spent, median: quantile(&all, 0.5).filter(|_| is_half), band: end(BAND.0).zip(end(BAND.1)) }
    }
}

/// The best cost so far at a budget after each amount spent at which it fell.
fn steps(history: &History, budget: Budget) -> Vec<(f64, f64)> {
    let mut reached = std::collections::HashMap::new();
    let (mut spent, mut steps) = (0.0, Vec::<(f64, f64)>::new());
    for trial in history.ended() {
        let proposal = &trial.proposal;
        let so_far: &mut f64 =
            reached.entry((proposal.configuration_id, proposal.seed, &proposal.instance)).or_default();
        spent += (proposal.budget.amount() - *so_far).max(0.0);
        *so_far = so_far.max(proposal.budget.amount());
        let Some(cost) = trial.outcome.as_ref().and_then(|outcome| outcome.cost()) else { continue };
        if proposal.budget == budget && steps.last().is_none_or(|(_, best)| cost < *best) {
            steps.push((spent, cost));
        }
    }
    steps
}

/// The best cost after an effort.
fn best(steps: &[(f64, f64)], spent: f64) -> Option<f64> {
    // The sums of several histories differ in their last digits.
    let reached = steps.partition_point(|step| step.0 <= spent * (1.0 + 1e-9));
    steps[..reached].last().map(|step| step.1)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{finished, history, line};
    use super::*;

    #[test]
    fn a_band_holds_the_middle_half_of_a_group() {
        let space = line();
        let run = |costs: &[f64]| {
            let trials = costs.iter().enumerate().map(|(index, cost)| (index as f64 / 10.0, 1.0, finished(*cost)));
            history(&space, trials.collect::<Vec<_>>())
        };
        let runs = [run(&[5.0, 4.0]), run(&[3.0, 3.5]), run(&[9.0, 2.0]), run(&[7.0, 7.5, 1.0])];
        let group = |index: usize| if index < 3 { "a" } else { "b" };
        let runners: Vec<Runner> =
            runs.iter().enumerate().map(|(index, history)| Runner { group: group(index), history }).collect();
        let found = Race::of(&runners);
        assert_eq!((found.budget, found.effort, found.groups.len()), (Some(1.0), 2.0, 2));
        let [a, b] = &found.groups[..] else { panic!() };
        assert_eq!((a.runs, &a.finals[..]), (3, &[Some(4.0), Some(3.0), Some(2.0)][..]));
        let last = a.points.last().unwrap();
        assert_eq!((last.median, last.band), (Some(3.0), Some((2.5, 3.5))));
        // The third trial of `b` is beyond the common effort.
        assert_eq!((b.finals[0], b.points.last().unwrap().band), (Some(7.0), None));
        assert_eq!(a.points[0].median, None, "half a trial was spent");
    }

    #[test]
    fn without_a_common_budget_nothing_is_compared() {
        let space = line();
        let (low, high) = (history(&space, [(0.1, 1.0, finished(5.0))]), history(&space, [(0.1, 9.0, finished(5.0))]));
        let found = Race::of(&[Runner { group: "a", history: &low }, Runner { group: "b", history: &high }]);
        assert_eq!((found.budget, found.groups[0].finals[0]), (None, None));
        assert_eq!(Race::of(&[]).groups, []);
    }
}
