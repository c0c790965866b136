//! A run as its journal tells it: every trial with its attempts, and the notes.
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::document::source::SourceError;
use crate::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::resume::EDITED;
use crate::experiment::replay::retry::Retries;
use crate::store::Store;
use crate::store::record::{Begun, Ended, Record};
use crate::trial::TrialId;
use crate::trial::history::History;

/// What is known of a trial beside its outcome.
#[derive(Clone, Debug, Default)]
pub struct Details {
    pub asked: Option<Timestamp>,
    /// When each attempt began.
    pub started: Vec<Timestamp>,
    /// The end that counts.
    pub ended: Option<Ended>,
}

/// A run at rest, read without disturbing one that goes on.
#[derive(Clone, Debug)]
pub struct Log {
    pub experiment: Experiment,
    pub folder: RunFolder,
    pub history: History,
    /// In the order of the trials.
    pub details: Vec<Details>,
    /// The last note of each key.
    pub notes: IndexMap<String, Json>,
    retries: Retries,
}

impl Log {
    /// Reads the run in a folder.
    pub fn read(folder: RunFolder) -> Result<Self, RunError> {
        let records = Store::read(&folder.store())?;
        let wrong = |message: String| RunError::Log { folder: folder.root().into(), message };
        let Some(Record::Begun(begun)) = records.first() else {
            return Err(wrong("nothing was begun here".into()));
        };
        let experiment = begun_experiment(begun, &folder).map_err(|error| wrong(error.to_string()))?;
        let mut log = Self {
            experiment,
            folder: folder.clone(),
            history: History::default(),
            details: Vec::new(),
            notes: IndexMap::new(),
            retries: Retries::default(),
        };
        for record in &records {
            log.take(record).map_err(wrong)?;
        }
        // Limits and the like as they were edited last; what trials depend on cannot have changed.
        if let Some(text) = log.notes.get(EDITED).and_then(|note| note.as_str())
            && let Ok(mut edited) = Experiment::with_space(text, &log.experiment.path, &log.experiment.space_text)
        {
            // Its default depends on the number of workers, and stays what it was.
            edited.intensifier = log.experiment.intensifier;
            log.experiment = edited;
        }
        Ok(log)
    }

    /// What is known of a trial beside its outcome.
    pub fn details(&self, trial: TrialId) -> &Details {
        &self.details[trial.index()]
    }

    fn take(&mut self, record: &Record) -> Result<(), String> {
        match record {
            Record::Begun(_) => {}
            Record::Asked(asked) => {
                let proposal = asked.proposal(&self.experiment.space).map_err(|error| error.to_string())?;
                self.history.ask(proposal);
                self.details.push(Details { asked: Some(asked.at), ..Details::default() });
            }
            Record::Started(started) => self.detail(started.trial)?.started.push(started.at),
            Record::Reported(reported) => {
                if let Some(point) = reported.point() {
                    self.history.report(reported.trial, point);
                }
            }
            Record::Ended(ended) => {
                let configuration = self.history.trial(ended.trial).map(|trial| trial.proposal.configuration_id);
                let configuration =
                    configuration.ok_or_else(|| format!("trial {} was never asked for", ended.trial))?;
                if self.retries.is_final(ended, configuration)
                    && self.history.tell_after(ended.trial, ended.outcome.clone(), ended.seconds)
                {
                    self.detail(ended.trial)?.ended = Some(ended.clone());
                }
            }
            Record::Noted(noted) => {
                self.notes.insert(noted.key.clone(), noted.value.clone());
            }
        }
        Ok(())
    }

    fn detail(&mut self, trial: TrialId) -> Result<&mut Details, String> {
        self.details.get_mut(trial.index()).ok_or_else(|| format!("trial {trial} was started but never asked for"))
    }
}

/// The experiment that a journal's first record describes.
pub fn begun_experiment(begun: &Begun, folder: &RunFolder) -> Result<Experiment, SourceError> {
    Experiment::with_space(&begun.experiment, &folder.root().join("experiment"), &begun.space)
}
