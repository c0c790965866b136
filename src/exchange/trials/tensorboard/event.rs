//! Events of a file: the version, scalars, and the hyperparameters of a session.
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::exchange::trials::run_head::RunHead;
use crate::exchange::trials::tensorboard::message::Message;
use crate::exchange::trials::tensorboard::record::record;
use crate::space::hyperparameter::{Domain, Hyperparameter};

/// The numbers of types of hyperparameters.
const STRING: i64 = 1;
const BOOLEAN: i64 = 2;
const NUMBER: i64 = 3;

/// The way in which a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionStatus {
    Success = 1,
    Failure = 2,
}

/// The first event of every file.
pub(super) fn version(at: Option<Timestamp>) -> Vec<u8> {
    record(Message::default().double(1, seconds(at)).text(3, "brain.Event:2").bytes())
}

/// A number at a step.
pub(super) fn scalar(at: Option<Timestamp>, step: i64, tag: &str, value: f64) -> Vec<u8> {
    let value = Message::default().text(1, tag).float(2, value as f32);
    event(at, step, &value)
}

/// The hyperparameters of the run and the names of what its trials report.
pub(super) fn experiment(head: &RunHead, tags: &[String]) -> Vec<u8> {
    let mut experiment = Message::default().text(6, head.name);
    for hyperparameter in head.space.hyperparameters() {
        experiment = experiment.message(4, &hyperparameter_info(hyperparameter));
    }
    for tag in tags {
        let name = Message::default().text(2, tag);
        experiment = experiment.message(5, &Message::default().message(1, &name).text(3, tag));
    }
    plugin(None, "_hparams_/experiment", &Message::default().message(2, &experiment))
}

fn hyperparameter_info(hyperparameter: &Hyperparameter) -> Message {
    let info = Message::default().text(1, &hyperparameter.name);
    let info = info.text(3, hyperparameter.description.as_deref().unwrap_or_default());
    match &hyperparameter.domain {
        Domain::Float { min, max, .. } => info.whole(4, NUMBER).message(6, &interval(*min, *max)),
        Domain::Integer { min, max, .. } => info.whole(4, NUMBER).message(6, &interval(*min as f64, *max as f64)),
        Domain::Steps(steps) => info.whole(4, NUMBER).message(6, &interval(steps.min(), steps.max())),
        listed => {
            let values: Vec<Json> = listed.values().iter().map(|each| serde_json::json!(each)).collect();
            let kind = match () {
                () if values.iter().all(Json::is_number) => NUMBER,
                () if values.iter().all(Json::is_boolean) => BOOLEAN,
                () => STRING,
            };
            let list = values.iter().fold(Message::default(), |list, each| list.message(1, &value(each, kind)));
            info.whole(4, kind).message(5, &list)
        }
    }
}

fn interval(min: f64, max: f64) -> Message {
    Message::default().double(1, min).double(2, max)
}

/// A value; of a type of words, the word that stands for it.
fn value(json: &Json, kind: i64) -> Message {
    let message = Message::default();
    match json {
        Json::Number(number) if kind == NUMBER => message.double(2, number.as_f64().unwrap_or(f64::NAN)),
        Json::Bool(flag) if kind == BOOLEAN => message.whole(4, i64::from(*flag)),
        Json::String(text) => message.text(3, text),
        other => message.text(3, &other.to_string()),
    }
}

/// The beginning of a session: the hyperparameters of its configuration.
pub(super) fn session_start<'a>(
    at: Option<Timestamp>,
    name: &str,
    config: impl Iterator<Item = (&'a Hyperparameter, &'a Json)>,
) -> Vec<u8> {
    let mut session = Message::default();
    for (hyperparameter, json) in config {
        let kind = match &hyperparameter.domain {
            Domain::Float { .. } | Domain::Integer { .. } | Domain::Steps(_) => NUMBER,
            listed => {
                let all = |is: fn(&Json) -> bool| listed.values().iter().all(|each| is(&serde_json::json!(each)));
                if all(Json::is_number) {
                    NUMBER
                } else if all(Json::is_boolean) {
                    BOOLEAN
                } else {
                    STRING
                }
            }
        };
        let entry = Message::default().text(1, &hyperparameter.name).message(2, &value(json, kind));
        session = session.message(1, &entry);
    }
    let session = session.text(4, name).double(5, seconds(at));
    plugin(at, "_hparams_/session_start_info", &Message::default().message(3, &session))
}

/// The end of a session.
pub(super) fn session_end(at: Option<Timestamp>, status: SessionStatus) -> Vec<u8> {
    let session = Message::default().whole(1, status as i64).double(2, seconds(at));
    plugin(at, "_hparams_/session_end_info", &Message::default().message(4, &session))
}

/// An event for the page of hyperparameters, whose content is in its metadata.
fn plugin(at: Option<Timestamp>, tag: &str, content: &Message) -> Vec<u8> {
    let plugin = Message::default().text(1, "hparams").raw(2, content.bytes());
    let metadata = Message::default().message(1, &plugin).whole(4, 2);
    // A tensor of 32-bit numbers without elements: the reader wants one.
    let shape = Message::default().message(2, &Message::default());
    let tensor = Message::default().whole(1, 1).message(2, &shape);
    event(at, 0, &Message::default().text(1, tag).message(9, &metadata).message(8, &tensor))
}

fn event(at: Option<Timestamp>, step: i64, value: &Message) -> Vec<u8> {
    let summary = Message::default().message(1, value);
    record(Message::default().double(1, seconds(at)).whole(2, step).message(5, &summary).bytes())
}

/// Seconds since 1970.
fn seconds(at: Option<Timestamp>) -> f64 {
    at.map_or(0.0, |at| at.as_duration().as_secs_f64())
}
