//! The verb `compare`: two runs side by side, or more by groups.
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::compare_groups;
use super::failure::Failure;
use super::incumbent;
use super::message::{measured, narrate, number, say};
use super::table::PlainFormat;
use crate::analysis::comparison::{ComparedRun, Comparison};
use crate::experiment::definition::difference::DifferentSetting;
use crate::experiment::replay::log::Log;

#[derive(Args)]
pub(super) struct Arguments {
    /// Two runs or more, each by its experiment's file, its run folder, or its name
    #[arg(value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Runs that are one group, such as those of one experiment with several seeds
    #[arg(long, value_name = "NAME=RUN,RUN,...")]
    group: Vec<String>,
    /// The folder to draw the best so far to, as compare.svg and compare.png
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// The folder that holds the runs
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    dir: PathBuf,
    /// The format of the output
    #[arg(long, value_enum, default_value_t = PlainFormat::Table)]
    format: PlainFormat,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let is_json = matches!(arguments.format, PlainFormat::Json);
    let mut runs = compare_groups::runs(&arguments.runs, &arguments.group, &arguments.dir)?;
    if runs.len() > 2 || !arguments.group.is_empty() {
        return compare_groups::execute(&runs, arguments.out.as_deref(), is_json);
    }
    if let Some(folder) = &arguments.out {
        compare_groups::draw(&runs, folder)?;
    }
    let second = runs.pop().expect("two runs").log;
    let logs = [runs.pop().expect("two runs").log, second];
    let [first, second] = &logs;
    let differences = DifferentSetting::between(&first.experiment, &second.experiment);
    let name = |log: &Log| match first.experiment.name == second.experiment.name {
        true => log.folder.root().display().to_string(),
        false => log.experiment.name.clone(),
    };
    let names = logs.each_ref().map(name);
    let mut found = Comparison::of([
        (&names[0], &first.history, &first.evaluations),
        (&names[1], &second.history, &second.evaluations),
    ]);
    for (side, log) in found.sides.iter_mut().zip(&logs) {
        side.turn(log.experiment.direction());
    }
    match arguments.format {
        PlainFormat::Json => {
            let mut object = json!(found);
            let different = |each: &DifferentSetting| json!({ "field": each.field, "values": each.values });
            object["differences"] = differences.iter().map(different).collect();
            object["seconds"] = json!(logs.each_ref().map(seconds));
            say(&object.to_string());
        }
        PlainFormat::Table => print(&found, &logs, &differences),
    }
    Ok(())
}

/// The seconds that the trials of a run took together.
fn seconds(log: &Log) -> f64 {
    // An empty sum of floating-point numbers is -0.
    log.details.iter().filter_map(|details| Some(details.ended.as_ref()?.seconds)).fold(0.0, |a, b| a + b)
}

fn print(found: &Comparison, logs: &[Log; 2], differences: &[DifferentSetting]) {
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
    if found.sides.iter().any(|side| side.evaluations > 0) {
        row("evaluations after the search".into(), &|_, side| side.evaluations.to_string());
    }
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
    aligned(&rows).iter().for_each(|line| say(line));
    if found.budget.is_none() {
        narrate("costs are not compared: no budget has a cost in both runs");
    }
    if logs[0].experiment.directions != logs[1].experiment.directions {
        narrate("warning: one run maximizes what the other minimizes: their values do not compare");
    }
    if units[0] != units[1] {
        narrate(&format!("warning: the units of the budgets differ: {} and {}", units[0], units[1]));
    }
    if !differences.is_empty() {
        narrate("\nsettings that differ:");
        let [first, second] = found.sides.each_ref().map(|side| side.name.clone());
        let heading = [String::new(), first, second];
        let row = |each: &DifferentSetting| {
            let [first, second] = each.values.clone();
            [each.field.clone(), first, second]
        };
        let rows: Vec<_> = [heading].into_iter().chain(differences.iter().map(row)).collect();
        aligned(&rows).iter().for_each(|line| narrate(&format!("  {line}")));
    }
}

/// The rows as lines: the first column begins at the left, the values end at the right.
fn aligned(rows: &[[String; 3]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (a, b, c) = (width(0), width(1), width(2));
    let line = |[what, first, second]: &[String; 3]| format!("{what:<a$}  {first:>b$}  {second:>c$}");
    rows.iter().map(|row| line(row).trim_end().to_owned()).collect()
}
