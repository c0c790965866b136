//! Progressive promotion: the highest rung is opened only while the rungs disagree about who is best.
use super::bracket::{Bracket, Schedule};
use super::ladder::Rung;
use super::{Assignment, Intensifier, Next};
use crate::numeric::quantile::quantile;
use crate::trial::ConfigurationId;
use crate::trial::budget::Budget;
use crate::trial::history::History;

/// The best configurations of a rung that are compared; the order further down does not matter.
const COMPARED: usize = 50;

/// The share of the differences between crossing curves that is taken for noise.
const NOISE: f64 = 0.9;

/// PASHA (Bohdal et al. 2023): asynchronous successive halving that begins with two rungs.
///
/// After every result on the highest open rung, the configurations there are ranked by their costs there and by those
/// one rung below. While both rankings agree, more budget would not change who is best, and no higher rung is opened.
/// Configurations whose costs differ by less than the noise may change places. The noise is estimated from pairs whose
/// curves cross and cross back: the 90 % quantile of their last differences.
#[derive(Clone, Debug)]
pub(crate) struct Progressive {
    eta: usize,
    shape: Bracket,
    rungs: Vec<Rung>,
    /// The highest rung that is open.
    open: usize,
    asked: usize,
    ended: usize,
}

impl Progressive {
    /// Progressive promotion in the bracket with all rungs.
    pub(crate) fn new(schedule: &Schedule) -> Self {
        let shape = schedule.bracket(0);
        let rungs = vec![Rung::default(); shape.rungs.len()];
        let open = 1.min(rungs.len() - 1);
        Self { eta: schedule.eta() as usize, shape, rungs, open, asked: 0, ended: 0 }
    }

    fn catch_up(&mut self, history: &History) {
        for trial in &history.trials()[self.asked..] {
            if let Some(below) = (trial.proposal.rung as usize).checked_sub(1) {
                self.rungs[below].promote(trial.proposal.configuration_id);
            }
        }
        self.asked = history.trials().len();
        for trial in history.ended_after(self.ended) {
            let rung = trial.proposal.rung as usize;
            self.rungs[rung].end(trial, self.eta);
            if rung == self.open && rung + 1 < self.rungs.len() && !self.agree(history) {
                self.open += 1;
            }
        }
        self.ended = history.ended().len();
    }

    /// True where the highest open rung ranks its best as the rung below does, but for noise.
    fn agree(&self, history: &History) -> bool {
        let (here, below) = (&self.rungs[self.open], &self.rungs[self.open - 1]);
        let ranked: Vec<ConfigurationId> = here.best(COMPARED).map(|success| success.configuration).collect();
        let cost = |configuration: &ConfigurationId| below.cost(*configuration).unwrap_or(f64::INFINITY);
        let mut ranked_below = ranked.clone();
        ranked_below.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
        let swapped = || ranked.iter().zip(&ranked_below).map(|(a, b)| (cost(a) - cost(b)).abs());
        if swapped().all(|difference| difference == 0.0) {
            return true;
        }
        let noise = self.noise(history, &ranked);
        swapped().all(|difference| difference <= noise)
    }

    /// The difference between costs that is taken for noise; 0 where no curves cross twice.
    fn noise(&self, history: &History, configurations: &[ConfigurationId]) -> f64 {
        let curves: Vec<Vec<(Budget, f64)>> =
            configurations.iter().map(|configuration| self.curve(history, *configuration)).collect();
        let mut differences = Vec::new();
        for (index, one) in curves.iter().enumerate() {
            for other in &curves[index + 1..] {
                differences.extend(crossing(one, other));
            }
        }
        quantile(&differences, NOISE).unwrap_or(0.0)
    }

    /// A configuration's costs on the open rungs, with the costs that it reported between them, by budget.
    fn curve(&self, history: &History, configuration: ConfigurationId) -> Vec<(Budget, f64)> {
        let mut curve = Vec::new();
        for (rung, results) in self.rungs[..=self.open].iter().enumerate() {
            let Some(cost) = results.cost(configuration) else { continue };
            let budget = self.shape.rungs[rung].budget;
            let points = history.at(configuration, budget).map(|trial| trial.curve.points()).unwrap_or_default();
            curve.extend(points.iter().map(|point| (point.budget, point.cost)));
            curve.push((budget, cost));
        }
        curve
    }
}

/// The last difference of two curves that cross and cross back, over the budgets that both have.
fn crossing(one: &[(Budget, f64)], other: &[(Budget, f64)]) -> Option<f64> {
    let (mut signs, mut last, mut index) = (Vec::new(), 0.0, 0);
    for (budget, cost) in one {
        while other.get(index).is_some_and(|(at, _)| at < budget) {
            index += 1;
        }
        if let Some((at, against)) = other.get(index)
            && at == budget
            && cost != against
        {
            last = cost - against;
            signs.push(last > 0.0);
        }
    }
    signs.dedup();
    (signs.len() >= 3).then_some(last.abs())
}

