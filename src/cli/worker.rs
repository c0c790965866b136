//! The verb `worker`: one trial in its own process.
use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use crate::document::json::JsonError;
use crate::executor::message;
use crate::experiment::run::launch::WorkerRequest;

/// The growth of a share after which it is told again: the output of a trial is kept.
const STEP: f64 = 0.02;

/// The reason why a request cannot be read, in plain words.
fn unreadable(error: &serde_json::Error, text: &[u8]) -> JsonError {
    JsonError::of(error, &String::from_utf8_lossy(text))
}

#[derive(Args)]
pub(super) struct Arguments {
    /// The file with the request
    request: PathBuf,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let path = arguments.request.display();
    let text = fs::read(&arguments.request).map_err(|error| Failure::Input(format!("{path}: {error}")))?;
    let request: WorkerRequest = serde_json::from_slice(&text)
        .map_err(|error| Failure::Input(format!("{path}: {}", unreadable(&error, &text))))?;
    let mut told = 0.0;
    let mut progress = |share: f64| {
        if share >= told + STEP {
            told = share;
            message::progress(share);
        }
    };
    let report = request.evaluate(&mut progress).map_err(Failure::input)?;
    message::report(report.cost, request.request.budget, &report.info);
    Ok(())
}
