//! Records of a made-up experiment, for the tests of the store.
use galvani::store::record::{AttemptEnd, Begun, Ended, FORMAT, Record, Started};
use galvani::trial::TrialId;
use galvani::trial::outcome::Outcome;
use jiff::Timestamp;
use serde_json::{Map, json};

pub fn begun() -> Record {
    Record::Begun(Begun {
        format: FORMAT,
        galvani: "0.1.0".into(),
        name: "test".into(),
        seed: 420,
        experiment: "(name: \"test\")".into(),
        space: "(parameters: {})".into(),
        intensifier: None,
        at: Timestamp::UNIX_EPOCH,
    })
}

pub fn started(trial: u32) -> Record {
    Record::Started(Started { trial: TrialId(trial), attempt: 1, slot: "cpu:0".into(), at: Timestamp::UNIX_EPOCH })
}

pub fn ended(trial: u32) -> Record {
    Record::Ended(Ended {
        trial: TrialId(trial),
        attempt: 1,
        end: AttemptEnd {
            outcome: Outcome::of_cost(1.0 / f64::from(trial)),
            info: Map::from_iter([("padding".to_owned(), json!("x".repeat(300 + trial as usize * 37 % 700)))]),
            slot: "cpu:0".into(),
            started: Timestamp::UNIX_EPOCH,
            at: Timestamp::UNIX_EPOCH,
            seconds: 0.1,
            cpu_seconds: 0.1,
            peak_memory: 1,
            exit: "exit code 0".into(),
            forfeit: None,
        },
        late: false,
    })
}
