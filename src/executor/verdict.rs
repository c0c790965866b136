//! Verdicts: the outcome of a job from the end of its program and its last report.
use rustix::process::Signal;

use crate::document::diagnostic::Diagnostic;
use crate::executor::job::Launch;
use crate::executor::limits::{self, Exceeded};
use crate::executor::message::{self, PrintedReport};
use crate::executor::supervised::{Cause, Exit};
use crate::trial::budget::Budget;
use crate::trial::outcome::Outcome;

/// The message of a job that exceeded its room on disk.
pub(crate) const DISK_EXCEEDED: &str = "its folder and its checkpoint exceeded `disk_limit_mib`";

/// The outcome of a job whose program has ended. `errors` is the end of its standard error; `missing` explains a program
/// that ended well without a report.
pub(crate) fn outcome(
    exit: &Exit,
    report: Option<&PrintedReport>,
    launch: &Launch,
    errors: &str,
    missing: impl FnOnce() -> Diagnostic,
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
    let stated = report.map(|report| message::outcome(&report.object, &launch.objectives));
    if status.success() {
        let problem = match (stated, report.and_then(|report| early(report, launch).or_else(|| beyond(report, launch))))
        {
            (Some(Ok(outcome)), Some(misplaced)) if outcome.cost().is_some() => misplaced,
            (Some(Ok(outcome)), _) => return outcome,
            (Some(Err(problem)), _) => {
                let hint = problem.hint();
                let line = report.map(|report| report.line.as_str()).unwrap_or_default();
                let problem = Diagnostic::new(format!("its last result is `{line}`: {problem}"));
                hint.into_iter().fold(problem, Diagnostic::hint)
            }
            (None, _) => missing(),
        };
        // The fault stands last, where a log is read first.
        let before = if errors.is_empty() { String::new() } else { format!("standard error ends:\n{errors}\n") };
        return Outcome::Crashed { message: format!("{before}exit code 0, but {problem}") };
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

/// The fault of a last report that is below the budget of its job; `None` where it has reached it, or does not say.
fn early(report: &PrintedReport, launch: &Launch) -> Option<Diagnostic> {
    let (asked, reached) = (launch.budget?, message::reached(&report.object)?);
    message::is_below(&report.object, launch.budget).then(|| {
        let message = format!("it ended at {reached} of its budget of {asked}: its last result is `{}`", report.line);
        Diagnostic::new(message).hint(
            "a program that stops early ends with a line without `budget`, as in `{\"cost\": 0.3}`, whose cost counts as that of the whole budget",
        )
    })
}

/// The fault of a result that is above the budget of its job; `None` where it is not, or does not say.
pub(crate) fn beyond(report: &PrintedReport, launch: &Launch) -> Option<Diagnostic> {
    let (asked, reached) = (Budget::new(launch.budget?)?, message::reached(&report.object)?);
    asked.is_exceeded_by(reached).then(|| {
        let message =
            format!("its result is of the budget {reached}, above that of the trial, {asked}: `{}`", report.line);
        Diagnostic::new(message)
            .hint("a trial ends at its budget, and a result without `budget` counts as that of the whole budget")
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
