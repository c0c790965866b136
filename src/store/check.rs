//! The check of a store: reads every line and compares the index with the journal, without changing anything.
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::Serialize;

use super::index::{Index, State};
use super::journal::{self, Fault, Line};
use super::record::Record;
use super::{Store, StoreError, repair, take_lock};
use crate::trial::TrialId;

/// The contents of a store, with all damage found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Check {
    /// The number of lines of the journal and of their bytes, without an unfinished line.
    pub lines: u64,
    pub bytes: u64,
    /// The number of records of each kind.
    pub records: BTreeMap<String, u64>,
    pub trials: u64,
    /// Trials with a result.
    pub ended: u64,
    /// Bytes after the last whole line: a writer is writing them, or died while it did.
    pub unfinished: u64,
    pub damaged: Vec<Damage>,
    /// Contradictions between records, one a sentence.
    pub contradictions: Vec<String>,
    pub index: Agreement,
}

/// A damaged line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Damage {
    pub line: u64,
    pub reason: String,
    /// True where the index can restore it; absent where the index could not be read.
    pub is_repairable: Option<bool>,
}

/// The agreement of the index with the journal.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Agreement {
    /// The index holds the same lines.
    Agrees,
    /// The index lacks the last lines, and the next start adds them.
    Behind {
        lines: u64,
    },
    #[default]
    Missing,
    Disagrees,
    Unreadable {
        reason: String,
    },
    /// A writer uses the store.
    Busy {
        holder: String,
    },
}

impl Check {
    /// True where no repair is needed.
    pub fn is_sound(&self) -> bool {
        let is_index_sound =
            matches!(self.index, Agreement::Agrees | Agreement::Behind { .. } | Agreement::Busy { .. });
        self.damaged.is_empty() && self.contradictions.is_empty() && is_index_sound
    }

    fn count(&mut self, records: &[Record]) {
        let mut outcomes: HashMap<TrialId, Option<u32>> = HashMap::new();
        for record in records {
            let kind = match record {
                Record::Begun(_) => "begun",
                Record::Asked(_) => "asked",
                Record::Started(_) => "started",
                Record::Reported(_) => "reported",
                Record::Ended(_) => "ended",
                Record::Noted(_) => "noted",
                Record::Revised(_) => "revised",
                Record::Enqueued(_) => "enqueued",
            };
            *self.records.entry(kind.into()).or_default() += 1;
            if let Record::Asked(asked) = record {
                let next = TrialId::of_index(outcomes.len());
                if asked.trial != next {
                    self.contradictions.push(format!("trial {} was asked for where {next} was next", asked.trial));
                }
                outcomes.insert(asked.trial, None);
                continue;
            }
            let Some(trial) = record.trial() else { continue };
            match (outcomes.get_mut(&trial), record) {
                (None, _) => self.contradictions.push(format!("trial {trial} has records but was never asked for")),
                // An attempt that broke off is no result, and a trial that was ended for good by its third has no other.
                (Some(first @ None), Record::Ended(ended)) if !ended.end.outcome.is_interruption() => {
                    *first = Some(ended.attempt);
                    self.ended += 1;
                }
                _ => {}
            }
        }
        self.trials = outcomes.len() as u64;
    }
}

impl Store {
    /// Checks the store in a folder. No lock is needed, but the index can be read only while there is no writer.
    pub fn check(folder: &Path) -> Result<Check, StoreError> {
        let path = folder.join("journal.jsonl");
        let bytes = super::read_journal(folder)?;
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        let lines = journal::decode(&bytes[..whole]);
        let mut check = Check {
            lines: lines.len() as u64,
            bytes: whole as u64,
            unfinished: (bytes.len() - whole) as u64,
            ..Check::default()
        };
        let index_path = folder.join("index");
        let lock = take_lock(folder);
        let index = match &lock {
            Ok(_) if index_path.exists() => Some(Index::open(&index_path)),
            _ => None,
        };
        check.index = match (&lock, &index) {
            (Err(StoreError::Locked { holder, .. }), _) => {
                Agreement::Busy { holder: super::error::holder_text(holder) }
            }
            (Err(error), _) => Agreement::Unreadable { reason: error.to_string() },
            (Ok(_), None) => Agreement::Missing,
            (Ok(_), Some(Err(reason))) => Agreement::Unreadable { reason: reason.to_string() },
            (Ok(_), Some(Ok(index))) => agreement(index, &bytes[..whole], check.lines),
        };
        let index = index.as_ref().and_then(|index| index.as_ref().ok());
        let reason = |line: &Line| match &line.record {
            Ok(_) => None,
            Err(Fault::Damaged) => Some("its checksum does not fit".to_owned()),
            Err(Fault::Newer(version)) => Some(format!("it has version {version}, newer than this program")),
            Err(Fault::Foreign(reason)) => Some(reason.clone()),
        };
        let damaged = lines.iter().zip(1..).filter_map(|(line, number)| Some((number, reason(line)?)));
        check.damaged = damaged.map(|(line, reason)| Damage { line, reason, is_repairable: None }).collect::<Vec<_>>();
        if check.damaged.is_empty() {
            let records: Vec<Record> = lines.into_iter().filter_map(|line| line.record.ok()).collect();
            super::check_beginning(&path, &records)?;
            check.count(&records);
        } else if lock.is_ok() {
            let repaired = repair::repair(journal::decode(&bytes), index);
            check.damaged.iter_mut().for_each(|damage| damage.is_repairable = Some(repaired.is_ok()));
        }
        Ok(check)
    }
}

fn agreement(index: &Index, journal: &[u8], lines: u64) -> Agreement {
    let (reached, state) = (index.state(), State::of(journal, lines).0);
    if reached == state {
        Agreement::Agrees
    } else if reached.lines > 0 && reached.covers(journal) {
        Agreement::Behind { lines: lines - reached.lines }
    } else {
        Agreement::Disagrees
    }
}
