//! An experiment's RON file: what is written, and how it becomes an experiment.
use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::document::diagnostic::Diagnostic;
use crate::document::outline::Node;
use crate::document::source::{Source, SourceError, parse, read};
use crate::experiment::definition::execution::ExecutorFile;
use crate::experiment::{Experiment, Objective};
use crate::intensifier::bracket::Schedule;
use crate::intensifier::config::IntensifierConfig;
use crate::optimizer::settings::Settings;
use crate::optimizer::stop::Stop;
use crate::space::Space;
use crate::space::file::SpaceSource;
use crate::task::command::GIVEN;
use crate::trial::budget::Budget;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "Experiment")]
struct ExperimentFile {
    name: String,
    search_space: SpaceSource,
    task: Option<Objective>,
    /// What trials report, where that is more than one cost.
    #[serde(default)]
    objectives: Vec<String>,
    budget: Option<BudgetRange>,
    #[serde(default)]
    optimizer: Settings,
    #[serde(default)]
    executor: ExecutorFile,
    #[serde(default)]
    stop: Stop,
    #[serde(default)]
    seed: u64,
    price_per_device_hour: Option<f64>,
}

/// The budgets of the rungs; without it every trial gets one unit, the full evaluation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "Budget")]
struct BudgetRange {
    min: f64,
    max: f64,
    #[serde(default = "three")]
    eta: u32,
    #[serde(default = "units")]
    unit: String,
}

fn three() -> u32 {
    3
}

fn units() -> String {
    "units".into()
}

impl Experiment {
    /// Reads an experiment file and, where it names one, its search space.
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        let text = read(path)?;
        let file: ExperimentFile = parse(path, &text)?;
        let space = match &file.search_space {
            SpaceSource::Inline(space) => {
                let space = space.clone().validate(path, &text)?;
                let outline = Node::of(&text);
                let node = outline.as_ref().and_then(|outline| outline.field("search_space"));
                let node = node.expect("a text that was parsed has an outline and its fields");
                (space, text[node.span.clone()].to_owned())
            }
            SpaceSource::Path(relative) => {
                let file = path.parent().unwrap_or(Path::new("")).join(relative);
                if !file.exists() {
                    let hint = read(&file).err().and_then(|missing| missing.diagnostic.hint);
                    let message = format!("there is no search space `{}`", file.display());
                    let mistake = Diagnostic { hint, ..Diagnostic::new(message) };
                    return Err(Source::new(path, &text).error(mistake.field("search_space")));
                }
                (Space::read(&file)?, read(&file)?)
            }
        };
        let experiment = file.validate(path, text, space)?;
        if let Some(Objective::Command(command)) = &experiment.objective
            && let Some(message) = command.missing(path.parent().unwrap_or(Path::new("")))
        {
            let hint = "a program with a `/` is looked up beside this file, any other on the `PATH`";
            let mistake = Diagnostic::new(message).hint(hint).field("task.program");
            return Err(Source::new(path, &experiment.text).error(mistake));
        }
        if let Some(Objective::Custom(custom)) = &experiment.objective
            && let Err(missing) = custom.task()
        {
            return Err(Source::new(path, &experiment.text).error(missing));
        }
        Ok(experiment)
    }

    /// The experiment of a text whose search space was kept beside it; `path` names it in errors.
    pub fn with_space(text: &str, path: &Path, space: &str) -> Result<Self, SourceError> {
        let file: ExperimentFile = parse(path, text)?;
        file.validate(path, text.to_owned(), (Space::parse(space, path)?, space.to_owned()))
    }
}

