//! The verb `check`: validate a file and print what it means, before anything runs.
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value as Json, json};

use super::cluster;
use super::ending;
use super::failure::Failure;
use super::message::{amount, count, measured, narrate, number, of_amount, say};
use super::number_argument::real;
use super::plans::CostedPlan;
use super::table::PlainFormat;
use super::{plans, space};
use crate::document::spelling::nearest;
use crate::experiment::definition::difference::Difference;
use crate::experiment::definition::plan;
use crate::experiment::definition::plan::expected;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::ledger::space_migration::SpaceMigration;
use crate::experiment::replay::log::Log;
use crate::experiment::run::local;
use crate::experiment::{Experiment, Objective};
use crate::intensifier::bracket::Bracket;
use crate::optimizer::strategy::config::ProposalStrategyConfig;
use crate::space::Space;
use crate::store::Store;
use crate::trial::budget::Budget;
use crate::trial::direction::Direction;

#[derive(Args)]
pub(super) struct Arguments {
    /// The experiment's file, or a search space's; the plans of several experiments are printed side by side
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The budget that a worker spends in a second, such as steps a second, for estimates of time; several, separated by commas,
    /// are those of the files. Absent: that of the trials that the run has finished
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = real, allow_negative_numbers = true)]
    speed: Vec<f64>,
    /// The price of a device-hour, in any currency. Absent: the experiment's
    #[arg(long, value_name = "N", value_parser = real, allow_negative_numbers = true)]
    price: Option<f64>,
    /// The folder of all runs, where this one may have begun
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    dir: PathBuf,
    #[arg(long, value_enum, default_value_t = PlainFormat::Table)]
    format: PlainFormat,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    check_numbers(arguments)?;
    if let [file] = &arguments.files[..]
        && space::is_search_space(file)?
    {
        return check_space(file, arguments.format);
    }
    let mut experiments = Vec::new();
    for file in &arguments.files {
        if space::is_search_space(file)? {
            let told = format!("{}: a search space has no plan to compare", file.display());
            return Err(Failure::Input(format!("{told}\nhint: give it alone to check it")));
        }
        let experiment = Experiment::read(file).map_err(Failure::input)?;
        let is_here = experiment.execution.slurm.is_none();
        let note = if is_here { local::device_note(&experiment).map_err(Failure::input)? } else { None };
        experiments.push((experiment, note));
    }
    let is_alone = experiments.len() == 1;
    let mut plans = Vec::new();
    for (number, (experiment, note)) in experiments.iter().enumerate() {
        let mut warnings = warnings(experiment);
        warnings.extend(note.clone());
        warnings.extend(experiment.settings.filled(&experiment.space));
        let folder = RunFolder::of(&arguments.dir, &experiment.name);
        warnings.extend(changes(experiment, &folder));
        let speed = arguments.speed.get(number).or(arguments.speed.first()).copied();
        let plan = CostedPlan::of(experiment, speed, arguments.price, &arguments.dir);
        match arguments.format {
            PlainFormat::Json => {
                let mut fields = json(&plan, &warnings);
                if let Some(plan) = cluster::submission(experiment, &folder)? {
                    let submission = json!({"command": plan.command, "script": plan.script, "answer": plan.answer});
                    fields.insert("submission".into(), submission);
                }
                say(&Json::Object(fields).to_string());
            }
            PlainFormat::Table if is_alone => {
                print(&plan, &warnings);
                cluster::print_submission(experiment, &folder)?;
            }
            PlainFormat::Table => {
                warnings.iter().for_each(|warning| narrate(&format!("warning: {}: {warning}", experiment.name)));
            }
        }
        plans.push(plan);
    }
    if !is_alone && arguments.format == PlainFormat::Table {
        say(&plans::beside(&plans));
    }
    Ok(())
}

