//! Training data of the surrogates: results, failures and running trials, by the rows of their configurations.
use std::collections::{BTreeMap, BTreeSet};

use crate::surrogate::fidelity_regression::Observation;
use crate::surrogate::{Rows, Targets};
use crate::trial::history::History;
use crate::trial::prior_result::PriorResult;
use crate::trial::{ConfigurationId, Trial};

/// The history and the prior results, as surrogates learn from them.
#[derive(Clone, Copy)]
pub(crate) struct TrainingData<'a> {
    pub history: &'a History,
    /// Results of other experiments.
    pub prior_results: &'a [PriorResult],
    /// The configurations of the prior results, then every one of the history, encoded.
    pub rows: &'a Rows,
    /// Configurations that wait for the promotion of one of them; they count as running.
    pub waiting: &'a [ConfigurationId],
}

impl TrainingData<'_> {
    /// The index of a configuration among the rows.
    pub(crate) fn row(&self, configuration: ConfigurationId) -> usize {
        self.prior_results.len() + configuration.index()
    }

    /// The costs of one objective, from 0: prior results first, then trials in the order of ending.
    pub(crate) fn observations(&self, objective: usize) -> Vec<Observation> {
        let prior = |(configuration, result): (usize, &PriorResult)| Observation {
            configuration,
            budget: result.budget.amount(),
            cost: result.costs[objective],
        };
        let of_trial = |trial: &Trial| {
            let cost = *trial.outcome.as_ref()?.costs().get(objective)?;
            let Trial { proposal, .. } = trial;
            let configuration = self.row(proposal.configuration_id);
            Some(Observation { configuration, budget: proposal.budget.amount(), cost })
        };
        let prior = self.prior_results.iter().enumerate().map(prior);
        prior.chain(self.history.ended().filter_map(of_trial)).collect()
    }

    /// Success (1) or failure (0) of each configuration by its last trial, from the first `results` judged trials.
    pub(crate) fn successes(&self, results: usize) -> Targets {
        let mut trials: Vec<&Trial> = self.history.ended().filter(|trial| is_judged(trial)).take(results).collect();
        trials.sort_unstable_by_key(|trial| trial.proposal.trial);
        let success = |trial: &Trial| (self.row(trial.proposal.configuration_id), f64::from(!has_failed(trial)));
        trials.into_iter().map(success).collect::<BTreeMap<_, _>>().into_iter().collect()
    }

    /// The number of judged trials, which tell whether their configuration works.
    pub(crate) fn judged(&self) -> usize {
        self.history.ended().filter(|trial| is_judged(trial)).count()
    }

    /// True where any trial has failed.
    pub(crate) fn has_failures(&self) -> bool {
        self.history.ended().any(has_failed)
    }

    /// The rows of configurations with a running trial, and of those that wait for a promotion.
    pub(crate) fn open(&self) -> BTreeSet<usize> {
        let running = self.history.running().map(|trial| self.row(trial.proposal.configuration_id));
        running.chain(self.waiting.iter().map(|each| self.row(*each))).collect()
    }
}

/// True where a trial tells whether its configuration works: a lost or pruned trial does not.
fn is_judged(trial: &Trial) -> bool {
    trial.outcome.as_ref().is_some_and(|outcome| outcome.is_judged())
}

fn has_failed(trial: &Trial) -> bool {
    trial.outcome.as_ref().is_some_and(|outcome| outcome.is_failure())
}
