//! Racing: configurations are compared on more and more pairs of seed and instance.
mod settings;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Assignment, InstanceSeed, Intensifier, Next};
use crate::numeric::stream::Stream;
use crate::trial::budget::Budget;
use crate::trial::history::History;
use crate::trial::{ConfigurationId, Trial, TrialId};
pub use settings::RacingSettings;

/// The race of SMAC (Hutter et al. 2011; Lindauer et al. 2022).
///
/// A challenger is run on 1, 2, 4, ... of the pairs of seed and instance that the incumbent was run on. As soon as it is
/// not strictly better on the pairs that both have results for, it is rejected; once it is better on all of them, it is
/// the incumbent. Before each new configuration the incumbent is run on one more pair, so that luck does not last.
/// Failures are worse than any cost. A challenger with a lost trial leaves the race.
#[derive(Clone, Debug)]
pub(crate) struct Racing {
    budget: Budget,
    /// All pairs in the order in which every configuration is run on them: seed by seed, the instances shuffled.
    pairs: Vec<InstanceSeed>,
    numbers: HashMap<InstanceSeed, usize>,
    racers: Vec<Racer>,
    incumbent: Option<usize>,
    /// The indices of the pairs that any configuration was asked for.
    opened: BTreeSet<usize>,
    /// True where the last trial opened a pair: beyond the first pair, only the incumbent does.
    has_opened: bool,
    /// The racers that are neither incumbent nor rejected, by their last trial.
    queue: BTreeSet<(TrialId, usize)>,
    asked: usize,
    ended: usize,
}

/// The state of a configuration in the race.
#[derive(Clone, Debug, Default)]
struct Racer {
    last: Option<TrialId>,
    running: usize,
    asked: BTreeSet<usize>,
    /// The cost on each pair; `None` where it failed.
    costs: BTreeMap<usize, Option<f64>>,
    rejected: bool,
}

impl Racer {
    /// The number of failures and the mean cost over these pairs: lower is better.
    fn score<'a>(&self, pairs: impl Iterator<Item = &'a usize>) -> (usize, f64) {
        let (mut failures, mut successes, mut sum) = (0, 0, 0.0);
        for cost in pairs.filter_map(|pair| self.costs.get(pair)) {
            match cost {
                Some(cost) => (successes, sum) = (successes + 1, sum + cost),
                None => failures += 1,
            }
        }
        (failures, if successes == 0 { f64::INFINITY } else { sum / f64::from(successes) })
    }
}

impl Racing {
    /// A race at one budget, with seeds drawn from the experiment's.
    pub(crate) fn new(budget: Budget, settings: &RacingSettings, seed: u64) -> Self {
        let mut pairs = Vec::new();
        for index in 0..u64::from(settings.seeds.max(1)) {
            // Thirty-one bits: a seed that every program's integers hold.
            let pair_seed = Stream::of(seed, "race", index).bits() >> 33;
            let mut instances: Vec<Option<Arc<str>>> =
                settings.instances.iter().map(|instance| Some(instance.as_str().into())).collect();
            if instances.is_empty() {
                instances.push(None);
            }
            Stream::of(seed, "race order", index).shuffle(&mut instances);
            pairs.extend(instances.into_iter().map(|instance| InstanceSeed { seed: pair_seed, instance }));
        }
        pairs.truncate(settings.most_pairs.max(1) as usize);
        Self {
            budget,
            numbers: pairs.iter().cloned().enumerate().map(|(number, pair)| (pair, number)).collect(),
            pairs,
            racers: Vec::new(),
            incumbent: None,
            opened: BTreeSet::new(),
            has_opened: false,
            queue: BTreeSet::new(),
            asked: 0,
            ended: 0,
        }
    }

    fn catch_up(&mut self, history: &History) {
        let asked = &history.trials()[self.asked..];
        self.racers.resize_with(history.configurations().len(), Racer::default);
        for trial in asked {
            let index = trial.proposal.configuration_id.index();
            self.leave(index);
            let racer = &mut self.racers[index];
            racer.last = Some(trial.proposal.trial);
            racer.running += 1;
            if let Some(&number) = self.numbers.get(&instance_seed(trial)) {
                racer.asked.insert(number);
                self.has_opened = self.opened.insert(number) && number > 0;
            }
            self.enter(index);
        }
        self.asked = history.trials().len();
        for trial in history.ended_after(self.ended) {
            self.end(trial);
        }
        self.ended = history.ended().len();
    }

    fn leave(&mut self, index: usize) {
        if let Some(last) = self.racers[index].last {
            self.queue.remove(&(last, index));
        }
    }

    fn enter(&mut self, index: usize) {
        let racer = &self.racers[index];
        if let Some(last) = racer.last.filter(|_| !racer.rejected && self.incumbent != Some(index)) {
            self.queue.insert((last, index));
        }
    }

    fn reject(&mut self, index: usize) {
        self.racers[index].rejected = true;
        self.leave(index);
    }

