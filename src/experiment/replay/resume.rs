//! The optimizer as the journal left it, and the trials that must be started again.
use std::collections::HashMap;

use jiff::Timestamp;

use crate::exchange::trials::Fitted;
use crate::experiment::Experiment;
use crate::experiment::definition::difference::Difference;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::imported_results;
use crate::experiment::replay::log::begun_experiment;
use crate::experiment::replay::retry::Retries;
use crate::experiment::replay::space_migration;
use crate::experiment::replay::space_migration::SpaceMigration;
use crate::experiment::run::estimate::{Pace, Paces};
use crate::optimizer::Optimizer;
use crate::space::Space;
use crate::store::Store;
use crate::store::record::{Begun, FORMAT, Noted, Record};
use crate::trial::{Proposal, TrialId};

/// A run that is about to go on.
pub(crate) struct Resumed {
    pub store: Store,
    pub optimizer: Optimizer,
    /// Trials without an outcome, each with the number of its next attempt.
    pub unfinished: Vec<(Proposal, u32)>,
    pub paces: Paces,
    /// Time that the workers spent on trials so far.
    pub seconds: f64,
    pub warnings: Vec<String>,
    pub is_continued: bool,
    /// The last note of each key.
    pub notes: HashMap<String, serde_json::Value>,
    /// The text of the file that the run was begun with.
    begun_text: serde_json::Value,
    pub retries: Retries,
}

/// The key of the note with the repairs of the store, a sentence each.
pub const REPAIRS: &str = "repairs";

/// The key of the note with the text of an experiment's file that was edited since.
pub const EDITED: &str = "experiment";

/// Opens the store of a run and replays it; begins it where there is none.
pub(crate) fn open(experiment: &Experiment, folder: &RunFolder) -> Result<Resumed, RunError> {
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
    // The number of workers may change between sessions; the intensifier, whose default depends on it, does not.
    let mut intensifier = experiment.intensifier.clone();
    match opened.records.first() {
        None => store.append(&Record::Begun(begun(experiment)))?,
        Some(Record::Begun(begun_with)) => {
            let old = check_same(experiment, begun_with, folder)?;
            let changes = experiment.space.changes_since(&old.space);
            if changes.is_empty() {
                intensifier = old.intensifier;
            } else {
                let succession = SpaceMigration::of(&opened.records, &old.space, &experiment.space).map_err(wrong)?;
                drop(store);
                let kept = succession.perform(begun(experiment), folder)?;
                let mut warnings = opened.warnings;
                (store, opened) = Store::open(&folder.store())?;
                warnings.push(format!("the search space has changed: {}", changes.join("; ")));
                warnings.push(succession.summary());
                warnings.push(format!("the run before is kept whole in {}", kept.display()));
                warnings.append(&mut opened.warnings);
                opened.warnings = warnings;
            }
        }
        Some(_) => return Err(wrong("the journal does not say which experiment it is of".into())),
    }
    let optimizer = experiment.optimizer_with(intensifier);
    let mut resumed = Resumed {
        store,
        optimizer,
        unfinished: Vec::new(),
        paces: Paces::default(),
        seconds: 0.0,
        warnings: opened.warnings,
        is_continued: !opened.records.is_empty(),
        notes: HashMap::new(),
        begun_text: experiment.text.clone().into(),
        retries: Retries::default(),
    };
    for record in opened.records {
        resumed.take(record, &experiment.space).map_err(wrong)?;
    }
    for (number, (path, fitted)) in (1..).zip(earlier) {
        resumed.warnings.extend(fitted.mismatch_warning(path));
        let (key, value) = imported_results::note(number, path, &fitted.evidence, &experiment.space);
        resumed.note(&key, value)?;
    }
    resumed.optimizer.learn_from(imported_results::evidence(resumed.notes.iter(), experiment));
    resumed.note_repairs(&repairs)?;
    resumed.note_edit(experiment)?;
    Ok(resumed)
}

/// What a new run learns from, with the path of each.
fn earlier_runs(experiment: &Experiment) -> Result<Vec<(&String, Fitted)>, RunError> {
    let paths = experiment.settings.warm_start.iter();
    paths.map(|path| Ok((path, imported_results::earlier(experiment, path)?))).collect()
}

impl Resumed {
    /// Keeps what was repaired, for the report.
    fn note_repairs(&mut self, sentences: &[String]) -> Result<(), RunError> {
        if sentences.is_empty() {
            return Ok(());
        }
        let mut repairs = self.notes.get(REPAIRS).and_then(|note| note.as_array().cloned()).unwrap_or_default();
        let day = Timestamp::now().strftime("%Y-%m-%d");
        repairs.extend(sentences.iter().map(|sentence| format!("{day}: {sentence}").into()));
        self.note(REPAIRS, repairs.into())
    }

    /// Keeps the file's text where limits, workers and the like were edited: listings show what holds now.
    fn note_edit(&mut self, experiment: &Experiment) -> Result<(), RunError> {
        let known = self.notes.get(EDITED).unwrap_or(&self.begun_text);
        match known.as_str() == Some(&experiment.text) {
            true => Ok(()),
            false => self.note(EDITED, experiment.text.clone().into()),
        }
    }

    pub(crate) fn note(&mut self, key: &str, value: serde_json::Value) -> Result<(), RunError> {
        self.notes.insert(key.to_owned(), value.clone());
        Ok(self.store.append(&Record::Noted(Noted { key: key.to_owned(), value, at: Timestamp::now() }))?)
    }

    fn take(&mut self, record: Record, space: &Space) -> Result<(), String> {
        match record {
            Record::Begun(begun) => self.begun_text = begun.experiment.into(),
            Record::Asked(asked) => {
                let proposal = asked.proposal(space).map_err(|error| error.to_string())?;
                self.optimizer.adopt(proposal.clone());
                self.unfinished.push((proposal, 1));
            }
            Record::Started(started) => {
                if let Some((_, attempt)) = self.waiting(started.trial) {
                    *attempt = started.attempt + 1;
                }
            }
            Record::Reported(reported) => {
                if let Some(point) = reported.point() {
                    self.optimizer.report(reported.trial, point);
                }
            }
            Record::Ended(ended) => {
                self.seconds += ended.seconds;
                let unfinished = self.unfinished.iter().position(|(each, _)| each.trial == ended.trial);
                if let Some(index) = unfinished
                    && self.retries.is_final(&ended, self.unfinished[index].0.configuration_id)
                {
                    let (proposal, _) = self.unfinished.remove(index);
                    let budget = self.optimizer.history().added_budget(&proposal);
                    self.paces.push(Pace { budget, seconds: ended.seconds });
                    self.optimizer.tell_after(ended.trial, ended.outcome, ended.seconds);
                }
            }
            Record::Noted(noted) => {
                self.notes.insert(noted.key, noted.value);
            }
        }
        Ok(())
    }

    fn waiting(&mut self, trial: TrialId) -> Option<&mut (Proposal, u32)> {
        self.unfinished.iter_mut().find(|(proposal, _)| proposal.trial == trial)
    }
}

fn begun(experiment: &Experiment) -> Begun {
    Begun {
        format: FORMAT,
        galvani: env!("CARGO_PKG_VERSION").into(),
        name: experiment.name.clone(),
        seed: experiment.seed,
        experiment: experiment.text.clone(),
        space: experiment.space_text.clone(),
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
