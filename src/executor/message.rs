//! Messages between a job and its parent: a JSON object on a line of its own among anything else.
use std::io::Write;

use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::document::json;
use crate::executor::excerpt::quoted;
use crate::executor::outcome_word::OutcomeWord;
use crate::trial::outcome::{Outcome, OutcomeKind};

/// A message of a job to its parent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message {
    /// The share of the job that is done, from 0 to 1.
    Progress(f64),
    /// A line with a `cost` or `costs`, an `outcome`, or the `error` of a `trial`.
    Report(PrintedReport),
}

/// A report, and the line that it was printed as.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PrintedReport {
    pub object: Map<String, Json>,
    /// Cut where it is long.
    pub line: String,
}

/// The keys of a report that have a meaning of their own.
const MEANINGS: [&str; 13] = [
    "cost",
    "costs",
    "budget",
    "trial",
    "attempt",
    "intermediate",
    "progress",
    "outcome",
    "message",
    "error",
    "info",
    "seconds",
    "config",
];

/// The message of a failure that a program states without a word about it.
const WITHOUT_MESSAGE: &str = "the program reported it without a message";

/// The message of a line; `None` where it is for people.
///
/// `NaN` and `Infinity`, which Python writes although JSON has no such words, are read as null; so is a number beyond
/// the largest. A byte order mark is passed over.
pub(crate) fn parse(line: &[u8]) -> Option<Message> {
    // A progress bar overwrites its line: only what stays visible counts.
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii_end();
    let visible = line.rsplit(|&byte| byte == b'\r').next().unwrap_or_default().trim_ascii();
    if visible.first() != Some(&b'{') || visible.last() != Some(&b'}') {
        return None;
    }
    let text = std::str::from_utf8(visible).ok()?;
    let object = json::object(text).ok()?;
    let is_outcome = object.get("outcome").and_then(Json::as_str).is_some_and(|name| named(name, None).is_some());
    let is_error = object.contains_key("error") && object.contains_key("trial");
    let is_result = object.contains_key("cost") || object.get("costs").is_some_and(Json::is_object);
    if is_result || is_outcome || is_error {
        return Some(Message::Report(PrintedReport { object, line: quoted(text) }));
    }
    let fraction = object.get("progress")?.as_f64()?;
    Some(Message::Progress(fraction.clamp(0.0, 1.0)))
}

/// The budget that a report has reached; `None` where it does not say.
pub(crate) fn reached(report: &Map<String, Json>) -> Option<f64> {
    report.get("budget").and_then(Json::as_f64).filter(|budget| budget.is_finite())
}

/// The part of a budget that a report may lack by rounding.
const ROUNDING: f64 = 1e-6;

/// True for a report that says it is below the budget of its job. A budget that is no whole number may be reached by the
/// whole number below.
pub(crate) fn is_below(report: &Map<String, Json>, budget: Option<f64>) -> bool {
    let least = |asked: f64| if asked > 1.0 { asked.floor() } else { asked };
    reached(report).zip(budget).is_some_and(|(reached, asked)| reached < least(asked) * (1.0 - ROUNDING))
}

/// The values that a report has beside its cost: its `info`, its `metrics`, and whatever stands beside `cost` under a
/// name of its own, such as `"accuracy": 0.9`.
pub(crate) fn info(report: &Map<String, Json>) -> Map<String, Json> {
    let named = |key: &str| report.get(key).and_then(Json::as_object).cloned().unwrap_or_default();
    let mut info = named("info");
    info.extend(named("metrics"));
    let is_own = |key: &str, value: &Json| match key {
        "metrics" | "info" => !value.is_object(),
        _ => !MEANINGS.contains(&key),
    };
    let beside = report.iter().filter(|(key, value)| is_own(key, value));
    info.extend(beside.map(|(key, value)| (key.clone(), value.clone())));
    info
}

/// A reason why a report states no outcome; a clause whose subject is the report.
#[derive(Clone, Debug, PartialEq, Error)]
pub(crate) enum StatedOutcomeError {
    #[error("it has no `cost`")]
    NoCost,
    #[error("it has one `cost`, but the objectives {} need `costs`", .objectives.join(", "))]
    OneCost { objectives: Vec<String> },
    #[error("it has `costs`, but the experiment names no `objectives`")]
    NoObjectives,
    #[error("its `costs` must be an object, not `{stated}`")]
    NotAnObject { stated: Json },
    #[error("its `costs` have `{name}`, which is not one of the objectives {}", .objectives.join(", "))]
    UnknownObjective { name: String, objectives: Vec<String> },
    #[error("its `costs` lack `{name}`")]
    MissingObjective { name: String },
    #[error("its `cost` is not a number: `{stated}`")]
    NotANumber { stated: Json },
    #[error("its `{field}` is not {wanted}: `{stated}`")]
    WrongKind { field: &'static str, wanted: &'static str, stated: Json },
    #[error("its `outcome` is `{word}`, which is no outcome that a program can state beside a cost")]
    NoOutcome { word: String, meant: OutcomeKind },
    #[error("its `costs` have a `{name}` that is not a number: `{stated}`")]
    ObjectiveNotANumber { name: String, stated: Json },
}

