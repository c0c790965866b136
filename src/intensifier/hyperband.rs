//! Hyperband: whole rungs are promoted, brackets come in turn.
use std::collections::BTreeSet;

use super::bracket::{RungSize, Schedule};
use super::{Assignment, Candidate, Intensifier, Next};
use crate::numeric::pareto;
use crate::trial::history::History;
use crate::trial::{ConfigurationId, Trial, TrialId};

/// Successive halving with several kinds of brackets (Li et al. 2018), with one, or with one followed by prescreens.
///
/// A rung is promoted when all of its trials have ended. Failures count as ended and are never promoted: where fewer
/// trials succeed than the next rung holds, only they are promoted. A trial that was lost for good counts as ended, so
/// that no rung waits for it. While every open bracket waits for running trials, the next bracket is opened, so that no
/// worker idles.
#[derive(Clone, Debug)]
pub(crate) struct Hyperband {
    schedule: Schedule,
    kinds: Kinds,
    /// Brackets that may have a next trial; all others wait for the end of a trial, or are complete.
    ready: BTreeSet<u32>,
    opened: u32,
    ended: usize,
}

/// The kind of each bracket.
#[derive(Clone, Copy, Debug)]
enum Kinds {
    /// The kinds one after the other.
    InTurn,
    /// Always this kind.
    One(u32),
    /// The kind with the most rungs, then the prescreens of [`Schedule::screening`], from which the model chooses.
    Once,
}

/// The next step of a bracket.
enum Step {
    Promote(Next),
    /// No step before one of its trials ends.
    Blocked,
}

impl Hyperband {
    /// Hyperband: every kind of bracket in turn.
    pub(crate) fn new(schedule: Schedule) -> Self {
        Self { schedule, kinds: Kinds::InTurn, ready: BTreeSet::new(), opened: 0, ended: 0 }
    }

    /// Successive halving: all brackets are of this kind, 0 for the one with the most rungs.
    pub(crate) fn of_kind(schedule: Schedule, kind: u32) -> Self {
        Self { kinds: Kinds::One(kind), ..Self::new(schedule) }
    }

    /// Screening: one bracket with all rungs, then full fidelity after a prescreen at the lowest budget.
    pub(crate) fn once(schedule: Schedule) -> Self {
        Self { kinds: Kinds::Once, ..Self::new(schedule) }
    }

    fn shape(&self, bracket: u32) -> Vec<RungSize> {
        match self.kinds {
            Kinds::InTurn => self.schedule.bracket(bracket).rungs,
            Kinds::One(kind) => self.schedule.bracket(kind).rungs,
            Kinds::Once => self.schedule.screening().brackets.swap_remove(bracket.min(1) as usize).rungs,
        }
    }

    /// True where a bracket is a prescreen: one configuration of its lowest rung is chosen for the full budget.
    fn is_prescreen(&self, bracket: u32) -> bool {
        matches!(self.kinds, Kinds::Once) && bracket > 0 && self.shape(bracket).len() > 1
    }

    fn catch_up(&mut self, history: &History) {
        self.ready.extend(self.opened..history.brackets());
        self.opened = history.brackets();
        for trial in history.ended_after(self.ended) {
            let (bracket, rung) = (trial.proposal.bracket, trial.proposal.rung);
            if history.rung(bracket, rung).is_some_and(|rung| rung.running() == 0) {
                self.ready.insert(bracket);
            }
        }
        self.ended = history.ended().len();
    }

