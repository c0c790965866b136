//! Hyperband: whole rungs are promoted, brackets come in turn.
use super::bracket::Schedule;
use super::{Intensifier, Next};
use crate::trial::history::History;
use crate::trial::{ConfigurationId, Trial};

/// Successive halving at several degrees of boldness (Li et al. 2018).
///
/// A rung is promoted when all of its trials have ended. Failures count as ended and never go on: where fewer succeed
/// than the next rung has places, only they go on. While every open bracket waits for trials that run, the next one
/// is opened, so that no worker idles.
#[derive(Clone, Debug)]
pub struct Hyperband {
    schedule: Schedule,
}

impl Hyperband {
    pub fn new(schedule: Schedule) -> Self {
        Self { schedule }
    }

    /// The rungs of an open bracket that are filled already, from the top, and then the rung that is not.
    fn promotion(&self, bracket: u32, rungs: &[Vec<&Trial>], closed: bool) -> Option<Next> {
        let shape = self.schedule.bracket(bracket).rungs;
        // How many trials the rung below gets in the end, once that is known.
        let mut size = if closed { rungs[0].len() } else { shape[0].configurations as usize };
        for rung in 1..shape.len() {
            let below = &rungs[rung - 1];
            if below.len() < size || below.iter().any(|trial| trial.outcome.is_none()) {
                return None;
            }
            let best = best(below, shape[rung].configurations as usize);
            let asked = rungs.get(rung).map_or(&[][..], Vec::as_slice);
            let open = |configuration: &&ConfigurationId| {
                asked.iter().all(|trial| trial.proposal.configuration_id != **configuration)
            };
            if let Some(&configuration) = best.iter().find(open) {
                return Some(Next::Promote { configuration, bracket, rung: rung as u32, budget: shape[rung].budget });
            }
            if best.is_empty() {
                return None;
            }
            size = best.len();
        }
        None
    }
}

impl Intensifier for Hyperband {
    fn next(&self, history: &History, fresh: bool) -> Next {
        if self.schedule.rungs() == 1 {
            let new = Next::New { bracket: 0, rung: 0, budget: self.schedule.max() };
            return if fresh { new } else { Next::Wait };
        }
        let brackets = brackets(history);
        for (bracket, rungs) in brackets.iter().enumerate() {
            let bracket = bracket as u32;
            let lowest = self.schedule.bracket(bracket).rungs[0];
            let filled = rungs[0].len() as u32 >= lowest.configurations;
            if !filled && fresh {
                return Next::New { bracket, rung: 0, budget: lowest.budget };
            }
            if let Some(next) = self.promotion(bracket, rungs, !filled) {
                return next;
            }
        }
        if !fresh {
            return Next::Wait;
        }
        let bracket = brackets.len() as u32;
        Next::New { bracket, rung: 0, budget: self.schedule.bracket(bracket).rungs[0].budget }
    }
}

/// The trials of every bracket that was opened, by rung.
fn brackets(history: &History) -> Vec<Vec<Vec<&Trial>>> {
    let mut brackets: Vec<Vec<Vec<&Trial>>> = Vec::new();
    for trial in history.trials() {
        let (bracket, rung) = (trial.proposal.bracket as usize, trial.proposal.rung as usize);
        if brackets.len() <= bracket {
            brackets.resize_with(bracket + 1, || vec![Vec::new()]);
        }
        if brackets[bracket].len() <= rung {
            brackets[bracket].resize_with(rung + 1, Vec::new);
        }
        brackets[bracket][rung].push(trial);
    }
    brackets
}

