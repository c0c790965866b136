//! The verb `trials`: the trials of a run, all or selected.
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::{Map, Value};

use super::failure::Failure;
use super::listing::Listing;
use super::message::amount;
use super::number_argument::{real, within};
use super::status::by_budget;
use super::table;
use super::trial_row::{cost, row};
use crate::document::diagnostic::Diagnostic;
use crate::numeric::pareto;
use crate::trial::metrics::names;
use crate::trial::outcome::OutcomeKind;
use crate::trial::{INTERRUPTED, RUNNING, Trial};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    listing: Listing,
    /// Only trials at this budget
    #[arg(long, value_parser = real, allow_negative_numbers = true)]
    budget: Option<f64>,
    /// Only trials with this outcome
    #[arg(long, value_parser = outcome_words())]
    outcome: Option<String>,
    /// Only the N best trials, the best first
    #[arg(long, value_name = "N", value_parser = within::<u32, 1, 1_000_000_000>, allow_negative_numbers = true)]
    top: Option<u32>,
    /// A column for each number that trials reported beside their cost
    #[arg(long)]
    metrics: bool,
}

/// The words that `--outcome` takes.
fn outcome_words() -> PossibleValuesParser {
    OutcomeKind::ALL.map(OutcomeKind::word).into_iter().chain([RUNNING, INTERRUPTED]).into()
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let log = arguments.listing.target.log()?;
    let mut trials: Vec<&Trial> = log.history.trials().iter().collect();
    if let Some(budget) = arguments.budget {
        let budgets = by_budget(&log).iter().map(|row| amount(row.0)).collect::<Vec<_>>().join(", ");
        let is_exact = |trial: &&Trial| trial.proposal.budget.amount() == budget;
        // A budget as it is printed means the trials that are listed with it.
        match trials.iter().any(is_exact) {
            true => trials.retain(is_exact),
            false => trials.retain(|trial| amount(trial.proposal.budget.amount()) == amount(budget)),
        }
        if trials.is_empty() {
            let diagnostic = Diagnostic::new(format!("no trial has the budget {budget}"));
            return Err(diagnostic.hint(format!("trials ended at these budgets: {budgets}")).into());
        }
    }
    if let Some(wanted) = &arguments.outcome {
        trials.retain(|trial| trial.word() == wanted);
    }
    if let Some(top) = arguments.top {
        trials.retain(|trial| cost(&log.experiment, trial).is_some());
        trials.sort_by_key(|trial| std::cmp::Reverse(trial.proposal.budget));
        trials = trials.chunk_by(|a, b| a.proposal.budget == b.proposal.budget).flat_map(best_first).collect();
        trials.truncate(usize::try_from(top).unwrap_or(usize::MAX));
    }
    let mut rows: Vec<_> = trials.into_iter().map(|trial| row(&log, trial)).collect();
    let cost = if log.experiment.objectives().is_empty() { "cost" } else { "costs" };
    let mut columns = vec!["trial", "configuration_id", "budget", "bracket", "rung", "outcome", cost];
    let measured = if arguments.metrics { spread(&mut rows) } else { Vec::new() };
    columns.extend(measured.iter().map(String::as_str));
    columns.extend(["seconds", "origin", "config"]);
    table::print(arguments.listing.format, &columns, &rows);
    Ok(())
}

/// Gives every row a column for each metric of any, and returns the names of the columns. A metric that is named like a
/// column has `metric ` before its name.
fn spread(rows: &mut [Map<String, Value>]) -> Vec<String> {
    let measured: Vec<Map<String, Value>> =
        rows.iter().map(|row| row["metrics"].as_object().cloned().unwrap_or_default()).collect();
    let names: Vec<String> = names(measured.iter()).into_iter().map(str::to_owned).collect();
    let is_taken = |name: &String| rows.first().is_some_and(|row| row.contains_key(name));
    let column = |name: &String| if is_taken(name) { format!("metric {name}") } else { name.clone() };
    let columns: Vec<String> = names.iter().map(column).collect();
    for (row, measured) in rows.iter_mut().zip(measured) {
        let values = names.iter().map(|name| measured.get(name).cloned().unwrap_or_default());
        row.extend(columns.iter().cloned().zip(values));
    }
    columns
}

/// Trials with a cost, the best first; with several objectives, front by front.
fn best_first<'a>(trials: &[&'a Trial]) -> Vec<&'a Trial> {
    let costs: Vec<&[f64]> = trials.iter().filter_map(|trial| Some(trial.outcome.as_ref()?.costs())).collect();
    pareto::order(&costs).into_iter().map(|index| trials[index]).collect()
}