impl StatedOutcomeError {
    /// A remedy, where the fault shows one.
    pub(crate) fn hint(&self) -> Option<String> {
        if let Self::NoOutcome { word, meant } = self {
            let is_own = word.parse() == Ok(*meant);
            return Some(match is_own {
                true => "galvani itself decides on it; leave `outcome` out where the cost counts, or print `crashed`"
                    .to_owned(),
                false => format!("did you mean `{meant}`? where the cost counts, leave `outcome` out"),
            });
        }
        if let Self::WrongKind { field, stated, .. } = self {
            let bare = stated.as_str().map(str::trim).filter(|text| serde_json::from_str::<Json>(text).is_ok());
            return Some(match (*field, bare) {
                ("budget" | "intermediate", Some(bare)) => format!("write {bare} without quotes"),
                ("budget", None) => {
                    "it is the budget that was spent, as in `{\"cost\": 0.3, \"budget\": 9}`".to_owned()
                }
                ("intermediate", None) => "write true or false without quotes, or leave it out".to_owned(),
                _ => "it is `crashed`, `diverged` or another name in quotes; leave it out where there is a cost"
                    .to_owned(),
            });
        }
        let (Self::NotANumber { stated } | Self::ObjectiveNotANumber { stated, .. }) = self else { return None };
        match stated {
            Json::String(text) if text.trim().parse::<f64>().is_ok() => {
                Some(format!("write {} without quotes", text.trim()))
            }
            Json::Array(list) if list.len() == 1 => Some("write the number without brackets".to_owned()),
            _ => Some("a cost is one number, as in `{\"cost\": 0.3}`".to_owned()),
        }
    }
}

/// The outcome that a report states, where these are the names of the objectives; none for one objective.
///
/// # Errors
/// It states none.
pub(crate) fn outcome(report: &Map<String, Json>, objectives: &[String]) -> Result<Outcome, StatedOutcomeError> {
    let text = |key: &str| report.get(key).and_then(Json::as_str);
    check_kinds(report)?;
    let is_result = report.contains_key("cost") || report.contains_key("costs");
    if let Some(error) = report.get("error").filter(|_| !is_result) {
        let told = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
        let message = if told.trim().is_empty() { WITHOUT_MESSAGE.to_owned() } else { told };
        return Ok(Outcome::Crashed { message });
    }
    if let Some(word) = text("outcome") {
        match OutcomeWord::of(word) {
            OutcomeWord::Failure(_) => return named(word, text("message")).ok_or(StatedOutcomeError::NoCost),
            OutcomeWord::Reserved(meant) | OutcomeWord::Like(meant) => {
                return Err(StatedOutcomeError::NoOutcome { word: quoted(word), meant });
            }
            OutcomeWord::Success | OutcomeWord::Own => {}
        }
    }
    match (report.get("cost"), report.get("costs")) {
        (_, Some(stated)) if !objectives.is_empty() => costs(stated, objectives),
        (Some(_), None) if !objectives.is_empty() => {
            Err(StatedOutcomeError::OneCost { objectives: objectives.to_vec() })
        }
        (Some(stated), _) => cost(stated),
        (None, Some(_)) => Err(StatedOutcomeError::NoObjectives),
        (None, None) => Err(StatedOutcomeError::NoCost),
    }
}

/// Fails where a field that a report may leave out, or give as null, has a value of another kind.
fn check_kinds(report: &Map<String, Json>) -> Result<(), StatedOutcomeError> {
    let wrong = [
        ("budget", "a number", Json::is_number as fn(&Json) -> bool),
        ("intermediate", "true or false", Json::is_boolean),
        ("outcome", "the name of an outcome", Json::is_string),
    ];
    for (field, wanted, is_right) in wrong {
        if let Some(stated) = report.get(field).filter(|stated| !stated.is_null() && !is_right(stated)) {
            return Err(StatedOutcomeError::WrongKind { field, wanted, stated: stated.clone() });
        }
    }
    Ok(())
}