/// The successes with the lowest costs, at most `places`, the earlier of equals first.
fn best(rung: &[&Trial], places: usize) -> Vec<ConfigurationId> {
    let mut successes: Vec<(f64, &Trial)> =
        rung.iter().filter_map(|trial| Some((trial.outcome.as_ref()?.cost()?, *trial))).collect();
    successes.sort_by(|(a, first), (b, second)| a.total_cmp(b).then(first.proposal.trial.cmp(&second.proposal.trial)));
    successes.into_iter().take(places).map(|(_, trial)| trial.proposal.configuration_id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Space;
    use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
    use crate::trial::budget::Budget;
    use crate::trial::outcome::Outcome;
    use crate::trial::{Origin, Proposal, TrialId};

    /// A history that follows the intensifier, with a new configuration wherever it wants one.
    struct Walk {
        hyperband: Hyperband,
        space: Space,
        history: History,
        fresh: bool,
    }

    impl Walk {
        fn new(min: f64, max: f64, eta: u32) -> Self {
            let schedule = Schedule::new(Budget::new(min).unwrap(), Budget::new(max).unwrap(), eta).unwrap();
            let domain = Domain::Integer { min: 1, max: 100_000, log: false };
            let x = Hyperparameter::new("x", domain, Value::Integer(1));
            let space = Space::new("test".into(), vec![x], vec![], vec![]).unwrap();
            Self { hyperband: Hyperband::new(schedule), space, history: History::default(), fresh: true }
        }

        /// Asks; the number of the configuration, and its budget.
        fn ask(&mut self) -> Option<(u32, f64)> {
            let new = ConfigurationId(self.history.configurations().len() as u32 + 1);
            let (configuration_id, bracket, rung, budget) = match self.hyperband.next(&self.history, self.fresh) {
                Next::Promote { configuration, bracket, rung, budget } => (configuration, bracket, rung, budget),
                Next::New { bracket, rung, budget } => (new, bracket, rung, budget),
                Next::Wait => return None,
            };
            let value = Some(Value::Integer(i64::from(configuration_id.0)));
            let configuration = self.space.configuration(vec![value]).unwrap();
            let (trial, seed, origin) = (self.history.next_trial(), 0, Origin::Random);
            let instance = None;
            let proposal =
                Proposal { trial, configuration_id, configuration, budget, bracket, rung, seed, instance, origin };
            self.history.ask(proposal);
            Some((configuration_id.0, budget.amount()))
        }

        fn asks(&mut self, count: usize) -> Vec<(u32, f64)> {
            (0..count).map_while(|_| self.ask()).collect()
        }

        fn tell(&mut self, trial: u32, outcome: Outcome) {
            assert!(self.history.tell(TrialId(trial), outcome));
        }

        fn finish(&mut self, trial: u32, cost: f64) {
            self.tell(trial, Outcome::Finished { cost });
        }
    }

    fn at(budget: f64, configurations: impl IntoIterator<Item = u32>) -> Vec<(u32, f64)> {
        configurations.into_iter().map(|configuration| (configuration, budget)).collect()
    }

    #[test]
    fn one_worker_walks_the_brackets_of_the_plan() {
        let mut walk = Walk::new(1.0, 9.0, 3);
        let mut asked = Vec::new();
        for trial in 1..=23 {
            let (configuration, budget) = walk.ask().unwrap();
            asked.push((configuration, budget));
            walk.finish(trial, -f64::from(configuration));
        }
        let expected = [at(1.0, 1..=9), at(3.0, [9, 8, 7]), at(9.0, [9]), at(3.0, 10..=14), at(9.0, [14, 15, 16, 17])];
        assert_eq!(asked[..22], expected.concat());
        assert_eq!(asked[22], (18, 1.0), "the brackets come again");
    }

    #[test]
    fn workers_never_idle() {
        let mut walk = Walk::new(1.0, 9.0, 3);
        let asked = walk.asks(30);
        assert_eq!(
            asked,
            [at(1.0, 1..=9), at(3.0, 10..=14), at(9.0, 15..=17), at(1.0, 18..=26), at(3.0, 27..=30)].concat()
        );
        // The first bracket's last trial is a straggler: the second bracket goes on without it.
        (1..=8).chain(10..=14).for_each(|trial| walk.finish(trial, f64::from(trial)));
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
        let mut walk = Walk::new(1.0, 9.0, 3);
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
        let mut walk = Walk::new(1.0, 9.0, 3);
        walk.asks(9);
        (1..=9).for_each(|trial| walk.tell(trial, Outcome::TimedOut));
        assert_eq!(walk.asks(5), at(3.0, 10..=14));
        assert_eq!(walk.ask(), Some((15, 9.0)));
    }

    #[test]
    fn the_earlier_of_equals_goes_on() {
        let mut walk = Walk::new(1.0, 3.0, 3);
        walk.asks(3);
        [3, 1, 2].into_iter().for_each(|trial| walk.finish(trial, 1.0));
        assert_eq!(walk.ask(), Some((1, 3.0)));
    }

    #[test]
    fn an_exhausted_space_promotes_what_it_has() {
        let mut walk = Walk::new(1.0, 9.0, 3);
        walk.asks(4);
        walk.fresh = false;
        assert_eq!(walk.ask(), None);
        (1..=4).for_each(|trial| walk.finish(trial, f64::from(trial)));
        assert_eq!(walk.asks(9), at(3.0, [1, 2, 3]));
        (5..=7).for_each(|trial| walk.finish(trial, f64::from(trial)));
        assert_eq!(walk.asks(9), at(9.0, [1]));
        walk.finish(8, 1.0);
        assert_eq!(walk.ask(), None);
    }

    #[test]
    fn full_fidelity_is_one_endless_rung() {
        let mut walk = Walk::new(5.0, 5.0, 3);
        assert_eq!(walk.asks(40), at(5.0, 1..=40));
        assert!(walk.history.trials().iter().all(|trial| trial.proposal.bracket == 0 && trial.proposal.rung == 0));
    }
}
