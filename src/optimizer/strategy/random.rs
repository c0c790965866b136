//! Random search: independent draws from the space.
use std::sync::Arc;

use super::{ProposalStrategy, Situation};
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::trial::Origin;
use crate::trial::budget::Budget;

/// The number of draws that must all be repetitions before a finite space is enumerated, and any other space counts as
/// exhausted.
const DRAWS: u64 = 2_000;

/// Independent draws that the history does not have.
pub(crate) struct RandomSearch {
    space: Arc<Space>,
    seed: u64,
}

impl RandomSearch {
    /// Draws from a space, addressed by the seed and the number of the trial.
    pub(crate) fn new(space: Arc<Space>, seed: u64) -> Self {
        Self { space, seed }
    }
}

impl ProposalStrategy for RandomSearch {
    fn propose(&mut self, situation: &Situation, _budget: Budget) -> Option<Configuration> {
        let (space, history) = (&self.space, situation.history);
        let mut stream = Stream::of(self.seed, "chance", u64::from(history.next_trial().0));
        let drawn = (0..DRAWS).map_while(|_| space.sample(&mut stream).ok());
        let new = |configuration: &Configuration| !history.contains(configuration) && !space.is_excluded(configuration);
        drawn.into_iter().find(new).or_else(|| {
            // Few are left, or what is left is unlikely: the next one after a random number, going round.
            let count = space.count().filter(|count| *count > history.configurations().len() as u64)?;
            let first = (stream.uniform() * count as f64) as u64;
            (0..count).filter_map(|step| space.nth((first + step) % count)).find(new)
        })
    }

    fn origin(&self) -> Origin {
        Origin::Random
    }

    fn describe(&self) -> String {
        "random search".into()
    }
}
