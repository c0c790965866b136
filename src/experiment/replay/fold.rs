//! The fold over the records of a journal: computes the state of a run.
use std::collections::HashMap;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value as Json;
use thiserror::Error;

use crate::experiment::replay::pace::{Pace, Paces};
use crate::experiment::replay::retry::Retries;
use crate::experiment::replay::revisions::Revisions;
use crate::experiment::replay::session_time::SessionTimes;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::store::record::{AttemptEnd, Forfeit, Mismatch, Record, Revision};
use crate::trial::history::History;
use crate::trial::outcome::Outcome;
use crate::trial::{ConfigurationId, Proposal, TrialId};

/// The records of a trial beside its proposal and its outcome.
#[derive(Clone, Debug, Default)]
pub struct Details {
    pub asked: Option<Timestamp>,
    /// The start of each attempt that was started.
    pub started: Vec<Timestamp>,
    /// The number of the last attempt that was started; 0 before the first.
    pub attempt: u32,
    /// The end that counts.
    pub ended: Option<AttemptEnd>,
    /// The ends that do not count, because the trial was attempted again.
    pub repeated: Vec<AttemptEnd>,
}

/// The state of a run, computed from its records. Listings show it, and a resumed run begins with it.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    pub history: History,
    /// In the order of the trials.
    pub details: Vec<Details>,
    /// The last note of each key.
    pub notes: IndexMap<String, Json>,
    pub retries: Retries,
    pub paces: Paces,
    /// Seconds that all attempts took together.
    pub device_seconds: f64,
    /// The configurations that users gave while the run went on, with the names of the files that they came in.
    pub enqueued: Vec<(String, Configuration)>,
    pub(crate) times: SessionTimes,
}

/// A record that does not follow from those before it, or does not fit the space.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ReplayError {
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    #[error("trial {trial} {event}, but was never asked for")]
    NeverAsked { trial: TrialId, event: &'static str },
    #[error("trial {trial} was asked for where {next} was next")]
    OutOfOrder { trial: TrialId, next: TrialId },
    #[error("trial {trial} calls its configuration {found}, which is {expected}")]
    Renumbered { trial: TrialId, found: ConfigurationId, expected: ConfigurationId },
}

impl Replay {
    /// The fold of records whose configurations are of `space`; `restarts` says that trials begin anew at every budget.
    ///
    /// # Errors
    /// A configuration is not of the space or has two numbers, trials are not numbered in their order, or a trial starts
    /// or ends that was never asked for.
    pub fn of<'a>(
        records: impl IntoIterator<Item = &'a Record>,
        space: &Space,
        restarts: bool,
    ) -> Result<Self, ReplayError> {
        let mut replay = Self::default();
        replay.history.set_restarts(restarts);
        let records: Vec<&Record> = records.into_iter().collect();
        let revisions = Revisions::of(&records);
        for (place, record) in records.into_iter().enumerate() {
            let revision = record.trial().and_then(|trial| revisions.after(trial, place));
            replay.take(record, revision, space)?;
        }
        Ok(replay)
    }

    /// Takes the next record; `revision` is the fate of its trial where the user revised it later, or by this record.
    pub(crate) fn take(
        &mut self,
        record: &Record,
        revision: Option<Revision>,
        space: &Space,
    ) -> Result<(), ReplayError> {
        self.times.take(record);
        match record {
            Record::Begun(_) => {}
            Record::Asked(asked) => {
                let proposal = asked.proposal(space)?;
                let (trial, next) = (proposal.trial, self.history.next_trial());
                if trial != next {
                    return Err(ReplayError::OutOfOrder { trial, next });
                }
                let (found, expected) = (proposal.configuration_id, self.history.number_of(&proposal.configuration));
                if found != expected {
                    return Err(ReplayError::Renumbered { trial, found, expected });
                }
                self.history.ask(proposal);
                self.details.push(Details { asked: Some(asked.at), ..Details::default() });
            }
            Record::Started(started) => {
                let details = self.details_of(started.trial, "was started")?;
                details.started.push(started.at);
                details.attempt = started.attempt;
            }
            Record::Reported(reported) => {
                if let Some(point) = reported.point() {
                    self.history.report(reported.trial, point);
                }
            }
            Record::Ended(ended) => {
                self.device_seconds += ended.end.seconds;
                self.details_of(ended.trial, "ended")?;
                let trial = self.history.trial(ended.trial).expect("a trial with details was asked for");
                let is_final = trial.outcome.is_none()
                    && !ended.late
                    && revision != Some(Revision::Retried)
                    && ended.end.forfeit != Some(Forfeit::Released)
                    && self.retries.is_final(ended.trial, trial.proposal.configuration_id, &ended.end.outcome);
                if is_final {
                    let budget = self.history.added_budget(&trial.proposal);
                    self.paces.push(Pace { budget, seconds: ended.end.seconds });
                    let outcome = match revision {
                        Some(_) => Outcome::Forgotten,
                        None => ended.end.outcome.clone(),
                    };
                    self.history.tell_after(ended.trial, outcome, ended.end.seconds);
                    self.details_of(ended.trial, "ended")?.ended = Some(ended.end.clone());
                } else if !ended.late {
                    self.details_of(ended.trial, "ended")?.repeated.push(ended.end.clone());
                }
            }
            Record::Revised(revised) => {
                self.details_of(revised.trial, "was revised")?;
                if revision == Some(Revision::Forgotten) {
                    self.history.tell(revised.trial, Outcome::Forgotten);
                }
            }
            Record::Enqueued(enqueued) => {
                let named = enqueued.config.iter().map(|(name, value)| (name.as_str(), value.clone()));
                // A configuration that is not legal was never one that could be tried.
                self.enqueued.extend(space.configuration_of(named).ok().map(|legal| (enqueued.id.clone(), legal)));
            }
            Record::Noted(noted) => {
                self.notes.insert(noted.key.clone(), noted.value.clone());
            }
        }
        Ok(())
    }

    /// Trials without an outcome, in the order of asking, each with the number of its next attempt.
    pub fn unfinished(&self) -> impl Iterator<Item = (Proposal, u32)> {
        let attempt = |trial: TrialId| self.details[trial.index()].attempt.saturating_add(1);
        self.history.running().map(move |trial| (trial.proposal.clone(), attempt(trial.proposal.trial)))
    }

    /// The attempt that brought the outcome of each trial that has one: the last that was started.
    pub(crate) fn ended_attempts(&self) -> HashMap<TrialId, u32> {
        let ended = self.history.ended().map(|trial| trial.proposal.trial);
        ended.map(|trial| (trial, self.details[trial.index()].attempt)).collect()
    }

    fn details_of(&mut self, trial: TrialId, event: &'static str) -> Result<&mut Details, ReplayError> {
        let known = self.details.get_mut(trial.index());
        known.ok_or(ReplayError::NeverAsked { trial, event })
    }
}
