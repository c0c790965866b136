//! Making of an objective's cost model from the settings.
use super::super::settings::OptimizerSettings;
use super::CostModel;
use super::automatic::Automatic;
use super::conditioning::Conditioning;
use super::config::SurrogateConfig;
use super::multi_fidelity::MultiFidelityModel;
use super::per_configuration::PerConfiguration;
use crate::intensifier::bracket::Schedule;
use crate::space::encoding::Column;
use crate::surrogate::Surrogate;
use crate::surrogate::factory::SurrogateFactory;
use crate::surrogate::forest::{Forest, ForestSettings};
use crate::surrogate::gaussian_process::{GaussianProcess, GaussianProcessSettings};
use crate::surrogate::multi_fidelity::{MultiFidelity, columns};
use crate::surrogate::residual_models::ResidualModels;
use crate::surrogate::target::Scale;

/// The parts that all cost models of an optimizer have in common.
pub(crate) struct Builder<'a> {
    pub columns: &'a [Column],
    pub schedule: &'a Schedule,
    pub settings: &'a OptimizerSettings,
    /// The user's own surrogate, in place of the one that the settings name.
    pub factory: Option<&'a dyn SurrogateFactory>,
    pub seed: u64,
}

impl Builder<'_> {
    /// The cost model of an objective, from 0.
    pub(crate) fn build(&self, objective: usize) -> Box<dyn CostModel> {
        if let Some(factory) = self.factory {
            return self.per_configuration(objective, factory.build(self.columns, self.seed));
        }
        match &self.settings.surrogate {
            SurrogateConfig::Automatic => {
                let process = self.process(objective, &GaussianProcessSettings::default());
                Box::new(Automatic::new(objective, process, self.forest(objective, &ForestSettings::default())))
            }
            SurrogateConfig::Forest(forest) => self.forest(objective, forest),
            SurrogateConfig::GaussianProcess(process) => self.process(objective, process),
        }
    }

    fn forest(&self, objective: usize, settings: &ForestSettings) -> Box<dyn CostModel> {
        self.per_configuration(objective, Box::new(Forest::new(self.columns, settings, self.seed, "forest")))
    }

    fn per_configuration(&self, objective: usize, surrogate: Box<dyn Surrogate>) -> Box<dyn CostModel> {
        let conditioning = Conditioning { pending: self.settings.pending, pessimism: None };
        self.single(objective, surrogate, Scale::Rank, conditioning)
    }

    /// A Gaussian process over configurations, or over configurations and their budgets where there are several.
    fn process(&self, objective: usize, process: &GaussianProcessSettings) -> Box<dyn CostModel> {
        let settings = self.settings;
        let conditioning =
            Conditioning { pending: settings.pending, pessimism: settings.feasibility.then_some(settings.pessimism) };
        if self.schedule.rungs() == 1 {
            let process = GaussianProcess::new(self.columns, process, self.seed);
            return self.single(objective, Box::new(process), Scale::Power, conditioning);
        }
        let columns = columns(self.columns);
        Box::new(MultiFidelityModel::new(
            objective,
            MultiFidelity::new(Box::new(GaussianProcess::new(&columns, process, self.seed))),
            columns,
            (self.schedule.min().amount(), self.schedule.max().amount()),
            settings.scale.unwrap_or(Scale::Power),
            self.minimum_results(),
            conditioning,
        ))
    }

    fn single(
        &self,
        objective: usize,
        surrogate: Box<dyn Surrogate>,
        scale: Scale,
        conditioning: Conditioning,
    ) -> Box<dyn CostModel> {
        let settings = self.settings;
        let residual_models = ResidualModels::new(self.columns, &settings.surrogate.forest(), self.seed);
        let scale = settings.scale.unwrap_or(scale);
        let minimum = self.minimum_results();
        Box::new(PerConfiguration::new(objective, surrogate, residual_models, scale, minimum, conditioning))
    }

    fn minimum_results(&self) -> usize {
        self.settings.minimum_results.max(1) as usize
    }
}
