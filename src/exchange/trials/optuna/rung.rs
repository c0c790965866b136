//! Rungs: the trials of a configuration, which Optuna keeps as an attribute of one trial.
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::exchange::trials::exported::ExportedTrial;
use crate::exchange::trials::found::FoundResult;
use crate::exchange::trials::json::numbers;
use crate::trial::outcome::OutcomeKind;

/// A trial as an element of the attribute.
pub(super) fn element(each: &ExportedTrial) -> Json {
    let proposal = &each.trial.proposal;
    let mut rung = Map::from_iter([
        ("trial".to_owned(), json!(proposal.trial)),
        ("budget".to_owned(), json!(proposal.budget.amount())),
        ("seed".to_owned(), json!(proposal.seed)),
        ("outcome".to_owned(), json!(each.outcome())),
    ]);
    match each.costs() {
        [] => {}
        [cost] => drop(rung.insert("cost".into(), json!(cost))),
        costs => drop(rung.insert("cost".into(), json!(costs))),
    }
    for (name, value) in [
        ("instance", json!(each.instance())),
        ("message", json!(each.message())),
        ("seconds", json!(each.seconds)),
        ("started", json!(each.started.map(|at| at.to_string()))),
        ("ended", json!(each.ended.map(|at| at.to_string()))),
        ("info", json!(each.info())),
    ] {
        if !value.is_null() {
            rung.insert(name.to_owned(), value);
        }
    }
    Json::Object(rung)
}

/// A time of a trial in seconds since 1970.
fn time(rung: &Json, field: &str) -> Option<f64> {
    let at: Timestamp = rung.get(field)?.as_str()?.parse().ok()?;
    Some(at.as_duration().as_secs_f64())
}

/// A trial that an attribute holds.
#[derive(Clone, Debug)]
pub(super) struct Rung {
    /// The number of the trial, by which those of all configurations are put in order.
    pub trial: u64,
    budget: f64,
    costs: Vec<f64>,
    outcome: Option<OutcomeKind>,
    seed: u64,
    times: Option<(f64, f64)>,
}

impl Rung {
    /// The budget of the trial.
    pub(super) fn budget(&self) -> f64 {
        self.budget
    }

    /// The trials in an attribute; `None` where it is another program's.
    pub(super) fn all(attribute: &Json) -> Option<Vec<Self>> {
        let rung = |rung: &Json| {
            let outcome: Option<OutcomeKind> = rung.get("outcome")?.as_str()?.parse().ok();
            Some(Self {
                trial: rung.get("trial")?.as_u64()?,
                budget: rung.get("budget")?.as_f64()?,
                costs: numbers(rung.get("cost")).ok()?,
                outcome: outcome.filter(|kind| *kind != OutcomeKind::Finished),
                seed: rung.get("seed").and_then(Json::as_u64).unwrap_or(0),
                times: time(rung, "started").zip(time(rung, "ended")),
            })
        };
        attribute.as_array().filter(|rungs| !rungs.is_empty())?.iter().map(rung).collect()
    }

    /// The result of the trial, with the parameters of its configuration.
    pub(super) fn result(&self, configuration: &FoundResult) -> FoundResult {
        FoundResult {
            config: configuration.config.clone(),
            budget: Some(self.budget),
            costs: self.costs.clone(),
            outcome: self.outcome,
            seed: self.seed,
            origin: configuration.origin.clone(),
            times: self.times,
            ..FoundResult::default()
        }
    }
}
