//! Entries of a run history, in the layouts of all versions of SMAC3.
use serde_json::Value as Json;

use crate::trial::outcome::OutcomeKind;

/// The numbers that SMAC 2 writes for the end of a trial.
pub(super) const SUCCESS: u64 = 1;
pub(super) const CRASHED: u64 = 2;
pub(super) const TIMED_OUT: u64 = 3;
pub(super) const OUT_OF_MEMORY: u64 = 4;

/// An entry of a run history.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub configuration: &'a Json,
    pub instance: &'a Json,
    pub seed: &'a Json,
    pub budget: &'a Json,
    pub cost: &'a Json,
    status: &'a Json,
    start: &'a Json,
    end: &'a Json,
    /// The parts of a trial that SMAC has no field for.
    additional: &'a Json,
}

impl<'a> Entry<'a> {
    /// The fields of an entry: an object since 2.3, before it a list of 10, or of 11 with the time of the processor, and in
    /// SMAC 1 a list of what was run and one of what came out. `None` where it is none of these.
    pub(super) fn of(entry: &'a Json) -> Option<Self> {
        if let Json::Object(fields) = entry {
            let field = |name: &str| fields.get(name).unwrap_or(&Json::Null);
            return Some(Self {
                configuration: fields.get("config_id")?,
                instance: field("instance"),
                seed: field("seed"),
                budget: field("budget"),
                cost: fields.get("cost")?,
                status: fields.get("status")?,
                start: field("starttime"),
                end: field("endtime"),
                additional: field("additional_info"),
            });
        }
        let fields = entry.as_array()?;
        if let [Json::Array(key), Json::Array(value)] = fields.as_slice() {
            return Some(Self {
                configuration: key.first()?,
                instance: key.get(1)?,
                seed: key.get(2)?,
                budget: key.get(3).unwrap_or(&Json::Null),
                cost: value.first()?,
                status: value.get(2)?,
                start: value.get(3).unwrap_or(&Json::Null),
                end: value.get(4).unwrap_or(&Json::Null),
                additional: value.last()?,
            });
        }
        let status = match fields.len() {
            10 => 6,
            11.. => 7,
            _ => return None,
        };
        Some(Self {
            configuration: &fields[0],
            instance: &fields[1],
            seed: &fields[2],
            budget: &fields[3],
            cost: &fields[4],
            status: &fields[status],
            start: &fields[status + 1],
            end: &fields[status + 2],
            additional: fields.last()?,
        })
    }

    /// The key of the configuration among those of the file.
    pub(super) fn key(&self) -> String {
        self.configuration.as_str().map_or_else(|| self.configuration.to_string(), str::to_owned)
    }

    /// The points of its learning curve, each a budget and a cost, which only galvani writes.
    pub(super) fn curve(&self) -> Vec<(f64, f64)> {
        let points = self.additional.get("curve").and_then(Json::as_array).into_iter().flatten();
        points.filter_map(|point| Some((point.get(0)?.as_f64()?, point.get(1)?.as_f64()?))).collect()
    }

    /// The start and the end in seconds since 1970, where they are known.
    pub(super) fn times(&self) -> Option<(f64, f64)> {
        self.start.as_f64().zip(self.end.as_f64()).filter(|(start, end)| 0.0 < *start && start <= end)
    }

    /// The kind of its outcome; `None` while it runs, or where its status is not known.
    pub(super) fn outcome(&self) -> Option<OutcomeKind> {
        let kind = self.additional.get("outcome").and_then(Json::as_str).and_then(|word| word.parse().ok());
        kind.or_else(|| self.status())
    }

    fn status(&self) -> Option<OutcomeKind> {
        let word = self.status.get("__enum__").unwrap_or(self.status);
        match (word.as_u64(), word.as_str()) {
            (Some(SUCCESS), _) => Some(OutcomeKind::Finished),
            (Some(CRASHED), _) => Some(OutcomeKind::Crashed),
            (Some(TIMED_OUT), _) => Some(OutcomeKind::TimedOut),
            (Some(OUT_OF_MEMORY), _) => Some(OutcomeKind::OutOfMemory),
            (_, Some(word)) => match word.rsplit('.').next().unwrap_or(word) {
                // A trial that does not advance has a cost; its configuration gains nothing from a higher budget.
                "SUCCESS" | "DONOTADVANCE" => Some(OutcomeKind::Finished),
                "CRASHED" | "ABORT" => Some(OutcomeKind::Crashed),
                "TIMEOUT" | "CAPPED" => Some(OutcomeKind::TimedOut),
                "MEMOUT" | "MEMORYOUT" => Some(OutcomeKind::OutOfMemory),
                _ => None,
            },
            _ => None,
        }
    }
}
