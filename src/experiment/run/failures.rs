//! Whether there is any hope: how many trials failed, as long as all did.
use std::fs;

use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::trial::Trial;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;

/// After this many trials, all crashed, something is wrong with the program and not with the configurations.
const CRASHES: usize = 5;
/// After this many trials that all failed somehow, also by their limits.
const FAILURES: usize = 10;
/// Of how many trials the error shows the end of the logs, and how much of each.
const SHOWN: usize = 3;
const TAIL: usize = 8;

/// The trials so far, by how much they bode.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    ended: usize,
    failed: usize,
    crashed: usize,
}

impl Failures {
    /// What a history says.
    pub fn of(history: &History) -> Self {
        let mut failures = Self::default();
        history.ended().filter_map(|trial| trial.outcome.as_ref()).for_each(|outcome| failures.count(outcome));
        failures
    }

    /// Counts one more trial. One that diverged ran: its configuration is to blame.
    pub fn count(&mut self, outcome: &Outcome) {
        self.ended += 1;
        self.crashed += usize::from(matches!(outcome, Outcome::Crashed { .. }));
        self.failed += usize::from(match outcome {
            Outcome::Crashed { .. } | Outcome::TimedOut | Outcome::Lost => true,
            Outcome::OutOfMemory | Outcome::OutOfDeviceMemory => true,
            Outcome::Finished(_) | Outcome::Diverged | Outcome::Pruned => false,
        });
    }

    /// An error where there is no hope that the next trial does not fail, with the end of what the last ones said.
    pub fn check(&self, history: &History, folder: &RunFolder) -> Result<(), RunError> {
        let all = |count: usize, enough: usize| count == self.ended && count >= enough;
        if !all(self.crashed, CRASHES) && !all(self.failed, FAILURES) {
            return Ok(());
        }
        let trials: Vec<&Trial> = history.ended().collect();
        let mut said: Vec<String> = Vec::new();
        for trial in trials.iter().rev() {
            let words = last_words(trial, folder);
            // The same words of several trials are said once.
            let known = |other: &String| {
                other.split_once('\n').map(|(_, rest)| rest) == words.split_once('\n').map(|(_, rest)| rest)
            };
            if !said.iter().any(known) {
                said.push(words);
            }
            if said.len() == SHOWN {
                break;
            }
        }
        Err(RunError::AllTrialsFailed { trials: self.ended, said: said.join("\n\n") })
    }
}

/// How a trial failed, and the end of its logs.
fn last_words(trial: &Trial, folder: &RunFolder) -> String {
    let outcome = trial.outcome.as_ref().expect("it has ended");
    let text = match outcome {
        Outcome::Crashed { message } => message.clone(),
        _ => {
            let folder = folder.trial(trial.proposal.trial);
            let logs = ["stdout.log", "stderr.log"].map(|name| fs::read(folder.join(name)).unwrap_or_default());
            String::from_utf8_lossy(&logs.concat()).into_owned()
        }
    };
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let tail = lines[lines.len().saturating_sub(TAIL)..].join("\n  ");
    format!("trial {} {}:\n  {tail}", trial.proposal.trial, outcome.kind().in_words())
}
