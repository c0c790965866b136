//! Found results: what a file of another program holds, before it is fitted to an experiment.
use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::trial::outcome::OutcomeKind;
use crate::trial::{INTERRUPTED, RUNNING};

/// The results that a file may hold at most.
pub const MOST_RESULTS: usize = 100_000;

/// The values of hyperparameters that a file may hold at most, over all of its results.
pub const MOST_VALUES: usize = 2_000_000;

/// The bytes of names and words that a file may hold at most, over all of its results.
const MOST_BYTES: usize = 256 << 20;

/// One result as a file has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundResult {
    /// Values by the names that the file has; null stands for none, or for a choice that is null.
    pub config: IndexMap<String, Json>,
    /// The budget; absent where the file has no budgets, which stands for the full one.
    pub budget: Option<f64>,
    /// A cost for each objective; none where the trial failed or did not end.
    pub costs: Vec<f64>,
    /// The kind of its outcome where the file tells it; a cost counts only where the trial finished.
    pub outcome: Option<OutcomeKind>,
    /// Costs on its way, each after a part of its budget; only reports of foreign runs need them.
    pub curve: Vec<(f64, f64)>,
    pub seed: u64,
    /// Its start and its end in seconds since 1970.
    pub times: Option<(f64, f64)>,
    /// The words of the other program for the source of its configuration.
    pub origin: Option<String>,
}

/// Words of other programs for outcomes; of one that is open the trial has no outcome.
const FOREIGN_WORDS: [(&str, Option<OutcomeKind>); 12] = [
    ("complete", Some(OutcomeKind::Finished)),
    ("completed", Some(OutcomeKind::Finished)),
    ("success", Some(OutcomeKind::Finished)),
    ("succeeded", Some(OutcomeKind::Finished)),
    ("ok", Some(OutcomeKind::Finished)),
    ("fail", Some(OutcomeKind::Crashed)),
    ("failed", Some(OutcomeKind::Crashed)),
    ("error", Some(OutcomeKind::Crashed)),
    ("timeout", Some(OutcomeKind::TimedOut)),
    (RUNNING, None),
    (INTERRUPTED, None),
    ("waiting", None),
];

impl FoundResult {
    /// The same with the outcome that a file's word names; a trial that still ran, or was interrupted,
    /// has no cost.
    ///
    /// # Errors
    /// The word names no outcome.
    pub(super) fn ended(mut self, word: &str) -> Result<Self, UnreadableResults> {
        let word = word.trim();
        let lower = word.to_ascii_lowercase();
        let foreign = FOREIGN_WORDS.iter().find(|(foreign, _)| *foreign == lower).map(|(_, kind)| *kind);
        self.outcome = match foreign {
            Some(kind) => kind,
            None => Some(lower.parse::<OutcomeKind>().map_err(|_| {
                let known = OutcomeKind::ALL.map(OutcomeKind::word).join(", ");
                UnreadableResults::whole(format!("there is no outcome {word:?}; there are {known}"))
            })?),
        };
        if self.outcome.is_none() {
            self.costs.clear();
        }
        Ok(self)
    }
}

/// The results of a file, and an account of the rest of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundResults {
    pub results: Vec<FoundResult>,
    /// The number of lines or entries that could not be read; each costs only itself.
    pub faults: usize,
    /// The first of them.
    pub first_fault: Option<UnreadableResults>,
    /// Sentences on parts of the file that are not kept.
    pub notes: Vec<String>,
    values: usize,
    bytes: usize,
}

/// A part of a file that is not of its format: the line, where there is one, the reason, and a remedy where one is known.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}{reason}", .line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct UnreadableResults {
    pub line: Option<usize>,
    pub reason: String,
    pub hint: Option<String>,
    /// True where the text ends before its end, as one that was cut off does.
    pub(super) is_unended: bool,
}

impl UnreadableResults {
    /// The file as a whole, for a reason.
    pub(super) fn whole(reason: impl Into<String>) -> Self {
        Self { line: None, reason: reason.into(), hint: None, is_unended: false }
    }

    /// A line, counted from 1, for a reason.
    pub(super) fn at(line: usize, reason: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::whole(reason) }
    }

    /// The fault of a line in its text: the last line, where it does not end, was cut off while it was written.
    pub(super) fn in_line(self, line: usize, text: &str) -> Self {
        let is_cut = self.is_unended && !text.ends_with('\n') && line == text.lines().count();
        let reason = if is_cut { format!("the file is cut off here ({})", self.reason) } else { self.reason };
        Self { line: Some(line), reason, ..self }
    }

    /// The same with a remedy.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl FoundResults {
    /// Adds a result; a value that is a list or an object becomes the word that JSON writes for it.
    ///
    /// # Errors
    /// The file holds more results, or more values, than are read.
    pub(super) fn add(&mut self, mut result: FoundResult) -> Result<(), UnreadableResults> {
        for (name, value) in &mut result.config {
            if value.is_array() || value.is_object() {
                *value = Json::from(value.to_string());
            }
            self.bytes += name.len() + value.as_str().map_or(0, str::len);
        }
        self.values += result.config.len();
        if self.results.len() == MOST_RESULTS || self.values > MOST_VALUES || self.bytes > MOST_BYTES {
            let reason = format!("there are more than {MOST_RESULTS} results or {MOST_VALUES} values of parameters");
            return Err(UnreadableResults::whole(reason).hint("keep those that matter most, such as the best ones"));
        }
        self.results.push(result);
        Ok(())
    }

    /// Counts a line or an entry that cannot be read.
    pub(super) fn pass_over(&mut self, fault: UnreadableResults) {
        self.faults += 1;
        self.first_fault.get_or_insert(fault);
    }

    /// Changes the sign of every cost; there is no negative zero.
    pub fn negate(&mut self) {
        for result in &mut self.results {
            result.costs.iter_mut().for_each(|cost| *cost = 0.0 - *cost);
            result.curve.iter_mut().for_each(|(_, cost)| *cost = 0.0 - *cost);
        }
    }
}

/// A sentence on values of learning curves, which no model learns from, as in a run of one's own: many points of one curve
/// say little more than its end, and would crowd out other results.
pub(super) fn unused_curves(values: usize) -> String {
    format!("{} on the way left out: the model learns from the cost at the end of a trial", counted(values, "cost"))
}

/// A count with its noun: `1 result`, `2 results`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = match noun.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    };
    if count == 1 { format!("1 {noun}") } else { format!("{count} {plural}") }
}
