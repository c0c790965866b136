//! The RON file of an experiment, and its validation.
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

#[cfg(feature = "battery")]
use crate::battery::simulation::thermal::Thermal;
use crate::document::diagnostic::Diagnostic;
use crate::document::outline::OutlineNode;
use crate::document::source::{Source, SourceError, parse, read};
#[cfg(feature = "battery")]
use crate::experiment::definition::dataset_text;
use crate::experiment::definition::executor_file::ExecutorFile;
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::definition::objective::Objective;
use crate::experiment::definition::objective_names::ObjectiveNames;
use crate::intensifier::bracket::Schedule;
use crate::optimizer::settings::OptimizerSettings;
use crate::optimizer::stop::Stop;
use crate::space::Space;
use crate::space::file::SpaceSource;
use crate::trial::budget::Budget;
use crate::trial::direction::{Direction, Directions};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "Experiment")]
struct ExperimentFile {
    name: String,
    search_space: SpaceSource,
    task: Option<Objective>,
    /// The direction of the one value that trials report.
    objective: Option<Direction>,
    /// The names of the values that trials report, where there are several, and their directions.
    #[serde(default)]
    objectives: ObjectiveNames,
    budget: Option<BudgetRange>,
    #[serde(default)]
    optimizer: OptimizerSettings,
    #[serde(default)]
    executor: ExecutorFile,
    #[serde(default)]
    stop: Stop,
    /// False where a run ends with its last trial.
    #[serde(default = "yes")]
    validation: bool,
    #[serde(default)]
    seed: u64,
    price_per_device_hour: Option<f64>,
}

/// The budgets of the rungs; absent, every trial gets one unit, the full evaluation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "Budget")]
struct BudgetRange {
    min: f64,
    max: f64,
    #[serde(default = "three")]
    eta: u32,
    #[serde(default = "units")]
    unit: String,
    /// False leaves the rungs exactly a factor `eta` apart, also where the ends are whole numbers.
    whole: Option<bool>,
    /// True where programs cannot continue a configuration: a promoted trial begins anew.
    #[serde(default)]
    restarts: bool,
}

fn yes() -> bool {
    true
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
        #[cfg(feature = "battery")]
        let file = file.with_cell_file(path.parent().unwrap_or(Path::new("")))?;
        let space = match &file.search_space {
            SpaceSource::Inline(space) => {
                let names_file = space.names_file();
                let space = space.clone().validate(path, &text)?;
                if names_file {
                    let written = space.to_text();
                    (space, written)
                } else {
                    let outline = OutlineNode::of(&text);
                    let node = outline.as_ref().and_then(|outline| outline.field("search_space"));
                    let node = node.expect("a text that was parsed has an outline and its fields");
                    (space, text[node.span.clone()].to_owned())
                }
            }
            SpaceSource::Path(relative) => {
                let file = path.parent().unwrap_or(Path::new("")).join(relative);
                if !file.exists() {
                    let mut missing = Diagnostic::new(format!("there is no search space `{}`", file.display()));
                    missing.hint = read(&file).err().and_then(|error| error.diagnostic.hint);
                    return Err(Source::new(path, &text).error(missing.field("search_space")));
                }
                Space::read_with_text(&file)?
            }
        };
        let experiment = file.validate(path, text, space)?;
        #[cfg(feature = "battery")]
        let experiment = experiment.with_dataset_written_out();
        if let Some(Objective::Command(command)) = &experiment.objective
            && let Err(missing) = command.find(path.parent().unwrap_or(Path::new("")))
        {
            return Err(Source::new(path, &experiment.text).error(missing.field("task.program")));
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
        #[cfg(feature = "battery")]
        let file = file.with_former_default(text);
        file.validate(path, text.to_owned(), (Space::parse(space, path)?, space.to_owned()))
    }
}

#[cfg(feature = "battery")]
impl Experiment {
    /// The same, whose text says of its dataset what a cell's file and the defaults say now.
    fn with_dataset_written_out(mut self) -> Self {
        if let Some(Objective::Battery(battery)) = &self.objective {
            self.text = dataset_text::written_out(&self.text, &battery.dataset);
        }
        self
    }
}

#[cfg(feature = "battery")]
impl ExperimentFile {
    /// The same with the text of the cell's file, named from `folder`, where the dataset's cell is not built in.
    fn with_cell_file(mut self, folder: &Path) -> Result<Self, SourceError> {
        if let Some(Objective::Battery(battery)) = &mut self.task {
            battery.dataset.load_cell(folder)?;
        }
        Ok(self)
    }

