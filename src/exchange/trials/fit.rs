//! Fit of found results to an experiment: its space, its budgets, its objectives.
use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::document::diagnostic::Diagnostic;
use crate::exchange::trials::found::{FoundResult, MOST_VALUES, counted};
use crate::exchange::trials::json::quoted;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::{Hyperparameter, Value};
use crate::space::{Illegal, Space};
use crate::trial::budget::Budget;
use crate::trial::outcome::OutcomeKind;
use crate::trial::prior_result::PriorResult;

/// The results that fit an experiment, and the reasons why others do not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FittedResults {
    pub results: Vec<PriorResult>,
    /// The place of the result in the file, from 1, and the reason.
    pub mismatches: Vec<(usize, Diagnostic)>,
    /// The number of results without a cost that counts, by the kind of their outcome where the file tells it.
    pub failures: BTreeMap<Option<OutcomeKind>, usize>,
}

impl FittedResults {
    /// The number of results without a cost that counts: of failures, and without a cost at all.
    pub fn failed(&self) -> usize {
        self.failures.values().sum()
    }

    /// These results in words: `3 results without a cost that counts (2 crashed, 1 pruned)`.
    pub(crate) fn failures_in_words(&self) -> String {
        let known = self.failures.iter().filter_map(|(kind, count)| Some(format!("{count} {}", (*kind)?.in_words())));
        let known = known.collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { known } else { format!(" ({known})") };
        format!("{} without a cost that counts{known}", counted(self.failed(), "result"))
    }

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
    // A configuration holds a place for every hyperparameter of the space, inactive ones too.
    let most = MOST_VALUES / space.hyperparameters().len().max(1);
    for (index, each) in found.iter().enumerate() {
        let has_failed = each.outcome.is_some_and(|kind| kind != OutcomeKind::Finished);
        if has_failed || each.costs.is_empty() || each.costs.iter().any(|cost| !cost.is_finite()) {
            // A cost that is not finite is how a diverged objective looks.
            let outcome = each.outcome.filter(|_| has_failed);
            let kind = outcome.or((!each.costs.is_empty()).then_some(OutcomeKind::Diverged));
            *fitted.failures.entry(kind).or_default() += 1;
            continue;
        }
        let result = match fitted.results.len() < most {
            true => prior_result(each, space, (min, max), objectives),
            false => Err(Diagnostic::new(format!("more than {most} results of this search space are not kept"))),
        };
        match result {
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
        let (found, wanted) = (counted(found.costs.len(), "cost"), counted(objectives, "objective"));
        return Err(Diagnostic::new(format!("it has {found}, and the experiment {wanted}")));
    }
    let amount = found.budget.unwrap_or(max.amount());
    let slack = 1e-6 * max.amount();
    if !(min.amount() - slack <= amount && amount <= max.amount() + slack) {
        return Err(Diagnostic::new(format!("the budget {amount} is not from {min} to {max}")));
    }
    let budget = Budget::new(amount.clamp(min.amount(), max.amount())).expect("between two budgets");
    let configuration = configuration(found, space)?;
    Ok(PriorResult { configuration, budget, costs: found.costs.clone() })
}

/// The configuration of a result; null is a value where the hyperparameter has it and is active, and none elsewhere.
pub(super) fn configuration(found: &FoundResult, space: &Space) -> Result<Configuration, Diagnostic> {
    let mut named = Vec::new();
    for (name, json) in &found.config {
        let index = space.index(name).ok_or_else(|| Diagnostic::new(format!("there is no hyperparameter `{name}`")))?;
        match value(&space.hyperparameters()[index], json) {
            Some(value) => named.push((name.as_str(), value)),
            None if json.is_null() => {}
            None => return Err(Diagnostic::new(format!("`{name}` cannot be {}", quoted(json)))),
        }
    }
    loop {
        match space.configuration_of(named.iter().cloned()) {
            Ok(configuration) => return Ok(configuration),
            Err(Illegal::Inactive { name, .. }) if found.config.get(&name).is_some_and(Json::is_null) => {
                named.retain(|(each, _)| *each != name);
            }
            Err(illegal) => return Err(Diagnostic::new(illegal.to_string())),
        }
    }
}

/// The value of a hyperparameter that JSON, or a text in its place, stands for.
pub(super) fn value(hyperparameter: &Hyperparameter, json: &Json) -> Option<Value> {
    hyperparameter.matching(&serde_json::from_value(json.clone()).ok()?)
}
