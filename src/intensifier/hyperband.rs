//! Hyperband: whole rungs are promoted, brackets come in turn.
use super::bracket::Schedule;
use super::{Intensifier, Next};
use crate::trial::history::History;
use crate::trial::{ConfigurationId, Trial};

/// Successive halving at several degrees of boldness (Li et al. 2018).
///
/// A rung is promoted when all of its trials have ended. Failures count as ended and never go on: where fewer succeed
/// than the next rung has places, only they go on. While every open bracket waits for trials that run, the next one
/// is opened, so that no worker idles.
#[derive(Clone, Debug)]
pub struct Hyperband {
    schedule: Schedule,
}

impl Hyperband {
    pub fn new(schedule: Schedule) -> Self {
        Self { schedule }
    }

    /// The rungs of an open bracket that are filled already, from the top, and then the rung that is not.
    fn promotion(&self, bracket: u32, rungs: &[Vec<&Trial>], closed: bool) -> Option<Next> {
        let shape = self.schedule.bracket(bracket).rungs;
        // How many trials the rung below gets in the end, once that is known.
        let mut size = if closed { rungs[0].len() } else { shape[0].configurations as usize };
        for rung in 1..shape.len() {
            let below = &rungs[rung - 1];
            if below.len() < size || below.iter().any(|trial| trial.outcome.is_none()) {
                return None;
            }
            let best = best(below, shape[rung].configurations as usize);
            let asked = rungs.get(rung).map_or(&[][..], Vec::as_slice);
            let open = |configuration: &&ConfigurationId| {
                asked.iter().all(|trial| trial.proposal.configuration_id != **configuration)
            };
            if let Some(&configuration) = best.iter().find(open) {
                return Some(Next::Promote { configuration, bracket, rung: rung as u32, budget: shape[rung].budget });
            }
            if best.is_empty() {
                return None;
            }
            size = best.len();
        }
        None
    }
}

impl Intensifier for Hyperband {
    fn next(&self, history: &History, fresh: bool) -> Next {
        if self.schedule.rungs() == 1 {
            let new = Next::New { bracket: 0, rung: 0, budget: self.schedule.max() };
            return if fresh { new } else { Next::Wait };
        }
        let brackets = brackets(history);
        for (bracket, rungs) in brackets.iter().enumerate() {
            let bracket = bracket as u32;
            let lowest = self.schedule.bracket(bracket).rungs[0];
            let filled = rungs[0].len() as u32 >= lowest.configurations;
            if !filled && fresh {
                return Next::New { bracket, rung: 0, budget: lowest.budget };
            }
            if let Some(next) = self.promotion(bracket, rungs, !filled) {
                return next;
            }
        }
        if !fresh {
            return Next::Wait;
        }
        let bracket = brackets.len() as u32;
        Next::New { bracket, rung: 0, budget: self.schedule.bracket(bracket).rungs[0].budget }
    }
}

/// The trials of every bracket that was opened, by rung.
fn brackets(history: &History) -> Vec<Vec<Vec<&Trial>>> {
    let mut brackets: Vec<Vec<Vec<&Trial>>> = Vec::new();
    for trial in history.trials() {
        let (bracket, rung) = (trial.proposal.bracket as usize, trial.proposal.rung as usize);
        if brackets.len() <= bracket {
            brackets.resize_with(bracket + 1, || vec![Vec::new()]);
        }
        if brackets[bracket].len() <= rung {
            brackets[bracket].resize_with(rung + 1, Vec::new);
        }
        brackets[bracket][rung].push(trial);
    }
    brackets
}

/// The successes with the lowest costs, at most `places`, the earlier of equals first.
fn best(rung: &[&Trial], places: usize) -> Vec<ConfigurationId> {
    let mut successes: Vec<(f64, &Trial)> =
        rung.iter().filter_map(|trial| Some((trial.outcome.as_ref()?.cost()?, *trial))).collect();
    successes.sort_by(|(a, first), (b, second)| a.total_cmp(b).then(first.proposal.trial.cmp(&second.proposal.trial)));
    successes.into_iter().take(places).map(|(_, trial)| trial.proposal.configuration_id).collect()
}