/// Checks the numbers of the command line that estimates are made of.
fn check_numbers(arguments: &Arguments) -> Result<(), Failure> {
    let wrong = |message: &str, hint: &str| Err(Failure::Input(format!("{message}\nhint: {hint}")));
    if !arguments.speed.iter().all(|speed| *speed > 0.0) {
        return wrong(
            "`--speed` must be above 0",
            "it is the budget that a worker spends in a second, such as 2.5 steps",
        );
    }
    if arguments.speed.len() > 1 && arguments.speed.len() != arguments.files.len() {
        return wrong(
            "`--speed` must have one number, or one for each file",
            "separate them with commas: --speed 2.5,1.5",
        );
    }
    if arguments.price.is_some_and(|price| price < 0.0) {
        return wrong("`--price` must be 0 or above", "it is the price of an hour of one worker");
    }
    Ok(())
}

fn check_space(file: &Path, format: PlainFormat) -> Result<(), Failure> {
    let space = Space::read(file).map_err(Failure::input)?;
    let warnings = space::warnings(&space);
    if format == PlainFormat::Json {
        let mut fields = space::json(&space);
        fields.insert("name".into(), json!(space.name()));
        fields.insert("warnings".into(), json!(warnings));
        say(&Json::Object(fields).to_string());
        return Ok(());
    }
    say(&format!("search space `{}`", space.name()));
    space::print(&space);
    warnings.iter().for_each(|warning| narrate(&format!("warning: {warning}")));
    Ok(())
}

fn print(costed: &CostedPlan, warnings: &[String]) {
    let experiment = costed.experiment;
    say(&format!("{}: search space `{}`", experiment.name, experiment.space.name()));
    space::print(&experiment.space);
    let optimizer = experiment.optimizer();
    let first = count(optimizer.design().len(), "configuration");
    say(&format!("\noptimizer: {}, after {first} to begin with", optimizer.describe()));
    if !experiment.objectives().is_empty() {
        let objectives = experiment.objectives();
        let words = experiment.directions.words(objectives.len());
        let named: Vec<String> = objectives.iter().zip(words).map(|(name, word)| format!("{word} {name}")).collect();
        say(&format!("objectives: {}", named.join(", ")));
    } else if experiment.direction() == Direction::Maximize {
        say("objective: maximize the value that trials report");
    }
    let (schedule, unit) = (&experiment.schedule, &experiment.unit);
    let plan = experiment.plan();
    let lowest = schedule.budgets().map(Budget::amount).fold(schedule.max().amount(), f64::min);
    say(&format!(
        "budget: {} to {}, {}{}",
        exact(lowest),
        measured(schedule.max().amount(), unit),
        experiment.intensifier.name(),
        if schedule.restarts() { "; a promoted trial begins anew and spends its whole budget" } else { "" }
    ));
    if lowest > schedule.min().amount() {
        say(&format!(
            "  the lowest rung is above `min`, {}: from {} down by factors of {}{}",
            exact(schedule.min().amount()),
            exact(schedule.max().amount()),
            schedule.eta(),
            if schedule.is_whole() { ", in whole numbers" } else { "" }
        ));
    }
    for (number, bracket) in plan.brackets.iter().enumerate() {
        let rungs = bracket.rungs.iter();
        let rungs: Vec<_> =
            rungs.map(|rung| format!("{} at {}", rung.configurations, exact(rung.budget.amount()))).collect();
        let total = bracket.total_budget();
        let again = if plan.again > 0 && number >= plan.again { ", repeated" } else { "" };
        say(&format!("  bracket {number}: {} ({}){again}", rungs.join(", then "), measured(total, unit)));
    }
    if schedule.rungs() > 1 {
        for (budget, trials, total) in rungs(&plan.brackets) {
            say(&format!(
                "  at {} {}: {}, {} in all",
                exact(budget),
                of_amount(budget, unit),
                count(trials, "trial"),
                measured(total, unit)
            ));
        }
    }
    let is_closed = experiment.intensifier.closes(schedule) || plan.trials() == 1;
    say(&format!(
        "  {}: {}, {}, as much as {} at the full budget",
        if is_closed { "each bracket once" } else { "rungs in this proportion, in brackets that never close" },
        count(plan.trials() as usize, "trial"),
        measured(plan.total_budget(), unit),
        count_of(plan.full_evaluations())
    ));
    if let Some(work) = expected(&experiment.intensifier, schedule, &experiment.stop) {
        say(&format!(
            "the whole run: {}{}, {}, as much as {} at the full budget; {} at a time",
            if is_closed { "" } else { "about " },
            count(work.trials as usize, "trial"),
            measured(work.budget, unit),
            count_of(work.budget / schedule.max().amount()),
            experiment.execution.workers
        ));
    }
    costed.sentence().iter().for_each(|sentence| say(sentence));
    ending::sentences(experiment).iter().for_each(|sentence| say(sentence));
    warnings.iter().for_each(|warning| narrate(&format!("warning: {warning}")));
}

