//! Settings of the optimizer: every knob, its default and the reason for it.
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::cost_model::conditioning::PendingTrials;
use super::cost_model::config::SurrogateConfig;
use super::strategy::config::ProposalStrategyConfig;
use crate::acquisition::AcquisitionFunction;
use crate::acquisition::config::AcquisitionConfig;
use crate::acquisition::maximizer::MaximizerSettings;
use crate::design::Sampler;
use crate::design::size::DesignSize;
use crate::document::diagnostic::Diagnostic;
use crate::document::range::{not_negative, share};
use crate::intensifier::config::IntensifierConfig;
use crate::intensifier::pruning::Pruning;
use crate::space::Space;
use crate::space::completion::CompletedConfiguration;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::Value;
use crate::surrogate::target::Scale;

/// The settings of an [`Optimizer`](super::Optimizer); each has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "Optimizer")]
pub struct OptimizerSettings {
    /// The names of the objectives, where there are several: an experiment's file has them beside its task.
    #[serde(skip_deserializing, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<String>,
    /// The configurations that are tried before any other, values by name. Active hyperparameters that are left out have
    /// their defaults.
    pub first_configurations: Vec<IndexMap<String, Value>>,
    /// The sampling of the first configurations. `Sobol`: even in every projection, also when cut short.
    pub design: Sampler,
    /// The number of configurations of the initial design, the default configuration among them. Absent: it follows
    /// from `design_per_hyperparameter`.
    pub design_size: Option<u32>,
    /// The number of configurations of the initial design for each hyperparameter, where `design_size` is absent.
    /// Absent: twice the number of hyperparameters plus five, at most the lowest rung of the first bracket; with
    /// `Screening` that whole rung; a factorial design has every corner.
    pub design_per_hyperparameter: Option<u32>,
    /// The share of a limited number of trials that the initial design takes at most, except for the lowest rung of
    /// `Screening`. 0.25, as in SMAC.
    pub design_share: f64,
    /// The probability that a new configuration is drawn at random. 0.05: whatever the model predicts, the search
    /// converges; SMAC's 0.2 took longer. At 1 it is random search.
    pub random_probability: f64,
    /// The number of configurations with a cost that the model needs; up to then configurations are drawn at random. 4:
    /// fewer have no trend.
    pub minimum_results: u32,
    /// The scale of the targets that the surrogate learns in place of the costs. Absent: `Rank` for a forest, which
    /// tells the best apart however costs are distributed; `Power` for a Gaussian process, which keeps costs smooth.
    pub scale: Option<Scale>,
    /// A second forest learns which configurations fail, and keeps the search away from them; failures that are strewn
    /// among successes are doubted, failures of a region are believed. True: a failed trial costs what a good one does. With false, failures
    /// teach the search nothing.
    pub feasibility: bool,
    /// The distance beyond the worst target, in ranges of the targets, of the target that a Gaussian process assumes
    /// for a failure until the next result. 0: with more, fewer trials fail and less is found, most of all where the
    /// best is beside failures.
    pub pessimism: f64,
    /// The intensifier; absent: `Asynchronous()`. [`intensifier_or_default`](Self::intensifier_or_default) resolves it, and
    /// the optimizer is given the result.
    pub intensifier: Option<IntensifierConfig>,
    /// The rule by which trials that report costs on their way are ended when they fall behind. Absent: every trial spends its
    /// budget.
    pub pruning: Option<Pruning>,
    /// Run folders of earlier experiments whose results the model learns from, beside the experiment's file unless they
    /// are absolute. They must fit the search space and the budgets; results that do not are left out with a warning.
    pub warm_start: Vec<String>,
    /// The proposal strategy. `Model`: the others need many more trials.
    pub search: ProposalStrategyConfig,
    /// The surrogate. `Automatic`: up to 400 results and running trials a Gaussian process learns more from each of them,
    /// after that a forest is as good and much faster.
    pub surrogate: SurrogateConfig,
    /// The acquisition function. `ExpectedImprovement`: it needs no setting.
    pub acquisition: AcquisitionConfig,
    /// The weight of the search space's priors in the acquisition function: the prior density is raised to the power of
    /// this weight divided by the number of results (Hvarfner et al. 2022). Absent: priors affect random draws only. A
    /// tenth of the number of trials is a good value.
    pub prior_strength: Option<f64>,
    /// The assumed target of a running trial. `Believed`: the predicted mean, so that nothing is invented.
    pub pending: PendingTrials,
    /// The search for the most promising configuration.
    pub maximizer: MaximizerSettings,
}

