//! The front of several objectives: the trials at the highest budget, and those that no other dominates.
use serde::Serialize;

use super::convergence::{Convergence, Dot};
use super::input::ReportInput;
use crate::numeric::low_discrepancy::sobol;
use crate::numeric::pareto::{dominated_share, dominates};
use crate::numeric::quantile::quantile;
use crate::trial::front::{Point, front, points};
use crate::trial::{Origin, TrialId};

/// Points by which the volume below three and more objectives is measured.
const MEASURED: usize = 8192;
/// The distance of the reference point from the worst costs of the front, in ranges of the front.
const MARGIN: f64 = 0.1;

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
    /// The trials by which the front grew, in the order of ending.
    pub progress: Vec<FrontStep>,
}

/// The front after a trial that no earlier one dominates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FrontStep {
    pub trial: u32,
    /// The number of trials that had ended, this one included.
    pub ended: usize,
    /// The budget that had been spent when it ended.
    pub spent: f64,
    /// The hypervolume: the share of what lies between the best cost of each objective and a reference point that some trial
    /// dominates. The reference is worse than the whole front at the end, and not better than the median of all trials.
    pub hypervolume: f64,
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
    pub(crate) fn of(input: &ReportInput, convergence: &Convergence) -> Option<Self> {
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
        let costs_of = |dot: &Dot| input.history.trial(TrialId(dot.trial))?.outcome.as_ref().map(|end| end.costs());
        let here = convergence.dots.iter().filter(|dot| dot.budget == budget.amount());
        let ended: Vec<(&Dot, &[f64])> = here.filter_map(|dot| Some((dot, costs_of(dot)?))).collect();
        let (objectives, budget) = (input.objectives.to_vec(), budget.amount());
        Some(Self { objectives, budget, points, members, dominated, progress: progress(&ended) })
    }

    /// The costs of the trial with this number.
    pub(crate) fn point(&self, trial: u32) -> Option<&TrialCosts> {
        self.points.iter().find(|point| point.trial == trial)
    }
}

fn dominated(points: &[TrialCosts], members: &[u32]) -> Option<f64> {
    let costs: Vec<&[f64]> = points.iter().map(|point| &point.costs[..]).collect();
    let of = |member: &u32| Some(&points.iter().find(|point| point.trial == *member)?.costs[..]);
    let front: Vec<&[f64]> = members.iter().map(of).collect::<Option<_>>()?;
    dominated_share(&costs, &front)
}

/// The growth of the front, trial by trial.
fn progress(ended: &[(&Dot, &[f64])]) -> Vec<FrontStep> {
    let mut members: Vec<&[f64]> = Vec::new();
    let mut grown: Vec<(&Dot, &[f64])> = Vec::new();
    for (dot, costs) in ended {
        if members.iter().any(|member| dominates(member, costs) || member == costs) {
            continue;
        }
        members.retain(|member| !dominates(costs, member));
        members.push(costs);
        grown.push((dot, costs));
    }
    let bounds: Vec<(f64, f64)> = (0..ended.first().map_or(0, |(_, costs)| costs.len()))
        .map(|objective| {
            let of_front = members.iter().map(|costs| costs[objective]);
            let (best, worst) =
                of_front.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
            let all: Vec<f64> = ended.iter().map(|(_, costs)| costs[objective]).collect();
            let reference = (worst + MARGIN * (worst - best)).max(quantile(&all, 0.5).unwrap_or(worst));
            // A front of one point that is as good as the median dominates everything there is.
            (best, if reference > best { reference } else { best + 1.0 })
        })
        .collect();
    let mut volume = Volume::of(bounds);
    let step = |(dot, costs): (&Dot, &[f64])| FrontStep {
        trial: dot.trial,
        ended: dot.ended,
        spent: dot.spent,
        hypervolume: volume.with(costs),
    };
    grown.into_iter().map(step).collect()
}

/// The dominated part of a box: exact for two objectives, else by evenly spread points.
struct Volume {
    bounds: Vec<(f64, f64)>,
    /// The stairs of two objectives, in shares of the box, from the left.
    stairs: Vec<(f64, f64)>,
    /// Points that no vector dominates yet.
    open: Vec<Vec<f64>>,
}

impl Volume {
    fn of(bounds: Vec<(f64, f64)>) -> Self {
        let open = if bounds.len() > 2 { sobol(MEASURED, bounds.len(), 0, "hypervolume") } else { vec![] };
        Self { bounds, stairs: vec![], open }
    }

    /// The dominated share with one vector more.
    fn with(&mut self, costs: &[f64]) -> f64 {
        let shares = costs.iter().zip(&self.bounds).map(|(cost, (best, reference))| (cost - best) / (reference - best));
        let shares: Vec<f64> = shares.collect();
        if let [x, y] = shares[..] {
            self.stairs.retain(|(right, up)| *right < x || *up < y);
            self.stairs.push((x, y));
            self.stairs.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (mut area, mut ceiling) = (0.0, 1.0_f64);
            for (x, y) in self.stairs.iter().filter(|(x, y)| *x < 1.0 && *y < 1.0) {
                area += (1.0 - x.max(0.0)) * (ceiling - y.max(0.0)).max(0.0);
                ceiling = ceiling.min(*y);
            }
            return area;
        }
        self.open.retain(|point| shares.iter().zip(point).any(|(share, at)| share > at));
        1.0 - self.open.len() as f64 / MEASURED as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hypervolume_grows_with_the_front_alone() {
        let dot = |trial: u32| Dot { trial, ended: trial as usize, spent: 0.0, budget: 1.0, cost: 0.0, random: false };
        let dots: Vec<Dot> = (1..=5).map(dot).collect();
        let costs: [&[f64]; 5] = [&[4.0, 4.0], &[1.0, 3.0], &[2.0, 3.0], &[3.0, 1.0], &[1.0, 3.0]];
        let found = progress(&dots.iter().zip(costs).collect::<Vec<_>>());
        assert_eq!(found.iter().map(|step| step.trial).collect::<Vec<_>>(), [1, 2, 4]);
        // The reference is 3.2 for both: 2.2 by 0.2, then 0.2 by 2.0 more, of 2.2 by 2.2.
        let expected = [0.0, 0.44 / 4.84, 0.84 / 4.84];
        assert!(found.iter().zip(expected).all(|(step, share)| (step.hypervolume - share).abs() < 1e-9), "{found:?}");
        // A third objective that is the same everywhere changes nothing but the way of measuring.
        let mut volume = Volume::of(vec![(0.0, 1.0); 3]);
        assert!(
            (volume.with(&[0.5, 0.0, 0.0]) - 0.5).abs() < 2e-3 && (volume.with(&[0.0, 0.5, 0.0]) - 0.75).abs() < 2e-3
        );
        assert_eq!(progress(&[]), []);
    }

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