    /// The same with the thermal model that the text of a journal means where it names none.
    fn with_former_default(mut self, text: &str) -> Self {
        if let Some(Objective::Battery(battery)) = &mut self.task
            && !dataset_text::names_thermal(text)
        {
            battery.dataset.thermal = Thermal::TwoTemperature;
        }
        self
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
        let error = |field: &'static str, message: &str, hint: &str| {
            Err(source.error(Diagnostic::new(message).hint(hint).field(field)))
        };
        let is_plain = self.name.chars().all(|letter| letter.is_alphanumeric() || "_-.".contains(letter));
        if self.name.is_empty() || self.name.starts_with('.') || !is_plain || self.name == "datasets" {
            let message = format!("`name` names the run's folder, which cannot be `{}`", self.name);
            return error("name", &message, "use letters, digits, `-`, `_` and `.`; `datasets` is taken");
        }
        let execution = self.executor.validate(&source)?;
        let (schedule, unit) = match self.budget {
            Some(range) => (schedule(&source, &range)?, range.unit),
            None => (Schedule::full(Budget::new(1.0).expect("1 is positive")), "evaluations".into()),
        };
        self.stop.validate().map_err(|wrong| source.error(wrong.inside("stop")))?;
        if self.price_per_device_hour.is_some_and(|price| !(price >= 0.0 && price.is_finite())) {
            let message = "`price_per_device_hour` must be 0 or above, and finite";
            return error("price_per_device_hour", message, "for example price_per_device_hour: 2.50");
        }
        let (objectives, directions): (Vec<String>, Vec<Direction>) = self.objectives.0.into_iter().unzip();
        let mut names = objectives.clone();
        names.sort_unstable();
        names.dedup();
        if objectives.len() == 1 || names.len() < objectives.len() || names.iter().any(String::is_empty) {
            let hint = "for example objectives: [\"loss\", \"latency\"]; one alone is the `cost`";
            return error("objectives", "`objectives` must be at least two different names", hint);
        }
        if let (false, Some(task)) = (names.is_empty(), self.task.as_ref().filter(|task| task.task().is_some())) {
            let message = format!("this task reports one cost, its {}: `objectives` must be left out", task.measure());
            let hint = "several are for a `Command`, which prints {\"costs\": {...}}, and for `ask-tell`";
            return error("objectives", &message, hint);
        }
        let directions = match (self.objective, objectives.is_empty()) {
            (direction, true) => vec![direction.unwrap_or_default()],
            (None, false) => directions,
            (Some(_), false) => {
                let hint = "give each its direction: objectives: {\"loss\": Minimize, \"accuracy\": Maximize}";
                return error("objective", "`objective` and `objectives` must not both be given", hint);
            }
        };
        #[cfg(feature = "battery")]
        if matches!(self.task, Some(Objective::Battery(_))) && directions == [Direction::Maximize] {
            let message =
                "the battery task reports an error, which `objective: Maximize` would make as great as possible";
            return error("objective", message, "leave it out");
        }
        self.optimizer.objectives = objectives;
        // Resolved here, and nowhere else: the optimizer is given the intensifier that it uses.
        let intensifier = self.optimizer.intensifier_or_default();
        let is_right = self.optimizer.validate(&intensifier).and_then(|()| self.optimizer.first(&space));
        if let Err(mut wrong) = is_right {
            wrong.hint.get_or_insert_with(|| "every field may be left out and has a default".into());
            return Err(source.error(wrong.inside("optimizer")));
        }
        if let Err(wrong) = intensifier.validate(&schedule) {
            return Err(source.error(wrong.inside("optimizer.intensifier")));
        }
        #[cfg(feature = "battery")]
        if matches!(self.task, Some(Objective::Battery(_))) && (unit == "evaluations" || schedule.min().amount() < 1.0)
        {
            let message = "the battery task counts its budget in optimizer steps, of which a trial needs at least 1";
            return error("task", message, "for example budget: (min: 60, max: 540, eta: 3, unit: \"steps\")");
        }
        if let Some(task) = &self.task {
            task.check_space(&space).map_err(|mismatch| {
                let inner = mismatch.field.clone().filter(|field| field.starts_with("task."));
                let field = inner.unwrap_or("task".into());
                source.error(mismatch.field(field))
            })?;
        }
        Ok(Experiment {
            name: self.name,
            path: path.to_owned(),
            space: Arc::new(space),
            space_text,
            objective: self.task,
            directions: Directions::of(directions),
            schedule,
            intensifier,
            unit,
            settings: self.optimizer,
            execution,
            stop: self.stop,
            validation: self.validation,
            seed: self.seed,
            price_per_device_hour: self.price_per_device_hour,
            text,
        })
    }
}

/// The budgets of the rungs.
fn schedule(source: &Source, range: &BudgetRange) -> Result<Schedule, SourceError> {
    let budget = |field: &str, amount| {
        Budget::new(amount).ok_or_else(|| {
            let hint = "count it in a unit of which a trial needs at least one, such as steps or epochs";
            let wrong = Diagnostic::new(format!("`budget.{field}` must be positive and finite, not {amount}"));
            source.error(wrong.hint(hint).field(format!("budget.{field}")))
        })
    };
    let (min, max) = (budget("min", range.min)?, budget("max", range.max)?);
    let schedule = Schedule::new(min, max, range.eta).map_err(|error| {
        let wrong = Diagnostic::new(error.to_string()).hint("for example budget: (min: 27, max: 243, eta: 3)");
        source.error(wrong.field("budget"))
    })?;
    let schedule = schedule.with_restarts(range.restarts);
    match (range.whole, schedule.clone().whole()) {
        (Some(false), _) => Ok(schedule),
        (Some(true), whole) if !whole.is_whole() => {
            let wrong = Diagnostic::new("`budget.whole` needs whole numbers for `budget.min` and `budget.max`");
            Err(source
                .error(wrong.hint("count the budget in a smaller unit, or leave `whole` out").field("budget.whole")))
        }
        (_, whole) => Ok(whole),
    }
}
