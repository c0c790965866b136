//! Model-based search: the acquisition function of the cost models is maximized.
use std::sync::Arc;

use super::super::objectives::Objectives;
use super::super::training_data::TrainingData;
use super::{ChosenCandidate, ProposalStrategy, Situation};
use crate::acquisition::maximizer::{Candidates, Maximizer, MaximizerSettings};
use crate::document::diagnostic::Diagnostic;
use crate::document::range::not_negative;
use crate::intensifier::Candidate;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::{Hyperparameter, Value};
use crate::surrogate::Rows;
use crate::trial::budget::Budget;
use crate::trial::history::History;
use crate::trial::prior_result::PriorResult;
use crate::trial::{ConfigurationId, TrialId};

/// The strategy that maximizes an acquisition function of cost models. Encoded rows are kept so that no configuration
/// is encoded twice.
pub(crate) struct ModelBased {
    space: Arc<Space>,
    objectives: Objectives,
    maximizer: MaximizerSettings,
    prior_strength: Option<f64>,
    description: String,
    seed: u64,
    prior_results: Vec<PriorResult>,
    /// The configurations of the prior results, then every one of the history, encoded.
    rows: Rows,
}

impl ModelBased {
    /// A strategy over a space. Fails where a setting of the maximizer, or the strength of the hyperparameters' priors,
    /// is out of its range.
    pub(crate) fn new(
        space: Arc<Space>,
        objectives: Objectives,
        maximizer: &MaximizerSettings,
        prior_strength: Option<f64>,
        description: String,
        seed: u64,
    ) -> Result<Self, Diagnostic> {
        maximizer.validate()?;
        not_negative("prior_strength", prior_strength.unwrap_or(0.0))?;
        Ok(Self {
            rows: Rows::new(space.columns().len()),
            space,
            objectives,
            maximizer: maximizer.clone(),
            prior_strength,
            description,
            seed,
            prior_results: Vec::new(),
        })
    }

    /// Updates the models to the history; returns false where the history has too few results.
    fn update(&mut self, history: &History, waiting: &[ConfigurationId]) -> bool {
        for configuration in &history.configurations()[self.rows.len() - self.prior_results.len()..] {
            self.rows.push(&self.space.encode(configuration));
        }
        let data = TrainingData { history, prior_results: &self.prior_results, rows: &self.rows, waiting };
        self.objectives.update(&data)
    }

    /// The score of each candidate, weighted by the hyperparameters' priors where that is set.
    fn score(&self, situation: &Situation, candidates: &Candidates) -> Vec<f64> {
        let mut scores = self.objectives.score(&candidates.rows);
        if let Some(strength) = self.prior_strength {
            let results = situation.history.ended().len().saturating_sub(situation.design);
            let weight = strength / (results as f64 + 1.0);
            let priors = (0..scores.len()).map(|index| log_prior(&self.space, &(candidates.configuration)(index)));
            scores.iter_mut().zip(priors).for_each(|(score, prior)| *score += weight * prior);
        }
        scores
    }

    /// The configuration of a row.
    fn configuration(&self, history: &History, row: usize) -> Configuration {
        match self.prior_results.get(row) {
            Some(result) => result.configuration.clone(),
            None => history.configurations()[row - self.prior_results.len()].clone(),
        }
    }

    /// The new configuration with the highest score; the models must be up to date.
    fn maximize(&self, situation: &Situation) -> Option<Configuration> {
        let history = situation.history;
        let tried = self.objectives.best(self.maximizer.starts as usize);
        let tried = tried.map(|row| self.configuration(history, row)).collect();
        let mut settings = self.maximizer.clone();
        if !self.objectives.is_deterministic() {
            // A function that was drawn is known at the rows that it was drawn for, and nowhere else.
            settings.steps = 0;
        }
        let TrialId(trial) = history.next_trial();
        let maximizer = Maximizer { space: &self.space, settings: &settings, seed: self.seed, trial };
        let score = |candidates: &Candidates| self.score(situation, candidates);
        let gradient = |row: &[f64]| self.objectives.gradient(row);
        let taken =
            |configuration: &Configuration| history.contains(configuration) || self.space.is_excluded(configuration);
        maximizer.maximize(&score, &gradient, tried, &taken)
    }
}

impl ProposalStrategy for ModelBased {
    fn propose(&mut self, situation: &Situation, _budget: Budget) -> Option<Configuration> {
        if self.update(situation.history, situation.waiting) { self.maximize(situation) } else { None }
    }

    /// The candidate with the highest score, or the first where there are too few results. All new candidates stand for
    /// the same configuration, the one that would be proposed.
    fn choose(&mut self, situation: &Situation, candidates: &[Candidate]) -> ChosenCandidate {
        if !self.update(situation.history, situation.waiting) {
            return ChosenCandidate::default();
        }
        let has_new = candidates.iter().any(|candidate| candidate.configuration.is_none());
        let new = if has_new { self.maximize(situation) } else { None };
        let configuration = |candidate: &Candidate| match candidate.configuration {
            Some(number) => Some(situation.history.configuration(number).clone()),
            None => new.clone(),
        };
        let known: Vec<(usize, Configuration)> =
            candidates.iter().enumerate().filter_map(|(index, each)| Some((index, configuration(each)?))).collect();
        let mut rows = Rows::new(self.rows.width());
        known.iter().for_each(|(_, configuration)| rows.push(&self.space.encode(configuration)));
        let configuration = |index: usize| known[index].1.clone();
        let scores = self.score(situation, &Candidates { rows, configuration: &configuration });
        let better = |best: usize, other: usize| if scores[other] > scores[best] { other } else { best };
        let Some(best) = (0..known.len()).reduce(better) else { return ChosenCandidate::default() };
        let (candidate, configuration) = &known[best];
        let is_new = candidates[*candidate].configuration.is_none();
        ChosenCandidate { candidate: *candidate, configuration: is_new.then(|| configuration.clone()) }
    }

    fn learn_from(&mut self, prior_results: Vec<PriorResult>) {
        assert!(self.rows.is_empty(), "prior results come before the trials");
        prior_results.iter().for_each(|result| self.rows.push(&self.space.encode(&result.configuration)));
        self.prior_results = prior_results;
    }

    fn describe(&self) -> String {
        self.description.clone()
    }
}

/// The logarithm of a configuration's prior density, relative to a uniform one, with a floor (Hvarfner et al. 2022).
fn log_prior(space: &Space, configuration: &Configuration) -> f64 {
    let density = |(hyperparameter, value): (&Hyperparameter, &Option<Value>)| {
        value.as_ref().map_or(1.0, |value| hyperparameter.density(value))
    };
    let product: f64 = space.hyperparameters().iter().zip(configuration.values()).map(density).product();
    (product + 1e-12).ln()
}