/// A budget as programs get it, digit for digit.
fn exact(budget: f64) -> String {
    budget.to_string()
}

fn count_of(trials: f64) -> String {
    format!("{} {}", number(trials), of_amount(trials, "trials"))
}

/// The budget that each rung of a bracket adds.
fn added(bracket: &Bracket) -> impl Iterator<Item = f64> {
    bracket.rungs.iter().zip(bracket.added()).map(|(rung, added)| f64::from(rung.configurations) * added)
}

/// Budget, trials and what they add, for the rungs of all brackets together.
fn rungs(brackets: &[Bracket]) -> Vec<(f64, usize, f64)> {
    let mut rungs: Vec<(f64, usize, f64)> = Vec::new();
    for bracket in brackets {
        for (rung, added) in bracket.rungs.iter().zip(added(bracket)) {
            let (budget, trials) = (rung.budget.amount(), rung.configurations as usize);
            match rungs.iter_mut().find(|(each, ..)| *each == budget) {
                Some((_, all, total)) => (*all, *total) = (*all + trials, *total + added),
                None => rungs.push((budget, trials, added)),
            }
        }
    }
    rungs.sort_by(|a, b| a.0.total_cmp(&b.0));
    rungs
}

/// Sentences about what is allowed but probably not meant.
fn warnings(experiment: &Experiment) -> Vec<String> {
    let (space, schedule) = (&experiment.space, &experiment.schedule);
    let mut warnings = space::warnings(space);
    let (min, max, eta) = (schedule.min().amount(), schedule.max().amount(), f64::from(schedule.eta()));
    if min < max && max / min < eta * eta * (1.0 - 1e-9) {
        warnings.push(format!(
            "the largest budget is only {} times the smallest, so hardly anything is stopped early; try a `min` of at most {}",
            number(max / min),
            amount(max / (eta * eta))
        ));
    }
    if expected(&experiment.intensifier, schedule, &experiment.stop).is_none() && experiment.stop == Default::default()
    {
        warnings.push(match space.count() {
            Some(count) => format!("nothing ends the run before all {count} configurations were tried"),
            None => "nothing ends the run: set a limit such as stop: (trials: 60)".into(),
        });
    }
    if let Some(Objective::Command(command)) = &experiment.objective {
        for (flag, name) in command.split_flags(space) {
            let is_like = |flag: &str| nearest(flag.trim_start_matches('-'), [name.as_str()]).is_some();
            if space.index(&name).is_some_and(|index| space.condition(index).is_some()) && !is_like(&flag) {
                warnings.push(format!(
                    "where `{name}` is inactive its argument is left out, and `{flag}` before it too; if that is a flag of its own, write it elsewhere"
                ));
            }
        }
    }
    warnings.extend(local::slot_warning(&experiment.execution.slots));
    warnings.extend(design_warning(experiment));
    let once = experiment.plan().trials();
    if let Some(limit) = experiment.stop.trials.filter(|&limit| limit < once) {
        warnings.push(format!(
            "`stop.trials` ends the run after {}, but one turn of all brackets takes {once}",
            count(limit as usize, "trial")
        ));
    }
    warnings
}

