//! The history of an experiment: all trials so far, with indexes for the questions that are asked of it.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::budget::Budget;
use super::curve::{Curve, CurvePoint};
use super::direction::Directions;
use super::outcome::Outcome;
use super::ranking::Ranking;
use super::{ConfigurationId, Origin, Proposal, Trial, TrialId};
use crate::space::configuration::Configuration;

/// The log of an experiment in memory: every proposal in order, its reports and its outcome.
///
/// Rungs, incumbent and surrogate are computed from it. All other fields are indexes: a query takes at most the
/// logarithm of the number of trials, and its answer depends on the log alone.
#[derive(Clone, Debug, Default)]
pub struct History {
    trials: Vec<Trial>,
    /// Trials in the order in which they ended.
    ended: Vec<TrialId>,
    running: BTreeSet<TrialId>,
    configurations: Vec<Configuration>,
    ids: HashMap<Configuration, ConfigurationId>,
    /// The trials of each configuration, in the order of asking.
    of: Vec<Vec<TrialId>>,
    /// The keys are bracket and rung.
    rungs: BTreeMap<(u32, u32), Rung>,
    ranking: Ranking,
    asked: Effort,
    spent: Effort,
    /// True where a trial begins anew at every budget.
    restarts: bool,
}

/// The budget of trials together, counted in both ways, so that the way may be told at any time.
#[derive(Clone, Copy, Debug, Default)]
struct Effort {
    /// The sum where a trial continues from what its configuration has reached.
    continued: f64,
    /// The sum where every trial begins anew.
    anew: f64,
}

impl Effort {
    fn add(&mut self, budget: Budget, continued: f64) {
        self.continued += continued;
        self.anew += budget.amount();
    }
}

/// The trials of one rung of one bracket.
#[derive(Clone, Debug, Default)]
pub struct Rung {
    trials: Vec<TrialId>,
    running: usize,
}

impl Rung {
    /// All trials of the rung, in the order of asking.
    pub fn trials(&self) -> &[TrialId] {
        &self.trials
    }

    /// The number of trials that have not ended.
    pub fn running(&self) -> usize {
        self.running
    }
}

impl History {
    /// Adds a proposal.
    ///
    /// # Panics
    /// Panics where the proposal's trial number is not the next one, or its configuration has another number already.
    pub fn ask(&mut self, proposal: Proposal) {
        assert_eq!(proposal.trial, self.next_trial(), "trials are numbered in the order of asking");
        let number = self.number_of(&proposal.configuration);
        assert_eq!(proposal.configuration_id, number, "a configuration keeps its number");
        if number.index() == self.configurations.len() {
            self.configurations.push(proposal.configuration.clone());
            self.ids.insert(proposal.configuration.clone(), number);
            self.of.push(Vec::new());
        }
        self.asked.add(proposal.budget, self.continued(&proposal, |_| true));
        self.of[number.index()].push(proposal.trial);
        let rung = self.rungs.entry((proposal.bracket, proposal.rung)).or_default();
        rung.trials.push(proposal.trial);
        rung.running += 1;
        self.running.insert(proposal.trial);
        self.trials.push(Trial {
            proposal,
            outcome: None,
            is_interrupted: false,
            curve: Curve::default(),
            seconds: None,
        });
    }

    /// Records the outcome of a trial. Returns false, and changes nothing, where the trial is unknown or has one already.
    pub fn tell(&mut self, trial: TrialId, outcome: Outcome) -> bool {
        if !self.running.remove(&trial) {
            return false;
        }
        let index = trial.index();
        let proposal = &self.trials[index].proposal;
        self.spent.add(proposal.budget, self.continued(proposal, |trial| trial.outcome.is_some()));
        self.rungs.get_mut(&(proposal.bracket, proposal.rung)).expect("it was asked for").running -= 1;
        if outcome.is_judged() {
            self.ranking.count(trial, proposal.configuration_id, proposal.budget, outcome.cost());
        }
        self.trials[index].outcome = Some(outcome);
        self.ended.push(trial);
        true
    }

    /// Marks the trials without an outcome as interrupted, where no session of the run goes on, or as running.
    pub(crate) fn mark_interrupted(&mut self, is_interrupted: bool) {
        for trial in &self.running {
            self.trials[trial.index()].is_interrupted = is_interrupted;
        }
    }

    /// Records the outcome of a trial as [`tell`](Self::tell) does, and the seconds that it took.
    pub fn tell_after(&mut self, trial: TrialId, outcome: Outcome, seconds: f64) -> bool {
        let told = self.tell(trial, outcome);
        if told {
            self.trials[trial.index()].seconds = Some(seconds);
        }
        told
    }

    /// Adds a point to the learning curve of a running trial. Returns false, and changes nothing, where the trial does not
    /// run or its curve ignores the point (see [`Curve::push`]).
    pub fn report(&mut self, trial: TrialId, point: CurvePoint) -> bool {
        self.running.contains(&trial) && {
            let Trial { proposal, curve, .. } = &mut self.trials[trial.index()];
            curve.push(point, proposal.budget)
        }
    }

    /// The same trials with the values of objectives that are maximized in place of costs, for files of other programs; its
    /// ranking is that of the values.
    #[must_use]
    pub fn turned(&self, directions: &Directions) -> Self {
        let mut turned = Self { restarts: self.restarts, ..Self::default() };
        self.trials.iter().for_each(|trial| turned.ask(trial.proposal.clone()));
        for trial in &self.trials {
            for point in directions.points(&trial.curve) {
                turned.report(trial.proposal.trial, point);
            }
        }
        for trial in self.running() {
            turned.trials[trial.proposal.trial.index()].is_interrupted = trial.is_interrupted;
        }
        for trial in self.ended() {
            let (number, outcome) = (trial.proposal.trial, trial.outcome.as_ref().expect("it has ended"));
            turned.tell(number, directions.turned(outcome));
            turned.trials[number.index()].seconds = trial.seconds;
        }
        turned
    }

