//! Schedules: the rungs of each bracket, with numbers of configurations and budgets.
use std::ops::Range;

use thiserror::Error;

use crate::trial::budget::Budget;

/// Budgets from cheap to full, a factor `eta` apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    min: Budget,
    max: Budget,
    eta: u32,
    /// The number of rungs above the lowest.
    steps: u32,
    /// True where the budgets between the ends are rounded to whole numbers.
    is_whole: bool,
    /// True where a trial begins anew at every budget.
    restarts: bool,
}

/// The reason why budgets and `eta` make no schedule.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ScheduleError {
    #[error("`budget.min` must be at most `budget.max`, but {min} is above {max}")]
    Reversed { min: Budget, max: Budget },
    #[error("`budget.eta` must be at least 2, not {eta}: a rung would keep every configuration")]
    Eta { eta: u32 },
    #[error(
        "`budget.min` {min} is too far below `budget.max` {max}: with `eta` {eta} the first bracket would have more than a million configurations"
    )]
    Wide { min: Budget, max: Budget, eta: u32 },
}

/// The size of a rung: a number of configurations, each of which gets `budget`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RungSize {
    pub budget: Budget,
    pub configurations: u32,
}

/// A bracket: rungs from the lowest budget up; the best of each go on to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Bracket {
    pub rungs: Vec<RungSize>,
    /// True where a promoted trial begins anew and spends its whole budget; otherwise it continues from what its
    /// configuration has spent.
    pub restarts: bool,
}

impl Schedule {
    /// A schedule with as many rungs as powers of `eta` fit between `min` and `max`; equal budgets give one rung.
    pub fn new(min: Budget, max: Budget, eta: u32) -> Result<Self, ScheduleError> {
        if min > max {
            return Err(ScheduleError::Reversed { min, max });
        }
        if eta < 2 {
            return Err(ScheduleError::Eta { eta });
        }
        let mut steps = 0;
        let mut power = 1;
        // Whole numbers multiply exactly; the tolerance is for minima such as 0.1.
        while min.amount() * (power * u64::from(eta)) as f64 <= max.amount() * (1.0 + 1e-9) {
            steps += 1;
            power *= u64::from(eta);
            if power > 1_000_000 {
                return Err(ScheduleError::Wide { min, max, eta });
            }
        }
        Ok(Self { min, max, eta, steps, is_whole: false, restarts: false })
    }

    /// A schedule of one rung: every trial gets `budget`.
    pub fn full(budget: Budget) -> Self {
        Self { min: budget, max: budget, eta: 2, steps: 0, is_whole: false, restarts: false }
    }

    /// The schedule with whole budgets on all rungs, where its ends are whole; otherwise the same schedule.
    #[must_use]
    pub fn whole(self) -> Self {
        let is_whole = [self.min, self.max].iter().all(|end| end.amount().fract() == 0.0);
        Self { is_whole, ..self }
    }

    /// The schedule with rungs exactly a factor `eta` apart.
    #[must_use]
    pub fn exact(self) -> Self {
        Self { is_whole: false, ..self }
    }

    /// The schedule of a program that cannot continue a configuration: a promoted trial begins anew and spends its whole
    /// budget.
    #[must_use]
    pub fn with_restarts(self, restarts: bool) -> Self {
        Self { restarts, ..self }
    }

    /// True where a promoted trial begins anew and spends its whole budget.
    pub fn restarts(&self) -> bool {
        self.restarts
    }

    /// True where budgets are rounded to whole numbers.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The budgets of all rungs, from the lowest.
    pub fn budgets(&self) -> impl Iterator<Item = Budget> {
        (0..=self.steps).rev().map(|below| self.budget(below))
    }

    /// The lowest and the highest budget.
    pub fn ends(&self) -> (Budget, Budget) {
        (self.min, self.max)
    }

    /// The lowest budget.
    pub fn min(&self) -> Budget {
        self.min
    }

    /// The highest budget, that of a full evaluation.
    pub fn max(&self) -> Budget {
        self.max
    }

    /// The factor between the budgets of neighbouring rungs; one of so many configurations goes on.
    pub fn eta(&self) -> u32 {
        self.eta
    }

    /// The number of different budgets, which is also the number of kinds of brackets.
    pub fn rungs(&self) -> u32 {
        self.steps + 1
    }