/// The outcome of costs by name, one for each of several objectives.
fn costs(stated: &Json, objectives: &[String]) -> Result<Outcome, StatedOutcomeError> {
    let Some(named) = stated.as_object() else {
        return Err(StatedOutcomeError::NotAnObject { stated: stated.clone() });
    };
    if let Some(unknown) = named.keys().find(|name| !objectives.contains(name)) {
        return Err(StatedOutcomeError::UnknownObjective { name: unknown.clone(), objectives: objectives.to_vec() });
    }
    let mut found = Vec::new();
    for name in objectives {
        let stated = named.get(name).ok_or_else(|| StatedOutcomeError::MissingObjective { name: name.clone() })?;
        let not_a_number = |_| StatedOutcomeError::ObjectiveNotANumber { name: name.clone(), stated: stated.clone() };
        match cost(stated).map_err(not_a_number)? {
            Outcome::Finished(costs) => found.push(costs.primary()),
            other => return Ok(other),
        }
    }
    Ok(Outcome::of_costs(found))
}

/// The outcome of a cost: a number, or null or the word for a number that is not finite.
///
/// # Errors
/// [`StatedOutcomeError::NotANumber`].
pub(crate) fn cost(cost: &Json) -> Result<Outcome, StatedOutcomeError> {
    match cost {
        Json::Number(number) => Ok(Outcome::of_cost(number.as_f64().unwrap_or(f64::INFINITY))),
        Json::Null => Ok(Outcome::Diverged),
        Json::String(word) if word.parse::<f64>().is_ok_and(|cost| !cost.is_finite()) => Ok(Outcome::Diverged),
        other => Err(StatedOutcomeError::NotANumber { stated: other.clone() }),
    }
}

/// The failure that a program itself has recognized.
fn named(name: &str, message: Option<&str>) -> Option<Outcome> {
    match OutcomeWord::of(name) {
        OutcomeWord::Failure(kind) => {
            let told = message.filter(|message| !message.trim().is_empty());
            Outcome::without_cost(kind, told.unwrap_or(WITHOUT_MESSAGE))
        }
        _ => None,
    }
}

/// Tells the parent the share that is done, from 0 to 1.
pub(crate) fn progress(fraction: f64) {
    say(&serde_json::json!({ "progress": fraction }));
}

/// Tells the parent the cost after spending a budget; the last such line is the trial's result.
pub(crate) fn report(cost: f64, budget: f64, info: &Map<String, Json>) {
    say(&serde_json::json!({ "cost": cost, "budget": budget, "info": info }));
}

