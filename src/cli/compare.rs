//! The verb `compare`: two runs side by side.
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::failure::Failure;
use super::incumbent;
use super::message::{measured, narrate, number, say};
use super::table::Format;
use super::target::Target;
use crate::analysis::comparison::{ComparedRun, Comparison};
use crate::document::diagnostic::Diagnostic;
use crate::experiment::definition::difference::Difference;
use crate::experiment::replay::log::Log;

#[derive(Args)]
pub(super) struct Arguments {
    /// An experiment's file, its run folder, or its name
    first: PathBuf,
    /// The other experiment's file, run folder, or name
    second: PathBuf,
    /// The folder that holds the runs
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    dir: PathBuf,
    /// The format of the output, `table` or `json`
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let read = |target: &PathBuf| Target { experiment: target.clone(), dir: arguments.dir.clone() }.log();
    let logs = [read(&arguments.first)?, read(&arguments.second)?];
    let [first, second] = &logs;
    let difference = Difference::between(&first.experiment, &second.experiment);
    let name = |log: &Log| match first.experiment.name == second.experiment.name {
        true => log.folder.root().display().to_string(),
        false => log.experiment.name.clone(),
    };
    let names = logs.each_ref().map(name);
    let mut found = Comparison::of([(&names[0], &first.history), (&names[1], &second.history)]);
    for (side, log) in found.sides.iter_mut().zip(&logs) {
        side.turn(log.experiment.direction());
    }
    match arguments.format {
        Format::Json => {
            let mut object = json!(found);
            object["differences"] = json!(difference.lines);
            object["seconds"] = json!(logs.each_ref().map(seconds));
            say(&object.to_string());
        }
        Format::Csv => {
            return Err(Diagnostic::new("`compare` has no CSV output")
                .hint("use `--format table` or `--format json`")
                .into());
        }
        Format::Table => print(&found, &logs, &difference),
    }
    Ok(())
}

/// The seconds that the trials of a run took together.
fn seconds(log: &Log) -> f64 {
    // An empty sum of floating-point numbers is -0.
    log.details.iter().filter_map(|details| Some(details.ended.as_ref()?.seconds)).fold(0.0, |a, b| a + b)
}

fn print(found: &Comparison, logs: &[Log; 2], difference: &Difference) {
    let units = logs.each_ref().map(|log| log.experiment.unit.as_str());
    let unit = units[0];
    let mut rows: Vec<[String; 3]> = Vec::new();
    let mut row = |what: String, value: &dyn Fn(usize, &ComparedRun) -> String| {
        rows.push([what, value(0, &found.sides[0]), value(1, &found.sides[1])]);
    };
    let known = |cost: Option<f64>| cost.map_or("-".to_owned(), number);
    row(String::new(), &|_, side| side.name.clone());
    row("trials".into(), &|_, side| side.trials.to_string());
    row("  finished".into(), &|_, side| side.finished.to_string());
    row("  failed".into(), &|_, side| side.failed.to_string());
    row("configurations".into(), &|_, side| side.configurations.to_string());
    row("time of the trials".into(), &|index, _| super::message::duration(seconds(&logs[index])));
    row("budget spent".into(), &|index, side| measured(side.spent, units[index]));
    if let Some(budget) = found.budget {
        row(format!("best {} at {}", logs[0].experiment.noun(), measured(budget, unit)), &|_, side| known(side.best));
        for (index, effort) in found.efforts.iter().enumerate() {
            let what = format!("  after spending {}", measured(*effort, unit));
            row(what, &|_, side| known(side.best_after.get(index).copied().flatten()));
        }
    }
    if logs.iter().any(|log| incumbent::validation(log).is_some_and(|done| done.incumbent.test("cost").is_some())) {
        row("best on unseen data".into(), &|index, _| {
            known(incumbent::validation(&logs[index]).and_then(|done| done.incumbent.test("cost")))
        });
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (a, b, c) = (width(0), width(1), width(2));
    for [what, first, second] in &rows {
        say(format!("{what:<a$}  {first:>b$}  {second:>c$}").trim_end());
    }
    if found.budget.is_none() {
        narrate("costs are not compared: no budget has a cost in both runs");
    }
    if logs[0].experiment.directions != logs[1].experiment.directions {
        narrate("warning: one run maximizes what the other minimizes: their values do not compare");
    }
    if units[0] != units[1] {
        narrate(&format!("warning: the units of the budgets differ: {} and {}", units[0], units[1]));
    }
    if !difference.lines.is_empty() {
        narrate("differences of the experiments:");
        difference.lines.iter().for_each(|line| narrate(&format!("  {line}")));
    }
}