    /// The budget `below` rungs under the maximum.
    fn budget(&self, below: u32) -> Budget {
        let budget = self.max.amount() / u64::from(self.eta).pow(below) as f64;
        let min = self.min.amount();
        let budget = if (budget - min).abs() <= 1e-9 * min { min } else { budget };
        // Neighbours are at least 1 apart, so they stay different, and none falls below a whole minimum.
        let budget = if self.is_whole { budget.round() } else { budget };
        Budget::new(budget).expect("a positive budget divided by a small power is positive")
    }

    /// The bracket with this number, from 0; after the last kind, which is full fidelity only, the kinds repeat.
    ///
    /// Numbers of configurations are those of SMAC (Li et al. 2018, algorithm 1), computed in integers throughout, so that
    /// no rung is lost to rounding.
    pub fn bracket(&self, number: u32) -> Bracket {
        let steps = self.steps - number % self.rungs();
        let eta = u64::from(self.eta);
        let mut configurations = (eta.pow(steps) * u64::from(self.rungs())).div_ceil(u64::from(steps) + 1);
        let mut rungs = Vec::with_capacity(steps as usize + 1);
        for below in (0..=steps).rev() {
            rungs.push(RungSize { budget: self.budget(below), configurations: configurations as u32 });
            configurations /= eta;
        }
        Bracket { rungs, restarts: self.restarts }
    }

    /// The plan of one iteration: every kind of bracket once.
    pub fn plan(&self) -> Plan {
        self.plan_of(0..self.rungs())
    }

    /// The plan of an iteration with the brackets of these kinds, once each.
    pub(super) fn plan_of(&self, kinds: Range<u32>) -> Plan {
        Plan { brackets: kinds.map(|number| self.bracket(number)).collect(), again: 0, max: self.max }
    }

    /// The plan of screening: the bracket with all rungs, then repeatedly one that prescreens `eta` configurations at the
    /// lowest budget before the best of them gets the full one. Where a prescreen would take more than a third of a full
    /// evaluation, only full ones follow.
    pub fn screening(&self) -> Plan {
        let screen = self.bracket(0);
        let prescreen = RungSize { configurations: self.eta, budget: screen.rungs[0].budget };
        let is_cheap = f64::from(self.eta) * prescreen.budget.amount() <= self.max.amount() / 3.0;
        let again = match is_cheap {
            true => {
                let rungs = vec![prescreen, RungSize { configurations: 1, budget: self.max }];
                Bracket { rungs, restarts: self.restarts }
            }
            false => self.bracket(self.rungs() - 1),
        };
        Plan { brackets: vec![screen, again], again: 1, max: self.max }
    }
}

impl Bracket {
    /// The number of trials.
    pub fn trials(&self) -> u32 {
        self.rungs.iter().map(|rung| rung.configurations).sum()
    }

    /// The budget that one trial of each rung adds to what its configuration has spent: the difference to the rung below,
    /// or all of it where trials begin anew.
    pub fn added(&self) -> impl Iterator<Item = f64> {
        let below = [0.0].into_iter().chain(self.rungs.iter().map(|rung| rung.budget.amount()));
        self.rungs.iter().zip(below).map(|(rung, below)| rung.budget.amount() - if self.restarts { 0.0 } else { below })
    }

    /// The budget that all trials add together.
    pub fn total_budget(&self) -> f64 {
        self.rungs
            .iter()
            .zip(self.added())
            .fold(0.0, |total, (rung, added)| total + f64::from(rung.configurations) * added)
    }
}

/// The brackets of one iteration, and the budget that they take.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub brackets: Vec<Bracket>,
    /// The index of the first bracket that repeats.
    pub again: usize,
    /// The full budget.
    pub max: Budget,
}

impl Plan {
    /// The number of trials of the iteration.
    pub fn trials(&self) -> u32 {
        self.brackets.iter().map(Bracket::trials).sum()
    }

    /// The budget that all trials add together.
    pub fn total_budget(&self) -> f64 {
        self.brackets.iter().map(Bracket::total_budget).sum()
    }

