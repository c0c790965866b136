//! Import of results, from which the model of an experiment learns.
use crate::cli::failure::Failure;
use crate::cli::import::arguments::Results;
use crate::cli::message::{count, narrate};
use crate::document::diagnostic::Diagnostic;
use crate::document::source::read;
use crate::exchange::trials::fit::FittedResults;
use crate::exchange::trials::found::{FoundResults, MOST_RESULTS, UnreadableResults};
use crate::experiment::Experiment;
use crate::experiment::folder::RunFolder;
use crate::experiment::ledger::import::{Imported, import_results};
use crate::experiment::replay::imported_results;

/// Imports results whose format does not say that they were maximized: `--negate` changes the sign of all costs.
pub(super) fn import_costs(
    results: &Results,
    reader: impl Fn(&str, &Experiment) -> Result<FoundResults, UnreadableResults>,
) -> Result<(), Failure> {
    import(results, |text, experiment| {
        let mut found = reader(text, experiment)?;
        if results.negate {
            found.negate();
        }
        Ok(found)
    })
}

/// Reads results, keeps those that fit the experiment in its run, and says what became of the others.
pub(super) fn import(
    results: &Results,
    reader: impl Fn(&str, &Experiment) -> Result<FoundResults, UnreadableResults>,
) -> Result<(), Failure> {
    let experiment = Experiment::read(&results.experiment).map_err(Failure::input)?;
    let text = read(&results.file).map_err(Failure::input)?;
    let source = results.file.display().to_string();
    let found = reader(&text, &experiment).map_err(|error| {
        let hint = error.hint.clone().unwrap_or_else(|| "check that the file has this format".into());
        Diagnostic::new(format!("{source}: {error}")).hint(hint)
    })?;
    drop(text);
    found.notes.iter().for_each(|note| narrate(&format!("note: {note}")));
    if let Some(fault) = &found.first_fault {
        let faults = match found.faults {
            1 => "1 line or entry".to_owned(),
            several => format!("{several} lines or entries"),
        };
        let first = if found.faults == 1 { "" } else { "the first of them " };
        narrate(&format!("warning: {source}: {faults} that cannot be read left out: {first}{fault}"));
    }
    let fitted = imported_results::fitting(&experiment, &found.results);
    if let Some(warning) = fitted.mismatch_warning(&source) {
        narrate(&format!("warning: {warning}"));
    }
    let failures = fitted.failures_in_words();
    if fitted.results.is_empty() {
        return Err(nothing_usable(&source, &found, &fitted, results).into());
    }
    let folder = RunFolder::of(&results.dir, &experiment.name);
    let Imported { kept, known, surplus } =
        import_results(&experiment, &folder, &source, fitted.results.clone()).map_err(Failure::input)?;
    let kept = format!("kept {} of {} in {}", count(kept, "result"), found.results.len(), folder.root().display());
    let known = (known > 0).then(|| format!("{known} were there already"));
    let surplus =
        (surplus > 0).then(|| format!("left out {surplus}: a run learns from {MOST_RESULTS} results at most"));
    let failed = (fitted.failed() > 0).then(|| format!("left out {failures}"));
    narrate(&[Some(kept), known, surplus, failed].into_iter().flatten().collect::<Vec<_>>().join("; "));
    Ok(())
}

/// The error for a file of which no result can be used, with the reason that holds for it.
fn nothing_usable(source: &str, found: &FoundResults, fitted: &FittedResults, results: &Results) -> Diagnostic {
    let (mismatches, failures) = (fitted.mismatches.len(), fitted.failures_in_words());
    let (reason, hint) = match (found.faults, mismatches, fitted.failed()) {
        (0, 0, 0) => {
            ("it holds none".into(), "a line or an entry is one trial, with its parameters and its cost".into())
        }
        (_, 0, 0) => ("none of its lines or entries can be read".into(), "check that the file has this format".into()),
        (_, 0, _) => {
            (format!("the file has only {failures}"), "a result needs a finite cost of a finished trial".into())
        }
        (_, _, failed) => {
            let others = if failed > 0 { format!(", and {failures}") } else { String::new() };
            let hint = format!("names, values and budgets must be those of {}", results.experiment.display());
            (format!("{mismatches} of {} results do not fit the experiment{others}", found.results.len()), hint)
        }
    };
    Diagnostic::new(format!("{source}: no result can be used: {reason}")).hint(hint)
}
