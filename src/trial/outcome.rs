//! Outcomes of trials: a success with its costs, or the way a trial failed.
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The end of a trial. A failure is data: no cost stands for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The trial reported its costs.
    Finished(Costs),
    /// The objective became NaN or infinite.
    Diverged,
    /// The program failed.
    Crashed {
        /// The end of its output, or the message of its error.
        message: String,
    },
    /// The trial exceeded its time.
    TimedOut,
    /// The trial exceeded its memory on the host.
    OutOfMemory,
    /// The accelerator had no memory left.
    OutOfDeviceMemory,
    /// The worker disappeared; nothing is known of the configuration.
    Lost,
    /// The trial failed for a reason of the moment, as it said itself; nothing is known of the configuration.
    Transient,
    /// The trial was ended because its reported costs fell behind; its curve holds them.
    Pruned,
    /// The result was taken back by the user; nothing is learned from the trial.
    Forgotten,
}

/// The costs of a success, smaller is better: finite, at least one, in the order of the objectives.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs(Vec<f64>);

impl Costs {
    /// `None` unless there is at least one cost and all are finite.
    pub fn new(costs: Vec<f64>) -> Option<Self> {
        (!costs.is_empty() && costs.iter().all(|cost| cost.is_finite())).then_some(Self(costs))
    }

    /// The cost of the first objective.
    pub fn primary(&self) -> f64 {
        self.0[0]
    }
}

impl Deref for Costs {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.0
    }
}

impl Outcome {
    /// A cost as reported: NaN and infinity mean that the objective diverged.
    pub fn of_cost(cost: f64) -> Self {
        Self::of_costs(vec![cost])
    }

    /// Costs as reported, at least one: where any is NaN or infinite, the objective diverged.
    pub fn of_costs(costs: Vec<f64>) -> Self {
        Costs::new(costs).map_or(Self::Diverged, Self::Finished)
    }

    /// The outcome of a kind that has no costs, `message` being that of a crash; `None` for [`OutcomeKind::Finished`].
    pub fn without_cost(kind: OutcomeKind, message: &str) -> Option<Self> {
        Some(match kind {
            OutcomeKind::Finished => return None,
            OutcomeKind::Diverged => Self::Diverged,
            OutcomeKind::Crashed => Self::Crashed { message: message.to_owned() },
            OutcomeKind::TimedOut => Self::TimedOut,
            OutcomeKind::OutOfMemory => Self::OutOfMemory,
            OutcomeKind::OutOfDeviceMemory => Self::OutOfDeviceMemory,
            OutcomeKind::Lost => Self::Lost,
            OutcomeKind::Transient => Self::Transient,
            OutcomeKind::Pruned => Self::Pruned,
            OutcomeKind::Forgotten => Self::Forgotten,
        })
    }

    /// The kind, without costs and message.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Finished(_) => OutcomeKind::Finished,
            Self::Diverged => OutcomeKind::Diverged,
            Self::Crashed { .. } => OutcomeKind::Crashed,
            Self::TimedOut => OutcomeKind::TimedOut,
            Self::OutOfMemory => OutcomeKind::OutOfMemory,
            Self::OutOfDeviceMemory => OutcomeKind::OutOfDeviceMemory,
            Self::Lost => OutcomeKind::Lost,
            Self::Transient => OutcomeKind::Transient,
            Self::Pruned => OutcomeKind::Pruned,
            Self::Forgotten => OutcomeKind::Forgotten,
        }
    }

    /// The cost of a success; of several objectives, that of the first.
    pub fn cost(&self) -> Option<f64> {
        self.costs().first().copied()
    }

    /// The costs of a success, one an objective; empty for every other outcome.
    pub fn costs(&self) -> &[f64] {
        match self {
            Self::Finished(costs) => costs,
            _ => &[],
        }
    }

    /// True for a success and for a failure of the configuration; false where the trial says nothing about its
    /// configuration at this budget.
    pub fn is_judged(&self) -> bool {
        self.kind().is_judged()
    }

    /// True where nothing is known of the trial, as if it had not run.
    pub fn is_void(&self) -> bool {
        self.is_interruption() || *self == Self::Forgotten
    }

    /// True where the attempt broke off for a reason outside of its configuration: another attempt follows, up to a limit.
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Lost | Self::Transient)
    }

    /// True where the configuration is to blame for the failure.
    pub fn is_failure(&self) -> bool {
        self.is_judged() && self.cost().is_none()
    }
}

