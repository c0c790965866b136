//! The loop's head: ask and tell.
pub mod evolution;
mod model;
pub mod parzen;
mod selector;
pub mod settings;
pub mod stop;

use std::sync::Arc;

use crate::intensifier::bracket::{Plan, Schedule};
use crate::intensifier::hyperband::Hyperband;
use crate::intensifier::{Intensifier, Next};
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::trial::curve::Point;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;
use crate::trial::{ConfigurationId, Proposal, TrialId};
use selector::Selector;
use settings::Settings;
use stop::{Reason, Stop};

/// What to do next.
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
/// Every proposal is a function of the space, the schedule, the settings, the seed, and the history: the same log gives
/// the same next proposal, in this process or another, on any number of threads.
pub struct Optimizer {
    space: Arc<Space>,
    schedule: Schedule,
    intensifier: Hyperband,
    settings: Settings,
    stop: Stop,
    seed: u64,
    history: History,
    selector: Selector,
}

impl Optimizer {
    /// An optimizer without a history and without limits.
    ///
    /// # Panics
    /// Where the settings give a first configuration that is not legal; [`Settings::first`] says so before.
    pub fn new(space: Arc<Space>, schedule: Schedule, settings: Settings, seed: u64) -> Self {
        let selector = Self::selector(&space, &schedule, &settings, None, seed);
        Self {
            selector,
            intensifier: Hyperband::new(schedule.clone()),
            history: History::default(),
            stop: Stop::default(),
            space,
            schedule,
            settings,
            seed,
        }
    }

    /// The same optimizer with limits.
    pub fn with_stop(mut self, stop: Stop) -> Self {
        self.selector = Self::selector(&self.space, &self.schedule, &self.settings, stop.trials, self.seed);
        self.stop = stop;
        self
    }

    fn selector(space: &Space, schedule: &Schedule, settings: &Settings, trials: Option<u32>, seed: u64) -> Selector {
        Selector::new(space, settings, schedule, trials, seed)
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

    /// The configurations that come first, in order.
    pub fn design(&self) -> &[Configuration] {
        self.selector.design()
    }

    /// The brackets of one iteration.
    pub fn plan(&self) -> Plan {
        self.schedule.plan()
    }

    /// The next trial, which is in the history from now on.
    pub fn ask(&mut self) -> Ask {
        if let Some(reason) = self.stop.reached(&self.history, self.schedule.max()) {
            return Ask::Done(reason);
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

    /// Records the outcome of a trial; false, and nothing changes, where it is unknown or has one already.
    pub fn tell(&mut self, trial: TrialId, outcome: Outcome) -> bool {
        self.history.tell(trial, outcome)
    }

    /// Adds a point to the learning curve of a trial that runs; false where it says nothing new.
    pub fn report(&mut self, trial: TrialId, point: Point) -> bool {
        self.history.report(trial, point)
    }

    /// Takes over a proposal that was asked for in another life: afterwards all is as if [`ask`](Self::ask) had
    /// returned it.
    ///
    /// # Panics
    /// Where its number is not the next one, or its configuration has another number already.
    pub fn adopt(&mut self, proposal: Proposal) {
        self.history.ask(proposal);
    }

    fn next(&mut self) -> Option<Proposal> {
        let mut next = self.intensifier.next(&self.history, true);
        if let Next::New { bracket, rung, budget } = next {
            let selected = self.selector.select(&self.space, &self.settings, &self.history, budget, self.seed);
            if let Some((configuration, origin)) = selected {
                let configuration_id = self.history.number_of(&configuration);
                let (trial, seed) = (self.history.next_trial(), self.trial_seed(configuration_id));
                return Some(Proposal {
                    trial,
                    configuration_id,
                    configuration,
                    budget,
                    bracket,
                    rung,
                    seed,
                    instance: None,
                    origin,
                });
            }
            next = self.intensifier.next(&self.history, false);
        }
        let Next::Promote { configuration, bracket, rung, budget } = next else { return None };
        let earlier = self.history.of(configuration).next();
        let earlier = &earlier.expect("what is promoted was tried").proposal;
        Some(Proposal { trial: self.history.next_trial(), bracket, rung, budget, ..earlier.clone() })
    }

    /// Thirty-one bits: a seed that every program's integers hold.
    fn trial_seed(&self, configuration: ConfigurationId) -> u64 {
        Stream::of(self.seed, "trial", u64::from(configuration.0)).bits() >> 33
    }
}
