//! The best of a run: its recommendation with the evidence, beside the default, or the front of several objectives.
use serde_json::{Value, json};

use super::message::{amount, count, measured, number};
use super::table;
use super::table::Format;
use super::trial_row::{by_objective, config};
use crate::experiment::Experiment;
use crate::experiment::replay::log::Log;
use crate::experiment::replay::note::VALIDATION;
use crate::experiment::replay::validation::Validation;
use crate::intensifier::config::IntensifierConfig;
use crate::trial::Origin;
use crate::trial::budget::Budget;
use crate::trial::direction::Direction;
use crate::trial::evaluation::Evaluation;
use crate::trial::front::{Point, dominated_share, front, points};
use crate::trial::history::History;
use crate::trial::recommendation::{Recommendation, mean_cost};

/// Prints the front: the configurations that no other dominates.
pub(super) fn print_front(log: &Log, format: Format) {
    let member = |point: Point| {
        let proposal = &point.trial.proposal;
        let row = json!({
            "configuration": proposal.configuration_id.0,
            // The budget and costs of one that was evaluated at the end are of no trial.
            "trial": (!point.is_evaluated).then_some(proposal.trial.0),
            "budget": point.budget.amount(),
            "costs": by_objective(&log.experiment, &point.costs),
            "config": config(log, point.trial),
        });
        let Value::Object(row) = row else { unreachable!("a row is an object") };
        row
    };
    let rows: Vec<_> = front(&log.history, &log.evaluations).into_iter().map(member).collect();
    table::print(format, &["configuration", "trial", "budget", "costs", "config"], &rows);
}

/// The size of the front in words, with its budget and its hypervolume: the share of the rectangle of all costs that it
/// dominates.
pub(super) fn front_words(history: &History, evaluations: &[Evaluation], unit: &str) -> String {
    let (points, front) = (points(history, evaluations), front(history, evaluations));
    let budget = front.first().map(|point| point.budget.amount());
    let at = budget.map(|budget| format!(" at {}", measured(budget, unit))).unwrap_or_default();
    let share = dominated_share(&points, &front).map(|share| {
        let share = number(100.0 * share);
        format!(", hypervolume {share} % of the rectangle from the best to the worst values")
    });
    format!("{}{at}{}", count(front.len(), "configuration"), share.unwrap_or_default())
}

/// The front of a run in words.
pub(super) fn front_size(log: &Log) -> String {
    format!("front: {}", front_words(&log.history, &log.evaluations, &log.experiment.unit))
}

/// The recommendation of a run with the user's signs; `None` without a success.
pub(super) fn recommendation(log: &Log) -> Option<Recommendation> {
    log.recommendation().map(|best| best.turned(log.experiment.direction()))
}

/// The evidence for a recommendation that has the user's signs, such as `0.454 at 90 of 270 trees, expected 0.44 ± 0.03 at
/// 270`.
pub(super) fn evidence(best: &Recommendation, experiment: &Experiment) -> String {
    let full = experiment.schedule.max();
    let budget = match best.budget < full {
        true => format!("{} of {}", amount(best.budget.amount()), measured(full.amount(), &experiment.unit)),
        false => measured(best.budget.amount(), &experiment.unit),
    };
    let mut text = format!("{} at {budget}", number(best.cost));
    if best.results > 1 {
        text += &format!(" over {}", repetitions(best.results as usize, experiment));
    }
    if best.failures > 0 {
        text += &format!(", failed on {} more", best.failures);
    }
    if !best.is_measured() || best.deviation.is_some() {
        let spread = best.deviation.map(|deviation| format!(" ± {}", number(deviation))).unwrap_or_default();
        text += &format!(", expected {}{spread}", number(best.expected));
    }
    if !best.is_measured() {
        text += &format!(" at {}", amount(best.target.amount()));
    }
    text
}

/// The number of results of one configuration, such as `3 seeds`.
fn repetitions(results: usize, experiment: &Experiment) -> String {
    match &experiment.intensifier {
        IntensifierConfig::Racing(racing) if !racing.instances.is_empty() => {
            count(results, "pair") + " of seed and instance"
        }
        _ => count(results, "seed"),
    }
}

/// The source of a recommendation's cost, in words: a trial, or evaluations outside of the search.
pub(super) fn source(best: &Recommendation) -> String {
    match best.is_evaluated {
        true => format!("configuration {}, evaluated at the end", best.configuration),
        false => format!("trial {}", best.trial),
    }
}

/// The lowest measured cost where the recommended configuration is another, in words.
pub(super) fn lowest(best: &Recommendation, experiment: &Experiment) -> Option<String> {
    let (extreme, target) = match experiment.direction() {
        Direction::Minimize => ("lowest", best.target),
        Direction::Maximize => ("highest", best.target),
    };
    best.differs_from_lowest().then(|| {
        format!(
            "the {extreme} {} measured at {} is {}, of configuration {}",
            experiment.noun(),
            measured(target.amount(), &experiment.unit),
            number(best.lowest.cost),
            best.lowest.configuration
        )
    })
}

/// The default configuration's cost to compare a recommendation with, at the budget at which most is known of both, in words.
pub(super) fn beside_default(log: &Log, best: &Recommendation) -> String {
    let at = [best.target, best.budget].into_iter().find_map(|budget| Some((default_cost(log, budget)?, budget)));
    let Some((cost, budget)) = at else { return String::new() };
    format!("; the default {} at {}", number(cost), measured(budget.amount(), &log.experiment.unit))
}

/// Adds to the fields of the best what is expected of it, where that is more than its cost.
pub(super) fn insert_expectation(best: &Recommendation, fields: &mut Value) {
    if !best.is_measured() || best.deviation.is_some() {
        fields["expected_cost"] = json!(best.expected);
        fields["deviation"] = json!(best.deviation);
        fields["expected_at"] = json!(best.target.amount());
    }
    if best.differs_from_lowest() {
        fields["lowest_cost"] = json!(best.lowest.cost);
    }
}

/// The comparison of recommended and default configuration at the end of the run, if it was made and the recommendation
/// is still the same, with values that are maximized as they were reported.
pub(super) fn validation(log: &Log) -> Option<Validation> {
    let mut validation: Validation = serde_json::from_value(log.notes.get(VALIDATION)?.clone()).ok()?;
    let validated = log.history.trial(validation.trial)?.proposal.configuration_id;
    log.recommendation().filter(|best| best.configuration == validated)?;
    for evaluated in std::iter::once(&mut validation.incumbent).chain(&mut validation.default) {
        evaluated.cost = log.experiment.direction().turn(evaluated.cost);
    }
    Some(validation)
}

/// The cost of the default configuration at a budget, if it was evaluated there.
pub(super) fn default_cost(log: &Log, budget: Budget) -> Option<f64> {
    let default = log.history.trials().iter().find(|trial| trial.proposal.origin == Origin::Default)?;
    let default = default.proposal.configuration_id;
    let cost = mean_cost(&log.history, &log.evaluations, default, budget)?;
    Some(log.experiment.direction().turn(cost))
}
