//! Failure rates: the values of a hyperparameter at which trials fail more often than on average.
use indexmap::IndexMap;
use serde::Serialize;

use super::input::{LogTail, ReportInput};
use super::region::{Region, Tried, regions, wilson};
use crate::space::hyperparameter::{Domain, Value};
use crate::trial::history::History;
use crate::trial::outcome::{Outcome, OutcomeKind};

/// Signs of a message that are kept.
const MESSAGE: usize = 300;
/// Lines at the end of a message that are kept.
const LINES: usize = 6;
/// Trials that a group names.
const NAMED: usize = 5;

/// The number of failures of one kind among the trials at one value or in a range of values.
#[derive(Clone, Debug, Serialize)]
pub struct FailureRate {
    pub hyperparameter: String,
    /// The least of the values; absent where every smaller value that was tried is among them.
    pub least: Option<Value>,
    /// The greatest of the values, which is the least if there is one only; absent where every greater one is among them.
    pub greatest: Option<Value>,
    /// The kind of the failures.
    pub outcome: OutcomeKind,
    pub failed: usize,
    pub trials: usize,
    /// Wilson's 90 % interval of the rate.
    pub interval: (f64, f64),
}

/// Failures of one kind whose messages differ in numbers only.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailureGroup {
    pub outcome: OutcomeKind,
    /// The end of the last message; empty if the kind has none.
    pub message: String,
    pub count: usize,
    /// The first of the trials.
    pub trials: Vec<u32>,
    /// The last of the trials.
    pub last: u32,
    /// The end of that trial's log, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

/// The failures by kind and message with the ends of their logs, the most frequent first.
pub(super) fn with_logs(history: &History, logs: &[LogTail]) -> Vec<FailureGroup> {
    let mut groups = groups(history);
    for group in &mut groups {
        group.log = logs.iter().find(|log| log.trial == group.last).map(|log| log.text.clone());
    }
    groups
}

/// The failures by kind and message, the most frequent first.
pub fn groups(history: &History) -> Vec<FailureGroup> {
    let mut groups: IndexMap<(OutcomeKind, String), FailureGroup> = IndexMap::new();
    for trial in history.trials() {
        let Some(outcome) = trial.outcome.as_ref().filter(|outcome| outcome.is_failure()) else { continue };
        let message = if let Outcome::Crashed { message } = outcome { end_of(message) } else { String::new() };
        let (kind, last) = (outcome.kind(), trial.proposal.trial.0);
        let empty =
            || FailureGroup { outcome: kind, message: String::new(), count: 0, trials: vec![], last, log: None };
        let group = groups.entry((outcome.kind(), without_numbers(&message))).or_insert_with(empty);
        group.message = message;
        (group.count, group.last) = (group.count + 1, last);
        if group.trials.len() < NAMED {
            group.trials.push(trial.proposal.trial.0);
        }
    }
    let mut groups: Vec<FailureGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups
}

/// The last lines of a message that are not empty.
fn end_of(message: &str) -> String {
    let lines: Vec<&str> = message.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let text = lines[lines.len().saturating_sub(LINES)..].join("\n");
    let skipped = text.chars().count().saturating_sub(MESSAGE);
    text.chars().skip(skipped).collect()
}

/// The last line, with a sign in place of each number, so that messages of one origin are equal.
fn without_numbers(message: &str) -> String {
    let last = message.lines().last().unwrap_or_default();
    let mut text = String::new();
    for sign in last.chars() {
        match sign.is_ascii_digit() {
            true if text.ends_with('#') => {}
            true => text.push('#'),
            false => text.push(sign),
        }
    }
    text
}

/// The values at which failures of a kind are more frequent than among all trials, sorted by the lower end of the interval,
/// greatest first.
pub(super) fn failures(input: &ReportInput) -> Vec<FailureRate> {
    let ended = || input.history.trials().iter().filter_map(|trial| Some((trial, trial.outcome.as_ref()?)));
    let is_of = |kind: OutcomeKind, outcome: &Outcome| outcome.is_failure() && outcome.kind() == kind;
    let kinds = OutcomeKind::ALL.into_iter().filter(|kind| ended().any(|(_, outcome)| is_of(*kind, outcome)));
    let kinds: Vec<OutcomeKind> = kinds.collect();
    let share = |kind: OutcomeKind| {
        ended().filter(|(_, outcome)| is_of(kind, outcome)).count() as f64 / ended().count().max(1) as f64
    };
    let shares: Vec<f64> = kinds.iter().map(|kind| share(*kind)).collect();
    let mut found = Vec::new();
    for (index, hyperparameter) in input.space.hyperparameters().iter().enumerate() {
        if matches!(hyperparameter.domain, Domain::Constant { .. }) || kinds.is_empty() {
            continue;
        }
        let tried = |kind: OutcomeKind| {
            ended().filter_map(move |(trial, outcome)| {
                let value = trial.proposal.configuration.get(index)?;
                Some(Tried { value, position: hyperparameter.position(value)?, failed: is_of(kind, outcome) })
            })
        };
        for (outcome, all) in kinds.iter().zip(&shares) {
            for Region { least, greatest, failed, trials } in regions(hyperparameter, tried(*outcome).collect(), *all) {
                let (hyperparameter, interval) = (hyperparameter.name.clone(), wilson(failed, trials));
                let outcome = *outcome;
                found.push(FailureRate { hyperparameter, least, greatest, outcome, failed, trials, interval });
            }
        }
    }
    found.sort_by(|a, b| b.interval.0.total_cmp(&a.interval.0));
    found
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    #[test]
    fn messages_that_differ_in_numbers_are_one_group() {
        let space = fixtures::line();
        let crash = |message: &str| Outcome::Crashed { message: message.into() };
        let trials = [
            (0.1, crash("Traceback\n\nValueError: 12 is too large")),
            (0.2, Outcome::Diverged),
            (0.3, crash("Traceback\n\nValueError: 7 is too large\n")),
            (0.4, fixtures::finished(1.0)),
        ];
        let history = fixtures::history(&space, trials.map(|(x, outcome)| (x, 1.0, outcome)));
        let found = with_logs(&history, &[LogTail { trial: 3, text: "7 is too large".into() }]);
        assert_eq!((found.len(), found[0].count, &found[0].trials[..]), (2, 2, &[1, 3][..]));
        assert_eq!((found[0].last, found[0].log.as_deref(), &found[1].log), (3, Some("7 is too large"), &None));
        assert_eq!(found[0].message, "Traceback\nValueError: 7 is too large");
        let rates = failures(&fixtures::input(&space, &history));
        assert!(rates.iter().any(|rate| rate.outcome == OutcomeKind::Diverged && rate.failed == 1));
        assert!(rates.iter().all(|rate| rate.interval.0 <= rate.interval.1));
    }
}
