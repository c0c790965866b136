//! Results of trials in the files of other programs.
pub mod csv;
pub mod jsonl;
pub mod optuna;
pub mod smac;

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::document::diagnostic::Diagnostic;
use crate::space::Space;
use crate::space::hyperparameter::{Hyperparameter, Value};
use crate::trial::Trial;
use crate::trial::budget::Budget;
use crate::trial::prior_result::PriorResult;

/// One result as a file has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundResult {
    /// Values by the names that the file has; a name without a value is absent or null.
    pub config: IndexMap<String, Json>,
    /// The budget; absent where the file has no budgets, which stands for the full one.
    pub budget: Option<f64>,
    /// A cost for each objective; none where the trial failed or did not end.
    pub costs: Vec<f64>,
}

/// A file that is not of its format: the line, where there is one, and the reason.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}{reason}", .line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct UnreadableResults {
    pub line: Option<usize>,
    pub reason: String,
}

/// The results that fit an experiment, and the reasons why others do not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FittedResults {
    pub results: Vec<PriorResult>,
    /// The place of the result in the file, from 1, and the reason.
    pub mismatches: Vec<(usize, Diagnostic)>,
    /// Results without a cost.
    pub failures: usize,
}

impl FittedResults {
    /// A warning that counts the results that do not fit, with the first reason; `None` where all fit.
    pub(crate) fn mismatch_warning(&self, source: &str) -> Option<String> {
        let (place, reason) = self.mismatches.first()?;
        let (left_out, all) = (self.mismatches.len(), self.mismatches.len() + self.results.len());
        Some(format!(
            "{source}: {left_out} of {all} results do not fit, the first of them number {place}: {}",
            reason.message
        ))
    }
}

/// Fits results to a space whose trials get budgets from `min` to `max` and report so many objectives.
pub fn fit(found: &[FoundResult], space: &Space, (min, max): (Budget, Budget), objectives: usize) -> FittedResults {
    let mut fitted = FittedResults::default();
    for (index, each) in found.iter().enumerate() {
        if each.costs.is_empty() || each.costs.iter().any(|cost| !cost.is_finite()) {
            fitted.failures += 1;
            continue;
        }
        match prior_result(each, space, (min, max), objectives) {
            Ok(result) => fitted.results.push(result),
            Err(reason) => fitted.mismatches.push((index + 1, reason)),
        }
    }
    fitted
}

fn prior_result(
    found: &FoundResult,
    space: &Space,
    (min, max): (Budget, Budget),
    objectives: usize,
) -> Result<PriorResult, Diagnostic> {
    if found.costs.len() != objectives {
        let count = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
        let (found, wanted) = (count(found.costs.len(), "cost"), count(objectives, "objective"));
        return Err(Diagnostic::new(format!("it has {found}, and the experiment {wanted}")));
    }
    let amount = found.budget.unwrap_or(max.amount());
    let slack = 1e-6 * max.amount();
    if !(min.amount() - slack <= amount && amount <= max.amount() + slack) {
        return Err(Diagnostic::new(format!("the budget {amount} is not from {min} to {max}")));
    }
    let budget = Budget::new(amount.clamp(min.amount(), max.amount())).expect("between two budgets");
    let mut named = Vec::new();
    for (name, json) in &found.config {
        let index = space.index(name).ok_or_else(|| Diagnostic::new(format!("there is no hyperparameter `{name}`")))?;
        let value = match json {
            Json::Null => Some(Value::Null),
            json => value(&space.hyperparameters()[index], json),
        };
        let value = value.ok_or_else(|| Diagnostic::new(format!("`{name}` cannot be {json}")))?;
        named.push((name.as_str(), value));
    }
    let configuration = space.configuration_of(named).map_err(|illegal| Diagnostic::new(illegal.to_string()))?;
    Ok(PriorResult { configuration, budget, costs: found.costs.clone() })
}

/// The value of a hyperparameter that JSON, or a text in its place, stands for.
fn value(hyperparameter: &Hyperparameter, json: &Json) -> Option<Value> {
    hyperparameter.matching(&serde_json::from_value(json.clone()).ok()?)
}

/// The active hyperparameters of a trial by name.
fn config(space: &Space, trial: &Trial) -> IndexMap<String, Json> {
    let named = space.named(&trial.proposal.configuration);
    named.map(|(name, value)| (name.to_owned(), serde_json::json!(value))).collect()
}

/// The costs of a trial, one an objective; none where it failed or runs.
fn costs(trial: &Trial) -> &[f64] {
    trial.outcome.as_ref().map_or(&[], |outcome| outcome.costs())
}

/// One cost, or a list of several.
pub(crate) fn numbers(json: Option<&Json>) -> Vec<f64> {
    match json {
        Some(Json::Array(costs)) => costs.iter().map(|cost| cost.as_f64().unwrap_or(f64::NAN)).collect(),
        Some(cost) => cost.as_f64().into_iter().collect(),
        None => Vec::new(),
    }
}

/// The word for a trial's outcome; `running` while it has none.
fn outcome(trial: &Trial) -> &'static str {
    trial.outcome.as_ref().map_or("running", |outcome| outcome.kind().word())
}
