//! The best of a run: its recommendation or its front, computed again when results were added, and not too often.
use std::time::{Duration, Instant};

use crate::experiment::definition::experiment::Experiment;
use crate::experiment::replay::evaluation_note;
use crate::experiment::replay::fold::Replay;
use crate::trial::budget::Budget;
use crate::trial::evaluation::Evaluation;
use crate::trial::front::front;
use crate::trial::history::History;
use crate::trial::recommendation::{Recommendation, mean_cost, recommend};
use crate::trial::{ConfigurationId, Origin, TrialId};

/// The members of a front that are kept; the page says how many there are.
const MEMBERS: usize = 200;
/// The share of the time that is spent on this: after a computation, one so many times as long is waited for.
const REST: u32 = 400;

/// The best as it was last computed, in costs.
#[derive(Debug, Default)]
pub(crate) struct Best {
    pub recommended: Option<Recommendation>,
    /// The default configuration's mean cost beside the recommended one's, with its budget.
    pub default: Option<(f64, Budget)>,
    /// The first members of the front; none with one objective.
    pub front: Vec<FrontMember>,
    /// The number of all members.
    pub members: usize,
    /// The results and notes that were known.
    known: (usize, usize),
    again: Option<Instant>,
}

/// A configuration that no other dominates.
#[derive(Clone, Debug)]
pub(crate) struct FrontMember {
    pub trial: TrialId,
    pub configuration: ConfigurationId,
    pub costs: Vec<f64>,
    pub budget: Budget,
    pub is_evaluated: bool,
}

impl Best {
    /// Computes it where results were added and the last time is long enough ago; returns true where it did.
    pub(crate) fn refresh(&mut self, replay: &Replay, experiment: &Experiment) -> bool {
        let known = (replay.history.ended().len(), replay.notes.len());
        if known == self.known || self.again.is_some_and(|again| Instant::now() < again) {
            return false;
        }
        let began = Instant::now();
        let evaluations = evaluation_note::evaluations(&replay.notes, &replay.history, experiment.schedule.max());
        self.compute(&replay.history, &evaluations, experiment);
        self.known = known;
        self.again = Some(Instant::now() + (began.elapsed() * REST).min(Duration::from_secs(60)));
        true
    }

    fn compute(&mut self, history: &History, evaluations: &[Evaluation], experiment: &Experiment) {
        self.recommended = recommend(history, evaluations);
        self.default = self.recommended.and_then(|best| {
            let default = history.trials().iter().find(|trial| trial.proposal.origin == Origin::Default)?;
            let default = default.proposal.configuration_id;
            let budgets = [best.target, best.budget];
            budgets.into_iter().find_map(|at| Some((mean_cost(history, evaluations, default, at)?, at)))
        });
        if experiment.objectives().is_empty() {
            return;
        }
        let front = front(history, evaluations);
        self.members = front.len();
        let member = |point: crate::trial::front::Point| FrontMember {
            trial: point.trial.proposal.trial,
            configuration: point.trial.proposal.configuration_id,
            costs: point.costs,
            budget: point.budget,
            is_evaluated: point.is_evaluated,
        };
        self.front = front.into_iter().take(MEMBERS).map(member).collect();
    }
}
