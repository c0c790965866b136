//! The incumbent of a run, beside the default configuration, and the front of several objectives.
use serde_json::{Value, json};

use super::table;
use super::table::Format;
use super::trial_row::{by_objective, config};
use crate::experiment::replay::log::Log;
use crate::experiment::replay::note::VALIDATION;
use crate::experiment::run::validation::Validation;
use crate::trial::Trial;
use crate::trial::budget::Budget;
use crate::trial::front::front;
use crate::trial::incumbent::default_at;

/// Prints the front: the trials that no other dominates.
pub(super) fn print_front(log: &Log, format: Format) {
    let member = |trial: &Trial| {
        let row = json!({
            "trial": trial.proposal.trial.0,
            "budget": trial.proposal.budget.amount(),
            "costs": by_objective(&log.experiment, trial),
            "config": config(log, trial),
        });
        let Value::Object(row) = row else { unreachable!("a row is an object") };
        row
    };
    let rows: Vec<_> = front(&log.history).into_iter().map(member).collect();
    table::print(format, &["trial", "budget", "costs", "config"], &rows);
}

/// The mean cost, or value that is maximized, of the incumbent at its budget, and the number of seeds and instances behind it, in words, if several.
pub(super) fn mean_cost(log: &Log, best: &Trial) -> (f64, String) {
    let ranked = log.history.ranking().of(best.proposal.configuration_id, best.proposal.budget);
    let ranked = ranked.expect("the incumbent has succeeded");
    let over = match ranked.successes {
        1 => String::new(),
        pairs => format!(" over {pairs} pairs of seed and instance"),
    };
    (log.experiment.direction().turn(ranked.cost), over)
}

/// The comparison of incumbent and default at the end of the run, if it was made, with values that are maximized as they
/// were reported.
pub(super) fn validation(log: &Log) -> Option<Validation> {
    let mut validation: Validation = serde_json::from_value(log.notes.get(VALIDATION)?.clone()).ok()?;
    for evaluated in std::iter::once(&mut validation.incumbent).chain(&mut validation.default) {
        evaluated.cost = log.experiment.direction().turn(evaluated.cost);
    }
    Some(validation)
}

/// The cost of the default configuration at a budget, if it was evaluated there.
pub(super) fn default_cost(log: &Log, budget: Budget) -> Option<f64> {
    let default = default_at(&log.history, budget);
    let measured = default.and_then(|trial| log.history.ranking().of(trial.proposal.configuration_id, budget));
    let measured = measured.map(|ranked| log.experiment.direction().turn(ranked.cost));
    let is_full = budget == log.experiment.schedule.max();
    measured.or_else(|| validation(log).filter(|_| is_full)?.default.map(|default| default.cost))
}
