//! Transcripts: the outcome of a program from everything that it printed, without a process.
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::mpsc;

use crate::executor::answer::{Attribution, attribution};
use crate::executor::job::Launch;
use crate::executor::message::{self, Message, PrintedReport};
use crate::executor::near_miss::{self, Unanswered};
use crate::executor::output::{self, Heard, OutputEnd};
use crate::executor::supervised::Exit;
use crate::executor::verdict;
use crate::trial::outcome::Outcome;

/// The outcome of a job whose program printed this and then ended with success. Where the launch has a request, the
/// program is one that answers.
pub fn outcome(output: &[u8], errors: &str, launch: &Launch) -> Outcome {
    let end = OutputEnd::default();
    let reports = reports(output, &end);
    let exit = Exit { status: Some(ExitStatus::from_raw(0)), cause: None, kernel_killed: false };
    let missing = || {
        let state = end.state();
        let unanswered = Unanswered { output: &state.last, overlong: state.overlong, errors };
        near_miss::explain(&launch.wanted(), unanswered)
    };
    if launch.request.is_none() {
        return verdict::outcome(&exit, reports.last(), launch, errors, missing);
    }
    for report in &reports {
        match attribution(report, launch, None) {
            Attribution::Intermediate => {}
            Attribution::Answer => {
                let stated = message::outcome(&report.object, &launch.objectives);
                return stated.unwrap_or_else(|error| Outcome::Crashed { message: error.to_string() });
            }
            wrong => return Outcome::Crashed { message: wrong.fault(report, launch) },
        }
    }
    verdict::outcome(&exit, None, launch, errors, missing)
}

/// All reports in an output.
fn reports(bytes: &[u8], end: &OutputEnd) -> Vec<PrintedReport> {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    let (sender, heard) = mpsc::sync_channel(lines);
    output::listen(bytes, None, sender, end, |_| ());
    let report = |heard| match heard {
        Heard::Message(Message::Report(report)) => Some(report),
        Heard::Message(Message::Progress(_)) | Heard::Errors(_) => None,
    };
    heard.iter().filter_map(report).collect()
}
