//! Failures of trials: a run whose trials all fail is stopped early.
use std::fs;

use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::trial::Trial;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;

/// The number of trials after which a run is stopped if all of them crashed: then the program is wrong and not the
/// configurations.
const CRASHES: usize = 5;
/// The number of trials after which a run is stopped if all of them failed in any way, also by their limits.
const FAILURES: usize = 10;
/// The number of trials whose logs the error shows the end of, and the number of lines of each.
const SHOWN: usize = 3;
const TAIL: usize = 8;

/// Counts of the trials so far.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    ended: usize,
    failed: usize,
    crashed: usize,
}

impl Failures {
    /// The counts of a history.
    pub(crate) fn of(history: &History) -> Self {
        let mut failures = Self::default();
        history.ended().filter_map(|trial| trial.outcome.as_ref()).for_each(|outcome| failures.count(outcome));
        failures
    }

    /// Counts one more trial.
    pub(crate) fn count(&mut self, outcome: &Outcome) {
        if *outcome == Outcome::Forgotten {
            return;
        }
        self.ended += 1;
        self.crashed += usize::from(matches!(outcome, Outcome::Crashed { .. }));
        self.failed += usize::from(match outcome {
            Outcome::Crashed { .. } | Outcome::TimedOut | Outcome::Lost | Outcome::Transient | Outcome::Diverged => {
                true
            }
            Outcome::OutOfMemory | Outcome::OutOfDeviceMemory => true,
            Outcome::Finished(_) | Outcome::Pruned | Outcome::Forgotten => false,
        });
    }

    /// Checks that not every trial fails.
    ///
    /// # Errors
    /// [`RunError::AllTrialsFailed`] with the end of the last logs, once so many trials have failed that the next one will.
    pub(crate) fn check(&self, history: &History, folder: &RunFolder) -> Result<(), RunError> {
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

/// The way a trial failed, and the end of its logs.
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
