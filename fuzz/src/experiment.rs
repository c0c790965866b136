//! Experiments: a RON file beside a fixed search space.
use galvani::experiment::Experiment;
use galvani::experiment::definition::difference::Difference;

use super::{check_error, path, text};

/// The space of every experiment; its own `search_space` is read by the target `spaces`.
const SPACE: &str = r#"(
    name: "fixed",
    parameters: {
        "x": Float(min: -5, max: 10, default: 0),
        "y": Float(min: 0, max: 15),
        "rate": Float(min: 1e-5, max: 1, log: true),
        "kind": Categorical(choices: ["a", "b"]),
        "width": Integer(min: 1, max: 64, log: true),
    },
    conditions: { "width": "kind == 'a'" },
    forbidden: ["rate > 0.5 and kind == 'b'"],
)"#;

/// A RON file of an experiment.
pub fn experiments(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let read = || Experiment::with_space(text, path(), SPACE);
    match read() {
        Ok(experiment) => {
            let again = read().expect("the same text is read again");
            let difference = Difference::between(&experiment, &again);
            assert!(difference.parts.is_empty(), "{}", difference.lines.join("\n"));
            // What was accepted can begin: its optimizer is made, and asked once.
            let _ = experiment.optimizer().ask();
        }
        Err(error) => check_error(&error, text),
    }
}
