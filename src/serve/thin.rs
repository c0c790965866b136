//! Thin records: those of a journal without what a page reads from the journal only when it is asked for.
use compact_str::CompactString;
use indexmap::IndexMap;

use crate::executor::excerpt::quoted;
use crate::experiment::replay::note::IMPORTED_RESULTS;
use crate::space::Space;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
use crate::store::record::Record;
use crate::trial::outcome::Outcome;

/// The only hyperparameter of the space of numbers.
const NUMBER: &str = "number";

/// A space whose configurations are the numbers of configurations: a history of them needs no more room for many
/// hyperparameters than for one.
pub(crate) fn space_of_numbers() -> Space {
    let domain = Domain::Integer { min: 0, max: i64::from(u32::MAX), log: false };
    let number = Hyperparameter::new(NUMBER, domain, Value::Integer(0));
    Space::new("numbers".into(), vec![number], Vec::new(), Vec::new()).expect("a range of numbers is a space")
}

/// The record as a fold over the space of numbers takes it; `None` where it keeps nothing of it.
pub(crate) fn thin(mut record: Record) -> Option<Record> {
    match &mut record {
        // Curves are many points, and users' configurations are of another space.
        Record::Reported(_) | Record::Enqueued(_) => return None,
        Record::Noted(noted) if noted.key.starts_with(IMPORTED_RESULTS) => return None,
        Record::Asked(asked) => {
            asked.config = IndexMap::from([(NUMBER.to_owned(), Value::Integer(asked.configuration_id.0.into()))]);
        }
        Record::Ended(ended) => {
            ended.end.info = serde_json::Map::new();
            ended.end.exit = String::new();
            if let Outcome::Crashed { message } = &mut ended.end.outcome {
                *message = last_line(message);
            }
        }
        Record::Begun(_) | Record::Started(_) | Record::Noted(_) | Record::Revised(_) => {}
    }
    Some(record)
}

/// The line of a message that says most in little room: the last one that is no hint.
fn last_line(message: &str) -> String {
    let is_said = |line: &&str| !line.trim().is_empty() && !line.starts_with("hint: ");
    quoted(message.lines().rev().find(is_said).unwrap_or_default())
}

/// A word of a value, for comparisons.
pub(crate) fn word(value: &Value) -> CompactString {
    match value {
        Value::Word(word) => word.clone(),
        other => other.to_string().into(),
    }
}
