//! Import of results from elsewhere into a run.
use std::collections::HashMap;

use crate::exchange::trials::found::MOST_RESULTS;
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::ledger::Ledger;
use crate::experiment::replay::imported_results;
use crate::space::configuration::Configuration;
use crate::trial::budget::Budget;
use crate::trial::prior_result::PriorResult;

/// The results that one note holds at most, so that no line of the journal grows without a limit.
const A_NOTE: usize = 1_000;

/// The counts of an import.
pub(crate) struct Imported {
    /// Results that are new in the run.
    pub kept: usize,
    /// Results that the run has already, as imported ones or as trials of its own.
    pub known: usize,
    /// Results beyond those that a run learns from at most.
    pub surplus: usize,
}

/// Keeps results in a run, which it begins where there is none; `source` is the name that they are kept under. A result that
/// the run has already, with the same configuration, budget and costs, is not kept again; a file may hold it twice.
///
/// # Errors
/// The run cannot be opened with this experiment, or its journal cannot be written.
pub(crate) fn import_results(
    experiment: &Experiment,
    folder: &RunFolder,
    source: &str,
    mut results: Vec<PriorResult>,
) -> Result<Imported, RunError> {
    let mut ledger = Ledger::open(experiment, folder)?.ledger;
    let found = results.len();
    let mut there = known_results(&ledger, experiment);
    results.retain(|result| match there.get_mut(&key(&result.configuration, result.budget, &result.costs)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    let known = found - results.len();
    let room = MOST_RESULTS.saturating_sub(imported_results::by_source(ledger.notes().iter()).values().sum());
    results.truncate(room);
    let first = imported_results::count(ledger.notes().keys()) + 1;
    for (number, part) in (first..).zip(results.chunks(A_NOTE)) {
        let (key, value) = imported_results::note(number, source, part, &experiment.space);
        ledger.note(&key, value)?;
    }
    Ok(Imported { kept: results.len(), known, surplus: found - known - results.len() })
}

/// The configuration, the budget and the costs of a result, by which it is known again.
type ResultKey = (Configuration, u64, Vec<u64>);

fn key(configuration: &Configuration, budget: Budget, costs: &[f64]) -> ResultKey {
    // Both zeros are one.
    let bits = |number: &f64| (number + 0.0).to_bits();
    (configuration.clone(), bits(&budget.amount()), costs.iter().map(bits).collect())
}

/// The results that a run has, imported ones and its own, each with its count.
fn known_results(ledger: &Ledger, experiment: &Experiment) -> HashMap<ResultKey, usize> {
    let imported = imported_results::prior_results(ledger.notes().iter(), experiment);
    let imported = imported.iter().map(|result| key(&result.configuration, result.budget, &result.costs));
    let own = ledger.history().ended().filter_map(|trial| {
        let costs = trial.outcome.as_ref().map(|end| end.costs()).filter(|costs| !costs.is_empty())?;
        Some(key(&trial.proposal.configuration, trial.proposal.budget, costs))
    });
    let mut known = HashMap::new();
    for result in imported.chain(own) {
        *known.entry(result).or_default() += 1;
    }
    known
}