/// The kind of an outcome, with its word in files, on the command line and in listings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum OutcomeKind {
    Finished,
    Diverged,
    Crashed,
    TimedOut,
    OutOfMemory,
    OutOfDeviceMemory,
    Lost,
    Transient,
    Pruned,
    Forgotten,
}

impl OutcomeKind {
    /// Every kind, in the order in which they are listed.
    pub const ALL: [Self; 10] = [
        Self::Finished,
        Self::Diverged,
        Self::Crashed,
        Self::TimedOut,
        Self::OutOfMemory,
        Self::OutOfDeviceMemory,
        Self::Lost,
        Self::Transient,
        Self::Pruned,
        Self::Forgotten,
    ];

    /// The word for it in files, on the command line and in listings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Diverged => "diverged",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed_out",
            Self::OutOfMemory => "out_of_memory",
            Self::OutOfDeviceMemory => "out_of_device_memory",
            Self::Lost => "lost",
            Self::Transient => "transient",
            Self::Pruned => "pruned",
            Self::Forgotten => "forgotten",
        }
    }

    /// As [`Outcome::is_judged`].
    pub fn is_judged(self) -> bool {
        !matches!(self, Self::Lost | Self::Transient | Self::Forgotten | Self::Pruned)
    }

    /// The words for it in sentences: `out of memory`.
    pub fn in_words(self) -> String {
        self.word().replace('_', " ")
    }
}

impl fmt::Display for OutcomeKind {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.pad(self.word())
    }
}

impl From<OutcomeKind> for &'static str {
    fn from(kind: OutcomeKind) -> Self {
        kind.word()
    }
}

/// A word that names no outcome.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no outcome `{word}`; there are {}", OutcomeKind::ALL.map(OutcomeKind::word).join(", "))]
pub struct UnknownOutcome {
    pub word: String,
}

impl FromStr for OutcomeKind {
    type Err = UnknownOutcome;

    fn from_str(word: &str) -> Result<Self, UnknownOutcome> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| UnknownOutcome { word: word.to_owned() })
    }
}

impl TryFrom<String> for OutcomeKind {
    type Error = UnknownOutcome;

    fn try_from(word: String) -> Result<Self, UnknownOutcome> {
        word.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_word_and_comes_back_from_it() {
        for kind in OutcomeKind::ALL {
            assert_eq!(kind.word().parse(), Ok(kind));
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{kind}\""));
            assert_eq!(serde_json::from_str::<OutcomeKind>(&json).unwrap(), kind);
            let outcome = Outcome::without_cost(kind, "why").unwrap_or(Outcome::of_cost(1.0));
            assert_eq!(outcome.kind(), kind);
        }
        let unknown = "slow".parse::<OutcomeKind>().unwrap_err().to_string();
        assert!(unknown.starts_with("there is no outcome `slow`; there are finished, diverged"), "{unknown}");
    }

    #[test]
    fn costs_are_finite() {
        assert_eq!(Outcome::of_cost(f64::NAN), Outcome::Diverged);
        assert_eq!(Outcome::of_costs(vec![1.0, f64::INFINITY]), Outcome::Diverged);
        let outcome = Outcome::of_costs(vec![2.0, 1.0]);
        assert_eq!((outcome.cost(), outcome.costs()), (Some(2.0), &[2.0, 1.0][..]));
        assert_eq!(Costs::new(Vec::new()), None);
    }
}