    fn end(&mut self, trial: &Trial) {
        let index = trial.proposal.configuration_id.index();
        let outcome = trial.outcome.as_ref().expect("it has ended");
        self.racers[index].running -= 1;
        let Some(&number) = self.numbers.get(&instance_seed(trial)) else { return };
        if !outcome.is_judged() {
            if self.incumbent != Some(index) {
                self.reject(index);
            }
            return;
        }
        self.racers[index].costs.insert(number, outcome.cost());
        let Some(incumbent) = self.incumbent else {
            return match outcome.cost() {
                Some(_) => self.crown(index),
                None => self.reject(index),
            };
        };
        if incumbent == index {
            return;
        }
        let (racer, best) = (&self.racers[index], &self.racers[incumbent]);
        let common = || racer.costs.keys().filter(|pair| best.costs.contains_key(pair));
        if racer.score(common()) >= best.score(common()) {
            self.reject(index);
        } else if common().count() == best.costs.len() {
            self.reject(incumbent);
            self.crown(index);
        }
    }

    fn crown(&mut self, index: usize) {
        self.leave(index);
        self.racers[index].rejected = false;
        self.incumbent = Some(index);
    }

    /// The first of these pairs that a racer was not asked for.
    fn open<'a>(&self, index: usize, mut among: impl Iterator<Item = &'a usize>) -> Option<usize> {
        among.find(|pair| !self.racers[index].asked.contains(pair)).copied()
    }

    fn assignment(&self, pair: usize) -> Assignment {
        Assignment { bracket: 0, rung: 0, budget: self.budget, instance_seed: Some(self.pairs[pair].clone()) }
    }

    fn run(&self, index: usize, pair: usize) -> Next {
        Next::Promote { configuration: ConfigurationId::of_index(index), assignment: self.assignment(pair) }
    }

    /// A challenger's next pair: of the batch that was begun with the last trial, or of the one that waits longest.
    fn challenger(&self, history: &History, incumbent: usize) -> Option<Next> {
        let pairs = || self.racers[incumbent].costs.keys();
        let last = history.trials().last().map(|trial| trial.proposal.configuration_id.index());
        let unfinished = last.filter(|&index| {
            let racer = &self.racers[index];
            !racer.rejected && index != incumbent && !racer.asked.len().is_power_of_two()
        });
        if let Some((index, pair)) = unfinished.and_then(|index| Some((index, self.open(index, pairs())?))) {
            return Some(self.run(index, pair));
        }
        let resting = self.queue.iter().map(|(_, index)| *index).filter(|&index| self.racers[index].running == 0);
        resting.into_iter().find_map(|index| Some(self.run(index, self.open(index, pairs())?)))
    }
}

impl Intensifier for Racing {
    fn next(&mut self, history: &History, can_sample_new: bool) -> Next {
        self.catch_up(history);
        let Some(incumbent) = self.incumbent else {
            return if can_sample_new { Next::New { assignment: self.assignment(0) } } else { Next::Wait };
        };
        if let Some(next) = self.challenger(history, incumbent) {
            return next;
        }
        let all: Vec<usize> = (0..self.pairs.len()).collect();
        let more = self.open(incumbent, all.iter()).filter(|_| self.racers[incumbent].running == 0);
        match more {
            Some(pair) if !self.has_opened || !can_sample_new => self.run(incumbent, pair),
            _ if can_sample_new => {
                let first = self.racers[incumbent].costs.keys().next();
                Next::New { assignment: self.assignment(*first.expect("an incumbent has succeeded")) }
            }
            _ => Next::Wait,
        }
    }
}

