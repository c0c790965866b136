//! Opening of a ledger: begins a run, or resumes it from its journal.
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::exchange::trials::fit::FittedResults;
use crate::experiment::definition::difference::Difference;
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::ledger::Ledger;
use crate::experiment::ledger::queue::Queue;
use crate::experiment::ledger::raised_limits::{self, RaisedLimit};
use crate::experiment::ledger::space_migration::{self, SpaceMigration};
use crate::experiment::replay::fold::Replay;
use crate::experiment::replay::imported_results;
use crate::experiment::replay::log::begun_experiment;
use crate::experiment::replay::note::{EDITED, REPAIRS, SESSION};
use crate::experiment::replay::rungs;
use crate::store::Store;
use crate::store::record::{Begun, FORMAT, Record, Revised, Revision};

/// A ledger that was opened.
pub(crate) struct OpenedLedger {
    pub ledger: Ledger,
    /// Sentences for the user, such as what was repaired.
    pub warnings: Vec<String>,
    /// False where the run begins.
    pub is_continued: bool,
}

impl Ledger {
    /// Begins a run in a folder, or resumes the run that the folder holds.
    ///
    /// # Errors
    /// The folder cannot be used, another process writes it, or its run was begun with an experiment whose trials are
    /// not comparable.
    pub(crate) fn open(experiment: &Experiment, folder: &RunFolder) -> Result<OpenedLedger, RunError> {
        space_migration::settle(folder)?;
        // Before anything is made: what cannot begin leaves nothing behind.
        let early = if folder.store().exists() { None } else { Some(earlier_runs(experiment)?) };
        let (mut store, mut opened) = Store::open(&folder.store())?;
        let repairs = opened.warnings.clone();
        let wrong = |message: String| RunError::Log { folder: folder.root().into(), message };
        let earlier = match early {
            _ if !opened.records.is_empty() => Vec::new(),
            Some(early) => early,
            None => earlier_runs(experiment)?,
        };
        // The default may be another than that of the build that began the run, which goes on with its own.
        let mut intensifier = experiment.intensifier.clone();
        match opened.records.first() {
            None => store.append(&Record::Begun(begun(experiment)))?,
            Some(Record::Begun(begun_with)) => {
                let old = check_same(experiment, begun_with, folder)?;
                let changes = experiment.space.changes_since(&old.space);
                if changes.is_empty() {
                    intensifier = old.intensifier;
                } else {
                    if let Some(name) = experiment.space.unknown_former_names(&old.space).into_iter().next() {
                        return Err(RunError::FormerName { folder: folder.root().into(), name });
                    }
                    let renamings = experiment.space.possible_renamings(&old.space);
                    if !renamings.is_empty() {
                        return Err(RunError::Renamed { folder: folder.root().into(), renamings });
                    }
                    let migration = SpaceMigration::of(&opened.records, &old.space, &experiment.space)
                        .map_err(|error| wrong(error.to_string()))?;
                    drop(store);
                    let kept = migration.perform(begun(experiment), folder)?;
                    let mut warnings = opened.warnings;
                    (store, opened) = Store::open(&folder.store())?;
                    warnings.push(format!("the search space has changed: {}", changes.join("; ")));
                    warnings.push(migration.summary());
                    warnings.push(format!("the earlier run is kept unchanged in {}", kept.display()));
                    warnings.append(&mut opened.warnings);
                    opened.warnings = warnings;
                }
            }
            Some(_) => return Err(wrong("the journal does not say which experiment it is of".into())),
        }
        let of_records = |records: &[Record]| {
            Replay::of(records, &experiment.space, experiment.schedule.restarts())
                .map_err(|error| wrong(error.to_string()))
        };
        let mut replay = of_records(&opened.records)?;
        let known_text = match (replay.notes.get(EDITED), opened.records.first()) {
            (Some(note), _) => note.as_str().map(str::to_owned),
            (None, Some(Record::Begun(begun))) => Some(begun.experiment.clone()),
            (None, _) => Some(experiment.text.clone()),
        };
        let mut warnings = opened.warnings;
        let raised = match known_text.as_ref().filter(|text| **text != experiment.text) {
            Some(text) => raised_limits(experiment, text, &replay),
            None => Vec::new(),
        };
        if !raised.is_empty() {
            for trial in raised.iter().flat_map(|limit| &limit.trials) {
                let (trial, revision, at) = (*trial, Revision::Retried, Timestamp::now());
                let record = Record::Revised(Revised { trial, revision, at });
                store.append(&record)?;
                opened.records.push(record);
            }
            replay = of_records(&opened.records)?;
            warnings.extend(raised.iter().map(RaisedLimit::sentence));
        }
        let schedule = rungs::as_begun(&experiment.schedule, &opened.records);
        warnings.extend(rungs::warning(&experiment.schedule, &schedule));
        if intensifier != experiment.intensifier {
            let (own, new) = (intensifier.name(), experiment.intensifier.name());
            warnings.push(format!("this run was begun with {own}, and goes on with it; a new run has {new}"));
        }
        let mut ledger = Self::of(experiment, experiment.optimizer_with(intensifier, schedule), Some(store), replay);
        ledger.queue = Some(Queue::of(folder));
        let session = ledger.notes.get(SESSION).and_then(Json::as_u64).unwrap_or(0).saturating_add(1);
        ledger.session = Some((session, Timestamp::now()));
        for (number, (path, fitted)) in (1..).zip(earlier) {
            warnings.extend(fitted.mismatch_warning(path));
            let (key, value) = imported_results::note(number, path, &fitted.results, &experiment.space);
            ledger.note(&key, value)?;
        }
        ledger.learn_from(imported_results::prior_results(ledger.notes().iter(), experiment));
        note_repairs(&mut ledger, &repairs)?;
        // Listings show the limits, workers and the like that hold now.
        if known_text.as_ref() != Some(&experiment.text) {
            ledger.note(EDITED, experiment.text.clone().into())?;
        }
        Ok(OpenedLedger { ledger, warnings, is_continued: !opened.records.is_empty() })
    }

