//! The verb `worker`: one trial in its own process.
use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::executor::message;
use crate::experiment::launch::Work;

#[derive(Args)]
pub(super) struct Arguments {
    /// What to evaluate
    request: PathBuf,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let path = arguments.request.display();
    let text = fs::read(&arguments.request).map_err(|error| Failure::Input(format!("{path}: {error}")))?;
    let work: Work = serde_json::from_slice(&text).map_err(|error| Failure::Input(format!("{path}: {error}")))?;
    let report = work.evaluate(&mut message::progress).map_err(Failure::input)?;
    message::report(report.cost, work.request.budget, &report.info);
    Ok(())
}