fn instance_seed(trial: &Trial) -> InstanceSeed {
    InstanceSeed { seed: trial.proposal.seed, instance: trial.proposal.instance.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intensifier::walk::Walk;
    use crate::trial::incumbent::incumbent;
    use crate::trial::outcome::Outcome;

    fn racing(instances: &[&str], seeds: u32) -> Racing {
        let instances = instances.iter().map(|instance| (*instance).to_owned()).collect();
        let settings = RacingSettings { instances, seeds, ..RacingSettings::default() };
        Racing::new(Budget::new(1.0).unwrap(), &settings, 3)
    }

    fn walk() -> Walk<Racing> {
        Walk::new(racing(&["a", "b", "c"], 2))
    }

    /// Asks and tells so many trials in turn; the configurations in the order of asking.
    fn run(walk: &mut Walk<Racing>, trials: usize, cost: impl Fn(u32, usize) -> f64) -> Vec<u32> {
        let mut asked = Vec::new();
        for _ in 0..trials {
            let proposal = walk.proposal().unwrap();
            let pair = InstanceSeed { seed: proposal.seed, instance: proposal.instance.clone() };
            let number = walk.intensifier.numbers[&pair];
            asked.push(proposal.configuration_id.0);
            walk.finish(proposal.trial.0, cost(proposal.configuration_id.0, number));
        }
        walk.intensifier.next(&walk.history, true);
        asked
    }

    #[test]
    fn pairs_are_grouped_by_seed() {
        let racing = racing(&["a", "b", "c"], 2);
        let groups: Vec<BTreeSet<_>> =
            racing.pairs.chunks(3).map(|group| group.iter().map(|pair| pair.instance.clone()).collect()).collect();
        assert!(racing.pairs.len() == 6 && groups[0] == groups[1] && groups[0].len() == 3);
        assert!(racing.pairs[..3].iter().all(|pair| pair.seed == racing.pairs[0].seed));
        assert_ne!(racing.pairs[0].seed, racing.pairs[3].seed);
    }

    /// Behaviour 63 of SMAC's intensifier.
    #[test]
    fn a_new_configuration_and_one_more_pair_of_the_incumbent_alternate() {
        let mut walk = walk();
        assert_eq!((walk.ask(), walk.ask()), (Some((1, 1.0)), Some((2, 1.0))), "nobody waits for the first");
        walk.finish(1, 0.5);
        let more = walk.proposal().unwrap();
        assert_eq!((more.configuration_id.0, more.rung), (1, 0), "the incumbent gets one more pair");
        assert_eq!(walk.ask(), Some((3, 1.0)));
    }

    /// Behaviours 65 and 66: a challenger must be better on all pairs of the incumbent, and ties lose.
    #[test]
    fn a_challenger_catches_up_in_doubling_steps() {
        let mut walk = walk();
        // The first configuration costs 1 everywhere and rejects 2 to 4; the fifth is better everywhere.
        let cost = |configuration, _| if configuration == 5 { 0.5 } else { 1.0 };
        let asked = run(&mut walk, 13, cost);
        assert_eq!(asked, [1, 1, 2, 1, 3, 1, 4, 1, 5, 5, 5, 5, 5]);
        assert_eq!(walk.intensifier.incumbent, Some(4));
        assert!(walk.intensifier.racers[..4].iter().all(|racer| racer.rejected), "ties and the replaced are rejected");
        assert_eq!(run(&mut walk, 2, cost), [5, 6], "the new incumbent goes on where the old one was");
    }

    #[test]
    fn better_on_fewer_pairs_is_not_yet_the_incumbent() {
        let mut walk = walk();
        // The second configuration is lucky on the first pair only.
        let cost = |configuration, pair| match (configuration, pair) {
            (2, 0) => 0.0,
            (2, _) => 3.0,
            _ => 1.0,
        };
        assert_eq!(run(&mut walk, 4, cost), [1, 1, 2, 2]);
        assert_eq!(walk.intensifier.incumbent, Some(0));
        assert!(walk.intensifier.racers[1].rejected, "on both pairs it costs 1.5");
    }

    #[test]
    fn failures_never_lead() {
        let mut walk = walk();
        walk.asks(2);
        walk.tell(1, Outcome::TimedOut);
        assert_eq!(walk.intensifier.next(&walk.history, false), Next::Wait);
        walk.finish(2, 1e9);
        assert_eq!(walk.ask(), Some((2, 1.0)), "the only success is the incumbent");
        walk.finish(3, 1e9);
        walk.ask();
        walk.tell(4, Outcome::Lost);
        assert!(walk.intensifier.clone().next(&walk.history, true) != Next::Wait);
        walk.intensifier.next(&walk.history, true);
        assert!(walk.intensifier.racers[2].rejected, "a lost challenger leaves the race");
    }

    #[test]
    fn the_history_knows_the_incumbent_of_the_race() {
        let mut stream = Stream::of(5, "race test", 0);
        let (mut agreed, mut asked) = (0, 0);
        for round in 0..20 {
            let mut walk = walk();
            let mut running = Vec::new();
            for _ in 0..400 {
                if running.len() < 1 + round % 5 {
                    let Some(proposal) = walk.proposal() else { panic!("a race never waits while there is more") };
                    running.push(proposal);
                    continue;
                }
                let ends = running.swap_remove(stream.below(running.len()));
                let mean = f64::from(ends.configuration_id.0 * 37 % 101);
                match stream.below(20) {
                    0 => walk.tell(ends.trial.0, Outcome::Lost),
                    1 => walk.tell(ends.trial.0, Outcome::Diverged),
                    _ => walk.finish(ends.trial.0, mean + 10.0 * stream.normal()),
                }
                walk.same_as(racing(&["a", "b", "c"], 2));
                let expected = walk.intensifier.incumbent.map(|index| ConfigurationId::of_index(index).0);
                let found = incumbent(&walk.history).map(|trial| trial.proposal.configuration_id.0);
                // One that was replaced while it ran may know a pair more until its successor does; and where the
                // incumbent fails later, one with as many pairs and fewer failures stands above.
                let known = |number: u32| {
                    let costs = &walk.intensifier.racers[ConfigurationId(number).index()].costs;
                    (costs.len(), costs.values().flatten().count())
                };
                let is_ahead = |(found, expected)| known(found) > known(expected);
                assert!(found == expected || found.zip(expected).is_some_and(is_ahead), "{found:?} {expected:?}");
                (agreed, asked) = (agreed + usize::from(found == expected), asked + 1);
            }
            let keys: BTreeSet<_> = walk
                .history
                .trials()
                .iter()
                .map(|trial| (trial.proposal.configuration_id, instance_seed(trial)))
                .collect();
            assert_eq!(keys.len(), walk.history.trials().len(), "no pair twice");
        }
        assert!(agreed * 100 > asked * 90, "{agreed} of {asked}");
    }
}