impl ExperimentFile {
    fn validate(
        mut self,
        path: &Path,
        text: String,
        (space, space_text): (Space, String),
    ) -> Result<Experiment, SourceError> {
        let source = Source::new(path, &text);
        let error = |at: &[&str], message: String, hint: &str| {
            Err(source.error(Diagnostic::new(message).hint(hint).field(at.join("."))))
        };
        let is_plain = self.name.chars().all(|letter| letter.is_alphanumeric() || "_-.".contains(letter));
        if self.name.is_empty() || self.name.starts_with('.') || !is_plain || self.name == "datasets" {
            let message = format!("`{}` cannot be the name of a run's folder", self.name);
            return error(&["name"], message, "use letters, digits, `-`, `_` and `.`; `datasets` is taken");
        }
        let execution = self.executor.validate(&source)?;
        let (schedule, unit) = match self.budget {
            Some(range) => (schedule(&source, &range)?, range.unit),
            None => (Schedule::full(Budget::new(1.0).expect("1 is positive")), "evaluations".into()),
        };
        for (field, is_wrong) in [
            ("trials", self.stop.trials == Some(0)),
            ("full_evaluations", self.stop.full_evaluations.is_some_and(|limit| limit <= 0.0 || limit.is_nan())),
            ("budget", self.stop.budget.is_some_and(|limit| limit <= 0.0 || limit.is_nan())),
            ("device_hours", self.stop.device_hours.is_some_and(|limit| limit <= 0.0 || limit.is_nan())),
            ("wall_clock", self.stop.wall_clock.is_some_and(|limit| limit <= SignedDuration::ZERO)),
        ] {
            if is_wrong {
                let message = "a run that ends before it begins finds nothing".into();
                return error(&["stop", field], message, "for example stop: (trials: 60)");
            }
        }
        if self.price_per_device_hour.is_some_and(|price| !(price >= 0.0 && price.is_finite())) {
            let message = "a price is a number, 0 or above".into();
            return error(&["price_per_device_hour"], message, "for example price_per_device_hour: 2.50");
        }
        let mut names = self.objectives.clone();
        names.sort_unstable();
        names.dedup();
        if self.objectives.len() == 1 || names.len() < self.objectives.len() || names.iter().any(String::is_empty) {
            let message = "objectives are at least two different names".into();
            return error(
                &["objectives"],
                message,
                "for example objectives: [\"loss\", \"latency\"]; one alone is the `cost`",
            );
        }
        if let (false, Some(task)) = (names.is_empty(), self.task.as_ref().filter(|task| task.task().is_some())) {
            let message = format!("the task reports one cost, its {}", task.measure());
            return error(
                &["objectives"],
                message,
                "several are for a `Command`, which prints {\"costs\": {...}}, and for `ask-tell`",
            );
        }
        self.optimizer.objectives = self.objectives;
        if let Err(message) = self.optimizer.validate() {
            return error(&["optimizer"], message, "every field may be left out and has a default");
        }
        if let Err(message) = self.optimizer.first(&space) {
            let hint = "`galvani check` without this field prints the values that each hyperparameter may take";
            return error(&["optimizer", "first_configurations"], message, hint);
        }
        let intensifier = self
            .optimizer
            .intensifier
            .clone()
            .unwrap_or_else(|| IntensifierConfig::default_for(execution.workers.max(execution.slots.len())));
        if let Err(wrong) = intensifier.validate(&schedule) {
            return Err(source.error(wrong.inside("optimizer.intensifier")));
        }
        #[cfg(feature = "battery")]
        if matches!(self.task, Some(Objective::Battery(_))) && (unit == "evaluations" || schedule.min().amount() < 1.0)
        {
            let message =
                "the battery task counts its budget in optimizer steps, of which a trial needs at least 1".into();
            return error(&["task"], message, "for example budget: (min: 60, max: 540, eta: 3, unit: \"steps\")");
        }
        if let Some(message) = self.task.as_ref().and_then(|task| task.mismatch(&space)) {
            return error(&["task"], message.0, &message.1);
        }
        Ok(Experiment {
            name: self.name,
            path: path.to_owned(),
            space: Arc::new(space),
            space_text,
            objective: self.task,
            schedule,
            intensifier,
            unit,
            settings: self.optimizer,
            execution,
            stop: self.stop,
            seed: self.seed,
            price_per_device_hour: self.price_per_device_hour,
            text,
        })
    }
}

impl Objective {
    /// What is wrong between the task and the space, and what to do about it.
    fn mismatch(&self, space: &Space) -> Option<(String, String)> {
        match self {
            Self::Command(command) => {
                if let Some(name) = GIVEN.into_iter().find(|name| space.index(name).is_some()) {
                    let message =
                        format!("`{name}` cannot be a hyperparameter here: every trial is given its own `{{{name}}}`");
                    return Some((message, "rename the hyperparameter".into()));
                }
                if let Some(name) = command.early_name() {
                    let message =
                        format!("an argument names `{{{name}}}`, but a persistent program is started before any trial");
                    return Some((
                        message,
                        "leave it out: every request line holds the configuration and the budget".into(),
                    ));
                }
                let unknown = command.unknown_name(|name| space.index(name).is_some())?;
                let names: Vec<_> = space.hyperparameters().iter().map(|each| format!("{{{}}}", each.name)).collect();
                let message = format!("an argument names `{{{unknown}}}`, which is no hyperparameter");
                Some((
                    message,
                    format!(
                        "there are {}, and {}",
                        names.join(", "),
                        GIVEN.map(|name| format!("{{{name}}}")).join(", ")
                    ),
                ))
            }
            Self::Function(function) => {
                let is_number = |name: &String| {
                    space.index(name).is_some_and(|index| {
                        let domain = &space.hyperparameters()[index].domain;
                        space.condition(index).is_none() && domain.values().iter().all(|value| value.number().is_some())
                    })
                };
                let wrong = function.hyperparameters().find(|name| !is_number(name))?;
                let message = format!(
                    "the function `{}` reads the number `{wrong}`, which the space does not have",
                    function.name()
                );
                Some((message, format!("for example \"{wrong}\": Float(min: 0, max: 1), without a condition")))
            }
            // Whether this program has it matters where it is run, not where its results are read.
            Self::Custom(_) => None,
            #[cfg(feature = "battery")]
            Self::Battery(battery) => {
                battery.mismatch(space).map(|wrong| (wrong.message, wrong.hint.unwrap_or_default()))
            }
        }
    }
}

fn schedule(source: &Source, range: &BudgetRange) -> Result<Schedule, SourceError> {
    let budget = |field: &str, amount| {
        Budget::new(amount).ok_or_else(|| {
            let hint = "count it in a unit of which a trial needs at least one, such as steps or epochs";
            let mistake = Diagnostic::new(format!("a budget must be positive, not {amount}")).hint(hint);
            source.error(mistake.field(format!("budget.{field}")))
        })
    };
    let (min, max) = (budget("min", range.min)?, budget("max", range.max)?);
    Schedule::new(min, max, range.eta).map_err(|error| {
        let mistake = Diagnostic::new(error.to_string()).hint("for example budget: (min: 27, max: 243, eta: 3)");
        source.error(mistake.field("budget"))
    })
}
