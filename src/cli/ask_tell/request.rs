//! Requests of `ask-tell`: a JSON object a line.
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::document::diagnostic::Diagnostic;
use crate::executor::message::{self, StatedOutcomeError};
use crate::trial::outcome::{Outcome, OutcomeKind};

/// A line from the client.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ClientRequest {
    Ask(AskRequest),
    Tell(Box<TellRequest>),
    Report(ReportRequest),
    Best(BestRequest),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskRequest {
    #[serde(default = "one")]
    pub count: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BestRequest {}

/// A cost after a part of a trial's budget.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportRequest {
    pub trial: u32,
    pub budget: f64,
    pub cost: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TellRequest {
    pub trial: u32,
    /// Absent is not the same as null, which is what a cost that is not a number becomes on its way.
    #[serde(default, deserialize_with = "present")]
    pub cost: Option<Json>,
    /// One for each objective, where there are several.
    pub costs: Option<Json>,
    pub outcome: Option<String>,
    pub message: Option<String>,
    /// The seconds that it took; absent: the time since it was given away.
    pub seconds: Option<f64>,
    #[serde(default)]
    pub info: Map<String, Json>,
}

fn one() -> u32 {
    1
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

impl ClientRequest {
    /// The request that a line holds.
    ///
    /// # Errors
    /// It is not one request.
    pub(super) fn parse(line: &[u8]) -> Result<Self, Diagnostic> {
        let wrong = |message: String| Diagnostic::new(message);
        let text = std::str::from_utf8(line).map_err(|error| wrong(format!("the line is not UTF-8: {error}")))?;
        let object = message::object(text.trim());
        let object = object.map_err(|error| wrong(format!("the line is not a JSON object: {error}")))?;
        if object.len() != 1 {
            return Err(wrong("a line has one request: `ask`, `tell`, `report` or `best`".into()));
        }
        serde_json::from_value(Json::Object(object)).map_err(|error| wrong(error.to_string()))
    }
}

impl TellRequest {
    /// The outcome: a cost, or one for each of several objectives, or the way the trial failed.
    ///
    /// # Errors
    /// The fields contradict each other, or a cost is not a number.
    pub(super) fn outcome(&self, objectives: &[String]) -> Result<Outcome, Diagnostic> {
        let wrong = |error: StatedOutcomeError| Diagnostic::new(error.to_string());
        if let Some(message) = &self.message
            && self.outcome.as_deref() != Some(OutcomeKind::Crashed.word())
        {
            return Err(Diagnostic::new(format!("`message` goes with `\"outcome\": \"crashed\"`: {message}")));
        }
        let kind = self.outcome.as_deref().unwrap_or(OutcomeKind::Finished.word()).parse::<OutcomeKind>();
        let kind = kind.map_err(|unknown| Diagnostic::new(unknown.to_string()))?;
        let failed = Outcome::without_cost(kind, self.message.as_deref().unwrap_or_default());
        if failed.is_none() && (self.costs.is_some() || !objectives.is_empty()) {
            let report = [("cost", &self.cost), ("costs", &self.costs)].into_iter();
            let report = report.filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))).collect();
            return message::outcome(&report, objectives).map_err(wrong);
        }
        match (failed, &self.cost.as_ref().or(self.costs.as_ref())) {
            (Some(failed), None | Some(Json::Null)) => Ok(failed),
            (Some(failed), Some(cost)) => {
                let message = format!("a trial that is {} has no cost, but this has {cost}", failed.kind());
                Err(Diagnostic::new(message))
            }
            (None, Some(cost)) => message::cost(cost).map_err(wrong),
            (None, None) => Err(Diagnostic::new("`tell` has neither a `cost` nor an `outcome`")),
        }
    }
}
