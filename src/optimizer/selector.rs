//! The next configuration: from the design, from the model, or by chance.
use super::objectives::Objectives;
use super::settings::{Lowest, Search as Way, Settings};
use super::{evolution, parzen};
use crate::acquisition::maximizer::{Candidates, Search};
use crate::design;
use crate::intensifier::bracket::Schedule;
use crate::intensifier::config::IntensifierConfig;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::{Hyperparameter, Value};
use crate::surrogate::Rows;
use crate::trial::budget::Budget;
use crate::trial::history::History;
use crate::trial::prior_result::PriorResult;
use crate::trial::{ConfigurationId, Origin};

/// Draws that must all be repetitions before a finite space is looked through, and any other counts as exhausted.
const DRAWS: u64 = 2_000;

/// Chooses configurations that were never tried. What it keeps only saves computing it again.
pub(super) struct Selector {
    /// What comes first, beginning with what the user gave.
    design: Vec<Configuration>,
    /// How many of those the user gave.
    given: usize,
    /// What is known from elsewhere.
    evidence: Vec<PriorResult>,
    /// The configurations of the evidence, then every one of the history, encoded.
    rows: Rows,
    objectives: Objectives,
}

impl Selector {
    /// A selector of configurations for the rungs of a schedule.
    ///
    /// # Panics
    /// Where a first configuration of the settings is not legal.
    pub fn new(space: &Space, settings: &Settings, schedule: &Schedule, seed: u64) -> Self {
        let columns = space.columns();
        let mut selector = Self {
            given: 0,
            design: Vec::new(),
            evidence: Vec::new(),
            rows: Rows::new(columns.len()),
            objectives: Objectives::new(columns, settings, schedule, seed),
        };
        selector.limit(space, settings, schedule, None, seed);
        selector
    }

    /// Makes the design anew, for at most so many `trials`.
    pub fn limit(&mut self, space: &Space, settings: &Settings, schedule: &Schedule, trials: Option<u32>, seed: u64) {
        let choice = settings.intensifier.clone().unwrap_or(IntensifierConfig::Hyperband);
        let rungs = choice.bracket(schedule, 0).rungs;
        let is_screen = choice == IntensifierConfig::Screening;
        let lowest = (rungs.len() > 1).then(|| Lowest { configurations: rungs[0].configurations, is_screen });
        let size = settings.design_size(space.hyperparameters().len(), lowest, trials);
        let given = settings.first(space).expect("settings are validated with their space");
        self.given = given.len();
        self.design = design::initial(space, settings.design, given, size, seed);
    }

    /// Learns from elsewhere, before anything is selected.
    pub fn learn_from(&mut self, space: &Space, evidence: Vec<PriorResult>) {
        assert!(self.rows.is_empty(), "evidence comes before the trials");
        evidence.iter().for_each(|each| self.rows.push(&space.encode(&each.configuration)));
        self.objectives.learn_from(&evidence);
        self.evidence = evidence;
    }

    /// What comes first, in order.
    pub fn design(&self) -> &[Configuration] {
        &self.design
    }

    /// A configuration that the history does not have, and unlike those that are `waiting` to go on; `None` where there is
    /// none to be found.
    pub fn select(
        &mut self,
        space: &Space,
        settings: &Settings,
        history: &History,
        waiting: &[ConfigurationId],
        budget: Budget,
        seed: u64,
    ) -> Option<(Configuration, Origin)> {
        if let Some(place) = self.design.iter().position(|configuration| !history.contains(configuration)) {
            let configuration = self.design[place].clone();
            let origin = match place {
                _ if space.default_configuration().is_ok_and(|default| default == configuration) => Origin::Default,
                _ if place < self.given => Origin::Given,
                _ => Origin::Design,
            };
            return Some((configuration, origin));
        }
        let trial = history.next_trial().0;
        if Stream::of(seed, "interleaving", u64::from(trial)).uniform() >= settings.random_probability
            && let Some(configuration) = self.found(space, settings, history, waiting, budget, seed)
        {
            return Some((configuration, Origin::Model));
        }
        Some((chance(space, history, seed)?, Origin::Random))
    }

    /// What the way of searching that is set finds; `None` where it knows too little, or it is chance.
    fn found(
        &mut self,
        space: &Space,
        settings: &Settings,
        history: &History,
        waiting: &[ConfigurationId],
        budget: Budget,
        seed: u64,
    ) -> Option<Configuration> {
        let mut stream = Stream::of(seed, "search", u64::from(history.next_trial().0));
        match &settings.search {
            Way::Model => self.promising(space, settings, history, waiting, seed),
            Way::TreeParzen(parzen) => parzen::propose(space, parzen, history, &mut stream),
            Way::DifferentialEvolution(evolution) => evolution::propose(space, evolution, history, budget, &mut stream),
            Way::Random => None,
        }
    }