    /// The promotion that the lowest unfilled rung of an open bracket asks for, if the rungs below have ended.
    fn step(&self, history: &History, bracket: u32, shape: &[RungSize], closed: bool) -> Step {
        let Some(lowest) = history.rung(bracket, 0) else { return Step::Blocked };
        // The number of trials that the rung below gets in the end, once that is known.
        let mut size = if closed { lowest.trials().len() } else { shape[0].configurations as usize };
        for rung in 1..shape.len() as u32 {
            let (size_here, budget) = (shape[rung as usize].configurations as usize, shape[rung as usize].budget);
            match history.rung(bracket, rung - 1) {
                Some(below) if below.trials().len() >= size && below.running() == 0 => {
                    let asked = history.rung(bracket, rung).map_or(0, |rung| rung.trials().len());
                    let assignment = Assignment { bracket, rung, budget, instance_seed: None };
                    if self.is_prescreen(bracket) {
                        let candidate = |configuration| Candidate {
                            configuration: Some(configuration),
                            assignment: assignment.clone(),
                        };
                        let best = best(history, below.trials(), size);
                        let candidates: Vec<Candidate> = best.into_iter().map(candidate).collect();
                        let is_open = asked == 0 && !candidates.is_empty();
                        return if is_open { Step::Promote(Next::Choose { candidates }) } else { Step::Blocked };
                    }
                    let best = best(history, below.trials(), size_here);
                    // They are asked for in this order.
                    if let Some(&configuration) = best.get(asked) {
                        return Step::Promote(Next::Promote { configuration, assignment });
                    }
                    size = best.len().max(1);
                }
                _ => return Step::Blocked,
            }
        }
        Step::Blocked
    }
}

impl Intensifier for Hyperband {
    fn next(&mut self, history: &History, can_sample_new: bool) -> Next {
        self.catch_up(history);
        let mut blocked = Vec::new();
        let mut found = None;
        for &bracket in &self.ready {
            let shape = self.shape(bracket);
            let filled =
                history.rung(bracket, 0).is_some_and(|rung| rung.trials().len() >= shape[0].configurations as usize);
            if !filled && can_sample_new {
                found = Some(Next::New {
                    assignment: Assignment { bracket, rung: 0, budget: shape[0].budget, instance_seed: None },
                });
                break;
            }
            match self.step(history, bracket, &shape, !filled) {
                Step::Promote(next) => {
                    found = Some(next);
                    break;
                }
                Step::Blocked if filled => blocked.push(bracket),
                Step::Blocked => {}
            }
        }
        blocked.iter().for_each(|bracket| {
            self.ready.remove(bracket);
        });
        match found {
            Some(next) => next,
            None if can_sample_new => {
                let bracket = history.brackets();
                let budget = self.shape(bracket)[0].budget;
                Next::New { assignment: Assignment { bracket, rung: 0, budget, instance_seed: None } }
            }
            None => Next::Wait,
        }
    }

    fn waiting(&self, history: &History) -> Vec<ConfigurationId> {
        let mut open: BTreeSet<u32> = history.running().map(|trial| trial.proposal.bracket).collect();
        open.extend(history.brackets().checked_sub(1));
        let open = open.into_iter().filter(|&bracket| self.is_prescreen(bracket) && history.rung(bracket, 1).is_none());
        open.filter_map(|bracket| history.rung(bracket, 0))
            .flat_map(|rung| best(history, rung.trials(), rung.trials().len()))
            .collect()
    }

    /// Once a configuration of a rung was promoted, the rung has ended: the promoted configurations are known, and no
    /// other may go on.
    fn may_go_on(&self, history: &History, configuration: ConfigurationId) -> bool {
        let Some(last) = history.of(configuration).next_back() else { return false };
        let (bracket, rung) = (last.proposal.bracket, last.proposal.rung);
        let shape = self.shape(bracket);
        let Some(above) = shape.get(rung as usize + 1) else { return false };
        match (&last.outcome, history.rung(bracket, rung), history.rung(bracket, rung + 1)) {
            (None, ..) => true,
            (Some(_), _, Some(_)) if self.is_prescreen(bracket) => false,
            (Some(_), Some(here), Some(_)) => {
                best(history, here.trials(), above.configurations as usize).contains(&configuration)
            }
            (Some(outcome), ..) => outcome.cost().is_some(),
        }
    }
}

