//! Requests of `ask-tell`: a JSON object a line.
use serde_json::{Map, Value as Json};

use super::fields::{Fields, example};
use crate::document::diagnostic::Diagnostic;
use crate::document::json;
use crate::document::spelling::suggestion;
use crate::executor::message::{self, StatedOutcomeError};
use crate::trial::outcome::{Outcome, OutcomeKind};

/// The names of all requests.
const REQUESTS: [&str; 4] = ["ask", "tell", "report", "best"];

/// A line from the client.
#[derive(Debug)]
pub(super) enum ClientRequest {
    Ask {
        count: u64,
    },
    Tell(Box<TellRequest>),
    /// A cost after a part of a trial's budget; NaN for one that is not a number.
    Report {
        trial: u64,
        budget: f64,
        cost: f64,
    },
    Best,
}

#[derive(Debug)]
pub(super) struct TellRequest {
    pub trial: u64,
    /// Absent is not the same as null, which is what a cost that is not a number becomes on its way.
    pub cost: Option<Json>,
    /// One for each objective, where there are several.
    pub costs: Option<Json>,
    pub outcome: Option<String>,
    pub message: Option<String>,
    /// The seconds that it took; absent: the time since it was given away.
    pub seconds: Option<f64>,
    /// Values beside the cost.
    pub info: Map<String, Json>,
}

impl ClientRequest {
    /// The request that a line holds.
    ///
    /// # Errors
    /// It is not one request.
    pub(super) fn parse(line: &[u8]) -> Result<Self, Diagnostic> {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let text = std::str::from_utf8(line).map_err(|_| Diagnostic::new("the line is not text in UTF-8"))?;
        let object = json::object(text.trim())
            .map_err(|error| Diagnostic::new(format!("the line is not a JSON object: {error}")).hint(example("ask")))?;
        if object.len() != 1 {
            let message = "a line has one request: `ask`, `tell`, `report` or `best`";
            return Err(Diagnostic::new(message).hint(example("ask")));
        }
        let (name, body) = object.into_iter().next().expect("an object with one entry");
        Self::of(name, body)
    }

    /// The request of a name and a body.
    ///
    /// # Errors
    /// There is no such request, or it has other fields.
    pub(super) fn of(name: String, body: Json) -> Result<Self, Diagnostic> {
        if !REQUESTS.contains(&name.as_str()) {
            let name = crate::executor::excerpt::quoted(&name);
            return Err(Diagnostic::new(format!("there is no request `{name}`")).hint(suggestion(&name, REQUESTS)));
        }
        let mut fields = Fields::of(&name, body)?;
        let request = match name.as_str() {
            "ask" => Self::Ask { count: fields.whole("count")?.unwrap_or(1) },
            "tell" => Self::Tell(Box::new(TellRequest::read(&mut fields)?)),
            "report" => Self::Report {
                trial: fields.needed("trial", Fields::whole)?,
                budget: fields.needed("budget", Fields::number)?,
                cost: fields.needed("cost", Fields::number)?,
            },
            _ => Self::Best,
        };
        fields.end()?;
        Ok(request)
    }
}

impl TellRequest {
    fn read(fields: &mut Fields) -> Result<Self, Diagnostic> {
        let mut tell = Self {
            trial: fields.needed("trial", Fields::whole)?,
            cost: fields.any("cost"),
            costs: fields.any("costs").filter(|costs| !costs.is_null()),
            outcome: fields.text("outcome")?,
            message: fields.text("message")?,
            seconds: fields.number("seconds")?,
            info: fields.object("info")?.unwrap_or_default(),
        };
        tell.info.extend(fields.object("metrics")?.unwrap_or_default());
        tell.info.extend(fields.measurements());
        Ok(tell)
    }

    /// The outcome: a cost, or one for each of several objectives, or the way the trial failed.
    ///
    /// # Errors
    /// The fields contradict each other, or a cost is not a number.
    pub(super) fn outcome(&self, objectives: &[String]) -> Result<Outcome, Diagnostic> {
        let wrong = |error: StatedOutcomeError| {
            let hint = error.hint();
            hint.into_iter().fold(Diagnostic::new(error.to_string()), Diagnostic::hint)
        };
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
            (None, None) => Err(Diagnostic::new("`tell` has neither a `cost` nor an `outcome`").hint(example("tell"))),
        }
    }
}
