//! The verb `ask-tell`: the optimizer as a server of JSON lines, for programs in any language.
use std::io::{BufRead, Read, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::failure::Failure;
use super::message::{count, narrate};
use super::trial_row::by_objective;
use crate::executor::message;
use crate::experiment::Experiment;
use crate::experiment::ask_tell::{Answer, AskTellSession, TellError};
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::trial::budget::Budget;
use crate::trial::curve::CurvePoint;
use crate::trial::front::front;
use crate::trial::incumbent::{default_at, incumbent};
use crate::trial::outcome::{Outcome, OutcomeKind};
use crate::trial::{Proposal, Trial, TrialId};

/// The longest line that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// The most trials that one ask is answered with.
const MOST: u32 = 10_000;

#[derive(Args)]
pub(super) struct Arguments {
    /// The experiment's file; it needs no task
    file: PathBuf,
    /// The folder of all runs; this one is in FOLDER/NAME
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    dir: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Ask(AskRequest),
    Tell(Box<TellRequest>),
    Report(ReportRequest),
    Best(BestRequest),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskRequest {
    #[serde(default = "one")]
    count: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BestRequest {}

/// A cost after a part of a trial's budget.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportRequest {
    trial: u32,
    budget: f64,
    cost: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TellRequest {
    trial: u32,
    /// Absent is not the same as null, which is what a cost that is not a number becomes on its way.
    #[serde(default, deserialize_with = "present")]
    cost: Option<Json>,
    /// One for each objective, where there are several.
    costs: Option<Json>,
    outcome: Option<String>,
    message: Option<String>,
    /// What it took; absent: the time since it was given away.
    seconds: Option<f64>,
    #[serde(default)]
    info: Map<String, Json>,
}

fn one() -> u32 {
    1
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let experiment = Experiment::read(&arguments.file).map_err(Failure::input)?;
    let folder = RunFolder::of(&arguments.dir, &experiment.name);
    let (mut dialogue, warnings) = AskTellSession::open(&experiment, &folder).map_err(Failure::input)?;
    warnings.iter().for_each(|warning| narrate(&format!("warning: {warning}")));
    let ended = dialogue.history().ended().count();
    if !dialogue.history().trials().is_empty() {
        let again = count(dialogue.waiting(), "trial");
        narrate(&format!("resumed: {} told, {again} without an outcome given away again", count(ended, "trial")));
    }
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        // One byte more than the longest line tells it from a longer one.
        let read = (&mut input).take(LONGEST as u64 + 1).read_until(b'\n', &mut line);
        match read {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(Failure::Input(format!("standard input cannot be read: {error}"))),
        }
        if line.len() > LONGEST && !line.ends_with(b"\n") {
            skip(&mut input);
            answer(&json!({ "error": format!("a line has at most {LONGEST} bytes") }))?;
            continue;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let reply = match parse(&line) {
            Ok(request) => reply(&experiment, &mut dialogue, request),
            Err(message) => Ok(json!({ "error": message })),
        };
        dialogue.take_warnings().iter().for_each(|warning| narrate(&format!("warning: {warning}")));
        match reply {
            Ok(reply) => answer(&reply)?,
            Err(error) => {
                // The store is what the next session goes on from; without it nothing may be promised.
                answer(&json!({ "error": error.to_string() }))?;
                return Err(Failure::input(error));
            }
        }
    }
}

/// Reads to the end of an overlong line.
fn skip(input: &mut impl BufRead) {
    loop {
        let (used, ended) = match input.fill_buf() {
            Ok([]) | Err(_) => return,
            Ok(buffer) => match buffer.iter().position(|&byte| byte == b'\n') {
                Some(end) => (end + 1, true),
                None => (buffer.len(), false),
            },
        };
        input.consume(used);
        if ended {
            return;
        }
    }
}

/// Prints one line at once; a reader that has gone away ends the session without an error.
fn answer(reply: &Json) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{reply}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
    Ok(())
}

fn parse(line: &[u8]) -> Result<Request, String> {
    let text = std::str::from_utf8(line).map_err(|error| format!("the line is not UTF-8: {error}"))?;
    let object = message::object(text.trim()).map_err(|error| format!("the line is not a JSON object: {error}"))?;
    if object.len() != 1 {
        return Err("a line has one request: `ask`, `tell`, `report` or `best`".into());
    }
    serde_json::from_value(Json::Object(object)).map_err(|error| error.to_string())
}

fn reply(experiment: &Experiment, dialogue: &mut AskTellSession, request: Request) -> Result<Json, RunError> {
    let error = |message: String| Ok(json!({ "error": message }));
    match request {
        Request::Ask(AskRequest { count }) if !(1..=MOST).contains(&count) => {
            error(format!("`count` is {count}, not from 1 to {MOST}"))
        }
        Request::Ask(AskRequest { count }) => Ok(match dialogue.ask(count as usize)? {
            Answer::Trials(trials) => {
                let trials: Vec<_> = trials.iter().map(|proposal| asked(experiment, dialogue, proposal)).collect();
                json!({ "trials": trials })
            }
            Answer::Done(reason) => json!({ "done": reason }),
        }),
        Request::Tell(tell) => {
            let outcome = match outcome(&tell, experiment.objectives()) {
                Ok(outcome) => outcome,
                Err(message) => return error(message),
            };
            if let Some(seconds) = tell.seconds.filter(|seconds| !(*seconds >= 0.0 && seconds.is_finite())) {
                return error(format!("`seconds` is {seconds}, not 0 or above"));
            }
            match dialogue.tell(TrialId(tell.trial), outcome, tell.seconds, tell.info) {
                Ok(()) => Ok(json!({ "ok": true })),
                Err(TellError::Broken(broken)) => Err(broken),
                Err(refused) => error(refused.to_string()),
            }
        }
        Request::Report(ReportRequest { trial, budget, cost }) => {
            let Some(spent) = Budget::new(budget) else {
                return error(format!("`budget` is {budget}, not above 0: what the trial has spent so far"));
            };
            match dialogue.report(TrialId(trial), CurvePoint { budget: spent, cost }) {
                Ok(is_behind) => Ok(json!({ "ok": true, "prune": is_behind })),
                Err(TellError::Broken(broken)) => Err(broken),
                Err(refused) => error(refused.to_string()),
            }
        }
        Request::Best(BestRequest {}) => {
            let history = dialogue.history();
            let Some(best) = incumbent(history) else { return error("no trial has succeeded yet".into()) };
            let objectives = experiment.objectives();
            if !objectives.is_empty() {
                let member = |trial: &Trial| {
                    json!({
                        "config": config(experiment, &trial.proposal),
                        "costs": by_objective(objectives, trial),
                        "budget": trial.proposal.budget.amount(),
                        "trial": trial.proposal.trial,
                    })
                };
                return Ok(json!({ "front": front(history).into_iter().map(member).collect::<Vec<_>>() }));
            }
            let cost = |trial: &Trial| trial.outcome.as_ref().and_then(Outcome::cost);
            Ok(json!({
                "config": config(experiment, &best.proposal),
                "cost": cost(best),
                "budget": best.proposal.budget.amount(),
                "trial": best.proposal.trial,
                "default_cost": default_at(history, best.proposal.budget).and_then(cost),
            }))
        }
    }
}

fn asked(experiment: &Experiment, dialogue: &AskTellSession, proposal: &Proposal) -> Json {
    let mut asked = json!({
        "trial": proposal.trial,
        "configuration_id": proposal.configuration_id,
        "config": config(experiment, proposal),
        "budget": proposal.budget.amount(),
        "seed": proposal.seed,
    });
    if let Some(instance) = &proposal.instance {
        asked["instance"] = json!(**instance);
    }
    // An earlier trial of this configuration found no room on its device.
    if let divisor @ 2.. = dialogue.divisor(proposal.configuration_id) {
        asked["micro_batch_divisor"] = json!(divisor);
    }
    asked
}

fn config(experiment: &Experiment, proposal: &Proposal) -> Json {
    let named = experiment.space.named(&proposal.configuration);
    Json::Object(named.map(|(name, value)| (name.to_owned(), json!(value))).collect())
}

/// The outcome that a tell states: a cost, or one for each of several objectives, or how the trial failed.
fn outcome(tell: &TellRequest, objectives: &[String]) -> Result<Outcome, String> {
    if let Some(message) = &tell.message
        && tell.outcome.as_deref() != Some(OutcomeKind::Crashed.word())
    {
        return Err(format!("`message` goes with `\"outcome\": \"crashed\"`: {message}"));
    }
    let kind = tell.outcome.as_deref().unwrap_or(OutcomeKind::Finished.word()).parse::<OutcomeKind>();
    let kind = kind.map_err(|unknown| unknown.to_string())?;
    let failed = Outcome::without_cost(kind, tell.message.as_deref().unwrap_or_default());
    if failed.is_none() && (tell.costs.is_some() || !objectives.is_empty()) {
        let report = [("cost", &tell.cost), ("costs", &tell.costs)].into_iter();
        let report = report.filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))).collect();
        return message::outcome(&report, objectives);
    }
    match (failed, &tell.cost.as_ref().or(tell.costs.as_ref())) {
        (Some(failed), None | Some(Json::Null)) => Ok(failed),
        (Some(failed), Some(cost)) => {
            Err(format!("a trial that is {} has no cost, but this has {cost}", failed.kind()))
        }
        (None, Some(cost)) => message::cost(cost),
        (None, None) => Err("`tell` has neither a `cost` nor an `outcome`".into()),
    }
}
