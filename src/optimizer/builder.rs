//! Builder of an optimizer: everything that can be set, by name.
use std::sync::Arc;

use super::Optimizer;
use super::selector::Selector;
use super::settings::OptimizerSettings;
use super::stop::Stop;
use super::strategy::build::Extensions;
use crate::acquisition::AcquisitionFunction;
use crate::document::diagnostic::Diagnostic;
use crate::intensifier::bracket::Schedule;
use crate::intensifier::config::IntensifierConfig;
use crate::space::Space;
use crate::surrogate::factory::SurrogateFactory;
use crate::trial::history::History;

/// A builder of an optimizer; [`Optimizer::builder`] creates one.
#[must_use]
pub struct OptimizerBuilder {
    space: Arc<Space>,
    schedule: Schedule,
    intensifier: IntensifierConfig,
    settings: OptimizerSettings,
    stop: Stop,
    seed: u64,
    extensions: Extensions,
}

impl OptimizerBuilder {
    /// Sets the settings; by default each has its own default.
    pub fn settings(mut self, settings: OptimizerSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets the limits; by default there are none.
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Sets the seed of all random numbers; by default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Maximizes an acquisition function of the user's own; the settings must name none.
    pub fn with_acquisition(mut self, acquisition: Arc<dyn AcquisitionFunction>) -> Self {
        self.extensions.acquisition = Some(acquisition);
        self
    }

    /// Predicts costs by a surrogate of the user's own; the settings must name none. It learns one target
    /// for each configuration, on the scale `Rank` where the settings name no other.
    pub fn with_surrogate(mut self, surrogate: Arc<dyn SurrogateFactory>) -> Self {
        self.extensions.surrogate = Some(surrogate);
        self
    }

    /// The optimizer, without a history. Fails where a setting is out of its range, settings contradict each other, the
    /// intensifier does not fit the schedule or the objectives, or a first configuration is not legal.
    pub fn build(self) -> Result<Optimizer, Diagnostic> {
        let Self { space, schedule, intensifier, settings, stop, seed, extensions } = self;
        intensifier.validate(&schedule)?;
        settings.validate(&intensifier)?;
        check_extensions(&settings, &extensions)?;
        stop.validate().map_err(|wrong| wrong.inside("stop"))?;
        let mut history = History::default();
        history.set_restarts(schedule.restarts());
        let optimizer = Optimizer {
            selector: Selector::new(&space, &schedule, &intensifier, &settings, &extensions, seed)?,
            intensifier: intensifier.build(&schedule, seed),
            intensifier_config: intensifier,
            history,
            stop: Stop::default(),
            regret: None,
            space,
            schedule,
            settings,
            seed,
        };
        Ok(optimizer.with_stop(stop))
    }
}

/// Fails where the settings name what the user gives in person: one of both would be ignored.
fn check_extensions(settings: &OptimizerSettings, extensions: &Extensions) -> Result<(), Diagnostic> {
    let default = OptimizerSettings::default();
    let refuse = |field: &'static str, given: &str, named: String| {
        let message = format!("`{field}` names `{named}`, but `{given}` gives another");
        Err(Diagnostic::new(message)
            .hint(format!("leave one of the two out: `{field}` of the settings, or `{given}`"))
            .field(field))
    };
    if extensions.acquisition.is_some() && settings.acquisition != default.acquisition {
        return refuse("acquisition", "with_acquisition", settings.acquisition.build()?.name().to_owned());
    }
    if extensions.surrogate.is_some() && settings.surrogate != default.surrogate {
        return refuse("surrogate", "with_surrogate", settings.surrogate.describe().to_owned());
    }
    Ok(())
}

impl Optimizer {
    /// An optimizer without a history and without limits. Fails as [`OptimizerBuilder::build`] does.
    pub fn new(
        space: Arc<Space>,
        schedule: Schedule,
        intensifier: IntensifierConfig,
        settings: OptimizerSettings,
        seed: u64,
    ) -> Result<Self, Diagnostic> {
        Self::builder(space, schedule, intensifier).settings(settings).seed(seed).build()
    }

    /// A builder of an optimizer for a space, with the budgets of a schedule and an intensifier.
    pub fn builder(space: Arc<Space>, schedule: Schedule, intensifier: IntensifierConfig) -> OptimizerBuilder {
        let (settings, stop) = (OptimizerSettings::default(), Stop::default());
        OptimizerBuilder { space, schedule, intensifier, settings, stop, seed: 0, extensions: Extensions::default() }
    }
}
