//! What the optimizer believes of the untried: its cost, and whether it works.
use crate::acquisition::Acquisition;
use crate::acquisition::expected_improvement::ExpectedImprovement;
use crate::numeric::quantile::order;
use crate::space::encoding::Column;
use crate::surrogate::forest::{Forest, Known};
use crate::surrogate::linkage::{Observation, linked};
use crate::surrogate::{Rows, Surrogate};
use crate::trial::Trial;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;

use super::settings::Settings;

/// Forests that follow the trials that end. Whatever they followed before, they depend on the history alone.
#[derive(Clone, Debug)]
pub(super) struct Model {
    columns: Vec<Column>,
    seed: u64,
    cost: Forest,
    /// The probability of a cost at all.
    success: Forest,
    /// Whether anything failed yet; until then, `success` knows nothing.
    fails: bool,
    /// What was learnt of the first so many trials that ended.
    learnt: Option<(usize, Known)>,
    improvement: ExpectedImprovement,
    /// Indices of configurations with a target, from the most promising mean.
    ranking: Vec<usize>,
}

impl Model {
    pub fn new(columns: Vec<Column>, settings: &Settings, seed: u64) -> Self {
        Self {
            cost: Forest::new(&columns, &settings.forest, seed, "forest"),
            success: Forest::new(&columns, &settings.forest, seed, "feasibility"),
            fails: false,
            learnt: None,
            improvement: ExpectedImprovement { best: f64::INFINITY, margin: settings.margin },
            ranking: Vec::new(),
            columns,
            seed,
        }
    }

    /// Learns what has ended, and takes what runs to turn out as expected, `rows` being all configurations; false where
    /// too few have a cost.
    pub fn learn(&mut self, history: &History, rows: &Rows, settings: &Settings) -> bool {
        let ended = history.ended().count();
        let (columns, seed) = (&self.columns, self.seed);
        let targets = |results: usize| targets(history, results, rows, columns, settings, seed);
        if self.learnt.as_ref().is_none_or(|(before, _)| *before != ended) {
            self.learnt = Some((ended, targets(usize::MAX)));
        }
        let (_, known) = self.learnt.as_ref().expect("targets were just computed");
        if known.len() < settings.minimum_results.max(1) as usize {
            return false;
        }
        self.cost.follow(rows, known, costs(history).count(), &targets);
        let means = self.cost.means(known);
        let order = order(&means);
        // The lowest expectation, not the lowest cost, which may have been luck.
        self.improvement.best = means[order[0]];
        self.ranking = order.into_iter().map(|index| known[index].0).collect();
        self.fails = settings.feasibility && history.ended().any(failed);
        if self.fails {
            let results = history.ended().filter(|trial| telling(trial)).count();
            let earlier = |results: usize| successes(history, results);
            self.success.follow(rows, &earlier(results), results, &earlier);
        }
        self.believe(history, rows);
        true
    }

    fn believe(&mut self, history: &History, rows: &Rows) {
        let mut known = vec![false; rows.len()];
        self.ranking.iter().for_each(|&index| known[index] = true);
        let running = history.running().map(configuration);
        self.cost.believe(&rows.select(running.filter(|&index| !known[index])));
    }

    /// Indices of at most `count` configurations, those with the lowest expected cost.
    pub fn best(&self, count: usize) -> impl Iterator<Item = usize> {
        self.ranking.iter().copied().take(count)
    }

    /// The logarithm of the expected improvement, times the probability of success.
    pub fn score(&self, rows: &Rows) -> Vec<f64> {
        let mut scores: Vec<f64> =
            self.cost.predict(rows).into_iter().map(|prediction| self.improvement.logarithm(prediction)).collect();
        if self.fails {
            for (score, prediction) in scores.iter_mut().zip(self.success.predict(rows)) {
                // No forest is sure: as if one more trial had succeeded half.
                *score += ((10.0 * prediction.mean + 0.5) / 11.0).ln();
            }
        }
        scores
    }
}

/// The index of a trial's configuration.
fn configuration(trial: &Trial) -> usize {
    trial.proposal.configuration_id.0 as usize - 1
}

/// The trials with a cost, in the order of ending.
fn costs(history: &History) -> impl Iterator<Item = &Trial> {
    history.ended().filter(|trial| trial.outcome.as_ref().is_some_and(|outcome| outcome.cost().is_some()))
}

/// The target of each configuration that has a cost after the first so many results.
///
/// Trials enter in the order of asking, so that the order in which they end does not matter.
fn targets(
    history: &History,
    results: usize,
    rows: &Rows,
    columns: &[Column],
    settings: &Settings,
    seed: u64,
) -> Known {
    let mut trials: Vec<&Trial> = costs(history).take(results).collect();
    trials.sort_unstable_by_key(|trial| trial.proposal.trial);
    let observation = |trial: &Trial| {
        let cost = trial.outcome.as_ref()?.cost()?;
        Some(Observation { configuration: configuration(trial), budget: trial.proposal.budget.amount(), cost })
    };
    let observations: Vec<Observation> = trials.into_iter().filter_map(observation).collect();
    let residual = |at: &[usize], missed: &[f64], elsewhere: &[usize]| {
        let rows_at = rows.select(at.iter().copied());
        let forest = Forest::fit(&rows_at, columns, missed, &settings.forest, seed, "linkage");
        let predictions = forest.predict(&rows.select(elsewhere.iter().copied()));
        predictions.into_iter().map(|prediction| prediction.mean).collect()
    };
    linked(&observations, settings.scale, &residual)
}

/// Whether a trial says whether its configuration works: one that was lost does not.
fn telling(trial: &Trial) -> bool {
    trial.outcome.as_ref().is_some_and(|outcome| *outcome != Outcome::Lost)
}

fn failed(trial: &Trial) -> bool {
    telling(trial) && trial.outcome.as_ref().is_some_and(|outcome| outcome.cost().is_none())
}

/// Success (1) or failure (0) by each configuration's last trial, after the first so many that say which.
fn successes(history: &History, results: usize) -> Known {
    let mut trials: Vec<&Trial> = history.ended().filter(|trial| telling(trial)).take(results).collect();
    trials.sort_unstable_by_key(|trial| trial.proposal.trial);
    let mut outcomes = std::collections::BTreeMap::new();
    for trial in trials {
        outcomes.insert(configuration(trial), f64::from(!failed(trial)));
    }
    outcomes.into_iter().collect()
}
