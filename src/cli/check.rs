//! The verb `check`: what a file means, before anything runs.
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use super::message::{amount, count, narrate, number, say};
use super::{Failure, Format};
use crate::experiment::plan::planned;
use crate::experiment::{Experiment, Objective};
use crate::space::Space;
use crate::space::hyperparameter::{Domain, Hyperparameter};

#[derive(Args)]
pub(super) struct Arguments {
    /// The experiment's file
    file: PathBuf,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let experiment = Experiment::read(&arguments.file).map_err(Failure::input)?;
    let warnings = warnings(&experiment);
    match arguments.format {
        Format::Json => say(&json(&experiment, &warnings).to_string()),
        Format::Csv => {
            return Err(Failure::Input("`check` prints a table or JSON\n\nhint: use `--format json`".into()));
        }
        Format::Table => print(&experiment, &warnings),
    }
    Ok(())
}

/// The share of the unit cube that is legal, from a fixed sample.
fn allowed_fraction(space: &Space) -> f64 {
    space.allowed_fraction(0)
}

fn print(experiment: &Experiment, warnings: &[String]) {
    let space = &experiment.space;
    say(&format!("{}: search space `{}`", experiment.name, space.name()));
    let rows: Vec<_> = space
        .hyperparameters()
        .iter()
        .enumerate()
        .map(|(index, each)| {
            let condition = space.condition(index).map(|condition| format!("if {condition}")).unwrap_or_default();
            [each.name.clone(), values(each), format!("default {}", each.default), condition]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (a, b, c) = (width(0), width(1), width(2));
    for [name, values, default, condition] in &rows {
        say(format!("  {name:<a$}  {values:<b$}  {default:<c$}  {condition}").trim_end());
    }
    for clause in space.forbidden() {
        say(&format!("  never {clause}"));
    }
    match space.count() {
        Some(number) => say(&format!("{number} configurations are allowed")),
        None => say(&format!("{} % of the cube is allowed", number(100.0 * allowed_fraction(space)))),
    }
    let (design, settings) = (experiment.optimizer(), &experiment.settings);
    let first = count(design.design().len(), "configuration");
    say(&format!("\noptimizer: {}, after {first} to begin with", settings.describe()));
    let (schedule, unit) = (&experiment.schedule, &experiment.unit);
    let plan = experiment.plan();
    say(&format!(
        "\nbudget: {} to {} {unit}, {}",
        amount(schedule.min().amount()),
        amount(schedule.max().amount()),
        experiment.intensifier.name()
    ));
    for (number, bracket) in plan.brackets.iter().enumerate() {
        let rungs = bracket.rungs.iter();
        let rungs: Vec<_> =
            rungs.map(|rung| format!("{} at {}", rung.configurations, amount(rung.budget.amount()))).collect();
        let again = if plan.again > 0 && number >= plan.again { ", again and again" } else { "" };
        say(&format!("  bracket {number}: {}{again}", rungs.join(", then ")));
    }
    let is_closed = experiment.intensifier.closes(schedule) || plan.trials() == 1;
    say(&format!(
        "  {}: {}, {} {unit}, as much as {} at the full budget",
        if is_closed { "once through" } else { "in these shares, without an end" },
        count(plan.trials() as usize, "trial"),
        amount(plan.continued_budget()),
        count_of(plan.continued_full_evaluations())
    ));
    if let Some(work) = planned(&experiment.plan(), &experiment.stop) {
        say(&format!(
            "the whole run: {}, {} {unit}, as much as {} at the full budget; {} at a time",
            count(work.trials as usize, "trial"),
            amount(work.budget),
            count_of(work.budget / schedule.max().amount()),
            experiment.execution.workers
        ));
    }
    warnings.iter().for_each(|warning| narrate(&format!("warning: {warning}")));
}

fn count_of(trials: f64) -> String {
    format!("{} trials", number(trials))
}

fn values(hyperparameter: &Hyperparameter) -> String {
    let list = |values: &[crate::space::hyperparameter::Value]| {
        values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let log = |log: &bool| if *log { ", log" } else { "" };
    match &hyperparameter.domain {
        Domain::Float { min, max, log: is_log } => format!("{} to {}{}", amount(*min), amount(*max), log(is_log)),
        Domain::Integer { min, max, log: is_log } => format!("{min} to {max}, whole{}", log(is_log)),
        Domain::Steps(steps) => {
            format!("{} to {} in steps of {}", amount(steps.min()), amount(steps.max()), amount(steps.step()))
        }
        Domain::Ordinal { values } => list(values),
        Domain::Categorical { choices } => format!("one of {}", list(choices)),
        Domain::Constant { value } => format!("always {value}"),
    }
}

/// What is allowed but probably not meant.
fn warnings(experiment: &Experiment) -> Vec<String> {
    let (space, schedule) = (&experiment.space, &experiment.schedule);
    let mut warnings = Vec::new();
    let (min, max, eta) = (schedule.min().amount(), schedule.max().amount(), f64::from(schedule.eta()));
    if min < max && max / min < eta * eta * (1.0 - 1e-9) {
        warnings.push(format!(
            "the largest budget is only {} times the smallest, so hardly anything is stopped early; try a `min` of at most {}",
            number(max / min),
            amount(max / (eta * eta))
        ));
    }
    if let Err(illegal) = space.default_configuration() {
        warnings.push(format!("the default configuration is not allowed: {illegal}; the run begins without it"));
    }
    if planned(&experiment.plan(), &experiment.stop).is_none() && experiment.stop == Default::default() {
        warnings.push("nothing ends the run: set a limit such as stop: (trials: 60)".into());
    }
    if let Some(Objective::Command(command)) = &experiment.objective {
        for (flag, name) in command.split_flags() {
            if space.index(name).is_some_and(|index| space.condition(index).is_some()) {
                warnings.push(format!(
                    "where `{name}` is inactive its argument is left out, but `{flag}` stays; write it as one argument, `{flag}={{{name}}}`"
                ));
            }
        }
    }
    let once = experiment.plan().trials();
    if let Some(limit) = experiment.stop.trials.filter(|&limit| limit < once) {
        warnings
            .push(format!("{limit} trials end the run before all brackets have had their turn, which takes {once}"));
    }
    warnings
}

fn json(experiment: &Experiment, warnings: &[String]) -> Json {
    let (space, schedule) = (&experiment.space, &experiment.schedule);
    let plan = experiment.plan();
    let work = planned(&experiment.plan(), &experiment.stop);
    let parameters = space.hyperparameters().iter().enumerate().map(|(index, each)| {
        json!({
            "name": each.name,
            "values": values(each),
            "default": each.default,
            "condition": space.condition(index).map(ToString::to_string),
        })
    });
    let brackets = plan.brackets.iter().map(|bracket| {
        let rungs = bracket.rungs.iter();
        let rungs = rungs.map(|rung| json!({"budget": rung.budget.amount(), "configurations": rung.configurations}));
        json!({ "rungs": rungs.collect::<Vec<_>>() })
    });
    let trials = work.map_or(plan.trials(), |work| work.trials);
    let total = work.map_or(plan.continued_budget(), |work| work.budget);
    json!({
        "name": experiment.name,
        "parameters": parameters.collect::<Vec<_>>(),
        "forbidden": space.forbidden().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "configurations": space.count(),
        "allowed_fraction": allowed_fraction(space),
        "intensifier": experiment.intensifier.name(),
        "brackets": brackets.collect::<Vec<_>>(),
        "trials": trials,
        "total_budget": total,
        "full_evaluations": total / schedule.max().amount(),
        "warnings": warnings,
    })
}
