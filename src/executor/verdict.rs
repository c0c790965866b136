//! Verdicts: the outcome of a job from the end of its program and its last report.
use rustix::process::Signal;
use serde_json::{Map, Value as Json};

use crate::executor::limits::{self, Exceeded};
use crate::executor::message;
use crate::executor::supervised::{Cause, Exit};
use crate::trial::outcome::Outcome;

/// The message of a job that exceeded its room on disk.
pub(crate) const DISK_EXCEEDED: &str = "its folder and its checkpoint exceeded `disk_limit_mib`";

/// The outcome of a job whose program has ended. `objectives` are the names of several; `errors` is the end of its
/// standard error; `missing` is the clause for a program that ended well without a report.
pub(crate) fn outcome(
    exit: &Exit,
    report: Option<&Map<String, Json>>,
    objectives: &[String],
    errors: &str,
    missing: &str,
) -> Outcome {
    match exit.cause {
        Some(Cause::Limit(Exceeded::Wall | Exceeded::Cpu)) => return Outcome::TimedOut,
        Some(Cause::Limit(Exceeded::Memory)) => return Outcome::OutOfMemory,
        Some(Cause::Limit(Exceeded::Disk)) => {
            return Outcome::Crashed { message: DISK_EXCEEDED.into() };
        }
        Some(Cause::Stopped) => return Outcome::Lost,
        Some(Cause::Leftovers) | None => {}
    }
    let crashed = |what: String| {
        let errors = if errors.is_empty() { "nothing on standard error" } else { errors };
        Outcome::Crashed { message: format!("{what}: {errors}") }
    };
    let Some(status) = exit.status else { return Outcome::Lost };
    let stated = report.map(|report| message::outcome(report, objectives));
    if status.success() {
        return match stated {
            Some(Ok(outcome)) => outcome,
            Some(Err(problem)) => crashed(format!("exit code 0, but {problem}")),
            None => crashed(format!("exit code 0, but {missing}")),
        };
    }
    // A program that knows why it failed is believed; a cost before a failure is not.
    if let Some(Ok(failure)) = stated.filter(|stated| stated.as_ref().is_ok_and(is_named_failure)) {
        return failure;
    }
    use std::os::unix::process::ExitStatusExt;
    // A shell that waited for what was killed exits with 128 + 9.
    let killed = status.signal() == Some(Signal::KILL.as_raw()) || status.code() == Some(137);
    if limits::names_device_memory(errors) {
        return Outcome::OutOfDeviceMemory;
    }
    if killed && exit.kernel_killed || limits::names_memory(errors) {
        return Outcome::OutOfMemory;
    }
    crashed(match status.code() {
        Some(_) => description(exit),
        None => format!("killed by {}", description(exit)),
    })
}

/// The end of a program in words: `exit code 3`, `SIGKILL`.
pub(crate) fn description(exit: &Exit) -> String {
    use std::os::unix::process::ExitStatusExt;
    match exit.status.map(|status| (status.code(), status.signal())) {
        Some((Some(code), _)) => format!("exit code {code}"),
        Some((None, signal)) => signal_name(signal.unwrap_or(0)),
        None => "unknown".to_owned(),
    }
}

fn is_named_failure(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::OutOfMemory | Outcome::OutOfDeviceMemory | Outcome::Transient | Outcome::Crashed { .. })
}

fn signal_name(number: i32) -> String {
    let named = signal_hook::low_level::signal_name(number);
    named.map_or_else(|| format!("signal {number}"), str::to_owned)
}
