//! Results from elsewhere in a run: kept in its journal, so that the log alone says what comes next.
use std::path::Path;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::exchange::trials::{Fitted, Found, fit, numbers};
use crate::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::log::Log;
use crate::experiment::replay::resume;
use crate::space::Space;
use crate::space::hyperparameter::Value;
use crate::trial::budget::Budget;
use crate::trial::prior_result::PriorResult;

/// What the keys of the notes begin with; a number follows.
const NOTE: &str = "evidence/";

/// A note: where it came from, and the results.
#[derive(Serialize, Deserialize)]
struct Kept {
    source: String,
    results: Vec<KeptResult>,
}

#[derive(Serialize, Deserialize)]
struct KeptResult {
    config: IndexMap<String, Value>,
    budget: f64,
    /// One number, or one an objective.
    cost: Json,
}

/// The key and the value of a note with evidence; the first of a run has the number 1.
pub(crate) fn note(number: usize, source: &str, evidence: &[PriorResult], space: &Space) -> (String, Json) {
    let result = |each: &PriorResult| KeptResult {
        config: space.named(&each.configuration).map(|(name, value)| (name.to_owned(), value.clone())).collect(),
        budget: each.budget.amount(),
        cost: match each.costs[..] {
            [cost] => cost.into(),
            ref costs => costs.into(),
        },
    };
    let kept = Kept { source: source.to_owned(), results: evidence.iter().map(result).collect() };
    (format!("{NOTE}{number:06}"), serde_json::to_value(&kept).expect("plain data becomes JSON"))
}

/// How many of these notes are evidence.
pub(crate) fn count<'a>(keys: impl Iterator<Item = &'a String>) -> usize {
    keys.filter(|key| key.starts_with(NOTE)).count()
}

/// The evidence of a run's notes, in the order of their keys; what a changed space or other objectives no longer allow is
/// left out.
pub(crate) fn evidence<'a>(
    notes: impl Iterator<Item = (&'a String, &'a Json)>,
    experiment: &Experiment,
) -> Vec<PriorResult> {
    let (space, objectives) = (&experiment.space, experiment.costs());
    let mut notes: Vec<_> = notes.filter(|(key, _)| key.starts_with(NOTE)).collect();
    notes.sort_by_key(|(key, _)| key.as_str());
    let kept = notes.into_iter().filter_map(|(_, value)| serde_json::from_value::<Kept>(value.clone()).ok());
    kept.flat_map(|kept| kept.results)
        .filter_map(|result| {
            let named = result.config.iter().map(|(name, value)| (name.as_str(), value.clone()));
            let configuration = space.configuration_of(named).ok()?;
            let costs = Some(numbers(Some(&result.cost))).filter(|costs| costs.len() == objectives)?;
            Some(PriorResult { configuration, budget: Budget::new(result.budget)?, costs })
        })
        .collect()
}

/// The results of an earlier run that fit an experiment.
pub(crate) fn earlier(experiment: &Experiment, path: &str) -> Result<Fitted, RunError> {
    let base = experiment.path.parent().unwrap_or(Path::new(""));
    let log = Log::read(RunFolder::at(base.join(path)))?;
    let found = |trial: &crate::trial::Trial| Found {
        config: (log.experiment.space.named(&trial.proposal.configuration))
            .map(|(name, value)| (name.to_owned(), serde_json::json!(value)))
            .collect(),
        budget: Some(trial.proposal.budget.amount()),
        costs: trial.outcome.as_ref().map_or(Vec::new(), |outcome| outcome.costs().to_vec()),
    };
    let found: Vec<Found> = log.history.ended().map(found).collect();
    Ok(fitting(experiment, &found))
}

/// Of results from elsewhere, those that fit an experiment.
pub fn fitting(experiment: &Experiment, found: &[Found]) -> Fitted {
    fit(found, &experiment.space, experiment.schedule.ends(), experiment.costs())
}

/// Keeps evidence in a run, which it begins where there is none.
pub fn import(
    experiment: &Experiment,
    folder: &RunFolder,
    source: &str,
    evidence: &[PriorResult],
) -> Result<(), RunError> {
    let mut resumed = resume::open(experiment, folder)?;
    let number = count(resumed.notes.keys()) + 1;
    let (key, value) = note(number, source, evidence, &experiment.space);
    resumed.note(&key, value)
}
