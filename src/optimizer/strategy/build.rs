//! Making of a proposal strategy from the settings.
use std::sync::Arc;

use super::super::cost_model::build::Builder;
use super::super::objectives::Objectives;
use super::super::settings::OptimizerSettings;
use super::super::weight::Weight;
use super::super::weight::duration::Duration;
use super::super::weight::feasibility::Feasibility;
use super::ProposalStrategy;
use super::config::ProposalStrategyConfig;
use super::differential_evolution::DifferentialEvolution;
use super::model_based::ModelBased;
use super::random::RandomSearch;
use super::tree_parzen::TreeParzen;
use crate::acquisition::AcquisitionFunction;
use crate::document::diagnostic::Diagnostic;
use crate::intensifier::bracket::Schedule;
use crate::space::Space;
use crate::surrogate::factory::SurrogateFactory;

/// Parts of the user's own, in place of those that the settings name.
#[derive(Clone, Default)]
pub(crate) struct Extensions {
    pub acquisition: Option<Arc<dyn AcquisitionFunction>>,
    pub surrogate: Option<Arc<dyn SurrogateFactory>>,
}

/// The strategy that the settings name. Fails where a setting is out of its range, or the strategy does not use a part
/// of the user's own.
pub(crate) fn build(
    space: &Arc<Space>,
    settings: &OptimizerSettings,
    schedule: &Schedule,
    extensions: &Extensions,
    seed: u64,
) -> Result<Box<dyn ProposalStrategy>, Diagnostic> {
    let space = space.clone();
    let is_extended = extensions.acquisition.is_some() || extensions.surrogate.is_some();
    Ok(match &settings.search {
        ProposalStrategyConfig::Model => Box::new(model_based(space, settings, schedule, extensions, seed)?),
        _ if is_extended => {
            let message = "`search` must be `Model` for a surrogate or acquisition function of one's own";
            return Err(Diagnostic::new(message).field("search"));
        }
        ProposalStrategyConfig::TreeParzen(settings) => Box::new(TreeParzen::new(space, settings, seed)?),
        ProposalStrategyConfig::DifferentialEvolution(settings) => {
            Box::new(DifferentialEvolution::new(space, settings, seed)?)
        }
        ProposalStrategyConfig::Random => Box::new(RandomSearch::new(space, seed)),
    })
}

fn model_based(
    space: Arc<Space>,
    settings: &OptimizerSettings,
    schedule: &Schedule,
    extensions: &Extensions,
    seed: u64,
) -> Result<ModelBased, Diagnostic> {
    let acquisition = match &extensions.acquisition {
        Some(own) => own.clone(),
        None => settings.acquisition.build()?,
    };
    let objectives = settings.objectives.len().max(1);
    settings.check_acquisition(acquisition.as_ref())?;
    let surrogate = match &extensions.surrogate {
        Some(own) => own.describe(),
        None => settings.surrogate.describe(),
    };
    let priors = if settings.prior_strength.is_some() { ", weighted by the priors" } else { "" };
    let description = format!("{surrogate}, {}{priors}", acquisition.describe(objectives));
    let columns = space.columns();
    let forest = settings.surrogate.forest();
    let mut weights: Vec<Box<dyn Weight>> = Vec::new();
    if acquisition.is_per_second() {
        weights.push(Box::new(Duration::new(&columns, &forest, seed)));
    }
    if settings.feasibility {
        weights.push(Box::new(Feasibility::new(&columns, &forest, seed)));
    }
    let builder = Builder { columns: &columns, schedule, settings, factory: extensions.surrogate.as_deref(), seed };
    let models = (0..objectives).map(|objective| builder.build(objective)).collect();
    let objectives = Objectives::new(models, acquisition, weights, columns.len(), seed);
    ModelBased::new(space, objectives, &settings.maximizer, settings.prior_strength, description, seed)
}
