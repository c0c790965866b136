//! Session times: the time that the sessions of a run took, computed from its journal.
use jiff::Timestamp;

use crate::experiment::replay::note::{EVALUATION, NEW_SEEDS, SESSION, SESSION_END, VALIDATION};
use crate::store::record::Record;

/// The sessions of a run so far. The time between two sessions belongs to neither; notes that other verbs leave there do
/// not prolong the one before.
#[derive(Clone, Debug, Default)]
pub(crate) struct SessionTimes {
    /// The sessions that are over, and what came before the first that was noted.
    earlier: Vec<SessionSpan>,
    now: SessionSpan,
}

#[derive(Clone, Copy, Debug, Default)]
struct SessionSpan {
    /// The beginning and the last result; absent where the beginning is not known.
    span: Option<(Timestamp, Timestamp)>,
    /// Seconds that attempts took, added over the workers.
    worked: f64,
    has_records: bool,
}

impl SessionTimes {
    /// Takes the next record of the journal.
    pub(crate) fn take(&mut self, record: &Record) {
        let at = match record {
            Record::Noted(noted) if noted.key == SESSION => {
                let next = SessionSpan { span: Some((noted.at, noted.at)), ..SessionSpan::default() };
                self.earlier.push(std::mem::replace(&mut self.now, next));
                return;
            }
            Record::Noted(noted) => {
                let is_result = [VALIDATION, NEW_SEEDS, SESSION_END].contains(&noted.key.as_str())
                    || noted.key.starts_with(EVALUATION);
                if !is_result {
                    return;
                }
                noted.at
            }
            Record::Begun(_) | Record::Enqueued(_) | Record::Revised(_) => return,
            Record::Asked(asked) => asked.at,
            Record::Started(started) => started.at,
            Record::Reported(reported) => reported.at,
            Record::Ended(ended) => {
                self.now.worked += ended.end.seconds;
                ended.end.at
            }
        };
        self.now.has_records = true;
        if let Some((_, last)) = &mut self.now.span {
            *last = (*last).max(at);
        }
    }

    /// The seconds of all sessions. A session takes no less than its attempts on so many workers; of those without a noted
    /// beginning, that is all that is known.
    pub(crate) fn seconds(&self, workers: usize) -> f64 {
        let seconds = |session: &SessionSpan| {
            let elapsed = session.span.map_or(0.0, |(begun, last)| last.duration_since(begun).as_secs_f64());
            elapsed.max(session.worked / workers.max(1) as f64)
        };
        self.earlier.iter().chain([&self.now]).map(seconds).sum()
    }

    /// The beginning and the last result of each session that left any, where both are known.
    pub(crate) fn spans(&self) -> Vec<(Timestamp, Timestamp)> {
        let sessions = self.earlier.iter().chain([&self.now]).filter(|session| session.has_records);
        sessions.filter_map(|session| session.span).collect()
    }

    /// The number of sessions that left any result.
    pub(crate) fn sessions(&self) -> usize {
        self.earlier.iter().chain([&self.now]).filter(|session| session.has_records).count()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::record::{Noted, Started};
    use crate::trial::TrialId;

    #[test]
    fn the_time_between_two_sessions_belongs_to_neither() {
        let at = |second: i64| Timestamp::new(second, 0).unwrap();
        let session =
            |number: u32, second| Record::Noted(Noted { key: SESSION.into(), value: json!(number), at: at(second) });
        let started =
            |second| Record::Started(Started { trial: TrialId(1), attempt: 1, slot: "cpu:0".into(), at: at(second) });
        let other = |second| Record::Noted(Noted { key: "evidence/000001".into(), value: json!(null), at: at(second) });
        let mut times = SessionTimes::default();
        for record in [
            session(1, 100),
            started(107),
            other(5000),
            session(2, 9000),
            started(9005),
            started(9004),
            session(3, 9900),
        ] {
            times.take(&record);
        }
        assert_eq!((times.seconds(1), times.sessions()), (12.0, 2));
        assert_eq!(times.spans(), [(at(100), at(107)), (at(9000), at(9005))]);
    }
}
