//! Revisions of trials: results that were taken back, and trials that are to run again.
use std::collections::HashMap;

use crate::store::record::{Record, Revision};
use crate::trial::TrialId;

/// The last revision of each trial, and its place in the journal: ends before it do not count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Revisions(HashMap<TrialId, (usize, Revision)>);

impl Revisions {
    /// The revisions among the records of a journal.
    pub(crate) fn of(records: &[&Record]) -> Self {
        let revised = records.iter().enumerate().filter_map(|(place, record)| match record {
            Record::Revised(revised) => Some((revised.trial, (place, revised.revision))),
            _ => None,
        });
        Self(revised.collect())
    }

    /// The revision that counts for a record at a place of the journal; `None` where none came later.
    pub(crate) fn after(&self, trial: TrialId, place: usize) -> Option<Revision> {
        self.0.get(&trial).filter(|(revised, _)| place <= *revised).map(|(_, revision)| *revision)
    }
}
