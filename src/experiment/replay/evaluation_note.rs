//! Notes of evaluations outside of the search, so that the log alone says what is recommended.
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::experiment::replay::note::{EVALUATION, NEW_SEEDS, VALIDATION};
use crate::experiment::replay::validation::{SeedComparison, Validation};
use crate::trial::budget::Budget;
use crate::trial::evaluation::Evaluation;
use crate::trial::history::History;
use crate::trial::{ConfigurationId, Origin, Proposal, Trial, TrialId};

/// The value of a note.
#[derive(Serialize, Deserialize)]
struct EvaluationNote {
    configuration_id: ConfigurationId,
    budget: f64,
    seed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    cost: Option<f64>,
    /// Costs of the objectives after the first; absent with one objective.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<f64>,
}

/// The key and the value of an evaluation's note; a repetition replaces it.
pub(crate) fn note(evaluation: &Evaluation) -> (String, Json) {
    let Evaluation { configuration, budget, seed, instance, cost, others } = evaluation;
    let instance = instance.as_deref().map(str::to_owned);
    let place = instance.as_ref().map(|instance| format!("/{instance}")).unwrap_or_default();
    let key = format!("{EVALUATION}{configuration}/{budget}/{seed}{place}");
    let note = EvaluationNote {
        configuration_id: *configuration,
        budget: budget.amount(),
        seed: *seed,
        instance,
        cost: *cost,
        others: others.clone(),
    };
    (key, serde_json::to_value(&note).expect("plain data becomes JSON"))
}

/// The note for the same configuration under another number; `None` where the value is not one of these.
pub(crate) fn renumbered(
    value: &Json,
    number: impl Fn(ConfigurationId) -> Option<ConfigurationId>,
) -> Option<(String, Json)> {
    let mut evaluation = read(value)?;
    evaluation.configuration = number(evaluation.configuration)?;
    Some(note(&evaluation))
}

fn read(value: &Json) -> Option<Evaluation> {
    let EvaluationNote { configuration_id, budget, seed, instance, cost, others } =
        serde_json::from_value(value.clone()).ok()?;
    let cost = cost.filter(|cost| cost.is_finite());
    Some(Evaluation {
        configuration: configuration_id,
        budget: Budget::new(budget)?,
        seed,
        instance: instance.map(Arc::from),
        cost,
        others,
    })
}

/// The evaluations of a run's notes, in the order of the journal, where `full` is the full budget. Earlier versions kept
/// them in the comparisons alone.
pub(crate) fn evaluations(notes: &IndexMap<String, Json>, history: &History, full: Budget) -> Vec<Evaluation> {
    let mut all = earlier(notes, history, full);
    for evaluation in notes.iter().filter(|(key, _)| key.starts_with(EVALUATION)).filter_map(|(_, value)| read(value)) {
        if evaluation.configuration.index() < history.configurations().len() {
            add(&mut all, evaluation);
        }
    }
    all
}

/// Adds an evaluation, in place of one of the same configuration with the same budget, seed and instance.
pub(crate) fn add(all: &mut Vec<Evaluation>, evaluation: Evaluation) {
    let key = |each: &Evaluation| (each.configuration, each.budget, each.seed, each.instance.clone());
    match all.iter_mut().find(|each| key(each) == key(&evaluation)) {
        Some(known) => *known = evaluation,
        None => all.push(evaluation),
    }
}

/// The evaluations that the two comparisons hold.
fn earlier(notes: &IndexMap<String, Json>, history: &History, full: Budget) -> Vec<Evaluation> {
    let default = history.trials().iter().find(|trial| trial.proposal.origin == Origin::Default);
    let of = |trial: TrialId| history.trial(trial);
    let mut all = Vec::new();
    let mut take = |trial: Option<&Trial>, budget: Budget, seed: Option<u64>, cost: Option<f64>| {
        if let Some(Proposal { configuration_id, seed: own, instance, .. }) = trial.map(|trial| &trial.proposal) {
            let (configuration, seed, instance) = (*configuration_id, seed.unwrap_or(*own), instance.clone());
            add(&mut all, Evaluation { configuration, budget, seed, instance, cost, others: Vec::new() });
        }
    };
    if let Some(found) = parsed::<Validation>(notes, VALIDATION) {
        take(of(found.trial), full, None, Some(found.incumbent.cost));
        if let Some(evaluated) = &found.default {
            take(default, full, None, Some(evaluated.cost));
        } else if found.default_failure.is_some_and(|kind| kind.is_judged()) {
            take(default, full, None, None);
        }
    }
    if let Some(found) = parsed::<SeedComparison>(notes, NEW_SEEDS) {
        let budget = Budget::new(found.budget).unwrap_or(full);
        for (trial, results) in [(of(found.trial), &found.incumbent), (default, &found.default)] {
            for (seed, result) in found.seeds.iter().zip(results).filter(|(_, result)| result.outcome.is_judged()) {
                take(trial, budget, Some(*seed), result.cost);
            }
        }
    }
    all
}

fn parsed<T: for<'de> Deserialize<'de>>(notes: &IndexMap<String, Json>, key: &str) -> Option<T> {
    serde_json::from_value(notes.get(key)?.clone()).ok()
}
