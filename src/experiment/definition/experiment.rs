//! Experiments: a space, an objective, an optimizer's settings and limits, validated.
use std::path::PathBuf;
use std::sync::Arc;

use crate::experiment::definition::execution::Execution;
use crate::experiment::definition::objective::Objective;
use crate::intensifier::bracket::{Plan, Schedule};
use crate::intensifier::config::IntensifierConfig;
use crate::optimizer::Optimizer;
use crate::optimizer::settings::OptimizerSettings;
use crate::optimizer::stop::Stop;
use crate::space::Space;
use crate::trial::direction::{Direction, Directions};

/// An experiment, validated: everything that a run needs. [`Experiment::read`] reads one from a RON file.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// The name, which is that of the run's folder.
    pub name: String,
    /// The file that it was read from.
    pub path: PathBuf,
    /// The text of the file.
    pub text: String,
    /// The search space.
    pub space: Arc<Space>,
    /// The text that the space was read from.
    pub space_text: String,
    /// Absent where the costs come from outside.
    pub objective: Option<Objective>,
    /// The direction of each objective: the costs of the history are negated where the user maximizes.
    pub directions: Directions,
    /// The budgets of the trials.
    pub schedule: Schedule,
    /// The intensifier: that of `settings`, or the default; of a run, the one that it was begun with.
    pub intensifier: IntensifierConfig,
    /// The name of the unit of budget, in the plural: `steps`, `epochs`.
    pub unit: String,
    /// The knobs of the optimizer.
    pub settings: OptimizerSettings,
    /// The number of trials at a time, and their limits.
    pub execution: Execution,
    /// The limits of the run.
    pub stop: Stop,
    /// True where the recommended configuration and the default are evaluated at the full budget at the end of a run.
    pub validation: bool,
    /// The seed of everything that is drawn at random.
    pub seed: u64,
    /// The price of an hour of a device, in any currency; it is for display, and may change while a run goes on.
    pub price_per_device_hour: Option<f64>,
}

impl Experiment {
    /// The optimizer at the beginning.
    pub fn optimizer(&self) -> Optimizer {
        self.optimizer_with(self.intensifier.clone(), self.schedule.clone())
    }

    /// The optimizer at the beginning, with an intensifier and rungs that were chosen before.
    pub(crate) fn optimizer_with(&self, intensifier: IntensifierConfig, schedule: Schedule) -> Optimizer {
        Optimizer::builder(self.space.clone(), schedule, intensifier)
            .settings(self.settings.clone())
            .seed(self.seed)
            .stop(self.stop_by_cost())
            .build()
            .expect("settings were validated with their space, schedule and intensifier")
    }

    /// The direction of the first objective.
    pub(crate) fn direction(&self) -> Direction {
        self.directions.first()
    }

    /// The word for what a trial reports: a `cost` to be minimized, or a `value` to be maximized.
    pub(crate) fn noun(&self) -> &'static str {
        match self.direction() {
            Direction::Minimize => "cost",
            Direction::Maximize => "value",
        }
    }

    /// The name of what a trial reports: the first of several objectives, or the measure of the task.
    pub(crate) fn measure(&self) -> &str {
        match self.objectives() {
            [] => match self.objective.as_ref().map_or("cost", |objective| objective.measure()) {
                "cost" => self.noun(),
                measure => measure,
            },
            [first, ..] => first,
        }
    }

    /// The limits, with the value at which the run ends as a cost.
    pub(crate) fn stop_by_cost(&self) -> Stop {
        Stop { cost: self.stop.cost.map(|value| self.direction().turn(value)), ..self.stop.clone() }
    }

    /// The names of the objectives, where there are several.
    pub(crate) fn objectives(&self) -> &[String] {
        &self.settings.objectives
    }

    /// The number of costs that a trial has.
    pub(crate) fn costs(&self) -> usize {
        self.settings.objectives.len().max(1)
    }

    /// The brackets of one turn.
    pub(crate) fn plan(&self) -> Plan {
        self.intensifier.plan(&self.schedule)
    }
}
