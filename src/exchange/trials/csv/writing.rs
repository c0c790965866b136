//! Writes the trials of a run as a table.
use crate::exchange::export::Exported;
use crate::exchange::trials::csv::cell::written;
use crate::exchange::trials::csv::column::{AFTER_COSTS, BEFORE_COSTS, Column, METRIC};
use crate::exchange::trials::exported::{ExportedRun, ExportedTrial};

/// Every trial of a run, a line each; a table has no place for learning curves.
pub fn write(run: &ExportedRun) -> Exported {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut put = |row: Vec<String>| writer.write_record(row).expect("memory takes every row");
    let names = run.space.hyperparameters().iter().map(|each| each.name.as_str());
    let is_there = |column: &&str| match *column {
        "instance" => run.trials.iter().any(|trial| trial.instance().is_some()),
        "message" => run.trials.iter().any(|trial| trial.message().is_some()),
        _ => true,
    };
    let after: Vec<&str> = AFTER_COSTS.into_iter().filter(is_there).collect();
    let heading = ["trial"].into_iter().chain(names).chain(BEFORE_COSTS).map(str::to_owned);
    let heading = heading.chain((0..run.costs()).map(|index| Column::of_cost(index, run.objectives, run.space)));
    let metrics = run.metrics();
    let heading = heading.chain(after.iter().map(|name| (*name).to_owned()));
    put(heading.chain(metrics.iter().map(|name| format!("{METRIC}{name}"))).collect());
    for each in &run.trials {
        let proposal = &each.trial.proposal;
        let config = each.config(run.space);
        let mut row = vec![proposal.trial.to_string()];
        row.extend(run.space.hyperparameters().iter().map(|hyperparameter| {
            config.get(&hyperparameter.name).map(|json| written(hyperparameter, json)).unwrap_or_default()
        }));
        row.extend([proposal.budget.amount().to_string(), proposal.seed.to_string(), each.outcome().to_owned()]);
        let costs = each.costs();
        row.extend((0..run.costs()).map(|index| costs.get(index).map(f64::to_string).unwrap_or_default()));
        row.extend(after.iter().map(|name| after_cost(each, name)));
        row.extend(metrics.iter().map(|name| each.metric(name).map(|number| number.to_string()).unwrap_or_default()));
        put(row);
    }
    let text = String::from_utf8(writer.into_inner().expect("memory takes every row")).expect("the rows are text");
    Exported { text, notes: run.left_out_of_tables() }
}

/// The cell of one of the columns behind the costs.
fn after_cost(each: &ExportedTrial, name: &str) -> String {
    match name {
        "seconds" => each.seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
        "started" => each.started.map(|at| at.to_string()).unwrap_or_default(),
        "ended" => each.ended.map(|at| at.to_string()).unwrap_or_default(),
        "instance" => each.instance().unwrap_or_default().to_owned(),
        _ => each.message().unwrap_or_default().to_owned(),
    }
}
