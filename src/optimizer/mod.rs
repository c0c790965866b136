//! Optimizer: asked for trials and told their outcomes.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod builder;
pub mod cost_model;
mod objectives;
pub mod regret;
mod repeatability;
mod selector;
pub mod settings;
pub mod stop;
pub mod strategy;
mod training_data;
mod weight;

use std::sync::Arc;

use crate::intensifier::bracket::{Plan, Schedule};
use crate::intensifier::config::IntensifierConfig;
use crate::intensifier::{Assignment, Candidate, InstanceSeed, Intensifier, Next};
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::trial::curve::CurvePoint;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;
use crate::trial::prior_result::PriorResult;
use crate::trial::{ConfigurationId, Origin, Proposal, TrialId};
use regret::Regret;
use selector::Selector;
use settings::OptimizerSettings;
use stop::{Reason, Stop};

/// The answer to an ask.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Run this trial, then tell its outcome.
    Trial(Proposal),
    /// Nothing until the outcome of a running trial is told.
    Wait,
    /// Nothing more, ever.
    Done(Reason),
}

/// Proposes trials and learns from their outcomes.
///
/// Every proposal is a function of the space, the schedule, the intensifier, the settings, the seed, and the history: the
/// same log gives the same next proposal, in this process or another, on any number of threads.
pub struct Optimizer {
    space: Arc<Space>,
    schedule: Schedule,
    intensifier_config: IntensifierConfig,
    intensifier: Box<dyn Intensifier>,
    settings: OptimizerSettings,
    stop: Stop,
    seed: u64,
    history: History,
    selector: Selector,
    /// The bound on the regret, with the number of successes at the full budget that it was computed from.
    regret: Option<(usize, Option<Regret>)>,
}

/// The error where the space has no configuration that was never tried.
struct Exhausted;

impl Optimizer {
    /// Sets the limits, which [`Stop::validate`] has checked.
    #[must_use]
    pub fn with_stop(mut self, stop: Stop) -> Self {
        self.selector.limit(stop.trials);
        self.stop = stop;
        self
    }

    /// Replaces the history: the next proposals are those that follow these trials.
    #[must_use]
    pub fn with_history(mut self, mut history: History) -> Self {
        history.set_restarts(self.schedule.restarts());
        self.history = history;
        self
    }

    /// Adds results of other experiments to the data that the models learn from.
    ///
    /// # Panics
    /// Panics where the optimizer was asked before.
    pub fn learn_from(&mut self, prior_results: Vec<PriorResult>) {
        self.selector.learn_from(prior_results);
    }

    /// Gives a configuration that is tried before any other new one, as soon as a trial of a new configuration is due; one
    /// that was tried already is not tried again.
    pub fn enqueue(&mut self, configuration: Configuration) {
        self.selector.enqueue(configuration);
    }

    /// All trials so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The space that is searched.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// The budgets of the trials.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The configurations of the initial design, in order.
    pub fn design(&self) -> &[Configuration] {
        self.selector.design()
    }

    /// The intensifier and its settings.
    pub fn intensifier_config(&self) -> &IntensifierConfig {
        &self.intensifier_config
    }

    /// The name of the proposal strategy in words.
    pub fn describe(&self) -> String {
        self.selector.describe()
    }

    /// The brackets of one iteration.
    pub fn plan(&self) -> Plan {
        self.intensifier_config.plan(&self.schedule)
    }

    /// A bound on the regret; computed anew when a configuration has succeeded at the full budget.
    pub fn regret(&mut self) -> Option<Regret> {
        let successes = self.history.ranking().successes(self.schedule.max());
        match self.regret {
            Some((known, regret)) if known == successes => regret,
            _ => {
                let regret = regret::regret(&self.space, &self.history, self.schedule.max(), self.seed);
                self.regret = Some((successes, regret));
                regret
            }
        }
    }

    /// The limit that the trials so far have reached; `None` where another may be asked for.
    pub(crate) fn limit(&self) -> Option<Reason> {
        self.stop.reached(&self.history, self.schedule.max())
    }

    /// Proposes the next trial and adds it to the history.
    pub fn ask(&mut self) -> Ask {
        if let Some(reason) = self.limit() {
            return Ask::Done(reason);
        }
        if let Some(limit) = self.stop.regret
            && self.regret().is_some_and(|regret| regret.bound <= limit)
        {
            return Ask::Done(Reason::Regret);
        }
        match self.next() {
            Some(proposal) => {
                self.history.ask(proposal.clone());
                Ask::Trial(proposal)
            }
            None if self.history.running().next().is_some() => Ask::Wait,
            None if self.history.trials().is_empty() => Ask::Done(Reason::Impossible),
            None => Ask::Done(Reason::Exhausted),
        }
    }

