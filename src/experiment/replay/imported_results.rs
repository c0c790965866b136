//! Imported results: results from elsewhere as notes in a run's journal, so that the log alone says what comes next.
use std::path::Path;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::exchange::trials::fit::{FittedResults, fit};
use crate::exchange::trials::found::FoundResult;
use crate::exchange::trials::json::numbers;
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::log::Log;
use crate::experiment::replay::note::IMPORTED_RESULTS;
use crate::space::Space;
use crate::space::hyperparameter::Value;
use crate::trial::Trial;
use crate::trial::budget::Budget;
use crate::trial::outcome::OutcomeKind;
use crate::trial::prior_result::PriorResult;

/// The value of a note.
#[derive(Serialize, Deserialize)]
struct ImportedNote {
    /// The file or the run that the results came from.
    source: String,
    results: Vec<ImportedResult>,
}

#[derive(Serialize, Deserialize)]
struct ImportedResult {
    config: IndexMap<String, Value>,
    budget: f64,
    /// One number, or one an objective.
    cost: Json,
}

/// The key and the value of a note with results; the first of a run has the number 1.
pub(crate) fn note(number: usize, source: &str, results: &[PriorResult], space: &Space) -> (String, Json) {
    let result = |each: &PriorResult| ImportedResult {
        config: space.named(&each.configuration).map(|(name, value)| (name.to_owned(), value.clone())).collect(),
        budget: each.budget.amount(),
        cost: match each.costs[..] {
            [cost] => cost.into(),
            ref costs => costs.into(),
        },
    };
    let note = ImportedNote { source: source.to_owned(), results: results.iter().map(result).collect() };
    (format!("{IMPORTED_RESULTS}{number:06}"), serde_json::to_value(&note).expect("plain data becomes JSON"))
}

/// The number of notes with imported results.
pub(crate) fn count<'a>(keys: impl Iterator<Item = &'a String>) -> usize {
    keys.filter(|key| key.starts_with(IMPORTED_RESULTS)).count()
}

/// The number of imported results of a run by the name of their source, in the order of import.
pub(crate) fn by_source<'a>(notes: impl Iterator<Item = (&'a String, &'a Json)>) -> IndexMap<String, usize> {
    let mut sources = IndexMap::new();
    let mut found: Vec<_> = notes.filter(|(key, _)| key.starts_with(IMPORTED_RESULTS)).collect();
    found.sort_by_key(|(key, _)| key.as_str());
    for (_, note) in found {
        let source = note["source"].as_str().unwrap_or_default().to_owned();
        *sources.entry(source).or_default() += note["results"].as_array().map_or(0, Vec::len);
    }
    sources
}

/// The imported results of a run's notes, in the order of their keys; those that a changed space or other objectives no
/// longer allow are left out.
pub(crate) fn prior_results<'a>(
    notes: impl Iterator<Item = (&'a String, &'a Json)>,
    experiment: &Experiment,
) -> Vec<PriorResult> {
    let (space, objectives) = (&experiment.space, experiment.costs());
    let mut found: Vec<_> = notes.filter(|(key, _)| key.starts_with(IMPORTED_RESULTS)).collect();
    found.sort_by_key(|(key, _)| key.as_str());
    let found = found.into_iter().filter_map(|(_, value)| serde_json::from_value::<ImportedNote>(value.clone()).ok());
    found
        .flat_map(|note| note.results)
        .filter_map(|result| {
            let named = result.config.iter().map(|(name, value)| (name.as_str(), value.clone()));
            let configuration = space.configuration_of(named).ok()?;
            let costs = numbers(Some(&result.cost)).ok().filter(|costs| costs.len() == objectives)?;
            Some(PriorResult { configuration, budget: Budget::new(result.budget)?, costs })
        })
        .collect()
}

/// The results of an earlier run that fit an experiment.
pub(crate) fn of_earlier_run(experiment: &Experiment, path: &str) -> Result<FittedResults, RunError> {
    let base = experiment.path.parent().unwrap_or(Path::new(""));
    let log = Log::read(RunFolder::at(base.join(path)))?;
    let found = |trial: &Trial| FoundResult {
        config: (log.experiment.space.named(&trial.proposal.configuration))
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect(),
        budget: Some(trial.proposal.budget.amount()),
        costs: trial.outcome.as_ref().map_or(Vec::new(), |outcome| log.experiment.directions.turn(outcome.costs())),
        outcome: trial.outcome.as_ref().map(|outcome| outcome.kind()).filter(|kind| *kind != OutcomeKind::Finished),
        ..FoundResult::default()
    };
    let found: Vec<FoundResult> = log.history.ended().map(found).collect();
    Ok(fitting(experiment, &found))
}

/// The results from elsewhere that fit an experiment, which are found with the user's signs.
pub(crate) fn fitting(experiment: &Experiment, found: &[FoundResult]) -> FittedResults {
    let mut fitted = fit(found, &experiment.space, experiment.schedule.ends(), experiment.costs());
    for result in &mut fitted.results {
        result.costs = experiment.directions.turn(&result.costs);
    }
    fitted
}
