//! Plans of experiments with the time and the money that they take: of one below its plan, of several side by side.
use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::message::{amount, count, duration, measured, number, of_amount};
use crate::experiment::Experiment;
use crate::experiment::definition::plan::{Workload, expected};
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::log::Log;
use crate::intensifier::bracket::Bracket;
use crate::trial::ConfigurationId;
use crate::trial::outcome::Outcome;

/// A plan, and the time and money that its run takes.
pub(super) struct CostedPlan<'a> {
    pub experiment: &'a Experiment,
    /// The work of the whole run; `None` where no limit ends it.
    work: Option<Workload>,
    speed: Option<Speed>,
    /// The price of a device-hour.
    price: Option<f64>,
}

/// A budget that one worker spends in a second, such as steps a second.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Speed {
    a_second: f64,
    /// The number of trials that it was measured on; `None` where the user gave it.
    trials: Option<usize>,
}

impl Speed {
    /// The speed of the trials that a run in this folder has finished; `None` without any.
    fn measured(folder: RunFolder) -> Option<Self> {
        let log = Log::read(folder).ok()?;
        let (mut budget, mut seconds, mut trials) = (0.0, 0.0, 0);
        let mut spent: HashMap<(ConfigurationId, u64), f64> = HashMap::new();
        for trial in log.history.ended().filter(|trial| trial.outcome.as_ref().and_then(Outcome::cost).is_some()) {
            let Some(taken) = trial.seconds.filter(|seconds| *seconds > 0.0) else { continue };
            // A promoted trial went on from the budget that its configuration had spent before, unless it began anew.
            let proposal = &trial.proposal;
            let before = spent.entry((proposal.configuration_id, proposal.seed)).or_default();
            let continued = if log.experiment.schedule.restarts() { 0.0 } else { *before };
            budget += (proposal.budget.amount() - continued).max(0.0);
            *before = proposal.budget.amount().max(*before);
            seconds += taken;
            trials += 1;
        }
        (budget > 0.0).then_some(Self { a_second: budget / seconds, trials: Some(trials) })
    }

    fn words(self, unit: &str) -> String {
        let source = match self.trials {
            None => "as given".to_owned(),
            Some(trials) => format!("measured on {}", count(trials, "trial")),
        };
        format!("{} {} a second of a worker, {source}", number(self.a_second), of_amount(self.a_second, unit))
    }
}

impl<'a> CostedPlan<'a> {
    /// The plan of an experiment. Without a given `speed`, it is that of the run of this name in the folder `runs`; without a
    /// `price`, it is the experiment's.
    pub(super) fn of(experiment: &'a Experiment, speed: Option<f64>, price: Option<f64>, runs: &Path) -> Self {
        let given = speed.map(|a_second| Speed { a_second, trials: None });
        Self {
            experiment,
            work: expected(&experiment.intensifier, &experiment.schedule, &experiment.stop),
            speed: given.or_else(|| Speed::measured(RunFolder::of(runs, &experiment.name))),
            price: price.or(experiment.price_per_device_hour),
        }
    }

    fn device_hours(&self) -> Option<f64> {
        self.work.zip(self.speed).map(|(work, speed)| work.budget / speed.a_second / 3600.0)
    }

    /// The budget of the run if each trial began anew, without checkpoints.
    fn budget_from_scratch(&self) -> Option<f64> {
        let plan = self.experiment.plan();
        let anew = |bracket: &Bracket| -> f64 {
            bracket.rungs.iter().map(|rung| f64::from(rung.configurations) * rung.budget.amount()).sum()
        };
        let anew: f64 = plan.brackets.iter().map(anew).sum();
        self.work.map(|work| work.budget * anew / plan.total_budget())
    }