    /// Records the outcome of a trial; returns false, and changes nothing, where the trial is unknown or has an outcome
    /// already.
    pub fn tell(&mut self, trial: TrialId, outcome: Outcome) -> bool {
        self.history.tell(trial, outcome)
    }

    /// Records the outcome of a trial as [`tell`](Self::tell) does, and its seconds, from which the expected
    /// improvement per second learns.
    pub fn tell_after(&mut self, trial: TrialId, outcome: Outcome, seconds: f64) -> bool {
        self.history.tell_after(trial, outcome, seconds)
    }

    /// Adds a point to the learning curve of a running trial; returns false where the curve ignores the point.
    pub fn report(&mut self, trial: TrialId, point: CurvePoint) -> bool {
        self.history.report(trial, point)
    }

    /// True where pruning is set and a running trial has fallen behind.
    pub fn prunes(&self, trial: TrialId) -> bool {
        self.settings.pruning.is_some_and(|pruning| pruning.is_behind(&self.history, trial))
    }

    /// True where a configuration that was tried may still be promoted, now or later.
    pub fn may_go_on(&self, configuration: ConfigurationId) -> bool {
        self.intensifier.may_go_on(&self.history, configuration)
    }

    /// Adds a proposal that an earlier process asked for: the optimizer is then in the state in which
    /// [`ask`](Self::ask) returned it.
    ///
    /// # Panics
    /// Panics where the trial's number is not the next one, or its configuration has another number already.
    pub fn adopt(&mut self, proposal: Proposal) {
        self.history.ask(proposal);
    }

    fn next(&mut self) -> Option<Proposal> {
        let next = self.intensifier.next(&self.history, true);
        self.follow(next).unwrap_or_else(|Exhausted| {
            let next = self.intensifier.next(&self.history, false);
            self.follow(next).unwrap_or(None)
        })
    }

    /// The proposal that follows from the intensifier's decision; `None` where it waits.
    fn follow(&mut self, next: Next) -> Result<Option<Proposal>, Exhausted> {
        match next {
            Next::Wait => Ok(None),
            Next::New { assignment } => self.new_trial(assignment).map(Some),
            Next::Promote { configuration, assignment } => Ok(Some(self.promotion(configuration, assignment))),
            Next::Choose { mut candidates } => {
                let has_new = candidates.iter().any(|candidate| candidate.configuration.is_none());
                // What the user asked for is not weighed against a model's candidates.
                if has_new && self.selector.enqueued(&self.history).is_some() {
                    candidates.retain(|candidate| candidate.configuration.is_none());
                    return self.new_trial(candidates.swap_remove(0).assignment).map(Some);
                }
                let waiting = if has_new { self.intensifier.waiting(&self.history) } else { Vec::new() };
                let choice = self.selector.choose(&self.history, &waiting, &candidates);
                let Candidate { configuration, assignment } = candidates.swap_remove(choice.candidate);
                match (configuration, choice.configuration) {
                    (Some(configuration), _) => Ok(Some(self.promotion(configuration, assignment))),
                    (None, Some(found)) => Ok(Some(self.begun(found, assignment, self.selector.origin()))),
                    (None, None) => self.new_trial(assignment).map(Some),
                }
            }
        }
    }

    /// The first trial of a configuration that is still to be found.
    fn new_trial(&mut self, assignment: Assignment) -> Result<Proposal, Exhausted> {
        let waiting = self.intensifier.waiting(&self.history);
        let found = self.selector.select(&self.history, &waiting, assignment.budget);
        let (configuration, origin) = found.ok_or(Exhausted)?;
        Ok(self.begun(configuration, assignment, origin))
    }

    /// The first trial of a configuration.
    fn begun(&self, configuration: Configuration, assignment: Assignment, origin: Origin) -> Proposal {
        let seed = self.trial_seed(self.history.number_of(&configuration));
        self.proposal(configuration, assignment, seed, origin)
    }

    /// The next trial of a configuration that was tried.
    fn promotion(&self, configuration: ConfigurationId, assignment: Assignment) -> Proposal {
        let first = &self.history.of(configuration).next().expect("what is promoted was tried").proposal;
        self.proposal(first.configuration.clone(), assignment, first.seed, first.origin)
    }

    /// The proposal of an assignment, with the configuration's own seed where the assignment has none.
    fn proposal(&self, configuration: Configuration, assignment: Assignment, seed: u64, origin: Origin) -> Proposal {
        let Assignment { bracket, rung, budget, instance_seed } = assignment;
        let InstanceSeed { seed, instance } = instance_seed.unwrap_or(InstanceSeed { seed, instance: None });
        Proposal { bracket, rung, seed, instance, origin, ..self.history.proposal(configuration, budget) }
    }

    /// The seed of a trial, below 2³¹: a number that the integers of every programming language hold.
    fn trial_seed(&self, configuration: ConfigurationId) -> u64 {
        Stream::of(self.seed, "trial", u64::from(configuration.0)).bits() >> 33
    }
}
