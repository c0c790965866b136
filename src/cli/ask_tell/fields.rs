//! Fields of a request: each is taken once, and its faults are told with its name.
use serde_json::{Map, Value as Json};

use crate::document::diagnostic::Diagnostic;
use crate::document::json::kind;
use crate::document::spelling::{nearest, suggestion};
use crate::executor::excerpt::quoted;

/// The fields of a request that were not taken yet.
pub(super) struct Fields<'a> {
    request: &'a str,
    object: Map<String, Json>,
}

/// The names of the fields of a request.
fn known(request: &str) -> &'static [&'static str] {
    match request {
        "ask" => &["count"],
        "tell" => &["trial", "cost", "costs", "outcome", "message", "seconds", "info", "metrics"],
        "report" => &["trial", "budget", "cost"],
        _ => &[],
    }
}

/// The hint that shows a request.
pub(super) fn example(request: &str) -> String {
    let line = match request {
        "ask" => "{\"ask\": {\"count\": 2}}",
        "tell" => "{\"tell\": {\"trial\": 1, \"cost\": 0.31}}",
        "report" => "{\"report\": {\"trial\": 1, \"budget\": 1.5, \"cost\": 0.5}}",
        _ => "{\"best\": {}}",
    };
    format!("for example {line}")
}

impl<'a> Fields<'a> {
    /// The fields in the body of a request.
    pub(super) fn of(request: &'a str, body: Json) -> Result<Self, Diagnostic> {
        match body {
            Json::Object(object) => Ok(Self { request, object }),
            other => {
                let message = format!("`{request}` must be an object in braces, not {}", kind(&other));
                Err(Diagnostic::new(message).hint(example(request)))
            }
        }
    }

    fn wrong(&self, field: &str, rule: &str, value: &Json) -> Diagnostic {
        let written = quoted(&value.to_string());
        let message = format!("`{}.{field}` must be {rule}, not {written}", self.request);
        Diagnostic::new(message).hint(example(self.request)).field(field.to_owned())
    }

    /// A field of any kind.
    pub(super) fn any(&mut self, field: &str) -> Option<Json> {
        self.object.shift_remove(field)
    }

    /// A whole number, 0 or above.
    pub(super) fn whole(&mut self, field: &str) -> Result<Option<u64>, Diagnostic> {
        let Some(value) = self.any(field) else { return Ok(None) };
        let whole = value.as_u64().or_else(|| {
            // Languages without whole numbers write 1.0.
            let number = value.as_f64()?;
            format!("{number}").parse().ok()
        });
        whole.map(Some).ok_or_else(|| self.wrong(field, "a whole number", &value))
    }

    /// A number; null, which stands for one that is not finite, is NaN.
    pub(super) fn number(&mut self, field: &str) -> Result<Option<f64>, Diagnostic> {
        let Some(value) = self.any(field) else { return Ok(None) };
        match &value {
            Json::Null => Ok(Some(f64::NAN)),
            _ => value.as_f64().map(Some).ok_or_else(|| self.wrong(field, "a number", &value)),
        }
    }

    /// A text; null is as absent.
    pub(super) fn text(&mut self, field: &str) -> Result<Option<String>, Diagnostic> {
        match self.any(field) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(field, "text", &other)),
        }
    }

    /// An object; null is as absent.
    pub(super) fn object(&mut self, field: &str) -> Result<Option<Map<String, Json>>, Diagnostic> {
        match self.any(field) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Object(object)) => Ok(Some(object)),
            Some(other) => Err(self.wrong(field, "an object in braces", &other)),
        }
    }

    /// A field that must be there.
    pub(super) fn needed<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&mut Self, &str) -> Result<Option<T>, Diagnostic>,
    ) -> Result<T, Diagnostic> {
        let missing = Diagnostic::new(format!("`{}` needs the field `{field}`", self.request));
        read(self, field)?.ok_or_else(|| missing.hint(example(self.request)).field(field.to_owned()))
    }

    /// Numbers under names that are no field's and not nearly one's, such as `"accuracy": 0.9`.
    pub(super) fn measurements(&mut self) -> Map<String, Json> {
        let known = known(self.request);
        let is_measured = |key: &str, value: &Json| {
            (value.is_number() || value.is_null()) && nearest(key, known.iter().copied()).is_none()
        };
        let (taken, left) =
            std::mem::take(&mut self.object).into_iter().partition(|(key, value)| is_measured(key, value));
        self.object = left;
        taken
    }

    /// Checks that no field is left.
    pub(super) fn end(self) -> Result<(), Diagnostic> {
        let Some((field, value)) = self.object.iter().next() else { return Ok(()) };
        let name = quoted(field);
        let diagnostic = Diagnostic::new(format!("`{}` has no field `{name}`", self.request)).field(field.clone());
        Err(match known(self.request) {
            [] => diagnostic.hint(example(self.request)),
            known
                if self.request == "tell" && !value.is_number() && nearest(field, known.iter().copied()).is_none() =>
            {
                diagnostic.hint("values beside the cost are numbers, or stand in `info`")
            }
            known => diagnostic.hint(suggestion(field, known.iter().copied())),
        })
    }
}
