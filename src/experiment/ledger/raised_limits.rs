//! Limits that were raised since a run was last written: the trials that they had ended run again.
use std::time::Duration;

use crate::executor::limits::Limits;
use crate::executor::verdict::DISK_EXCEEDED;
use crate::experiment::replay::fold::Replay;
use crate::store::record::AttemptEnd;
use crate::trial::TrialId;
use crate::trial::outcome::Outcome;

/// The share of a limit from which a trial that timed out counts as ended by it: usage is sampled.
const REACHED: f64 = 0.9;

/// A limit that was raised, and the trials that it had ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RaisedLimit {
    /// Its field, such as `time_limit`.
    pub field: &'static str,
    pub trials: Vec<TrialId>,
}

impl RaisedLimit {
    /// A sentence for the user.
    pub(crate) fn sentence(&self) -> String {
        let numbers: Vec<String> = self.trials.iter().map(ToString::to_string).collect();
        match &numbers[..] {
            [one] => format!("`{}` was raised, so trial {one}, which it had ended, runs again", self.field),
            all => format!("`{}` was raised, so trials {}, which it had ended, run again", self.field, all.join(", ")),
        }
    }
}

/// The trials of a run that limits had ended which are higher now.
pub(crate) fn raised(replay: &Replay, old: &Limits, new: &Limits) -> Vec<RaisedLimit> {
    let timed_out = |end: &AttemptEnd| end.outcome == Outcome::TimedOut;
    let wall = |end: &AttemptEnd| timed_out(end) && was_in_the_way(end.seconds, old.wall, new.wall);
    let cpu = |end: &AttemptEnd| timed_out(end) && was_in_the_way(end.cpu_seconds, old.cpu, new.cpu);
    let memory = |end: &AttemptEnd| end.outcome == Outcome::OutOfMemory && is_raised(old.memory, new.memory);
    let disk = |end: &AttemptEnd| {
        matches!(&end.outcome, Outcome::Crashed { message } if message == DISK_EXCEEDED)
            && is_raised(old.disk, new.disk)
    };
    let ended_by = |is_ended: &dyn Fn(&AttemptEnd) -> bool| {
        let ended = replay.history.trials().iter().zip(&replay.details).filter(|(trial, details)| {
            // What was forgotten since stays forgotten.
            details.ended.as_ref().is_some_and(|end| Some(&end.outcome) == trial.outcome.as_ref() && is_ended(end))
        });
        ended.map(|(trial, _)| trial.proposal.trial).collect::<Vec<_>>()
    };
    let raised = [
        RaisedLimit { field: "time_limit", trials: ended_by(&wall) },
        RaisedLimit { field: "cpu_time_limit", trials: ended_by(&cpu) },
        RaisedLimit { field: "memory_limit_mib", trials: ended_by(&memory) },
        RaisedLimit { field: "disk_limit_mib", trials: ended_by(&disk) },
    ];
    raised.into_iter().filter(|limit| !limit.trials.is_empty()).collect()
}

fn is_raised<T: PartialOrd>(old: Option<T>, new: Option<T>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => new > old,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// True where a time that a trial took reached the old limit and is below the new one.
fn was_in_the_way(seconds: f64, old: Option<Duration>, new: Option<Duration>) -> bool {
    is_raised(old, new)
        && old.is_some_and(|old| seconds >= REACHED * old.as_secs_f64())
        && new.is_none_or(|new| seconds < new.as_secs_f64())
}
