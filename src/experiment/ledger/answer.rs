//! Answers of a ledger: the next attempt, and the effect of a report or of an attempt's end.
use std::fmt;
use std::time::Instant;

use jiff::Timestamp;

use crate::optimizer::stop::Reason;
use crate::trial::Proposal;
use crate::trial::outcome::{Outcome, OutcomeKind};

/// An attempt at a trial that runs.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub proposal: Proposal,
    /// From 1.
    pub number: u32,
    /// True for the first attempt of a trial that was proposed just now.
    pub is_new: bool,
    /// The name of the place where it runs.
    pub slot: String,
    /// The share that is done, from 0 to 1, as it reports.
    pub share: f64,
    pub started: Timestamp,
    /// The same as `started`, by a clock that nobody sets.
    pub since: Instant,
}

/// The share from which on a trial's own report of it says more than the pace of others.
const TELLING: f64 = 0.1;

impl Attempt {
    /// The seconds until its end, where a trial like it takes `whole`; of its own reports, where they go far enough.
    pub(crate) fn seconds_left(&self, whole: f64) -> f64 {
        let elapsed = self.since.elapsed().as_secs_f64();
        let whole = if self.share >= TELLING { elapsed / self.share } else { whole };
        (whole - elapsed).max(0.0)
    }
}

/// The answer to an ask.
#[derive(Clone, Debug)]
pub(crate) enum NextAttempt {
    /// The attempt to run; it counts as running from now on.
    Attempt(Attempt),
    /// No attempt until a running one ends.
    Wait,
    /// No new trial follows; trials that wait for another attempt are still returned.
    Over(Over),
}

/// A limit that a run has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// [`Stop::wall_clock`](crate::optimizer::stop::Stop::wall_clock).
    WallClock,
    /// [`Stop::device_hours`](crate::optimizer::stop::Stop::device_hours).
    DeviceHours,
    /// The optimizer has no more to ask for.
    Asked(Reason),
}

impl fmt::Display for Over {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::WallClock => out.write_str("the time limit is reached"),
            Self::DeviceHours => out.write_str("the device hours are used up"),
            Self::Asked(reason) => reason.fmt(out),
        }
    }
}

/// A reported cost, after it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReportTaken {
    /// False where it says nothing new.
    pub is_new: bool,
    /// True where the trial has fallen behind, so that it should be ended as [`Outcome::Pruned`].
    pub is_behind: bool,
}

/// The end of an attempt, after it was taken.
#[derive(Clone, Debug)]
pub(crate) struct EndTaken {
    /// The number of its record, which [`Ledger::durable`](super::Ledger::durable) reaches when it survives a power cut.
    pub record: u64,
    pub verdict: EndVerdict,
}

/// The meaning of an attempt's end for its trial.
#[derive(Clone, Debug)]
pub(crate) enum EndVerdict {
    /// It was not running: another attempt took its place. It is kept, and counts for nothing.
    Late,
    /// The trial waits for another attempt after this kind of end, with batches in so many pieces where its device had no
    /// memory left.
    Again { after: OutcomeKind, divisor: Option<u32> },
    /// It is the trial's outcome.
    Final { attempt: Attempt, outcome: Outcome },
}