impl Default for OptimizerSettings {
    fn default() -> Self {
        Self {
            objectives: Vec::new(),
            first_configurations: Vec::new(),
            design: Sampler::Sobol,
            design_size: None,
            design_per_hyperparameter: None,
            design_share: 0.25,
            random_probability: 0.05,
            minimum_results: 4,
            scale: None,
            feasibility: true,
            pessimism: 0.0,
            intensifier: None,
            pruning: None,
            warm_start: Vec::new(),
            search: ProposalStrategyConfig::Model,
            surrogate: SurrogateConfig::Automatic,
            acquisition: AcquisitionConfig::default(),
            prior_strength: None,
            pending: PendingTrials::Believed,
            maximizer: MaximizerSettings::default(),
        }
    }
}

impl OptimizerSettings {
    /// The intensifier that the settings name, or the default.
    pub fn intensifier_or_default(&self) -> IntensifierConfig {
        self.intensifier.clone().unwrap_or_default()
    }

    /// Fails where a setting is out of its range, settings contradict each other, or they do not fit the intensifier.
    pub fn validate(&self, intensifier: &IntensifierConfig) -> Result<(), Diagnostic> {
        self.design_size().validate()?;
        share("random_probability", self.random_probability)?;
        not_negative("pessimism", self.pessimism)?;
        not_negative("prior_strength", self.prior_strength.unwrap_or(0.0))?;
        self.search.validate()?;
        self.surrogate.validate(self.scale)?;
        self.maximizer.validate()?;
        self.check_acquisition(self.acquisition.build()?.as_ref())?;
        if let Some(pruning) = &self.pruning {
            pruning.validate().map_err(|wrong| wrong.inside("pruning"))?;
        }
        if self.intensifier.as_ref().is_some_and(|named| named != intensifier) {
            let message = format!("`intensifier` names another intensifier than {}", intensifier.name());
            return Err(Diagnostic::new(message).field("intensifier"));
        }
        let objectives = self.objectives.len();
        if objectives > 1 && self.pruning.is_some() {
            let message = format!("`pruning` compares one cost, but there are {objectives} objectives");
            return Err(Diagnostic::new(message).field("pruning"));
        }
        if objectives > 1 && !intensifier.supports_several_objectives() {
            let message = format!("{} compares one cost, but there are {objectives} objectives", intensifier.name());
            return Err(Diagnostic::new(message).field("intensifier").hint("choose another `intensifier`"));
        }
        Ok(())
    }

    /// Fails where an acquisition function does not fit the objectives or the scale.
    pub(super) fn check_acquisition(&self, acquisition: &dyn AcquisitionFunction) -> Result<(), Diagnostic> {
        let (name, objectives) = (acquisition.name(), self.objectives.len().max(1));
        let refuse = |message: String| Err(Diagnostic::new(message).field("acquisition"));
        if !acquisition.supports(objectives) {
            let plural = if objectives == 1 { "" } else { "s" };
            return refuse(format!("`acquisition` cannot be `{name}` with {objectives} objective{plural}"));
        }
        match acquisition.required_scale() {
            Some(scale) if self.scale != Some(scale) => {
                refuse(format!("`acquisition` can be `{name}` only where `scale` is `{scale:?}`"))
            }
            _ => Ok(()),
        }
    }

    /// The rules for the size of the initial design.
    pub(super) fn design_size(&self) -> DesignSize {
        DesignSize {
            sampler: self.design,
            configurations: self.design_size,
            per_hyperparameter: self.design_per_hyperparameter,
            share: self.design_share,
        }
    }

    /// The configurations that are tried first; fails at one that is not legal, with its number and the reason.
    pub fn first(&self, space: &Space) -> Result<Vec<Configuration>, Diagnostic> {
        Ok(self.completed(space)?.into_iter().map(|completed| completed.configuration).collect())
    }

    /// Sentences on the defaults that were filled into partial configurations of `first_configurations`.
    pub(crate) fn filled(&self, space: &Space) -> Vec<String> {
        let completed = self.completed(space).unwrap_or_default();
        let partial = (1..).zip(&completed).filter(|(_, each)| !each.filled.is_empty());
        let sentence = |(number, each): (u32, &CompletedConfiguration)| {
            let filled = space.filled_in_words(each);
            format!("number {number} of `first_configurations` is completed by defaults: {filled}")
        };
        partial.map(sentence).collect()
    }

