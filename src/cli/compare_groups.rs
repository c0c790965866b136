//! The verb `compare` for several runs: the best so far, with bands over the runs of a group.
use std::path::{Path, PathBuf};

use serde_json::json;

use super::failure::Failure;
use super::message::{count, measured, narrate, number, say};
use super::target::Target;
use crate::analysis::race::{Race, RaceGroup, Runner};
use crate::document::diagnostic::Diagnostic;
use crate::experiment::definition::difference::Difference;
use crate::experiment::replay::log::Log;
use crate::numeric::quantile::quantile;
use crate::report::figure::race;
use crate::report::picture;

/// The name of the picture's files.
const NAME: &str = "compare";
/// The shares of the common effort after which the median is printed.
const SHARES: [f64; 4] = [0.25, 0.5, 0.75, 1.0];

/// A run with the name of its group, if the user gave it one.
pub(super) struct GroupedRun {
    pub log: Log,
    pub group: Option<String>,
}

/// The runs of a command line: those that stand alone, and those of groups such as `NAME=A,B,C`.
///
/// # Errors
/// A group is not of this form, a run cannot be read, or there are fewer than two.
pub(super) fn runs(alone: &[PathBuf], groups: &[String], dir: &Path) -> Result<Vec<GroupedRun>, Failure> {
    let read = |run: PathBuf| Target { experiment: run, dir: dir.to_owned() }.log();
    let mut runs = Vec::new();
    for run in alone {
        runs.push(GroupedRun { log: read(run.clone())?, group: None });
    }
    for group in groups {
        let parts = group.split_once('=').filter(|(name, members)| !name.is_empty() && !members.is_empty());
        let Some((name, members)) = parts else {
            return Err(Diagnostic::new(format!("`--group` must be NAME=RUN,RUN,..., not `{group}`"))
                .hint("for example --group forest=forest-1,forest-2,forest-3")
                .into());
        };
        for member in members.split(',') {
            runs.push(GroupedRun { log: read(PathBuf::from(member))?, group: Some(name.to_owned()) });
        }
    }
    if runs.len() < 2 {
        return Err(Diagnostic::new("`compare` needs at least 2 runs")
            .hint("for example `galvani compare first second`; `--group NAME=A,B` is two")
            .into());
    }
    Ok(runs)
}

/// Compares runs by groups, prints the result, and writes the picture where a folder is given.
pub(super) fn execute(runs: &[GroupedRun], out: Option<&Path>, as_json: bool) -> Result<(), Failure> {
    let (found, first) = (race(runs)?, &runs[0].log.experiment);
    match as_json {
        true => say(&json!(found).to_string()),
        false => print(&found, &first.unit, first.noun()),
    }
    if runs.iter().any(|run| run.log.experiment.unit != first.unit) {
        narrate("warning: the units of the budgets differ");
    }
    out.map_or(Ok(()), |folder| picture_of(&found, runs, folder))
}

/// Draws the best so far of runs by groups.
pub(super) fn draw(runs: &[GroupedRun], folder: &Path) -> Result<(), Failure> {
    picture_of(&race(runs)?, runs, folder)
}

fn picture_of(found: &Race, runs: &[GroupedRun], folder: &Path) -> Result<(), Failure> {
    let first = &runs[0].log.experiment;
    let measure = first.objective.as_ref().map_or("cost", |objective| objective.measure());
    let measure = if measure == "cost" { first.noun() } else { measure };
    let canvas = race::figure(found, &race::RaceWords { unit: &first.unit, measure });
    let [raster, vector] = picture(&canvas, folder, NAME).map_err(Failure::input)?;
    narrate(&format!("wrote {} and {}", raster.display(), vector.display()));
    Ok(())
}

