//! Selector of the next configuration: from the initial design, by the proposal strategy, or at random.
use std::sync::Arc;

use super::settings::OptimizerSettings;
use super::strategy::build::{Extensions, build};
use super::strategy::random::RandomSearch;
use super::strategy::{ChosenCandidate, ProposalStrategy, Situation};
use crate::design::initial_design;
use crate::design::size::{DesignSize, LowestRung};
use crate::document::diagnostic::Diagnostic;
use crate::intensifier::Candidate;
use crate::intensifier::bracket::Schedule;
use crate::intensifier::config::IntensifierConfig;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::trial::budget::Budget;
use crate::trial::history::History;
use crate::trial::prior_result::PriorResult;
use crate::trial::{ConfigurationId, Origin};

/// Chooses the next configuration. Its state is a cache: every choice follows from the history.
pub(super) struct Selector {
    space: Arc<Space>,
    seed: u64,
    size: DesignSize,
    lowest: Option<LowestRung>,
    /// The configurations that the user gave.
    first: Vec<Configuration>,
    /// The initial design, which begins with the configurations that the user gave.
    design: Vec<Configuration>,
    /// The configurations that users gave while the run went on.
    enqueued: Vec<Configuration>,
    /// The probability that a new configuration is drawn at random.
    random_probability: f64,
    strategy: Box<dyn ProposalStrategy>,
    random: RandomSearch,
}

impl Selector {
    /// A selector of configurations for the rungs of a schedule. Fails where a setting is out of its range, or a first
    /// configuration is not legal.
    pub(crate) fn new(
        space: &Arc<Space>,
        schedule: &Schedule,
        intensifier: &IntensifierConfig,
        settings: &OptimizerSettings,
        extensions: &Extensions,
        seed: u64,
    ) -> Result<Self, Diagnostic> {
        let rungs = intensifier.bracket(schedule, 0).rungs;
        let is_screen = intensifier.screens_once();
        let lowest = (rungs.len() > 1).then(|| LowestRung { configurations: rungs[0].configurations, is_screen });
        let mut selector = Self {
            space: space.clone(),
            seed,
            size: settings.design_size(),
            lowest,
            first: settings.first(space)?,
            design: Vec::new(),
            enqueued: Vec::new(),
            random_probability: settings.random_probability,
            strategy: build(space, settings, schedule, extensions, seed)?,
            random: RandomSearch::new(space.clone(), seed),
        };
        selector.limit(None);
        Ok(selector)
    }

    /// Computes the initial design again, for at most this number of `trials`.
    pub(crate) fn limit(&mut self, trials: Option<u32>) {
        let size = self.size.of(self.space.hyperparameters().len(), self.lowest, trials);
        self.design = initial_design(&self.space, self.size.sampler, self.first.clone(), size, self.seed);
    }

    /// Adds results of other experiments, before the first selection.
    pub(crate) fn learn_from(&mut self, prior_results: Vec<PriorResult>) {
        self.strategy.learn_from(prior_results);
    }

    /// Adds a configuration that is tried before any other new one.
    pub(crate) fn enqueue(&mut self, configuration: Configuration) {
        self.enqueued.push(configuration);
    }

    /// The next configuration that users gave and that was not tried.
    pub(crate) fn enqueued(&self, history: &History) -> Option<&Configuration> {
        self.enqueued.iter().find(|configuration| !history.contains(configuration))
    }

    /// The configurations of the initial design, in order.
    pub(crate) fn design(&self) -> &[Configuration] {
        &self.design
    }

    /// The name of the proposal strategy in words.
    pub(crate) fn describe(&self) -> String {
        if self.random_probability == 1.0 { self.random.describe() } else { self.strategy.describe() }
    }

    /// A configuration that the history does not have, for a trial at a budget, unlike those that are `waiting` for
    /// promotion; `None` where none is left.
    pub(crate) fn select(
        &mut self,
        history: &History,
        waiting: &[ConfigurationId],
        budget: Budget,
    ) -> Option<(Configuration, Origin)> {
        let is_default = |configuration: &Configuration| {
            self.space.default_configuration().is_ok_and(|default| default == *configuration)
        };
        if let Some(configuration) = self.enqueued(history) {
            let origin = if is_default(configuration) { Origin::Default } else { Origin::Given };
            return Some((configuration.clone(), origin));
        }
        if let Some(index) = self.design.iter().position(|configuration| !history.contains(configuration)) {
            let configuration = self.design[index].clone();
            let origin = match index {
                _ if is_default(&configuration) => Origin::Default,
                _ if index < self.first.len() => Origin::Given,
                _ => Origin::Design,
            };
            return Some((configuration, origin));
        }
        let situation = Situation { history, waiting, design: self.design.len() };
        let trial = u64::from(history.next_trial().0);
        if Stream::of(self.seed, "interleaving", trial).uniform() >= self.random_probability
            && let Some(configuration) = self.strategy.propose(&situation, budget)
        {
            return Some((configuration, self.strategy.origin()));
        }
        Some((self.random.propose(&situation, budget)?, self.random.origin()))
    }

    /// The candidate that goes on, of at least one.
    pub(crate) fn choose(
        &mut self,
        history: &History,
        waiting: &[ConfigurationId],
        candidates: &[Candidate],
    ) -> ChosenCandidate {
        if self.random_probability == 1.0 || candidates.len() == 1 {
            return ChosenCandidate::default();
        }
        let situation = Situation { history, waiting, design: self.design.len() };
        self.strategy.choose(&situation, candidates)
    }

    /// The origin of a configuration that the strategy has found.
    pub(crate) fn origin(&self) -> Origin {
        self.strategy.origin()
    }
}