/// The configurations of the best successes of a rung, at most `count`, the earlier of equals first.
fn best(history: &History, rung: &[TrialId], count: usize) -> Vec<ConfigurationId> {
    let mut trials: Vec<_> = rung.iter().filter_map(|&trial| history.trial(trial)).collect();
    trials.sort_unstable_by_key(|trial| trial.proposal.trial);
    let outcomes = trials.into_iter().filter_map(|trial| Some((trial, trial.outcome.as_ref()?.costs())));
    let (successes, costs): (Vec<&Trial>, Vec<&[f64]>) = outcomes.filter(|(_, costs)| !costs.is_empty()).unzip();
    let best = pareto::order(&costs).into_iter().take(count);
    best.map(|index| successes[index].proposal.configuration_id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intensifier::walk::{Walk, at, schedule};
    use crate::trial::outcome::Outcome;

    fn walk(min: f64, max: f64, eta: u32) -> Walk<Hyperband> {
        Walk::new(Hyperband::new(schedule(min, max, eta)))
    }

    #[test]
    fn one_worker_walks_the_brackets_of_the_plan() {
        let mut walk = walk(1.0, 9.0, 3);
        let mut asked = Vec::new();
        for trial in 1..=23 {
            let (configuration, budget) = walk.ask().unwrap();
            asked.push((configuration, budget));
            walk.finish(trial, -f64::from(configuration));
            walk.same_as(Hyperband::new(schedule(1.0, 9.0, 3)));
        }
        let expected = [at(1.0, 1..=9), at(3.0, [9, 8, 7]), at(9.0, [9]), at(3.0, 10..=14), at(9.0, [14, 15, 16, 17])];
        assert_eq!(asked[..22], expected.concat());
        assert_eq!(asked[22], (18, 1.0), "the brackets come again");
    }

    #[test]
    fn successive_halving_repeats_one_bracket() {
        let mut walk = Walk::new(Hyperband::of_kind(schedule(1.0, 6.0, 2), 0));
        let mut asked = Vec::new();
        for trial in 1..=14 {
            asked.push(walk.ask().unwrap());
            walk.finish(trial, f64::from(trial));
        }
        // (1, 6, 2) gives [4, 2, 1] at [1.5, 3, 6] in SMAC.
        let twice = [at(1.5, 1..=4), at(3.0, [1, 2]), at(6.0, [1]), at(1.5, 5..=8), at(3.0, [5, 6]), at(6.0, [5])];
        assert_eq!(asked, twice.concat());
        let mut bolder = Walk::new(Hyperband::of_kind(schedule(1.0, 9.0, 3), 1));
        assert_eq!(bolder.asks(7), at(3.0, 1..=7));
    }

    #[test]
    fn after_the_screen_the_best_of_a_prescreen_goes_all_the_way() {
        let mut walk = Walk::new(Hyperband::once(schedule(1.0, 9.0, 3)));
        let mut asked = Vec::new();
        for trial in 1..=21 {
            let (configuration, budget) = walk.ask().unwrap();
            asked.push((configuration, budget));
            walk.finish(trial, -f64::from(configuration));
            walk.same_as(Hyperband::once(schedule(1.0, 9.0, 3)));
        }
        let screen = [at(1.0, 1..=9), at(3.0, [9, 8, 7]), at(9.0, [9])].concat();
        let prescreens = [at(1.0, 10..=12), at(9.0, [12]), at(1.0, 13..=15), at(9.0, [15])].concat();
        assert_eq!(asked, [screen, prescreens].concat());
    }

    #[test]
    fn what_goes_on_from_a_prescreen_is_chosen_and_nothing_else_of_it_does() {
        let mut walk = Walk::new(Hyperband::once(schedule(1.0, 9.0, 3)));
        for trial in 1..=13 {
            walk.ask().unwrap();
            assert!(walk.intensifier.waiting(&walk.history).is_empty(), "{trial}: the screen's rungs promote by cost");
            walk.finish(trial, f64::from(trial));
        }
        for (trial, cost) in [(14, 2.0), (15, 1.0)] {
            walk.ask().unwrap();
            walk.finish(trial, cost);
        }
        let configuration = |number: u32| ConfigurationId(number);
        assert_eq!(walk.intensifier.waiting(&walk.history), [11, 10].map(configuration));
        walk.ask().unwrap();
        walk.tell(16, Outcome::TimedOut);
        let assignment =
            Assignment { bracket: 1, rung: 1, budget: walk.intensifier.schedule.max(), instance_seed: None };
        let candidate =
            |number: u32| Candidate { configuration: Some(ConfigurationId(number)), assignment: assignment.clone() };
        let expected = Next::Choose { candidates: [11, 10].map(candidate).to_vec() };
        assert_eq!(walk.intensifier.next(&walk.history, true), expected);
        assert_eq!(walk.ask(), Some((11, 9.0)));
        assert!(walk.intensifier.waiting(&walk.history).is_empty());
        let goes_on = |walk: &Walk<Hyperband>, number| walk.intensifier.may_go_on(&walk.history, configuration(number));
        assert!(!goes_on(&walk, 10) && !goes_on(&walk, 12));
        walk.finish(17, 1.0);
        assert_eq!(walk.ask(), Some((13, 1.0)), "one goes on, then the next prescreen begins");
        assert!(goes_on(&walk, 13) && !goes_on(&walk, 11));
        // Where a prescreen is too expensive the screen is followed by single trials in full: none of them waits for anything.
        let mut walk = Walk::new(Hyperband::once(schedule(1.0, 3.0, 3)));
        for trial in 1..=8 {
            walk.ask().unwrap();
            walk.finish(trial, f64::from(trial));
            assert!(walk.intensifier.waiting(&walk.history).is_empty(), "{trial}");
        }
    }

    #[test]
    fn workers_never_idle() {
        let mut walk = walk(1.0, 9.0, 3);
        let asked = walk.asks(30);
        assert_eq!(
            asked,
            [at(1.0, 1..=9), at(3.0, 10..=14), at(9.0, 15..=17), at(1.0, 18..=26), at(3.0, 27..=30)].concat()
        );
        // The first bracket's last trial is a straggler: the second bracket goes on without it.
        (1..=8).chain(10..=14).for_each(|trial| walk.finish(trial, f64::from(trial)));
        walk.same_as(Hyperband::new(schedule(1.0, 9.0, 3)));
        assert_eq!(walk.ask(), Some((10, 9.0)));
        assert_eq!(walk.ask(), Some((31, 3.0)));
        walk.finish(9, 0.0);
        assert_eq!(walk.asks(3), at(3.0, [9, 1, 2]));
    }

    #[test]
    fn failures_are_never_promoted() {
        let failures = [
            Outcome::Diverged,
            Outcome::Crashed { message: String::new() },
            Outcome::TimedOut,
            Outcome::OutOfMemory,
            Outcome::Lost,
        ];
        let mut walk = walk(1.0, 9.0, 3);
        walk.asks(9);
        for trial in (1..=9).filter(|&trial| trial != 4) {
            walk.tell(trial, failures[trial as usize % failures.len()].clone());
        }
        walk.finish(4, 1e9);
        assert_eq!(walk.ask(), Some((4, 3.0)));
        walk.finish(10, 1e9);
        assert_eq!(walk.ask(), Some((4, 9.0)), "the only success is the best of its rung");
        assert_eq!(walk.ask(), Some((10, 3.0)), "then the next bracket opens");
    }

    #[test]
    fn a_rung_of_failures_ends_its_bracket() {
        let mut walk = walk(1.0, 9.0, 3);
        walk.asks(9);
        (1..=9).for_each(|trial| walk.tell(trial, Outcome::TimedOut));
        assert_eq!(walk.asks(5), at(3.0, 10..=14));
        assert_eq!(walk.ask(), Some((15, 9.0)));
    }

    #[test]
    fn the_earlier_of_equals_goes_on() {
        let mut walk = walk(1.0, 3.0, 3);
        walk.asks(3);
        [3, 1, 2].into_iter().for_each(|trial| walk.finish(trial, 1.0));
        assert_eq!(walk.ask(), Some((1, 3.0)));
    }

    #[test]
    fn an_exhausted_space_promotes_what_it_has() {
        let mut walk = walk(1.0, 9.0, 3);
        walk.asks(4);
        walk.can_sample_new = false;
        assert_eq!(walk.ask(), None);
        (1..=4).for_each(|trial| walk.finish(trial, f64::from(trial)));
        assert_eq!(walk.asks(9), at(3.0, [1, 2, 3]));
        (5..=7).for_each(|trial| walk.finish(trial, f64::from(trial)));
        assert_eq!(walk.asks(9), at(9.0, [1]));
        walk.finish(8, 1.0);
        assert_eq!(walk.ask(), None);
    }
}
