//! Import of results from elsewhere into a run.
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::ledger::Ledger;
use crate::experiment::replay::imported_results;
use crate::trial::prior_result::PriorResult;

/// Keeps results in a run, which it begins where there is none; `source` is the name that they are kept under.
///
/// # Errors
/// The run cannot be opened with this experiment, or its journal cannot be written.
pub(crate) fn import(
    experiment: &Experiment,
    folder: &RunFolder,
    source: &str,
    results: &[PriorResult],
) -> Result<(), RunError> {
    let mut ledger = Ledger::open(experiment, folder)?.ledger;
    let number = imported_results::count(ledger.notes().keys()) + 1;
    let (key, value) = imported_results::note(number, source, results, &experiment.space);
    ledger.note(&key, value)
}
