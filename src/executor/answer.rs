//! Answers of a program that runs one job after another: the job that a report belongs to.
use serde_json::Value as Json;

use crate::document::json::kind;
use crate::executor::job::Launch;
use crate::executor::message::{self, PrintedReport};

/// The relation of a report to the job that was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Attribution {
    /// It ends the job.
    Answer,
    /// It is a cost on the way to the answer.
    Intermediate,
    /// It is the last answer once more.
    Repeated,
    /// It has no `trial`.
    Nobody,
    /// Its `trial` is no whole number.
    NoNumber,
    /// Its `trial` is another one.
    Another(f64),
}

/// The relation of a report to a job; `before` is the answer to the job before.
///
/// A report below the budget of its job is on the way, also where it does not say so.
pub(crate) fn attribution(report: &PrintedReport, launch: &Launch, before: Option<&PrintedReport>) -> Attribution {
    let object = &report.object;
    let number = match object.get("trial") {
        None => return Attribution::Nobody,
        Some(stated) => match stated.as_f64().filter(|number| number.fract() == 0.0) {
            None => return Attribution::NoNumber,
            Some(number) => number,
        },
    };
    if number != f64::from(launch.job.number()) {
        let is_repeated = before.is_some_and(|before| before.object == *object);
        return if is_repeated { Attribution::Repeated } else { Attribution::Another(number) };
    }
    let is_stated = object.get("intermediate").and_then(Json::as_bool).unwrap_or(false);
    let is_failure = object.contains_key("outcome") || object.contains_key("error");
    if is_stated || !is_failure && message::is_below(object, launch.budget) {
        Attribution::Intermediate
    } else {
        Attribution::Answer
    }
}

impl Attribution {
    /// The message of a crash that this relation is.
    pub(crate) fn fault(self, report: &PrintedReport, launch: &Launch) -> String {
        let asked = launch.job.number();
        let fault = match self {
            Self::NoNumber => {
                let stated = report.object.get("trial").unwrap_or(&Json::Null);
                format!("its `trial` is {}, not the number {asked}", kind(stated))
            }
            Self::Another(number) => format!("it is for trial {number}, but trial {asked} was asked for"),
            _ => "it has no `trial`".to_owned(),
        };
        format!(
            "it answered `{}`: {fault}\nhint: a program with `mode: Persistent` repeats the number of the request: `{}`",
            report.line,
            launch.wanted().example
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::message::Message;
    use crate::executor::scripted::sample_launch;

    fn report(line: &str) -> PrintedReport {
        match message::parse(line.as_bytes()) {
            Some(Message::Report(report)) => report,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn every_report_is_of_one_job_or_of_none() {
        let launch = Launch { budget: Some(9.0), request: Some(String::new()), ..sample_launch(7) };
        let before = report(r#"{"trial": 6, "cost": 1}"#);
        for (line, expected, words) in [
            (r#"{"trial": 7, "cost": 1}"#, Attribution::Answer, ""),
            (r#"{"trial": 7.0, "cost": 1, "budget": 9}"#, Attribution::Answer, ""),
            (r#"{"trial": 7, "error": "no"}"#, Attribution::Answer, ""),
            (r#"{"trial": 7, "cost": 1, "budget": 3}"#, Attribution::Intermediate, ""),
            (r#"{"trial": 7, "outcome": "crashed", "budget": 3}"#, Attribution::Answer, ""),
            (r#"{"trial": 7, "cost": 1, "intermediate": true}"#, Attribution::Intermediate, ""),
            (r#"{"trial": 6, "cost": 1}"#, Attribution::Repeated, ""),
            (r#"{"trial": 6, "cost": 2}"#, Attribution::Another(6.0), "for trial 6, but trial 7"),
            (r#"{"trial": 8, "cost": 1}"#, Attribution::Another(8.0), "for trial 8"),
            (r#"{"cost": 1}"#, Attribution::Nobody, "no `trial`"),
            (r#"{"trial": "7", "cost": 1}"#, Attribution::NoNumber, "is text, not the number 7"),
            (r#"{"trial": null, "cost": 1}"#, Attribution::NoNumber, "is null"),
            (r#"{"trial": 7.5, "cost": 1}"#, Attribution::NoNumber, "not the number 7"),
        ] {
            let report = report(line);
            let found = attribution(&report, &launch, Some(&before));
            assert_eq!(found, expected, "{line}");
            let fault = found.fault(&report, &launch);
            assert!(fault.contains(words) && fault.contains(line), "{fault}");
        }
    }
}