    fn completed(&self, space: &Space) -> Result<Vec<CompletedConfiguration>, Diagnostic> {
        let legal = |(index, values): (usize, &IndexMap<String, Value>)| {
            let named = values.iter().map(|(name, value)| (name.as_str(), value.clone()));
            space.with_defaults(named).map_err(|illegal| {
                let number = index + 1;
                Diagnostic::new(format!("number {number} of `first_configurations` is not legal: {illegal}"))
                    .field("first_configurations")
                    .hint("`galvani check` without this field prints the values that each hyperparameter may take")
            })
        };
        self.first_configurations.iter().enumerate().map(legal).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> OptimizerSettings {
        let extensions =
            ron::extensions::Extensions::IMPLICIT_SOME | ron::extensions::Extensions::UNWRAP_VARIANT_NEWTYPES;
        ron::Options::default().with_default_extension(extensions).from_str(text).unwrap()
    }

    #[test]
    fn every_knob_out_of_its_range_is_refused_by_name() {
        let check = |text: &str| settings(text).validate(&IntensifierConfig::default());
        for (text, message) in [
            ("(random_probability: 1.5)", "`random_probability` must be between 0 and 1, not 1.5"),
            ("(random_probability: NaN)", "`random_probability` must be between 0 and 1, not NaN"),
            ("(design_share: 7.0)", "`design_share` must be between 0 and 1, not 7"),
            ("(design_size: 0)", "`design_size` must be at least 1, not 0"),
            ("(design_per_hyperparameter: 0)", "`design_per_hyperparameter` must be at least 1, not 0"),
            ("(pessimism: -0.5)", "`pessimism` must be 0 or above, not -0.5"),
            ("(prior_strength: -2)", "`prior_strength` must be 0 or above, not -2"),
            ("(prior_strength: inf)", "`prior_strength` must be 0 or above, not inf"),
            ("(surrogate: Forest(trees: 0))", "`surrogate.trees` must be at least 1, not 0"),
            ("(surrogate: Forest(min_leaf: 0))", "`surrogate.min_leaf` must be at least 1, not 0"),
            ("(surrogate: Forest(columns: NaN))", "`surrogate.columns` must be between 0 and 1, not NaN"),
            ("(surrogate: Forest(leaves: LogMean))", "`surrogate.leaves` can be `LogMean` only where `scale` is `Log`"),
            ("(surrogate: GaussianProcess(rows: 0))", "`surrogate.rows` must be at least 1, not 0"),
            ("(surrogate: GaussianProcess(evaluations: 0))", "`surrogate.evaluations` must be at least 1, not 0"),
            ("(surrogate: GaussianProcess(optimism: -1))", "`surrogate.optimism` must be 0 or above, not -1"),
            ("(acquisition: ExpectedImprovement(margin: -1))", "`acquisition.margin` must be 0 or above, not -1"),
            (
                "(acquisition: ExpectedImprovementPerSecond(margin: -1))",
                "`acquisition.margin` must be 0 or above, not -1",
            ),
            ("(acquisition: ProbabilityOfImprovement(margin: -1))", "`acquisition.margin` must be 0 or above, not -1"),
            (
                "(scale: Log, acquisition: CostImprovement(margin: -1))",
                "`acquisition.margin` must be 0 or above, not -1",
            ),
            (
                "(acquisition: LowerConfidenceBound(deviations: -1))",
                "`acquisition.deviations` must be 0 or above, not -1",
            ),
            ("(acquisition: CostImprovement())", "`acquisition` can be `CostImprovement` only where `scale` is `Log`"),
            ("(acquisition: RandomScalarization)", "`acquisition` cannot be `RandomScalarization` with 1 objective"),
            ("(search: TreeParzen(share: 2))", "`search.share` must be between 0 and 1, not 2"),
            ("(search: TreeParzen(candidates: 0))", "`search.candidates` must be at least 1, not 0"),
            ("(search: TreeParzen(prior: 0))", "`search.prior` must be positive, not 0"),
            ("(search: DifferentialEvolution(population: 0))", "`search.population` must be at least 1, not 0"),
            ("(search: DifferentialEvolution(step: 1.5))", "`search.step` must be between 0 and 1, not 1.5"),
            ("(search: DifferentialEvolution(crossover: -1))", "`search.crossover` must be between 0 and 1, not -1"),
            ("(maximizer: (candidates: 0))", "`maximizer.candidates` must be at least 1, not 0"),
            ("(maximizer: (neighbors: 0))", "`maximizer.neighbors` must be at least 1, not 0"),
            ("(pruning: (quantile: 2))", "`pruning.quantile` must be between 0 and 1, not 2"),
            ("(pruning: (chance: 2))", "`pruning.chance` must be between 0 and 1, not 2"),
            ("(pruning: (least_share: -1))", "`pruning.least_share` must be between 0 and 1, not -1"),
            ("(intensifier: Pasha)", "`intensifier` names another intensifier than asynchronous Hyperband"),
        ] {
            let refused = check(text).map_err(|diagnostic| diagnostic.message).unwrap_err();
            assert!(refused.starts_with(message), "{text}: {refused}");
        }
        assert_eq!(check("()"), Ok(()));
        assert_eq!(check("(surrogate: Forest(leaves: LogMean), scale: Log, acquisition: CostImprovement())"), Ok(()));
    }
}
