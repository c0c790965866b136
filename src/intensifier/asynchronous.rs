//! Asynchronous promotion: a configuration goes on as soon as it is among the best of its rung.
use std::cmp::Reverse;

use super::bracket::{Bracket, Schedule};
use super::ladder::Rung;
use super::{Assignment, Intensifier, Next};
use crate::trial::history::History;

/// Asynchronous successive halving (Li et al. 2020, "A system for massively parallel hyperparameter tuning"), and with
/// several brackets asynchronous Hyperband.
///
/// Whenever a worker is free, the best configuration that is in the top 1/eta of the results on its rung and was not
/// promoted yet is promoted, on the highest rung that has one; otherwise a new configuration begins. No worker waits
/// for a slow trial. A failure counts as a result and is never promoted; a lost trial does not count. New
/// configurations are distributed over the brackets as in Hyperband.
#[derive(Clone, Debug)]
pub(crate) struct Asynchronous {
    eta: usize,
    brackets: Vec<Ladder>,
    asked: usize,
    ended: usize,
}

/// A bracket that never closes.
#[derive(Clone, Debug)]
struct Ladder {
    shape: Bracket,
    rungs: Vec<Rung>,
    begun: u64,
}

impl Asynchronous {
    /// Asynchronous promotion in the first `brackets` kinds of bracket; 1 is asynchronous successive halving.
    pub(crate) fn new(schedule: &Schedule, brackets: u32) -> Self {
        let ladder = |number| {
            let shape = schedule.bracket(number);
            Ladder { rungs: vec![Rung::default(); shape.rungs.len()], shape, begun: 0 }
        };
        let brackets = (0..brackets.clamp(1, schedule.rungs())).map(ladder).collect();
        Self { eta: schedule.eta() as usize, brackets, asked: 0, ended: 0 }
    }

    fn catch_up(&mut self, history: &History) {
        for trial in &history.trials()[self.asked..] {
            let (bracket, rung) = (trial.proposal.bracket as usize, trial.proposal.rung as usize);
            let Some(ladder) = self.brackets.get_mut(bracket) else { continue };
            match rung.checked_sub(1).map(|below| ladder.rungs.get_mut(below)) {
                Some(Some(below)) => below.promote(trial.proposal.configuration_id),
                Some(None) => {}
                None => ladder.begun += 1,
            }
        }
        self.asked = history.trials().len();
        for trial in history.ended_after(self.ended) {
            let (bracket, rung) = (trial.proposal.bracket as usize, trial.proposal.rung as usize);
            if let Some(rung) = self.brackets.get_mut(bracket).and_then(|ladder| ladder.rungs.get_mut(rung)) {
                rung.end(trial, self.eta);
            }
        }
        self.ended = history.ended().len();
    }

    /// All rungs that have one above, as pairs of bracket and rung, the highest budget first.
    fn highest_first(&self) -> Vec<(usize, usize)> {
        let mut rungs: Vec<_> = (self.brackets.iter().enumerate())
            .flat_map(|(bracket, ladder)| (0..ladder.rungs.len() - 1).map(move |rung| (bracket, rung)))
            .collect();
        rungs.sort_by_key(|&(bracket, rung)| (Reverse(self.brackets[bracket].shape.rungs[rung].budget), bracket));
        rungs
    }

    fn promotion(&self, (bracket, rung): (usize, usize), leaders: bool) -> Option<Next> {
        let ladder = &self.brackets[bracket];
        let here = &ladder.rungs[rung];
        let configuration = here.next().or_else(|| here.leader().filter(|_| leaders))?;
        let budget = ladder.shape.rungs[rung + 1].budget;
        let assignment = Assignment { bracket: bracket as u32, rung: rung as u32 + 1, budget, instance_seed: None };
        Some(Next::Promote { configuration, assignment })
    }
}