    /// The next trial of a configuration at a budget, with this history's next number: in rung 0 of bracket 0, with
    /// seed 0, without an instance, drawn at random. Callers replace the fields that differ.
    pub fn proposal(&self, configuration: Configuration, budget: Budget) -> Proposal {
        Proposal {
            trial: self.next_trial(),
            configuration_id: self.number_of(&configuration),
            configuration,
            budget,
            bracket: 0,
            rung: 0,
            seed: 0,
            instance: None,
            origin: Origin::Random,
        }
    }

    /// The number that the next trial gets.
    pub fn next_trial(&self) -> TrialId {
        TrialId::of_index(self.trials.len())
    }

    /// The number that a configuration has, or gets when it is first asked for.
    pub fn number_of(&self, configuration: &Configuration) -> ConfigurationId {
        self.ids.get(configuration).copied().unwrap_or(ConfigurationId::of_index(self.configurations.len()))
    }

    /// True where a trial of this configuration was asked for.
    pub fn contains(&self, configuration: &Configuration) -> bool {
        self.ids.contains_key(configuration)
    }

    /// Every configuration, in the order of its number.
    pub fn configurations(&self) -> &[Configuration] {
        &self.configurations
    }

    /// The configuration with a number that this history gave.
    pub fn configuration(&self, number: ConfigurationId) -> &Configuration {
        &self.configurations[number.index()]
    }

    /// Every trial, in the order of asking.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// A trial by its number.
    pub fn trial(&self, trial: TrialId) -> Option<&Trial> {
        self.trials.get(trial.index())
    }

    /// The trials of a configuration, in the order of asking.
    pub fn of(&self, configuration: ConfigurationId) -> impl DoubleEndedIterator<Item = &Trial> {
        let trials = self.of.get(configuration.index()).into_iter().flatten();
        trials.map(|trial| &self.trials[trial.index()])
    }

    /// The trials that have ended, in the order of ending.
    pub fn ended(&self) -> impl DoubleEndedIterator<Item = &Trial> + ExactSizeIterator {
        self.ended.iter().map(|trial| &self.trials[trial.index()])
    }

    /// The trials that ended after the first `count`, in the order of ending.
    pub fn ended_after(&self, count: usize) -> impl Iterator<Item = &Trial> {
        self.ended[count.min(self.ended.len())..].iter().map(|trial| &self.trials[trial.index()])
    }

    /// The trials that were asked for and have not ended, in the order of asking.
    pub fn running(&self) -> impl DoubleEndedIterator<Item = &Trial> + ExactSizeIterator {
        self.running.iter().map(|trial| &self.trials[trial.index()])
    }

    /// The first trial of a configuration at a budget; `None` where there is none.
    pub fn at(&self, configuration: ConfigurationId, budget: Budget) -> Option<&Trial> {
        self.of(configuration).find(|trial| trial.proposal.budget == budget)
    }

    /// A rung of a bracket; `None` where no trial of it was asked for.
    pub fn rung(&self, bracket: u32, rung: u32) -> Option<&Rung> {
        self.rungs.get(&(bracket, rung))
    }

    /// The number of brackets that were opened: the highest bracket number plus one.
    pub fn brackets(&self) -> u32 {
        self.rungs.last_key_value().map_or(0, |((bracket, _), _)| bracket + 1)
    }

    /// The ranking of the configurations that succeeded, by budget.
    pub fn ranking(&self) -> &Ranking {
        &self.ranking
    }

    /// Tells that trials begin anew at every budget, so that each spends its whole budget, or that they continue, as is
    /// assumed unless told.
    pub fn set_restarts(&mut self, restarts: bool) {
        self.restarts = restarts;
    }

    /// The budget that all ended trials spent together. A trial that continues its configuration adds only the
    /// difference to the highest budget before.
    pub fn spent(&self) -> f64 {
        self.counted(self.spent)
    }

    /// The budget of all trials that were asked for, counted as in [`spent`](Self::spent).
    pub fn asked(&self) -> f64 {
        self.counted(self.asked)
    }

    /// The budget that a trial adds to the highest that its configuration reached before with the same seed and instance;
    /// all of its budget where trials begin anew.
    pub fn added_budget(&self, proposal: &Proposal) -> f64 {
        match self.restarts {
            true => proposal.budget.amount(),
            false => self.continued(proposal, |trial| trial.outcome.is_some()),
        }
    }

    fn counted(&self, effort: Effort) -> f64 {
        if self.restarts { effort.anew } else { effort.continued }
    }

    /// The budget that a trial adds where it continues from the trials of its configuration that count.
    fn continued(&self, proposal: &Proposal, counts: impl Fn(&Trial) -> bool) -> f64 {
        let is_continued = |trial: &&Trial| {
            let earlier = &trial.proposal;
            counts(trial)
                && earlier.trial != proposal.trial
                && (earlier.seed, &earlier.instance) == (proposal.seed, &proposal.instance)
        };
        let before = self.of(proposal.configuration_id).filter(is_continued);
        let reached = before.map(|trial| trial.proposal.budget.amount()).fold(0.0, f64::max);
        (proposal.budget.amount() - reached).max(0.0)
    }
}