/// The race of runs, with the user's signs.
fn race(runs: &[GroupedRun]) -> Result<Race, Failure> {
    let first = &runs[0].log.experiment;
    if runs.iter().any(|run| run.log.experiment.directions != first.directions) {
        return Err(Diagnostic::new("one run maximizes what another minimizes: their values do not compare")
            .hint("compare runs of one direction")
            .into());
    }
    let names = groups(runs);
    let pairs = runs.iter().zip(&names);
    let runners: Vec<Runner> =
        pairs.map(|(run, group)| Runner { group: group.as_str(), history: &run.log.history }).collect();
    let mut found = Race::of(&runners);
    found.turn(first.direction());
    Ok(found)
}

/// The name of each run's group. Without one of the user's, runs whose experiments differ in their seed alone are a group,
/// unless all of them would be.
fn groups(runs: &[GroupedRun]) -> Vec<String> {
    let is_same = |a: &Log, b: &Log| {
        let difference = Difference::between(&a.experiment, &b.experiment);
        a.experiment.space_text == b.experiment.space_text && difference.parts.iter().all(|part| *part == "seed")
    };
    let name = |run: &GroupedRun| {
        let own = &run.log.experiment.name;
        let is_taken = runs.iter().filter(|other| other.log.experiment.name == *own).count() > 1;
        if is_taken { run.log.folder.root().display().to_string() } else { own.clone() }
    };
    let alone: Vec<usize> = (0..runs.len()).filter(|&index| runs[index].group.is_none()).collect();
    let leader = |index: usize| {
        alone.iter().copied().find(|&other| is_same(&runs[other].log, &runs[index].log)).unwrap_or(index)
    };
    let leaders: Vec<usize> = (0..runs.len()).map(leader).collect();
    let is_one = alone.len() == runs.len() && leaders.iter().all(|leader| *leader == leaders[0]);
    let group = |index: usize| match &runs[index].group {
        Some(group) => group.clone(),
        None if is_one => name(&runs[index]),
        None => match alone.iter().filter(|&&other| leaders[other] == leaders[index]).count() {
            1 => name(&runs[index]),
            _ => format!("{} and seeds", runs[leaders[index]].log.experiment.name),
        },
    };
    (0..runs.len()).map(group).collect()
}

fn print(found: &Race, unit: &str, noun: &str) {
    let Some(budget) = found.budget else {
        narrate("costs are not compared: no budget has a cost in all runs");
        return;
    };
    let after = |group: &RaceGroup, share: f64| {
        let index = ((share * group.points.len() as f64) as usize).max(1) - 1;
        group.points.get(index).and_then(|point| point.median)
    };
    let known = |cost: Option<f64>| cost.map_or("-".to_owned(), number);
    let mut rows = vec![vec![String::new()]];
    rows[0].extend(found.groups.iter().map(|group| group.name.clone()));
    let mut row = |what: String, cell: &dyn Fn(&RaceGroup) -> String| {
        rows.push(std::iter::once(what).chain(found.groups.iter().map(cell)).collect());
    };
    row("runs".into(), &|group| group.runs.to_string());
    for share in SHARES {
        let what = format!(
            "median best {noun} at {} after spending {}",
            measured(budget, unit),
            measured(share * found.effort, unit)
        );
        row(what, &|group| known(after(group, share)));
    }
    row("  middle half of the runs".into(), &|group| {
        let band = group.points.last().and_then(|point| point.band);
        band.map_or("-".into(), |(low, high)| format!("{} to {}", number(low), number(high)))
    });
    row("  least and greatest".into(), &|group| {
        let all: Vec<f64> = group.finals.iter().flatten().copied().collect();
        let ends = quantile(&all, 0.0).zip(quantile(&all, 1.0));
        ends.map_or("-".into(), |(low, high)| format!("{} to {}", number(low), number(high)))
    });
    let columns = rows[0].len();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        say(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    let missing: usize =
        found.groups.iter().map(|group| group.finals.iter().filter(|cost| cost.is_none()).count()).sum();
    if missing > 0 {
        narrate(&format!("{} without a {noun} by then count as the worst of their group", count(missing, "run")));
    }
}