impl Intensifier for Asynchronous {
    fn next(&mut self, history: &History, can_sample_new: bool) -> Next {
        self.catch_up(history);
        let rungs = self.highest_first();
        if let Some(next) = rungs.iter().find_map(|&rung| self.promotion(rung, false)) {
            return next;
        }
        if can_sample_new {
            // The bracket furthest behind its share.
            let share =
                |ladder: &&Ladder| (ladder.begun + 1) as f64 / f64::from(ladder.shape.rungs[0].configurations.max(1));
            let behind = self.brackets.iter().min_by(|a, b| share(a).total_cmp(&share(b)));
            let behind = behind.expect("there is at least one bracket");
            let bracket = self.brackets.iter().position(|ladder| std::ptr::eq(ladder, behind)).unwrap_or(0) as u32;
            return Next::New {
                assignment: Assignment { bracket, rung: 0, budget: behind.shape.rungs[0].budget, instance_seed: None },
            };
        }
        if history.running().next().is_some() {
            return Next::Wait;
        }
        // No configuration will be added: the best so far goes on to the full budget.
        rungs.iter().find_map(|&rung| self.promotion(rung, true)).unwrap_or(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intensifier::walk::{Walk, at, schedule};
    use crate::trial::outcome::Outcome;

    fn walk(brackets: u32) -> Walk<Asynchronous> {
        Walk::new(Asynchronous::new(&schedule(1.0, 9.0, 3), brackets))
    }

    #[test]
    fn the_best_third_goes_on_at_once() {
        let mut walk = walk(1);
        let mut asked = Vec::new();
        for trial in 1..=13 {
            let (configuration, budget) = walk.ask().unwrap();
            asked.push((configuration, budget));
            walk.finish(trial, f64::from(configuration));
            walk.same_as(Asynchronous::new(&schedule(1.0, 9.0, 3), 1));
        }
        // One of three, two of six, three of nine; and the best of the three that went on.
        let expected =
            [at(1.0, 1..=3), at(3.0, [1]), at(1.0, 4..=6), at(3.0, [2]), at(1.0, 7..=9), at(3.0, [3]), at(9.0, [1])];
        assert_eq!(asked, expected.concat());
    }

    #[test]
    fn nobody_waits_for_a_straggler() {
        let mut walk = walk(1);
        assert_eq!(walk.asks(5), at(1.0, 1..=5));
        [2, 3, 4].into_iter().for_each(|trial| walk.finish(trial, f64::from(trial)));
        assert_eq!(walk.asks(3), [at(3.0, [2]), at(1.0, [6, 7])].concat());
        walk.finish(1, 0.0);
        assert_eq!(walk.ask(), Some((1, 3.0)), "the late one is the best of four");
        walk.finish(5, 9.0);
        assert_eq!(walk.ask(), Some((8, 1.0)), "the best of five has gone on");
    }

    #[test]
    fn failures_count_and_never_go_on_and_a_lost_trial_counts_as_nothing() {
        let mut walk = walk(1);
        walk.asks(9);
        walk.tell(1, Outcome::Lost);
        walk.tell(2, Outcome::Diverged);
        walk.finish(3, 5.0);
        assert_eq!(walk.ask(), Some((10, 1.0)), "two results");
        walk.tell(4, Outcome::TimedOut);
        assert_eq!(walk.asks(2), [at(3.0, [3]), at(1.0, [11])].concat());
        (5..=9).for_each(|trial| walk.tell(trial, Outcome::OutOfMemory));
        assert_eq!(walk.ask(), Some((12, 1.0)), "none of the failures");
    }

    #[test]
    fn brackets_have_the_shares_of_hyperband() {
        let mut walk = walk(3);
        let asked = walk.asks(170);
        let begun = |budget| asked.iter().filter(|(_, at)| *at == budget).count();
        assert_eq!((begun(1.0), begun(3.0), begun(9.0)), (90, 50, 30));
        let brackets: Vec<u32> = walk.history.trials()[..6].iter().map(|trial| trial.proposal.bracket).collect();
        assert_eq!(brackets, [0, 1, 0, 0, 2, 1]);
    }

    #[test]
    fn an_exhausted_space_promotes_its_best_to_the_full_budget() {
        let mut walk = walk(1);
        walk.asks(2);
        walk.can_sample_new = false;
        assert_eq!(walk.ask(), None);
        walk.finish(1, 2.0);
        assert_eq!(walk.ask(), None);
        walk.finish(2, 1.0);
        assert_eq!(walk.asks(5), at(3.0, [2]));
        walk.finish(3, 7.0);
        assert_eq!(walk.asks(5), at(9.0, [2]));
        walk.finish(4, 7.0);
        assert_eq!(walk.ask(), None);
    }
}