    /// Begins a run that is kept in memory alone, without a journal.
    ///
    /// # Errors
    /// An earlier run that the experiment's `warm_start` names cannot be read.
    pub(crate) fn in_memory(experiment: &Experiment) -> Result<Self, RunError> {
        let mut ledger = Self::of(experiment, experiment.optimizer(), None, Replay::default());
        let earlier = earlier_runs(experiment)?;
        ledger.learn_from(earlier.into_iter().flat_map(|(_, fitted)| fitted.results).collect());
        Ok(ledger)
    }
}

/// The results that a new run learns from, with the path of each earlier run.
fn earlier_runs(experiment: &Experiment) -> Result<Vec<(&String, FittedResults)>, RunError> {
    let paths = experiment.settings.warm_start.iter();
    paths.map(|path| Ok((path, imported_results::of_earlier_run(experiment, path)?))).collect()
}

/// The limits of an experiment that are higher than those of its earlier text, with the trials that those had ended.
fn raised_limits(experiment: &Experiment, earlier: &str, replay: &Replay) -> Vec<RaisedLimit> {
    let earlier = Experiment::with_space(earlier, &experiment.path, &experiment.space_text);
    earlier.map_or_else(
        |_| Vec::new(),
        |earlier| raised_limits::raised(replay, &earlier.execution.limits, &experiment.execution.limits),
    )
}

/// Writes the sentences about repairs to the journal, for the report.
fn note_repairs(ledger: &mut Ledger, sentences: &[String]) -> Result<(), RunError> {
    if sentences.is_empty() {
        return Ok(());
    }
    let mut repairs = ledger.notes().get(REPAIRS).and_then(|note| note.as_array().cloned()).unwrap_or_default();
    let day = Timestamp::now().strftime("%Y-%m-%d");
    repairs.extend(sentences.iter().map(|sentence| format!("{day}: {sentence}").into()));
    ledger.note(REPAIRS, repairs.into())
}

fn begun(experiment: &Experiment) -> Begun {
    Begun {
        format: FORMAT,
        galvani: env!("CARGO_PKG_VERSION").into(),
        name: experiment.name.clone(),
        seed: experiment.seed,
        experiment: experiment.text.clone(),
        space: experiment.space_text.clone(),
        intensifier: Some(experiment.intensifier.clone()),
        at: Timestamp::now(),
    }
}

/// The experiment that the run was begun with; an error where it would make its trials incomparable. A changed search
/// space does not.
fn check_same(experiment: &Experiment, begun: &Begun, folder: &RunFolder) -> Result<Experiment, RunError> {
    let old = begun_experiment(begun, folder)
        .map_err(|error| RunError::Log { folder: folder.root().into(), message: error.to_string() })?;
    let difference = Difference::between(&old, experiment);
    match difference.parts.is_empty() {
        true => Ok(old),
        false => Err(RunError::Edited { folder: folder.root().into(), difference }),
    }
}