    /// The one of some configurations that were tried, at least one, of which the model expects most; the first where it
    /// knows too little, or is not asked.
    pub fn choose(
        &mut self,
        space: &Space,
        settings: &Settings,
        history: &History,
        among: &[ConfigurationId],
    ) -> ConfigurationId {
        let is_asked = settings.search == Way::Model && settings.random_probability < 1.0 && among.len() > 1;
        if !is_asked || !self.learn(space, settings, history, &[]) {
            return among[0];
        }
        let rows = self.rows.select(among.iter().map(|each| self.evidence.len() + each.index()));
        let configuration = |index: usize| history.configurations()[among[index].index()].clone();
        let scores = self.score(space, settings, history, &Candidates { rows, configuration: &configuration });
        let better = |best: usize, other: usize| if scores[other] > scores[best] { other } else { best };
        among[(0..among.len()).reduce(better).expect("there is at least one")]
    }

    /// Brings the model up to the history; false where that has too little.
    fn learn(&mut self, space: &Space, settings: &Settings, history: &History, waiting: &[ConfigurationId]) -> bool {
        for configuration in &history.configurations()[self.rows.len() - self.evidence.len()..] {
            self.rows.push(&space.encode(configuration));
        }
        self.objectives.learn(history, &self.rows, settings, waiting)
    }

    /// How promising each candidate is, weighted by the priors where that is set.
    fn score(&self, space: &Space, settings: &Settings, history: &History, candidates: &Candidates) -> Vec<f64> {
        let mut scores = self.objectives.score(&candidates.rows);
        if let Some(strength) = settings.prior_strength {
            let results = history.ended().len().saturating_sub(self.design.len());
            let weight = strength / (results as f64 + 1.0);
            let priors = (0..scores.len()).map(|index| prior(space, &(candidates.configuration)(index)));
            scores.iter_mut().zip(priors).for_each(|(score, prior)| *score += weight * prior);
        }
        scores
    }

    fn promising(
        &mut self,
        space: &Space,
        settings: &Settings,
        history: &History,
        waiting: &[ConfigurationId],
        seed: u64,
    ) -> Option<Configuration> {
        if !self.learn(space, settings, history, waiting) {
            return None;
        }
        let score = |candidates: &Candidates| self.score(space, settings, history, candidates);
        let tried = self.objectives.best(settings.maximizer.starts as usize);
        let tried = tried
            .map(|index| match self.evidence.get(index) {
                Some(evidence) => evidence.configuration.clone(),
                None => history.configurations()[index - self.evidence.len()].clone(),
            })
            .collect();
        let mut maximizer = settings.maximizer.clone();
        if !self.objectives.is_deterministic() {
            // A drawn function is known at the points that it was drawn for, and nowhere else.
            maximizer.steps = 0;
        }
        let search = Search { space, settings: &maximizer, seed, trial: history.next_trial().0 };
        let slope = |row: &[f64]| self.objectives.slope(row);
        search.maximize(&score, &slope, tried, &|configuration| history.contains(configuration))
    }
}

/// The log_value of a configuration's prior density, relative to a uniform one, with a floor (Hvarfner et al. 2022).
fn prior(space: &Space, configuration: &Configuration) -> f64 {
    let density = |(hyperparameter, value): (&Hyperparameter, &Option<Value>)| {
        value.as_ref().map_or(1.0, |value| hyperparameter.density(value))
    };
    let product: f64 = space.hyperparameters().iter().zip(configuration.values()).map(density).product();
    (product + 1e-12).ln()
}

/// A random configuration that the history does not have.
fn chance(space: &Space, history: &History, seed: u64) -> Option<Configuration> {
    let mut stream = Stream::of(seed, "chance", u64::from(history.next_trial().0));
    let drawn = (0..DRAWS).map_while(|_| space.sample(&mut stream).ok());
    let new = |configuration: &Configuration| !history.contains(configuration);
    drawn.into_iter().find(new).or_else(|| {
        // Few are left, or what is left is unlikely: the next one after a random number, going round.
        let count = space.count().filter(|count| *count > history.configurations().len() as u64)?;
        let first = (stream.uniform() * count as f64) as u64;
        (0..count).filter_map(|step| space.nth((first + step) % count)).find(new)
    })
}