impl Intensifier for Progressive {
    fn next(&mut self, history: &History, can_sample_new: bool) -> Next {
        self.catch_up(history);
        let promote = |rung: usize, configuration| {
            let assignment = Assignment {
                bracket: 0,
                rung: rung as u32,
                budget: self.shape.rungs[rung].budget,
                instance_seed: None,
            };
            Next::Promote { configuration, assignment }
        };
        let next = (0..self.open).rev().find_map(|rung| Some(promote(rung + 1, self.rungs[rung].next()?)));
        if let Some(next) = next {
            return next;
        }
        if can_sample_new {
            return Next::New {
                assignment: Assignment { bracket: 0, rung: 0, budget: self.shape.rungs[0].budget, instance_seed: None },
            };
        }
        if history.running().next().is_some() {
            return Next::Wait;
        }
        let leaders = (0..self.rungs.len() - 1).rev();
        let leader = leaders.into_iter().find_map(|rung| Some(promote(rung + 1, self.rungs[rung].leader()?)));
        leader.unwrap_or(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intensifier::walk::{Walk, schedule};
    use crate::trial::curve::CurvePoint;

    /// The highest budget after so many trials, where a configuration costs this at each rung.
    fn highest(trials: u32, cost: impl Fn(u32, u32) -> f64) -> f64 {
        let mut walk = Walk::new(Progressive::new(&schedule(1.0, 27.0, 3)));
        let mut highest = 0.0;
        for trial in 1..=trials {
            let proposal = walk.proposal().unwrap();
            highest = f64::max(highest, proposal.budget.amount());
            walk.finish(trial, cost(proposal.configuration_id.0, proposal.rung));
            walk.same_as(Progressive::new(&schedule(1.0, 27.0, 3)));
        }
        highest
    }

    #[test]
    fn rungs_that_agree_open_no_higher_one() {
        let scattered = |configuration: u32| f64::from(configuration * 37 % 101);
        assert_eq!(highest(150, |configuration, rung| scattered(configuration) / f64::from(rung + 1)), 3.0);
        assert_eq!(
            highest(150, |configuration, rung| scattered(configuration) * [1.0, -1.0, 1.0, 1.0][rung as usize]),
            27.0
        );
    }

    #[test]
    fn crossing_back_is_noise() {
        let budget = |amount: usize| Budget::new(amount as f64).unwrap();
        let curve =
            |costs: &[f64]| costs.iter().enumerate().map(|(at, cost)| (budget(at + 1), *cost)).collect::<Vec<_>>();
        let flat = curve(&[1.0, 1.0, 1.0, 1.0]);
        assert_eq!(crossing(&flat, &curve(&[2.0, 2.0, 0.0, 0.0])), None, "crossed once");
        assert_eq!(crossing(&flat, &curve(&[2.0, 0.0, 1.25, 1.5])), Some(0.5));
        assert_eq!(crossing(&flat, &curve(&[2.0, 0.0, 1.0])), None, "met, and did not cross back");
    }

    #[test]
    fn noise_that_reports_show_opens_no_rung() {
        let mut walk = Walk::new(Progressive::new(&schedule(1.0, 27.0, 3)));
        // Two configurations on the second rung, whose order there is another: 1 before 2 below, 2 before 1 above.
        let run = |walk: &mut Walk<Progressive>, reports: bool| {
            for trial in 1..=8 {
                let proposal = walk.proposal().unwrap();
                let (number, rung) = (proposal.configuration_id.0, proposal.rung);
                if rung == 1 && reports {
                    for (amount, cost) in [(1.5, [9.0, 8.9]), (2.0, [8.9, 9.0]), (2.5, [9.0, 8.9])] {
                        let cost = cost[proposal.configuration_id.index() % 2];
                        walk.history.report(proposal.trial, CurvePoint { budget: Budget::new(amount).unwrap(), cost });
                    }
                }
                let cost = if rung == 1 { 8.0 - 0.2 * f64::from(number) } else { 10.0 + 0.1 * f64::from(number) };
                walk.finish(trial, cost);
            }
            walk.intensifier.next(&walk.history, true);
            walk.intensifier.open
        };
        assert_eq!(run(&mut walk, true), 1);
        let mut silent = Walk::new(Progressive::new(&schedule(1.0, 27.0, 3)));
        assert_eq!(run(&mut silent, false), 2);
    }
}