    /// A sentence on time and money; `None` where no speed is known.
    pub(super) fn sentence(&self) -> Option<String> {
        let (hours, speed) = self.device_hours().zip(self.speed)?;
        let workers = self.experiment.execution.workers;
        let mut told = format!(
            "at {}: {} device-hours, {} with {}",
            speed.words(&self.experiment.unit),
            number(hours),
            duration(3600.0 * hours / workers as f64),
            count(workers, "worker")
        );
        if let Some(price) = self.price {
            told += &format!("; price {}, at {} a device-hour", number(price * hours), number(price));
        }
        Some(told)
    }

    /// Time and money as far as they are known, for programs.
    pub(super) fn json(&self) -> Map<String, Json> {
        let Some(hours) = self.device_hours() else { return Map::new() };
        let fields = [
            ("speed", json!(self.speed.map(|speed| speed.a_second))),
            ("device_hours", json!(hours)),
            ("seconds", json!(3600.0 * hours / self.experiment.execution.workers as f64)),
            ("price", json!(self.price.map(|price| price * hours))),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The cells of its column, by the names of the rows.
    fn cells(&self) -> Vec<(&'static str, String)> {
        let (experiment, schedule) = (self.experiment, &self.experiment.schedule);
        let unit = &experiment.unit;
        let plan = experiment.plan();
        let is_closed = experiment.intensifier.closes(schedule) || plan.trials() == 1;
        let unknown = || "-".to_owned();
        let about = |text: String| if is_closed { text } else { format!("about {text}") };
        let first: u32 =
            plan.brackets.iter().filter_map(|bracket| bracket.rungs.first()).map(|rung| rung.configurations).sum();
        let share = f64::from(first) / f64::from(plan.trials());
        let hours = self.device_hours();
        let full = schedule.max().amount();
        vec![
            ("", experiment.name.clone()),
            ("search space", experiment.space.name().to_owned()),
            ("promotion", experiment.intensifier.name().to_owned()),
            (
                "budgets",
                match schedule.rungs() {
                    1 => measured(full, unit),
                    _ => format!(
                        "{} to {}, eta {}",
                        amount(schedule.min().amount()),
                        measured(full, unit),
                        schedule.eta()
                    ),
                },
            ),
            ("trials", self.work.map_or_else(unknown, |work| about(work.trials.to_string()))),
            (
                "configurations",
                self.work.map_or_else(unknown, |work| format!("about {:.0}", share * f64::from(work.trials))),
            ),
            ("work", self.work.map_or_else(unknown, |work| measured(work.budget, unit))),
            ("  in full evaluations", self.work.map_or_else(unknown, |work| number(work.budget / full))),
            ("  without checkpoints", self.budget_from_scratch().map_or_else(unknown, |budget| number(budget / full))),
            ("at a time", count(experiment.execution.workers, "trial")),
            ("speed", self.speed.map_or_else(unknown, |speed| speed.words(unit))),
            ("device-hours", hours.map_or_else(unknown, number)),
            (
                "duration",
                hours.map_or_else(unknown, |hours| duration(3600.0 * hours / experiment.execution.workers as f64)),
            ),
            ("price", self.price.zip(hours).map_or_else(unknown, |(price, hours)| number(price * hours))),
        ]
    }
}

/// The plans side by side: a line for each property, a column for each plan.
pub(super) fn beside(plans: &[CostedPlan]) -> String {
    let columns: Vec<Vec<(&str, String)>> = plans.iter().map(CostedPlan::cells).collect();
    let Some(first) = columns.first() else { return String::new() };
    let names = widest(first.iter().map(|(name, _)| *name));
    let widths: Vec<usize> = columns.iter().map(|cells| widest(cells.iter().map(|(_, text)| text.as_str()))).collect();
    let line = |row: usize| {
        let mut line = format!("{:<names$}", first[row].0);
        for (cells, width) in columns.iter().zip(&widths) {
            line += &format!("  {:<width$}", cells[row].1);
        }
        line.trim_end().to_owned()
    };
    (0..first.len()).map(line).collect::<Vec<_>>().join("\n")
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}
