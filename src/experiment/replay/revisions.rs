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
        let mut revisions = Self::default();
        records.iter().enumerate().for_each(|(place, record)| revisions.take(place, record));
        revisions
    }

    /// Takes the record at a place of the journal, which comes after those that were taken before.
    pub(crate) fn take(&mut self, place: usize, record: &Record) {
        if let Record::Revised(revised) = record {
            self.0.insert(revised.trial, (place, revised.revision));
        }
    }

    /// The revision that counts for a record at a place of the journal; `None` where none came later.
    pub(crate) fn after(&self, trial: TrialId, place: usize) -> Option<Revision> {
        self.0.get(&trial).filter(|(revised, _)| place <= *revised).map(|(_, revision)| *revision)
    }
}
