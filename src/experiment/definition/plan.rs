//! The plan of a run: the trials and the budget that it takes in all, as far as its limits say.
use crate::intensifier::bracket::{Bracket, Plan, Schedule};
use crate::intensifier::config::IntensifierConfig;
use crate::optimizer::stop::Stop;

/// An amount of work: trials, and the budget that they add to their configurations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Workload {
    pub trials: u32,
    pub budget: f64,
}

/// The workload of a run if every trial finishes and brackets follow in turn as planned; `None` where no limit of trials, full
/// evaluations or budget ends it.
pub(crate) fn planned(plan: &Plan, stop: &Stop) -> Option<Workload> {
    let most = [stop.full_evaluations.map(|full| full * plan.max.amount()), stop.budget];
    let most = most.into_iter().flatten().min_by(f64::total_cmp);
    if stop.trials.is_none() && most.is_none() {
        return None;
    }
    let is_over = |work: Workload| {
        stop.trials.is_some_and(|limit| work.trials >= limit)
            || most.is_some_and(|most| work.budget >= most * (1.0 - 1e-9))
    };
    let mut work = Workload::default();
    // False where the limit lies in this bracket.
    let walk = |bracket: &Bracket, work: &mut Workload| {
        for (rung, added) in bracket.rungs.iter().zip(bracket.added()) {
            for _ in 0..rung.configurations {
                if is_over(*work) {
                    return false;
                }
                work.trials += 1;
                work.budget += added;
            }
        }
        true
    };
    let (once, turn) = plan.brackets.split_at(plan.again);
    if !once.iter().all(|bracket| walk(bracket, &mut work)) {
        return Some(work);
    }
    // Whole turns at once, then the one in which the limit lies trial by trial.
    let trials: u32 = turn.iter().map(Bracket::trials).sum();
    let budget: f64 = turn.iter().map(Bracket::total_budget).sum();
    let by_trials = stop.trials.map_or(f64::INFINITY, |limit| f64::from(limit.saturating_sub(work.trials) / trials));
    let by_budget = most.map_or(f64::INFINITY, |most| ((most - work.budget) / budget * (1.0 - 1e-9)).floor());
    let whole = by_trials.min(by_budget).max(0.0);
    work.trials += (whole * f64::from(trials)) as u32;
    work.budget += whole * budget;
    for bracket in turn.iter().cycle() {
        if !walk(bracket, &mut work) {
            return Some(work);
        }
    }
    unreachable!("every bracket has a trial, so a limit is reached")
}

/// The workload of a run as [`planned`]; where brackets never close, an estimate from the proportion of their trials, because
/// the brackets grow side by side.
pub(crate) fn expected(intensifier: &IntensifierConfig, schedule: &Schedule, stop: &Stop) -> Option<Workload> {
    let plan = intensifier.plan(schedule);
    if intensifier.closes(schedule) || plan.trials() == 1 {
        return planned(&plan, stop);
    }
    let each = plan.total_budget() / f64::from(plan.trials());
    let by_budget = [stop.full_evaluations.map(|full| full * plan.max.amount()), stop.budget].into_iter().flatten();
    let by_trials = stop.trials.map(|trials| f64::from(trials) * each);
    let budget = by_budget.chain(by_trials).min_by(f64::total_cmp)?;
    Some(Workload { trials: (budget / each).round().max(1.0) as u32, budget })
}

/// The number of new configurations that a run tries within its limits, if every trial finishes and brackets follow in turn;
/// `None` where no limit says, or where there are more than `enough`.
pub(crate) fn new_configurations(plan: &Plan, stop: &Stop, enough: usize) -> Option<usize> {
    let mut trials = planned(plan, stop)?.trials;
    let mut found = 0;
    let (once, turn) = plan.brackets.split_at(plan.again);
    for bracket in once.iter().chain(turn.iter().cycle()) {
        for (number, rung) in bracket.rungs.iter().enumerate() {
            let asked = rung.configurations.min(trials);
            trials -= asked;
            found += if number == 0 { asked as usize } else { 0 };
        }
        if found > enough {
            return None;
        }
        if trials == 0 {
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::budget::Budget;

    #[test]
    fn brackets_that_grow_side_by_side_are_estimated_by_their_proportion() {
        let budget = |amount| Budget::new(amount).expect("positive");
        let schedule = Schedule::new(budget(1.0), budget(10.0), 3).expect("a schedule");
        let side_by_side = IntensifierConfig::Asynchronous { brackets: None };
        let check = |stop: Stop, least: f64, most: f64| {
            let work = expected(&side_by_side, &schedule, &stop).expect("a limit");
            assert!((least..=most).contains(&work.budget), "{work:?}");
            work.trials
        };
        // Such runs spent 44 and 142.
        assert_eq!(check(Stop { trials: Some(14), ..Stop::default() }, 40.0, 52.0), 14);
        assert_eq!(check(Stop { trials: Some(40), ..Stop::default() }, 130.0, 150.0), 40);
        assert_eq!(check(Stop { full_evaluations: Some(3.0), ..Stop::default() }, 30.0, 30.0), 9);
        assert_eq!(expected(&side_by_side, &schedule, &Stop::default()), None);
    }

    #[test]
    fn limits_end_the_plan() {
        let budget = |amount| Budget::new(amount).expect("positive");
        let schedule = Schedule::new(budget(1.0), budget(9.0), 3).expect("a schedule");
        let check = |stop: Stop, expected: Option<Workload>| assert_eq!(planned(&schedule.plan(), &stop), expected);
        check(Stop::default(), None);
        check(Stop { trials: Some(13), ..Stop::default() }, Some(Workload { trials: 13, budget: 9.0 + 6.0 + 6.0 }));
        check(Stop { trials: Some(22), ..Stop::default() }, Some(Workload { trials: 22, budget: 69.0 }));
        check(Stop { trials: Some(2200), ..Stop::default() }, Some(Workload { trials: 2200, budget: 6900.0 }));
        let many = planned(&schedule.plan(), &Stop { trials: Some(4_000_000_000), ..Stop::default() });
        assert_eq!(many.map(|work| work.trials), Some(4_000_000_000));
        let once = planned(&schedule.screening(), &Stop { trials: Some(20), ..Stop::default() });
        assert_eq!(once, Some(Workload { trials: 20, budget: 9.0 + 6.0 + 6.0 + (3.0 + 8.0) + 3.0 }));
        let new = |trials| new_configurations(&schedule.plan(), &Stop { trials: Some(trials), ..Stop::default() }, 20);
        assert_eq!((new(13), new(14), new(22), new(23), new(60)), (Some(9), Some(10), Some(17), Some(18), None));
        check(Stop { full_evaluations: Some(1.0), ..Stop::default() }, Some(Workload { trials: 9, budget: 9.0 }));
        let anew = planned(&schedule.with_restarts(true).plan(), &Stop { trials: Some(13), ..Stop::default() });
        assert_eq!(anew, Some(Workload { trials: 13, budget: 9.0 + 9.0 + 9.0 }), "each of three rungs costs as much");
    }
}
