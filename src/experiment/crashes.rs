//! Trials that all crash: a sweep that cannot succeed is stopped early.
use super::error::RunError;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;

/// After this many trials, all crashed, something is wrong with the program and not with the configurations.
const HOPELESS: usize = 5;

/// How many trials crashed, as long as all did.
#[derive(Debug, Default)]
pub(super) struct Crashes {
    ended: usize,
    crashed: usize,
    message: String,
}

impl Crashes {
    pub fn of(history: &History) -> Self {
        let mut crashes = Self::default();
        history.ended().filter_map(|trial| trial.outcome.as_ref()).for_each(|outcome| crashes.count(outcome));
        crashes
    }

    pub fn count(&mut self, outcome: &Outcome) {
        self.ended += 1;
        if let Outcome::Crashed { message } = outcome {
            self.crashed += 1;
            self.message.clone_from(message);
        }
    }

    /// An error where there is no hope that the next trial does not crash.
    pub fn check(&self) -> Result<(), RunError> {
        if self.crashed < self.ended || self.crashed < HOPELESS {
            return Ok(());
        }
        Err(RunError::Hopeless { crashes: self.crashed, message: self.message.clone() })
    }
}
