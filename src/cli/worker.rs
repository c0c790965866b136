//! The verb `worker`: the slots of a machine for a run elsewhere, or one trial in its own process.
use std::fs;
use std::path::{Path, PathBuf};

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
#[cfg_attr(feature = "serve", command(group = clap::ArgGroup::new("purpose").required(true).args(["request", "coordinator"])))]
pub(super) struct Arguments {
    /// The file with the request of one trial, which is evaluated in this process (used by `run`)
    #[cfg_attr(feature = "serve", arg(hide = true))]
    request: Option<PathBuf>,
    #[cfg(feature = "serve")]
    #[command(flatten)]
    fleet: super::fleet_worker::FleetArguments,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    #[cfg(feature = "serve")]
    if let Some(file) = &arguments.fleet.coordinator {
        return super::fleet_worker::execute(file, &arguments.fleet);
    }
    match &arguments.request {
        Some(request) => evaluate(request),
        None => Err(Failure::Input("a worker needs the file of a request".into())),
    }
}

/// Evaluates the trial of a request in this process.
fn evaluate(request: &Path) -> Result<(), Failure> {
    let path = request.display();
    let text = fs::read(request).map_err(|error| Failure::Input(format!("{path}: {error}")))?;
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