/// A sentence where the initial design leaves the search strategy hardly any configuration to choose.
fn design_warning(experiment: &Experiment) -> Option<String> {
    let settings = &experiment.settings;
    if settings.random_probability == 1.0 || settings.search == ProposalStrategyConfig::Random {
        return None;
    }
    let design = experiment.optimizer().design().len();
    let chosen = plan::new_configurations(&experiment.plan(), &experiment.stop, 2 * design)?;
    let left = chosen.saturating_sub(design);
    (5 * left < chosen).then(|| {
        format!(
            "the initial design has {design} of the {} that the run tries, so that {} by what was learned; allow more trials, or give `design_size`",
            count(chosen, "configuration"),
            match left {
                0 => "none is chosen".to_owned(),
                1 => "1 is chosen".to_owned(),
                left => format!("{left} are chosen"),
            }
        )
    })
}

/// Sentences about a run that has begun with another experiment or another space.
fn changes(experiment: &Experiment, folder: &RunFolder) -> Vec<String> {
    let Ok(log) = Log::read(folder.clone()) else { return Vec::new() };
    let difference = Difference::between(&log.experiment, experiment);
    let mut told = Vec::new();
    if !difference.parts.is_empty() {
        told.push(format!(
            "`run` will refuse to go on with `{}`, which was begun with another {}: {}; change `name` or give `--dir` to begin a new run",
            folder.root().display(),
            difference.names(),
            difference.lines.join("; ")
        ));
    }
    let (now, before) = (&experiment.space, &log.experiment.space);
    if now.changes_since(before).is_empty() {
        return told;
    }
    let renamings = now.possible_renamings(before);
    // Of a parameter that may be a renamed one nothing is said that its answer would change.
    let changes = now.changes_beside(before, &renamings);
    if !changes.is_empty() {
        told.push(format!("the search space has changed since the run began: {}", changes.join("; ")));
    }
    let refusal = match now.unknown_former_names(before).into_iter().next() {
        Some(name) => Some(RunError::FormerName { folder: folder.root().into(), name }),
        None if renamings.is_empty() => None,
        None => Some(RunError::Renamed { folder: folder.root().into(), renamings }),
    };
    if let Some(refusal) = refusal {
        told.push(format!("`run` will refuse to go on: {refusal}"));
        return told;
    }
    let records = Store::read(&folder.store()).unwrap_or_default();
    if let Ok(migration) = SpaceMigration::of(&records, &log.experiment.space, &experiment.space) {
        told.push(format!("`run` goes on in the new space: {}", migration.summary()));
        let more = migration.aside.iter().skip(1).take(9);
        told.extend(more.map(|(trial, reason)| format!("set aside too: trial {trial}: {reason}")));
    }
    told
}

fn json(costed: &CostedPlan, warnings: &[String]) -> Map<String, Json> {
    let experiment = costed.experiment;
    let plan = experiment.plan();
    let work = expected(&experiment.intensifier, &experiment.schedule, &experiment.stop);
    let brackets = plan.brackets.iter().map(|bracket| {
        let rungs = bracket.rungs.iter().zip(added(bracket));
        let rungs = rungs.map(|(rung, added)| {
            json!({"budget": rung.budget.amount(), "configurations": rung.configurations, "total_budget": added})
        });
        json!({ "rungs": rungs.collect::<Vec<_>>() })
    });
    let trials = work.map_or(plan.trials(), |work| work.trials);
    let total = work.map_or(plan.total_budget(), |work| work.budget);
    let mut fields = space::json(&experiment.space);
    fields.insert("name".into(), json!(experiment.name));
    fields.insert("intensifier".into(), json!(experiment.intensifier.name()));
    fields.insert("restarts".into(), json!(experiment.schedule.restarts()));
    fields.insert("brackets".into(), brackets.collect());
    fields.insert("trials".into(), json!(trials));
    fields.insert("total_budget".into(), json!(total));
    fields.insert("full_evaluations".into(), json!(total / experiment.schedule.max().amount()));
    fields.extend(costed.json());
    fields.insert("ending".into(), json!(ending::sentences(experiment)));
    fields.insert("warnings".into(), json!(warnings));
    fields
}