/// Prints a line at once; a parent that is gone is no reason to panic.
fn say(object: &Json) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{object}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Found {
        Outcome(Outcome),
        Problem,
        Nothing,
    }

    #[test]
    fn a_result_is_found_in_whatever_a_program_prints() {
        let finished = |cost| Found::Outcome(Outcome::of_cost(cost));
        let table: [(&[u8], Found); 24] = [
            (b"{\"outcome\": \"out_of_device_memory\"}", Found::Outcome(Outcome::OutOfDeviceMemory)),
            (b"{\"outcome\": \"lovely\"}", Found::Nothing),
            (b"{\"trial\": 7, \"error\": \"no\"}", Found::Outcome(Outcome::Crashed { message: "no".into() })),
            (b"{\"error\": \"a line of some log\"}", Found::Nothing),
            (b"{\"cost\": 0.25}", finished(0.25)),
            (b"  {\"budget\": 9, \"cost\": 3, \"info\": {\"x\": \"}\"}}  \r", finished(3.0)),
            (b" 50%|###  |\r100%|#####|\r{\"cost\": 1e-3}", finished(1e-3)),
            (b"{\"cost\": NaN}", Found::Outcome(Outcome::Diverged)),
            (b"{\"cost\": -Infinity, \"info\": {\"NaN\": \"\\\"NaN\"}}", Found::Outcome(Outcome::Diverged)),
            (b"{\"cost\": 1, \"info\": {\"loss\": NaN}}", finished(1.0)),
            (b"{\"cost\": null}", Found::Outcome(Outcome::Diverged)),
            (b"{\"cost\": nan}", Found::Outcome(Outcome::Diverged)),
            (b"{\"cost\": -inf}", Found::Outcome(Outcome::Diverged)),
            (b"{\"cost\": 1e999}", Found::Outcome(Outcome::Diverged)),
            (b"\xef\xbb\xbf{\"cost\": 2}", finished(2.0)),
            (b"{\"cost\": \"inf\"}", Found::Outcome(Outcome::Diverged)),
            (b"{\"cost\": \"0.3\"}", Found::Problem),
            (b"{\"cost\": [1]}", Found::Problem),
            (b"{\"cost\": 0.2", Found::Nothing),
            (b"\"cost\": 0.2}", Found::Nothing),
            (b"cost 0.2", Found::Nothing),
            (b"{\"costs\": 0.2}", Found::Nothing),
            (b"{\"cost\": 0.2\xff}", Found::Nothing),
            (b"", Found::Nothing),
        ];
        for (line, expected) in table {
            let found = match parse(line) {
                Some(Message::Report(PrintedReport { object, .. })) => {
                    outcome(&object, &[]).map_or(Found::Problem, Found::Outcome)
                }
                _ => Found::Nothing,
            };
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn costs_of_several_objectives_are_in_their_order() {
        let names = ["loss".to_owned(), "latency".to_owned()];
        let stated = |line: &str| match parse(line.as_bytes()) {
            Some(Message::Report(PrintedReport { object, .. })) => outcome(&object, &names),
            _ => panic!("no report: {line}"),
        };
        let found = stated(r#"{"costs": {"latency": 12, "loss": 0.5}}"#);
        assert_eq!(found, Ok(Outcome::of_costs(vec![0.5, 12.0])));
        assert_eq!(stated(r#"{"costs": {"latency": NaN, "loss": 0.5}}"#), Ok(Outcome::Diverged));
        for (line, problem) in [
            (r#"{"costs": {"loss": 0.5}}"#, "lack `latency`"),
            (r#"{"costs": {"loss": 0.5, "latency": 1, "size": 1}}"#, "have `size`"),
            (r#"{"costs": {"loss": "low", "latency": 1}}"#, "have a `loss` that is not a number"),
            (r#"{"cost": 0.5}"#, "objectives loss, latency need `costs`"),
        ] {
            assert!(stated(line).is_err_and(|error| error.to_string().contains(problem)), "{line}");
        }
        let Some(Message::Report(PrintedReport { object, .. })) = parse(br#"{"costs": {"loss": 1}}"#) else {
            panic!("it is a report")
        };
        assert!(outcome(&object, &[]).is_err_and(|error| error.to_string().contains("names no `objectives`")));
    }

    #[test]
    fn fields_of_another_kind_are_named() {
        for (fields, words, hint) in [
            (r#""cost": 0.3, "budget": "x""#, "`budget` is not a number: `\"x\"`", "was spent"),
            (r#""cost": 0.3, "budget": "9""#, "`budget` is not a number", "9 without quotes"),
            (r#""cost": 0.3, "budget": [9]"#, "`budget` is not a number", "was spent"),
            (r#""cost": 0.3, "intermediate": "yes""#, "`intermediate` is not true or false", "true or false"),
            (r#""cost": 0.3, "intermediate": 1"#, "`intermediate` is not true or false: `1`", "true or false"),
            (r#""cost": 0.3, "outcome": 5"#, "`outcome` is not the name of an outcome: `5`", "in quotes"),
            (r#""cost": 0.3, "outcome": "failed""#, "`outcome` is `failed`, which is no outcome", "mean `crashed`?"),
            (r#""cost": 0.3, "outcome": "timed_out""#, "`outcome` is `timed_out`", "galvani itself decides"),
            (r#""cost": 0.3, "outcome": "baseline""#, "", ""),
            (r#""cost": 0.3, "outcome": null, "budget": null, "intermediate": null"#, "", ""),
        ] {
            let Some(Message::Report(PrintedReport { object, .. })) = parse(format!("{{{fields}}}").as_bytes()) else {
                panic!("{fields} is a report")
            };
            match outcome(&object, &[]) {
                Ok(found) => assert!(words.is_empty() && found == Outcome::of_cost(0.3), "{fields}"),
                Err(error) => {
                    assert!(!words.is_empty() && error.to_string().contains(words), "{error}");
                    assert!(error.hint().is_some_and(|found| found.contains(hint)), "{error:?}");
                }
            }
        }
    }

    #[test]
    fn values_beside_the_cost_are_kept_under_their_names() {
        let line =
            br#"{"trial": 1, "cost": 1, "accuracy": 0.9, "info": {"epoch": 3}, "metrics": {"f1": 2}, "budget": 4}"#;
        let Some(Message::Report(PrintedReport { object, .. })) = parse(line) else { panic!("it is a report") };
        assert_eq!(Json::Object(info(&object)), serde_json::json!({ "epoch": 3, "f1": 2, "accuracy": 0.9 }));
        assert_eq!(reached(&object), Some(4.0));
    }

    #[test]
    fn progress_stays_between_nothing_and_all() {
        for (line, expected) in
            [("0.4", Some(0.4)), ("7", Some(1.0)), ("-1", Some(0.0)), ("NaN", None), ("\"x\"", None)]
        {
            let message = parse(format!("{{\"progress\": {line}}}").as_bytes());
            assert_eq!(message, expected.map(Message::Progress), "{line}");
        }
    }
}
