//! The verb `show`: one trial with all that is recorded of it, its log included.
use std::fs;

use clap::Args;
use serde_json::Value;

use super::failure::Failure;
use super::message::{count, duration, say};
use super::number_argument::whole;
use super::target::Target;
use super::trial_row::row;
use crate::document::diagnostic::Diagnostic;
use crate::trial::TrialId;
use crate::trial::outcome::Outcome;

/// The number of lines that are printed from the end of a trial's log.
const TAIL: usize = 20;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The trial's number
    #[arg(value_parser = whole::<u32>, allow_negative_numbers = true)]
    trial: u32,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let log = arguments.target.log()?;
    let number = arguments.trial;
    let trial = log.history.trial(TrialId(number)).ok_or_else(|| {
        let last = log.history.trials().len();
        Diagnostic::new(format!("there is no trial {number}")).hint(format!("the trials are numbered from 1 to {last}"))
    })?;
    let details = log.details(trial.proposal.trial);
    for (key, mut value) in row(&log, trial) {
        // Numbers are listed under `metrics`.
        if let ("info", Value::Object(info)) = (key.as_str(), &mut value) {
            info.retain(|_, value| !value.is_number());
        }
        let text = match &value {
            Value::Object(map) => map.iter().map(|(name, value)| format!("\n  {name}: {value}")).collect(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        say(&format!("{key}: {text}"));
    }
    say(&format!("attempts: {}", details.started.len()));
    if let Some(ended) = &details.ended {
        say(&format!("exit: {}", ended.exit));
        say(&format!("cpu: {}", duration(ended.cpu_seconds)));
        say(&format!("peak memory: {:.0} MiB", ended.peak_memory as f64 / f64::from(1 << 20)));
        if let Outcome::Crashed { message } = &ended.outcome {
            say(&format!("message:\n{message}"));
        }
    }
    let folder = log.folder.trial(trial.proposal.trial);
    for name in ["stdout.log", "stderr.log"] {
        let path = folder.join(name);
        let text = fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        if !lines.is_empty() {
            say(&format!("\n{} (last {} of {})", path.display(), lines.len().min(TAIL), count(lines.len(), "line")));
            lines[lines.len().saturating_sub(TAIL)..].iter().for_each(|line| say(line));
        }
    }
    Ok(())
}
