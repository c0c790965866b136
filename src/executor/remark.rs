//! Remarks on results: a result that counts, and that its user may have meant otherwise.
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use thiserror::Error;

use crate::executor::message::PrintedReport;
use crate::executor::outcome_word::OutcomeWord;
use crate::trial::outcome::{Outcome, OutcomeKind};

/// A remark on the result of a job; a clause whose subject is the job.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// A cost is null, NaN or infinite.
    #[error("diverged: its result is `{line}`, and a cost that is not a finite number counts as `diverged`")]
    NotFinite { line: String },
    /// A word of the program's own stands as `outcome` beside a cost.
    #[error(
        "counts as `finished`: its result is `{line}`, and no outcome is named `{word}`; there are {}",
        OutcomeKind::ALL.map(OutcomeKind::word).join(", ")
    )]
    OwnOutcome { line: String, word: String },
}

impl Remark {
    /// The remark on a report that led to this outcome.
    pub(crate) fn on(report: &PrintedReport, outcome: &Outcome) -> Option<Self> {
        let word = report.object.get("outcome").and_then(Json::as_str);
        let meaning = word.map(OutcomeWord::of);
        let line = report.line.clone();
        match (outcome, meaning, word) {
            (Outcome::Diverged, Some(OutcomeWord::Failure(_)), _) => None,
            (Outcome::Diverged, ..) => Some(Self::NotFinite { line }),
            (Outcome::Finished(_), Some(OutcomeWord::Own), Some(word)) => {
                Some(Self::OwnOutcome { line, word: crate::executor::excerpt::quoted(word) })
            }
            _ => None,
        }
    }

    /// The end of a program in words, with the result where it is not what listings show.
    pub(crate) fn beside(remark: Option<&Self>, exit: String) -> String {
        match remark {
            Some(Self::NotFinite { line }) => format!("{exit}, with the result `{line}`"),
            _ => exit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::message::{self, Message};

    #[test]
    fn results_that_surprise_are_told_with_their_line() {
        for (line, words) in [
            (r#"{"cost": 0.3}"#, ""),
            (r#"{"cost": 0.3, "outcome": "finished"}"#, ""),
            (r#"{"cost": 0.3, "outcome": "ok"}"#, ""),
            (r#"{"cost": null}"#, "diverged: its result is `{\"cost\": null}`"),
            (r#"{"cost": NaN, "loss": 3}"#, "diverged: its result is `{\"cost\": NaN, \"loss\": 3}`"),
            (r#"{"cost": "inf"}"#, "not a finite number"),
            (r#"{"cost": null, "outcome": "diverged"}"#, ""),
            (r#"{"outcome": "diverged"}"#, ""),
            (r#"{"cost": 0.3, "outcome": "baseline"}"#, "no outcome is named `baseline`; there are finished, "),
        ] {
            let Some(Message::Report(report)) = message::parse(line.as_bytes()) else { panic!("{line} is a report") };
            let outcome = message::outcome(&report.object, &[]).unwrap();
            let said = Remark::on(&report, &outcome).map(|remark| remark.to_string()).unwrap_or_default();
            assert!(said.contains(words) && said.is_empty() == words.is_empty(), "{line}: {said}");
        }
    }
}
