//! The experiment of a study as RON text, which all verbs can read.
use std::fmt::Write;

use crate::document::source::write;
use crate::optimizer::settings::OptimizerSettings;
use crate::optimizer::stop::Stop;
use crate::trial::direction::Direction;

/// The budgets of the trials and their unit.
#[derive(Clone, Debug)]
pub(super) struct Budgets {
    pub min: f64,
    pub max: f64,
    pub eta: u32,
}

/// The parts of an experiment, as a builder collected them.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub name: String,
    pub budgets: Option<Budgets>,
    pub unit: Option<String>,
    /// True where trials begin anew at every budget.
    pub restarts: bool,
    pub objectives: Vec<(String, Direction)>,
    pub direction: Direction,
    pub settings: OptimizerSettings,
    pub workers: usize,
    pub stop: Stop,
    pub seed: u64,
}

impl Parts {
    /// The text of an experiment file without a task; `space` is the text of the search space.
    pub fn text(&self, space: &str) -> String {
        let mut text =
            format!("// Written by a program that uses galvani as a library.\n(\n    name: {:?},\n", self.name);
        let mut field = |name: &str, value: &str| {
            let _ = writeln!(text, "    {name}: {value},");
        };
        field("search_space", space.trim_end().replace('\n', "\n    ").as_str());
        if let Some(Budgets { min, max, eta }) = self.budgets {
            let unit = self.unit.as_ref().map(|unit| format!(", unit: {unit:?}")).unwrap_or_default();
            let restarts = if self.restarts { ", restarts: true" } else { "" };
            field("budget", &format!("(min: {min:?}, max: {max:?}, eta: {eta}{unit}{restarts})"));
        }
        if !self.objectives.is_empty() {
            let named = self.objectives.iter().map(|(name, direction)| match direction {
                Direction::Minimize => format!("{name:?}: Minimize"),
                Direction::Maximize => format!("{name:?}: Maximize"),
            });
            match self.objectives.iter().all(|(_, direction)| *direction == Direction::Minimize) {
                true => {
                    let names: Vec<&String> = self.objectives.iter().map(|(name, _)| name).collect();
                    field("objectives", &format!("{names:?}"));
                }
                false => field("objectives", &format!("{{{}}}", named.collect::<Vec<_>>().join(", "))),
            }
        }
        if self.direction == Direction::Maximize {
            field("objective", "Maximize");
        }
        if self.settings != OptimizerSettings::default() {
            field("optimizer", &write(&OptimizerSettings { objectives: Vec::new(), ..self.settings.clone() }));
        }
        if self.workers != 1 {
            field("executor", &format!("Process(workers: {})", self.workers));
        }
        if self.stop != Stop::default() {
            field("stop", &write(&self.stop));
        }
        field("seed", &self.seed.to_string());
        text + ")\n"
    }
}
