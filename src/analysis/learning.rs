//! Learning curves: the costs that trials reported on their way, of some configurations.
use std::collections::BTreeMap;

use serde::Serialize;

use super::input::ReportInput;
use crate::trial::Trial;
use crate::trial::direction::Direction;
use crate::trial::outcome::{Outcome, OutcomeKind};

/// Curves that are kept at most, beside the recommended configuration's.
const KEPT: usize = 120;
/// Curves at a budget below which a rank says nothing.
const RANKED: usize = 8;

/// The learning curves of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Learning {
    /// The number of curves, which is one for each configuration, seed and instance with reports on the way.
    pub all: usize,
    /// The number of those that ended before the full budget without a failure.
    pub stopped: usize,
    pub failed: usize,
    /// The share of its budget from which on the recommended configuration is among the best quarter of the curves; absent
    /// if it never is, or too few curves are there.
    pub ahead: Option<f64>,
    /// An even share of the curves, the recommended configuration's last.
    pub curves: Vec<LearningCurve>,
}

/// The costs of a configuration on its way through all of its trials with one seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LearningCurve {
    pub configuration_id: u32,
    /// The last of its trials.
    pub trial: u32,
    pub kind: CurveKind,
    /// Budgets with their costs, in ascending order of budget.
    pub points: Vec<(f64, f64)>,
}

/// The end of a learning curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CurveKind {
    /// It was pruned, or not promoted.
    Stopped,
    Failed,
    Running,
    /// It had the highest budget.
    Full,
    Recommended,
}

impl Learning {
    /// The curves of a run; `None` if no trial reported a cost on its way.
    pub(super) fn of(input: &ReportInput) -> Option<Self> {
        let highest = input.history.trials().iter().map(|trial| trial.proposal.budget).max()?;
        let best = input.recommendation().map(|best| best.configuration);
        let mut chains: BTreeMap<_, Vec<&Trial>> = BTreeMap::new();
        for trial in input.history.trials() {
            let proposal = &trial.proposal;
            let key = (proposal.configuration_id.0, proposal.seed, proposal.instance.clone());
            chains.entry(key).or_default().push(trial);
        }
        let curve = |chain: &mut Vec<&Trial>| {
            chain.sort_by_key(|trial| trial.proposal.budget);
            let last = chain.last()?;
            if chain.iter().all(|trial| trial.curve.points().is_empty()) {
                return None;
            }
            let kind = match last.outcome.as_ref().map(Outcome::kind) {
                _ if Some(last.proposal.configuration_id) == best => CurveKind::Recommended,
                None => CurveKind::Running,
                Some(OutcomeKind::Finished) if last.proposal.budget == highest => CurveKind::Full,
                Some(OutcomeKind::Finished | OutcomeKind::Pruned | OutcomeKind::Forgotten) => CurveKind::Stopped,
                Some(_) => CurveKind::Failed,
            };
            let points = points(chain);
            let (configuration_id, trial) = (last.proposal.configuration_id.0, last.proposal.trial.0);
            (!points.is_empty()).then_some(LearningCurve { configuration_id, trial, kind, points })
        };
        let mut curves: Vec<LearningCurve> = chains.values_mut().filter_map(curve).collect();
        if curves.is_empty() {
            return None;
        }
        let count = |kind: CurveKind| curves.iter().filter(|curve| curve.kind == kind).count();
        let (all, stopped, failed) = (curves.len(), count(CurveKind::Stopped), count(CurveKind::Failed));
        let ahead = ahead(&curves);
        let (own, mut others): (Vec<_>, Vec<_>) =
            curves.drain(..).partition(|curve| curve.kind == CurveKind::Recommended);
        let n = others.len();
        let mut index = 0;
        others.retain(|_| {
            index += 1;
            n <= KEPT || index * KEPT / n != (index - 1) * KEPT / n
        });
        others.extend(own.into_iter().take(KEPT));
        Some(Self { all, stopped, failed, ahead, curves: others })
    }

    pub(super) fn turn(&mut self, direction: Direction) {
        let points = self.curves.iter_mut().flat_map(|curve| &mut curve.points);
        points.for_each(|(_, cost)| *cost = direction.turn(*cost));
    }
}

/// The points of trials in ascending order of budget; a trial that began anew replaces the points beyond its first.
fn points(chain: &[&Trial]) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    for trial in chain {
        let reported = trial.curve.points().iter().map(|point| (point.budget.amount(), point.cost));
        let end = trial.outcome.as_ref().and_then(Outcome::cost).map(|cost| (trial.proposal.budget.amount(), cost));
        let own: Vec<(f64, f64)> = reported.chain(end).collect();
        if let Some(&(first, _)) = own.first() {
            points.retain(|(budget, _)| *budget < first);
        }
        points.extend(own);
    }
    points
}

/// The share of its budget from which on the recommended curve stays among the best quarter.
fn ahead(curves: &[LearningCurve]) -> Option<f64> {
    let own = curves.iter().find(|curve| curve.kind == CurveKind::Recommended)?;
    let end = own.points.last()?.0;
    let mut from = None;
    for &(budget, cost) in own.points.iter().rev() {
        let at = |curve: &LearningCurve| {
            let reached = curve.points.partition_point(|point| point.0 <= budget);
            // A curve that ended before is compared no more.
            let goes_on = curve.points.last().is_some_and(|last| last.0 >= budget);
            goes_on.then(|| curve.points[..reached].last().map(|point| point.1)).flatten()
        };
        let all: Vec<f64> = curves.iter().filter_map(at).collect();
        if all.len() < RANKED {
            continue;
        }
        if all.iter().filter(|other| **other < cost).count() * 4 >= all.len() {
            break;
        }
        from = Some(budget / end);
    }
    from
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{finished, input, line};
    use super::*;
    use crate::space::hyperparameter::Value;
    use crate::trial::budget::Budget;
    use crate::trial::curve::CurvePoint;
    use crate::trial::history::History;

    /// Ten configurations with reports after 1 and 2 of 4 steps; all but the first cross after the first.
    fn curves() -> History {
        let (space, mut history) = (line(), History::default());
        let budget = |amount: f64| Budget::new(amount).unwrap();
        for index in 0..10 {
            let x = f64::from(index) / 10.0;
            let configuration = space.configuration(vec![Some(Value::Float(x))]).unwrap();
            let proposal = history.proposal(configuration, budget(4.0));
            let trial = proposal.trial;
            history.ask(proposal);
            history.report(trial, CurvePoint { budget: budget(1.0), cost: if index == 0 { 9.0 } else { x } });
            history.report(trial, CurvePoint { budget: budget(2.0), cost: x });
            history.tell(trial, if index == 9 { Outcome::Pruned } else { finished(x) });
        }
        history
    }

    #[test]
    fn the_best_is_ahead_from_where_it_stays_among_the_best_quarter() {
        let (space, history) = (line(), curves());
        let found = Learning::of(&input(&space, &history)).unwrap();
        assert_eq!((found.all, found.stopped, found.failed, found.ahead), (10, 1, 0, Some(0.5)));
        let last = found.curves.last().unwrap();
        assert_eq!((last.kind, &last.points[..]), (CurveKind::Recommended, &[(1.0, 9.0), (2.0, 0.0), (4.0, 0.0)][..]));
    }

    #[test]
    fn without_reports_there_are_no_curves() {
        let space = line();
        let history = super::super::fixtures::history(&space, [(0.1, 1.0, finished(3.0)), (0.2, 1.0, finished(2.0))]);
        assert_eq!(Learning::of(&input(&space, &history)), None);
        assert_eq!(Learning::of(&input(&space, &History::default())), None);
    }
}