    /// The [`total_budget`](Self::total_budget) in units of the full one.
    pub fn full_evaluations(&self) -> f64 {
        self.total_budget() / self.max.amount()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(amount: f64) -> Budget {
        Budget::new(amount).unwrap()
    }

    fn schedule(min: f64, max: f64, eta: u32) -> Schedule {
        Schedule::new(budget(min), budget(max), eta).unwrap()
    }

    /// The budget of all trials together, each from the start: SMAC continues no trial.
    fn restarted(plan: &Plan) -> f64 {
        let rungs = plan.brackets.iter().flat_map(|bracket| &bracket.rungs);
        rungs.map(|rung| f64::from(rung.configurations) * rung.budget.amount()).sum()
    }

    fn numbers(plan: &Plan) -> Vec<Vec<u32>> {
        let numbers = |bracket: &Bracket| bracket.rungs.iter().map(|rung| rung.configurations).collect();
        plan.brackets.iter().map(numbers).collect()
    }

    #[test]
    fn whole_rungs_are_rounded_and_stay_apart() {
        let budgets = |schedule: &Schedule| schedule.budgets().map(Budget::amount).collect::<Vec<_>>();
        for (min, max, eta, expected) in [
            (1.0, 50.0, 3, vec![2.0, 6.0, 17.0, 50.0]),
            (1.0, 9.0, 3, vec![1.0, 3.0, 9.0]),
            (1.0, 3.0, 2, vec![2.0, 3.0]),
            (2.0, 100.0, 4, vec![6.0, 25.0, 100.0]),
            (0.5, 50.0, 3, vec![50.0 / 81.0, 50.0 / 27.0, 50.0 / 9.0, 50.0 / 3.0, 50.0]),
        ] {
            let schedule = schedule(min, max, eta);
            let whole = schedule.clone().whole();
            assert_eq!(budgets(&whole), expected, "{min} to {max}");
            assert!(budgets(&whole).is_sorted_by(|a, b| a < b) && budgets(&whole)[0] >= min);
            assert_eq!(whole.bracket(0).rungs.len(), schedule.bracket(0).rungs.len());
            assert_eq!(whole.exact(), schedule);
        }
    }

    #[test]
    fn plans_are_those_of_smac() {
        let check = |(min, max, eta): (f64, f64, u32), expected: &[&[u32]], trials: u32, total: f64, full: f64| {
            let plan = schedule(min, max, eta).plan();
            assert_eq!(numbers(&plan), expected);
            assert_eq!(plan.trials(), trials);
            assert!((restarted(&plan) - total).abs() < 0.05, "{}", restarted(&plan));
            assert!((restarted(&plan) / plan.max.amount() - full).abs() < 0.005);
        };
        check((1.0, 9.0, 3), &[&[9, 3, 1], &[5, 1], &[3]], 22, 78.0, 8.67);
        check((1620.0, 3240.0, 2), &[&[2, 1], &[2]], 5, 12960.0, 4.0);
        let whole: &[&[u32]] = &[&[81, 27, 9, 3, 1], &[34, 11, 3, 1], &[15, 5, 1], &[8, 2], &[5]];
        check((1.0, 81.0, 3), whole, 206, 1902.0, 23.48);
        check((1.0, 27.0, 3), &[&[27, 9, 3, 1], &[12, 4, 1], &[6, 2], &[4]], 69, 423.0, 15.67);
        check((1.0, 3.0, 3), &[&[3, 1], &[2]], 6, 12.0, 4.0);
        check((1.0, 100.0, 3), whole, 206, 2348.1, 23.48);
        check((1.0, 8.0, 2), &[&[8, 4, 2, 1], &[6, 3, 1], &[4, 2], &[4]], 35, 128.0, 16.0);
        check((5.0, 25.0, 3), &[&[3, 1], &[2]], 6, 100.0, 4.0);
        let halves: &[&[u32]] = &[
            &[64, 32, 16, 8, 4, 2, 1],
            &[38, 19, 9, 4, 2, 1],
            &[23, 11, 5, 2, 1],
            &[14, 7, 3, 1],
            &[10, 5, 2],
            &[7, 3],
            &[7],
        ];
        check((1.0, 64.0, 2), halves, 301, 2948.0, 46.06);
    }

    #[test]
    fn exact_powers_keep_every_rung() {
        for eta in 2..=10u32 {
            for steps in 1..=5u32 {
                let plan = schedule(1.0, f64::from(eta.pow(steps)), eta).plan();
                let rungs = &plan.brackets[0].rungs;
                assert_eq!(rungs.len() as u32, steps + 1, "eta {eta}");
                for (index, rung) in rungs.iter().enumerate() {
                    assert_eq!(rung.budget, budget(f64::from(eta.pow(index as u32))));
                    assert_eq!(rung.configurations, eta.pow(steps - index as u32));
                }
            }
        }
        assert_eq!(schedule(0.1, 24.3, 3).plan().brackets[0].rungs[0].budget, budget(0.1));
        assert_eq!(numbers(&schedule(1.0, 729.0, 3).plan())[0], [729, 243, 81, 27, 9, 3, 1]);
        assert_eq!(numbers(&schedule(1.0, 49.0, 7).plan())[0], [49, 7, 1]);
        assert_eq!(numbers(&schedule(1.0, 3125.0, 5).plan())[0], [3125, 625, 125, 25, 5, 1]);
        assert_eq!(numbers(&schedule(1.0, 1000.0, 10).plan())[0], [1000, 100, 10, 1]);
    }

    #[test]
    fn a_screen_is_followed_by_prescreens_where_they_are_cheap() {
        let plan = schedule(1.0, 27.0, 3).screening();
        assert_eq!((numbers(&plan), plan.again), (vec![vec![27, 9, 3, 1], vec![3, 1]], 1));
        let budgets: Vec<f64> = plan.brackets[1].rungs.iter().map(|rung| rung.budget.amount()).collect();
        assert_eq!(budgets, [1.0, 27.0]);
        assert_eq!(numbers(&schedule(1.0, 1000.0, 10).screening())[1], [10, 1]);
        assert_eq!(numbers(&schedule(1.0, 9.0, 3).screening())[1], [3, 1]);
        for (min, max, eta, rungs) in [(1.0, 3.0, 3, 2), (1.0, 4.0, 2, 3), (2.0, 8.0, 3, 2)] {
            let full = numbers(&schedule(min, max, eta).screening()).swap_remove(1);
            assert_eq!(full, [rungs], "a prescreen takes more than a third of a full evaluation");
        }
    }

    #[test]
    fn other_ratios_end_at_the_maximum() {
        let rungs = schedule(1.0, 100.0, 3).bracket(0).rungs;
        let expected = [1.235, 3.704, 11.11, 33.33, 100.0];
        assert!(rungs.iter().zip(expected).all(|(rung, x)| (rung.budget.amount() / x - 1.0).abs() < 1e-3), "{rungs:?}");
        assert_eq!(rungs[4].budget, budget(100.0));
    }

    #[test]
    fn continuing_pays_the_difference() {
        let plan = schedule(1.0, 9.0, 3).plan();
        assert_eq!(plan.brackets[0].total_budget(), 9.0 + 3.0 * 2.0 + 6.0);
        assert_eq!(plan.total_budget(), 21.0 + (15.0 + 6.0) + 27.0);
        assert!(plan.total_budget() < restarted(&plan));
        for plan in
            [schedule(1.0, 9.0, 3).with_restarts(true).plan(), schedule(1.0, 9.0, 3).with_restarts(true).screening()]
        {
            assert_eq!(plan.total_budget(), restarted(&plan), "where programs begin anew, all of every budget");
        }
    }

    #[test]
    fn one_rung_is_one_bracket_of_one() {
        for schedule in [Schedule::full(budget(5.0)), schedule(5.0, 5.0, 3), schedule(5.0, 8.0, 3)] {
            assert_eq!((schedule.rungs(), numbers(&schedule.plan())), (1, vec![vec![1]]));
            assert_eq!(schedule.bracket(7).rungs[0].budget, schedule.max());
        }
    }

    #[test]
    fn impossible_schedules_say_why() {
        let error = |min, max, eta| Schedule::new(budget(min), budget(max), eta).unwrap_err().to_string();
        assert_eq!(error(3.0, 1.0, 3), "`budget.min` must be at most `budget.max`, but 3 is above 1");
        assert!(error(1.0, 3.0, 1).starts_with("`budget.eta` must be at least 2, not 1"));
        assert!(error(1e-300, 1e300, 2).contains("more than a million"));
    }
}
