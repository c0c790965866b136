//! The optimizer as the journal left it, and the trials that must be started again.
use std::collections::HashMap;

use jiff::Timestamp;

use super::Experiment;
use super::error::RunError;
use super::estimate::{Pace, Paces};
use super::folder::RunFolder;
use super::log::begun_experiment;
use super::retry::Retries;
use crate::optimizer::Optimizer;
use crate::space::Space;
use crate::store::Store;
use crate::store::record::{Begun, FORMAT, Record};
use crate::trial::{Proposal, TrialId};

/// A run that is about to go on.
pub(super) struct Resumed {
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
    pub retries: Retries,
}

/// Opens the store of a run and replays it; begins it where there is none.
pub(super) fn open(experiment: &Experiment, folder: &RunFolder) -> Result<Resumed, RunError> {
    let (mut store, opened) = Store::open(&folder.store())?;
    // The number of workers may change between sessions; the intensifier, whose default depends on it, does not.
    let intensifier = match opened.records.first() {
        None => {
            store.append(&Record::Begun(begun(experiment)))?;
            experiment.intensifier.clone()
        }
        Some(Record::Begun(begun)) => check_same(experiment, begun, folder)?.intensifier,
        Some(_) => {
            let message = "the journal does not say which experiment it is of".into();
            return Err(RunError::Log { folder: folder.root().into(), message });
        }
    };
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
        retries: Retries::default(),
    };
    for record in opened.records {
        resumed
            .take(record, &experiment.space)
            .map_err(|message| RunError::Log { folder: folder.root().into(), message })?;
    }
    Ok(resumed)
}

impl Resumed {
    fn take(&mut self, record: Record, space: &Space) -> Result<(), String> {
        match record {
            Record::Begun(_) => {}
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
                    self.optimizer.tell(ended.trial, ended.outcome);
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

/// The experiment that the run was begun with; an error where it would make its trials incomparable.
fn check_same(experiment: &Experiment, begun: &Begun, folder: &RunFolder) -> Result<Experiment, RunError> {
    let old = begun_experiment(begun, folder)
        .map_err(|error| RunError::Log { folder: folder.root().into(), message: error.to_string() })?;
    let parts = [
        ("search space", is_same_space(&old.space, &experiment.space)),
        ("task", old.objective == experiment.objective),
        ("budget", old.schedule == experiment.schedule),
        ("optimizer", old.settings == experiment.settings),
        ("seed", old.seed == experiment.seed),
    ];
    match parts.iter().find(|(_, is_same)| !is_same) {
        Some((what, _)) => Err(RunError::Changed { folder: folder.root().into(), what }),
        None => Ok(old),
    }
}

fn is_same_space(old: &Space, new: &Space) -> bool {
    let condition = |space: &Space, index| space.condition(index).map(ToString::to_string);
    let clauses = |space: &Space| space.forbidden().iter().map(ToString::to_string).collect::<Vec<_>>();
    old.hyperparameters() == new.hyperparameters()
        && (0..old.hyperparameters().len()).all(|index| condition(old, index) == condition(new, index))
        && clauses(old) == clauses(new)
}
