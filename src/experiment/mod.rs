//! A space, a task, an optimizer, and a place to keep them.
pub mod ask_tell;
pub mod definition;

pub mod error;
pub mod folder;

pub mod replay;
pub mod run;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::experiment::definition::execution::Execution;
use serde::{Deserialize, Serialize};

use crate::intensifier::bracket::{Plan, Schedule};
use crate::intensifier::config::IntensifierConfig;
use crate::optimizer::Optimizer;
use crate::optimizer::settings::Settings;
use crate::optimizer::stop::Stop;
use crate::space::Space;
use crate::task::Task;
#[cfg(feature = "battery")]
use crate::task::battery::Battery;
use crate::task::command::Command;
use crate::task::custom::Custom;
use crate::task::function::Function;

/// Everything that a run needs, validated.
#[derive(Clone, Debug)]
pub struct Experiment {
    pub name: String,
    /// The file that it was read from, and its text.
    pub path: PathBuf,
    pub text: String,
    pub space: Arc<Space>,
    /// The text that the space was read from.
    pub space_text: String,
    /// Absent where the costs come from outside.
    pub objective: Option<Objective>,
    pub schedule: Schedule,
    /// Who gets more budget: what `settings` say, or the default for the file's number of workers.
    pub intensifier: IntensifierConfig,
    /// What one unit of budget is: `steps`, `epochs`.
    pub unit: String,
    pub settings: Settings,
    pub execution: Execution,
    pub stop: Stop,
    pub seed: u64,
    /// What an hour of a device costs, in whatever currency; shown, and no reason to begin anew.
    pub price_per_device_hour: Option<f64>,
}

impl Experiment {
    /// The optimizer at the beginning.
    pub fn optimizer(&self) -> Optimizer {
        self.optimizer_with(self.intensifier.clone())
    }

    fn optimizer_with(&self, intensifier: IntensifierConfig) -> Optimizer {
        let settings = Settings { intensifier: Some(intensifier), ..self.settings.clone() };
        Optimizer::new(self.space.clone(), self.schedule.clone(), settings, self.seed).with_stop(self.stop.clone())
    }

    /// The names of the objectives, where there are several.
    pub fn objectives(&self) -> &[String] {
        &self.settings.objectives
    }

    /// How many costs a trial has.
    pub fn costs(&self) -> usize {
        self.settings.objectives.len().max(1)
    }

    /// The brackets of one turn.
    pub fn plan(&self) -> Plan {
        self.intensifier.plan(&self.schedule)
    }
}

/// What is optimized, as an experiment file and a worker's request say it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Objective {
    #[cfg(feature = "battery")]
    Battery(Box<Battery>),
    Command(Command),
    Function(Function),
    /// A task of the program that runs the experiment.
    Custom(Custom),
}

impl Objective {
    /// The task that runs in a worker; `None` for programs, which are processes of their own.
    pub fn task(&self) -> Option<&(dyn Task + Sync)> {
        match self {
            #[cfg(feature = "battery")]
            Self::Battery(battery) => Some(&**battery),
            Self::Command(_) => None,
            Self::Function(function) => Some(function),
            Self::Custom(custom) => Some(custom),
        }
    }

    /// Whether it has data that no trial sees, to judge the incumbent by.
    pub fn has_test(&self) -> bool {
        match self {
            #[cfg(feature = "battery")]
            Self::Battery(_) => true,
            Self::Command(_) | Self::Function(_) | Self::Custom(_) => false,
        }
    }

    /// What its cost is, for axes and headings.
    pub fn measure(&self) -> &'static str {
        match self {
            #[cfg(feature = "battery")]
            Self::Battery(_) => "mean square error",
            Self::Command(_) | Self::Custom(_) => "cost",
            Self::Function(_) => "function value",
        }
    }
}

/// How long a wait for news of the executor lasts before the view is refreshed.
pub(crate) const TICK: Duration = Duration::from_millis(100);
