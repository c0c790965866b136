//! The verb `validate`: evaluate the best configurations and the default again, on seeds that no trial has had.
use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value as Json, json};

use super::failure::Failure;
use super::incumbent::{evidence, front_size, recommendation};
use super::message::{count, measured, narrate, number, say};
use super::number_argument::within;
use super::table::Format;
use super::trial_row::by_objective;
use super::{interrupt, table};
use crate::experiment::Experiment;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::log::Log;
use crate::experiment::replay::validation::{SeedComparison, SeedEvaluation};
use crate::experiment::run::revalidation::{self, Extent, Revalidated};
use crate::trial::Origin;

#[derive(Args)]
pub(super) struct Arguments {
    /// The experiment's file
    file: PathBuf,
    /// The number of seeds
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = within::<u32, 1, 1000>, allow_negative_numbers = true)]
    seeds: u32,
    /// The number of best configurations
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = within::<u32, 1, 100>, allow_negative_numbers = true)]
    top: u32,
    /// The folder of all runs
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    dir: PathBuf,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let experiment = Experiment::read(&arguments.file).map_err(Failure::input)?;
    let folder = RunFolder::of(&arguments.dir, &experiment.name);
    if !folder.store().is_dir() {
        let (path, file) = (folder.root().display().to_string(), arguments.file.display());
        return Err(Failure::Input(format!("there is no run in `{path}`\n\nhint: `galvani run {file}` makes one")));
    }
    let interrupts = interrupt::count().map_err(Failure::input)?;
    let mut progress = |share: f64| narrate(&format!("evaluated {:.0} %", 100.0 * share));
    let extent = Extent { top: arguments.top as usize, seeds: arguments.seeds };
    let found = revalidation::evaluate(&experiment, &folder, extent, &mut progress, &interrupts);
    let found = match found.map_err(Failure::input)? {
        Revalidated::Whole(found) => found,
        Revalidated::Interrupted { kept, all } => {
            let all = count(all, "evaluation");
            narrate(&format!("interrupted; {kept} of {all} are kept, and the same command goes on from here"));
            return Err(Failure::Interrupted);
        }
        Revalidated::NoSuccess => {
            narrate("no trial has succeeded yet");
            return Err(Failure::NoSuccess);
        }
    };
    let log = Log::read(folder).map_err(Failure::input)?;
    print(&found, &log, arguments.format);
    if !log.experiment.objectives().is_empty() {
        narrate(&front_size(&log));
    } else if let Some(best) = recommendation(&log) {
        narrate(&format!("best: {}, configuration {}", evidence(&best, &log.experiment), best.configuration));
    }
    Ok(())
}

/// The results of each configuration under its heading: the incumbent, the default, and the others by their number.
fn columns<'a>(found: &'a SeedComparison, log: &Log) -> Vec<(String, &'a [SeedEvaluation])> {
    let mut columns = vec![("incumbent".to_owned(), &found.incumbent[..]), ("default".to_owned(), &found.default[..])];
    let of = |trial| log.history.trial(trial).map_or(0, |trial| trial.proposal.configuration_id.0);
    let default = log.history.trials().iter().find(|trial| trial.proposal.origin == Origin::Default);
    let default = default.map(|trial| trial.proposal.configuration_id.0);
    // The default can be among the best: it has its column already.
    for other in found.others.iter().filter(|other| Some(of(other.trial)) != default) {
        let configuration = of(other.trial);
        columns.push((format!("configuration {configuration}"), &other.evaluations[..]));
    }
    columns
}

fn print(found: &SeedComparison, log: &Log, format: Format) {
    let (direction, unit) = (log.experiment.direction(), &log.experiment.unit);
    let cost = |evaluation: Option<&SeedEvaluation>| match evaluation {
        Some(SeedEvaluation { cost: Some(cost), .. }) if log.experiment.objectives().is_empty() => {
            json!(direction.turn(*cost))
        }
        Some(several @ SeedEvaluation { cost: Some(_), .. }) => by_objective(&log.experiment, &several.costs()),
        Some(SeedEvaluation { outcome, .. }) if format == Format::Table => json!(outcome.in_words()),
        _ => Json::Null,
    };
    let columns = columns(found, log);
    let row = |(index, seed): (usize, &u64)| {
        let costs = columns.iter().map(|(name, all)| (name.clone(), cost(all.get(index))));
        [("seed".to_owned(), json!(seed))].into_iter().chain(costs).collect()
    };
    let rows: Vec<Map<String, Json>> = found.seeds.iter().enumerate().map(row).collect();
    let headings: Vec<&str> = ["seed"].into_iter().chain(columns.iter().map(|(name, _)| name.as_str())).collect();
    table::print(format, &headings, &rows);
    if format != Format::Table {
        return;
    }
    for (name, all) in columns {
        let costs: Vec<Vec<f64>> = all.iter().map(SeedEvaluation::costs).filter(|costs| !costs.is_empty()).collect();
        if costs.is_empty() {
            continue;
        }
        let costs: Vec<Vec<f64>> = costs.iter().map(|costs| log.experiment.directions.turn(costs)).collect();
        let of = if costs.len() < all.len() { format!(" of {}", all.len()) } else { String::new() };
        let (budget, seeds) = (measured(found.budget, unit), count(costs.len(), "seed"));
        let objectives = log.experiment.objectives();
        let means = (0..log.experiment.costs()).map(|objective| {
            let of_one: Vec<f64> = costs.iter().filter_map(|costs| costs.get(objective)).copied().collect();
            let named = objectives.get(objective).map(|name| format!("{name} ")).unwrap_or_default();
            format!("{named}{}", mean_and_spread(&of_one))
        });
        let means = means.collect::<Vec<_>>().join("; ");
        say(&format!("{name}, {seeds}{of} at {budget}: {means}"));
    }
}

/// The mean of numbers and their standard deviation in words.
fn mean_and_spread(costs: &[f64]) -> String {
    let Some(first) = costs.first() else { return "-".to_owned() };
    let n = costs.len() as f64;
    // From the first, so that equal costs do not differ by rounding.
    let mean = first + costs.iter().map(|cost| cost - first).sum::<f64>() / n;
    let spread = (costs.iter().map(|cost| (cost - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
    let spread = if costs.len() > 1 { format!(", standard deviation {}", number(spread)) } else { String::new() };
    format!("mean {}{spread}", number(mean))
}
