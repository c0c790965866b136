//! The log of a run: its journal, read without a lock, also while the run writes it.
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::document::source::SourceError;
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::evaluation_note;
use crate::experiment::replay::fold::{Details, Replay};
use crate::experiment::replay::note::EDITED;
use crate::experiment::replay::rungs;
use crate::experiment::replay::session_time::SessionTimes;
use crate::intensifier::config::IntensifierConfig;
use crate::space::configuration::Configuration;
use crate::store::Store;
use crate::store::record::{Begun, Record};
use crate::trial::TrialId;
use crate::trial::evaluation::Evaluation;
use crate::trial::history::History;
use crate::trial::recommendation::{Recommendation, recommend};

/// A run as its journal holds it, for listings and reports.
#[derive(Clone, Debug)]
pub struct Log {
    /// The experiment as its file was edited last.
    pub experiment: Experiment,
    pub folder: RunFolder,
    pub history: History,
    /// In the order of the trials.
    pub details: Vec<Details>,
    /// The last note of each key.
    pub notes: IndexMap<String, Json>,
    /// The configurations that users gave while the run went on, whether tried or not.
    pub enqueued: Vec<Configuration>,
    /// Results of configurations outside of the search.
    pub evaluations: Vec<Evaluation>,
    times: SessionTimes,
}

impl Log {
    /// Reads the run in a folder.
    ///
    /// # Errors
    /// There is none, or its journal cannot be read.
    pub fn read(folder: RunFolder) -> Result<Self, RunError> {
        let records = Store::read(&folder.store())?;
        let wrong = |message: String| RunError::Log { folder: folder.root().into(), message };
        let Some(Record::Begun(begun)) = records.first() else {
            return Err(wrong("the journal is empty: no run has begun here".into()));
        };
        let mut experiment = begun_experiment(begun, &folder).map_err(|error| wrong(error.to_string()))?;
        let replay = Replay::of(&records, &experiment.space, experiment.schedule.restarts())
            .map_err(|error| wrong(error.to_string()))?;
        // Limits and the like as they were edited last; what trials depend on cannot have changed.
        if let Some(text) = replay.notes.get(EDITED).and_then(|note| note.as_str())
            && let Ok(mut edited) = Experiment::with_space(text, &experiment.path, &experiment.space_text)
        {
            // Its default may be another now; the run's stays what it was.
            edited.intensifier = experiment.intensifier;
            experiment = edited;
        }
        experiment.schedule = rungs::as_begun(&experiment.schedule, &records);
        let Replay { mut history, details, notes, enqueued, times, .. } = replay;
        history.set_restarts(experiment.schedule.restarts());
        if !Store::is_held(&folder.store()) {
            history.mark_interrupted(true);
        }
        let enqueued = enqueued.into_iter().map(|(_, configuration)| configuration).collect();
        let evaluations = evaluation_note::evaluations(&notes, &history, experiment.schedule.max());
        Ok(Self { experiment, folder, history, details, notes, enqueued, evaluations, times })
    }

    /// The configuration that the run recommends; `None` without a success.
    pub fn recommendation(&self) -> Option<Recommendation> {
        recommend(&self.history, &self.evaluations)
    }

    /// The seconds that all sessions of the run took, from their beginning to their last result.
    pub fn seconds(&self) -> f64 {
        self.times.seconds(self.experiment.execution.workers)
    }

    /// The beginning and the last result of each session of the run that left any.
    pub(crate) fn session_spans(&self) -> Vec<(Timestamp, Timestamp)> {
        self.times.spans()
    }

    /// The number of sessions of the run.
    pub(crate) fn sessions(&self) -> usize {
        self.times.sessions()
    }

    /// The details of a trial, which must be one of the log's.
    pub(crate) fn details(&self, trial: TrialId) -> &Details {
        &self.details[trial.index()]
    }
}

/// The experiment that a journal's first record describes.
///
/// # Errors
/// Its text is not an experiment for this version of the program.
pub(crate) fn begun_experiment(begun: &Begun, folder: &RunFolder) -> Result<Experiment, SourceError> {
    let mut experiment = Experiment::with_space(&begun.experiment, &folder.root().join("experiment"), &begun.space)?;
    let own = begun.intensifier.clone().filter(|own| own.validate(&experiment.schedule).is_ok());
    experiment.intensifier = own.or(experiment.settings.intensifier.clone()).unwrap_or_else(|| {
        let execution = &experiment.execution;
        IntensifierConfig::former_default(execution.workers.max(execution.slots.len()))
    });
    Ok(experiment)
}
