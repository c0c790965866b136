//! Exported trials: what the writers of all formats take of a run.
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::exchange::trials::found::counted;
use crate::exchange::trials::run_head::RunHead;
use crate::space::Space;
use crate::trial::Trial;
use crate::trial::budget::Budget;
use crate::trial::direction::{Direction, Directions};
use crate::trial::metrics;
use crate::trial::outcome::Outcome;

/// A run as it is written for other programs.
#[derive(Clone, Debug)]
pub struct ExportedRun<'a> {
    pub name: &'a str,
    pub space: &'a Space,
    /// The names of several objectives; none where there is one.
    pub objectives: &'a [String],
    /// The name of what a single objective reports.
    pub measure: &'a str,
    pub directions: &'a Directions,
    /// In the order of asking.
    pub trials: Vec<ExportedTrial<'a>>,
}

/// A trial with the clock times of its last attempt.
#[derive(Clone, Copy, Debug)]
pub struct ExportedTrial<'a> {
    pub trial: &'a Trial,
    /// The start; the time of asking where it was never started.
    pub started: Option<Timestamp>,
    /// Absent while it runs.
    pub ended: Option<Timestamp>,
    pub seconds: Option<f64>,
    pub cpu_seconds: Option<f64>,
    /// The values that it told beside its cost, such as metrics.
    pub info: Option<&'a Map<String, Json>>,
}

impl ExportedRun<'_> {
    /// The names of the numbers that trials told beside their cost.
    pub(super) fn metrics(&self) -> Vec<&str> {
        metrics::names(self.trials.iter().filter_map(|trial| trial.info))
    }
}

impl<'a> ExportedTrial<'a> {
    /// The number of this name that it told beside its cost.
    pub(super) fn metric(&self, name: &str) -> Option<f64> {
        self.info?.get(name)?.as_f64()
    }

    /// The costs, one an objective; none where it failed or runs.
    pub(super) fn costs(&self) -> &'a [f64] {
        self.trial.outcome.as_ref().map_or(&[], |outcome| outcome.costs())
    }

    /// The word for its outcome; `running` or `interrupted` where it has none.
    pub(super) fn outcome(&self) -> &'static str {
        self.trial.word()
    }

    /// The message of a crash.
    pub(super) fn message(&self) -> Option<&'a str> {
        match &self.trial.outcome {
            Some(Outcome::Crashed { message }) if !message.is_empty() => Some(message),
            _ => None,
        }
    }

    /// The instance that it ran on.
    pub(super) fn instance(&self) -> Option<&'a str> {
        self.trial.proposal.instance.as_deref()
    }

    /// The active hyperparameters by name.
    pub(super) fn config(&self, space: &Space) -> IndexMap<String, Json> {
        let named = space.named(&self.trial.proposal.configuration);
        named.map(|(name, value)| (name.to_owned(), json!(value))).collect()
    }

    /// The values beside its cost, where there are any.
    pub(super) fn info(&self) -> Option<&'a Map<String, Json>> {
        self.info.filter(|info| !info.is_empty())
    }

    /// The points of its learning curve, each a budget and a cost.
    pub(super) fn curve(&self) -> Vec<(f64, f64)> {
        self.trial.curve.points().iter().map(|point| (point.budget.amount(), point.cost)).collect()
    }
}

impl<'a> ExportedRun<'a> {
    /// The trials of each configuration, in the order of the first of them.
    pub(super) fn configurations(&self) -> IndexMap<u32, Vec<ExportedTrial<'a>>> {
        let mut configurations: IndexMap<u32, Vec<ExportedTrial>> = IndexMap::new();
        for each in &self.trials {
            configurations.entry(each.trial.proposal.configuration_id.0).or_default().push(*each);
        }
        configurations
    }

    /// The highest budget at which a trial has a cost.
    pub(super) fn highest(&self) -> Option<Budget> {
        let finished = self.trials.iter().filter(|each| !each.costs().is_empty());
        finished.map(|each| each.trial.proposal.budget).max()
    }

    /// The parts of the run that do not change, with a step for each unit of budget.
    pub(super) fn head<'h>(&'h self, maximized: &'h [bool]) -> RunHead<'h> {
        RunHead {
            name: self.name,
            space: self.space,
            objectives: self.objectives,
            maximized,
            measure: self.measure,
            steps_a_unit: 1.0,
        }
    }

    /// The number of costs that a trial reports.
    pub(super) fn costs(&self) -> usize {
        self.objectives.len().max(1)
    }

    /// Values that have no place in a table, a sentence each.
    pub(super) fn left_out_of_tables(&self) -> Vec<String> {
        let metrics = self.metrics();
        let points: usize = self.trials.iter().map(|trial| trial.curve().len()).sum();
        let mut notes = Vec::new();
        if points > 0 {
            let points = counted(points, "intermediate cost");
            notes.push(format!(
                "{points} of learning curves have no place in a table; `galvani export jsonl` keeps them"
            ));
        }
        let has_more = |info: &Map<String, Json>| {
            info.iter().any(|(name, value)| !value.is_number() || !metrics.contains(&name.as_str()))
        };
        let told = self.trials.iter().filter(|trial| trial.info().is_some_and(has_more)).count();
        if told > 0 {
            let told = counted(told, "trial");
            notes.push(format!(
                "{told} told values beside the cost that are no numbers and have no place in a table; `galvani export jsonl` keeps them"
            ));
        }
        notes
    }

    /// For each objective, true where it is maximized.
    pub(super) fn maximized(&self) -> Vec<bool> {
        (0..self.costs()).map(|objective| self.directions.of_objective(objective) == Direction::Maximize).collect()
    }
}
