//! The front of several objectives: the trials at the highest budget, and those that no other dominates.
use serde::Serialize;

use super::input::ReportInput;
use crate::trial::Origin;
use crate::trial::front::{Point, front, points};

/// The trials at the highest budget by their costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Front {
    /// The names of the objectives, in the order of the costs.
    pub objectives: Vec<String>,
    pub budget: f64,
    /// The configurations with costs at that budget, in the order of their trials' numbers.
    pub points: Vec<TrialCosts>,
    /// The points that no other dominates, by trial, the best of the first objective first.
    pub members: Vec<u32>,
    /// The share of the rectangle between the best and the worst costs that the front dominates; `None` unless there are
    /// two objectives.
    pub dominated: Option<f64>,
}

/// The costs of one configuration at the highest budget.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrialCosts {
    /// A trial of it: the one with the costs, where there is one.
    pub trial: u32,
    pub configuration_id: u32,
    pub costs: Vec<f64>,
    /// True where the costs are of evaluations alone, such as those at the end of the run.
    pub evaluated: bool,
    pub random: bool,
    pub default: bool,
}

impl Front {
    /// The front of a run; `None` with a single objective, or before the first success.
    pub(crate) fn of(input: &ReportInput) -> Option<Self> {
        if input.objectives.is_empty() {
            return None;
        }
        let front = front(input.history, input.evaluations);
        let budget = front.first()?.budget;
        let point = |Point { trial, costs, is_evaluated, .. }| TrialCosts {
            trial: trial.proposal.trial.0,
            configuration_id: trial.proposal.configuration_id.0,
            costs,
            evaluated: is_evaluated,
            random: trial.proposal.origin == Origin::Random,
            default: trial.proposal.origin == Origin::Default,
        };
        let points: Vec<TrialCosts> = points(input.history, input.evaluations).into_iter().map(point).collect();
        let members: Vec<u32> = front.iter().map(|point| point.trial.proposal.trial.0).collect();
        let dominated = dominated(&points, &members);
        Some(Self { objectives: input.objectives.to_vec(), budget: budget.amount(), points, members, dominated })
    }

    /// The costs of the trial with this number.
    pub(crate) fn point(&self, trial: u32) -> Option<&TrialCosts> {
        self.points.iter().find(|point| point.trial == trial)
    }
}

fn dominated(points: &[TrialCosts], members: &[u32]) -> Option<f64> {
    let pairs: Option<Vec<[f64; 2]>> = points.iter().map(|point| point.costs[..].try_into().ok()).collect();
    let pairs = pairs?;
    let ends = [0, 1].map(|objective| {
        let all = pairs.iter().map(|pair| pair[objective]);
        (all.clone().fold(f64::INFINITY, f64::min), all.fold(f64::NEG_INFINITY, f64::max))
    });
    let [(left, right), (low, high)] = ends;
    if left == right || low == high {
        return None;
    }
    // Member by member from the left: each dominates a column up to the right end, of which the next takes the rest.
    let (mut area, mut ceiling) = (0.0, high);
    for member in members {
        let point = points.iter().position(|point| point.trial == *member)?;
        let [x, y] = pairs[point];
        area += (right - x) * (ceiling - y).max(0.0);
        ceiling = ceiling.min(y);
    }
    Some(area / ((right - left) * (high - low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dominated_share_is_that_of_the_staircase() {
        let point = |trial: u32, costs: [f64; 2]| TrialCosts {
            trial,
            configuration_id: trial,
            costs: costs.to_vec(),
            evaluated: false,
            random: false,
            default: false,
        };
        let points = [point(1, [0.0, 2.0]), point(2, [1.0, 1.0]), point(3, [3.0, 0.0]), point(4, [4.0, 4.0])];
        // Of 16: 4 by 2, 3 by 1, and 1 by 1.
        assert_eq!(dominated(&points, &[1, 2, 3]), Some(12.0 / 16.0));
        assert_eq!(dominated(&points[..1], &[1]), None);
    }
}
