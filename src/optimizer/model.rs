//! What the optimizer believes of the untried: its cost, and whether it works.
use crate::acquisition::Acquisition;
use crate::acquisition::expected_improvement::ExpectedImprovement;
use crate::numeric::quantile::order;
use crate::space::encoding::Column;
use crate::surrogate::forest::Forest;
use crate::surrogate::linkage::{Observation, linked};
use crate::surrogate::{Rows, Surrogate};
use crate::trial::history::History;

use super::settings::Settings;

/// Forests fitted to what has ended.
#[derive(Clone, Debug)]
pub(super) struct Model {
    cost: Forest,
    /// The probability of a cost at all; `None` where nothing failed yet.
    success: Option<Forest>,
    improvement: ExpectedImprovement,
    /// Indices of configurations with a target, from the most promising mean.
    ranking: Vec<usize>,
}

impl Model {
    /// Fits what has ended, `rows` being all configurations; `None` where too few have a cost.
    ///
    /// Trials enter in the order of asking, so that the order in which they end does not matter.
    pub fn fit(history: &History, rows: &Rows, columns: &[Column], settings: &Settings, seed: u64) -> Option<Self> {
        let observation = |trial: &crate::trial::Trial| {
            let configuration = trial.proposal.configuration_id.0 as usize - 1;
            let cost = trial.outcome.as_ref()?.cost()?;
            Some(Observation { configuration, budget: trial.proposal.budget.amount(), cost })
        };
        let observations: Vec<Observation> = history.trials().iter().filter_map(observation).collect();
        let residual = |at: &[usize], missed: &[f64], elsewhere: &[usize]| {
            let rows_at = rows.select(at.iter().copied());
            let forest = Forest::fit(&rows_at, columns, missed, &settings.forest, seed, "linkage");
            let predictions = forest.predict(&rows.select(elsewhere.iter().copied()));
            predictions.into_iter().map(|prediction| prediction.mean).collect()
        };
        let (configurations, targets): (Vec<usize>, Vec<f64>) =
            linked(&observations, settings.scale, &residual).into_iter().unzip();
        if configurations.len() < settings.minimum_results.max(1) as usize {
            return None;
        }
        let known = rows.select(configurations.iter().copied());
        let cost = Forest::fit(&known, columns, &targets, &settings.forest, seed, "forest");
        let means: Vec<f64> = cost.predict(&known).iter().map(|prediction| prediction.mean).collect();
        let order = order(&means);
        Some(Self {
            cost,
            success: settings.feasibility.then(|| success(history, rows, columns, settings, seed)).flatten(),
            // The lowest expectation, not the lowest cost, which may have been luck.
            improvement: ExpectedImprovement { best: means[order[0]], margin: settings.margin },
            ranking: order.into_iter().map(|index| configurations[index]).collect(),
        })
    }

    /// Takes the configurations that run and have no cost yet to turn out as expected.
    pub fn believe(&mut self, history: &History, rows: &Rows) {
        let mut known = vec![false; rows.len()];
        self.ranking.iter().for_each(|&index| known[index] = true);
        let running = history.running().map(|trial| trial.proposal.configuration_id.0 as usize - 1);
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
        if let Some(success) = &self.success {
            for (score, prediction) in scores.iter_mut().zip(success.predict(rows)) {
                // No forest is sure: as if one more trial had succeeded half.
                *score += ((10.0 * prediction.mean + 0.5) / 11.0).ln();
            }
        }
        scores
    }
}

/// A forest over success (1) and failure (0), by each configuration's last outcome; a lost or pruned trial says nothing.
fn success(history: &History, rows: &Rows, columns: &[Column], settings: &Settings, seed: u64) -> Option<Forest> {
    let mut outcomes: Vec<Option<f64>> = vec![None; rows.len()];
    for trial in history.trials() {
        if let Some(outcome) = trial.outcome.as_ref().filter(|outcome| outcome.is_judged()) {
            outcomes[trial.proposal.configuration_id.0 as usize - 1] = Some(f64::from(outcome.cost().is_some()));
        }
    }
    let (known, targets): (Vec<usize>, Vec<f64>) =
        outcomes.iter().enumerate().filter_map(|(index, outcome)| Some((index, (*outcome)?))).unzip();
    targets
        .contains(&0.0)
        .then(|| Forest::fit(&rows.select(known), columns, &targets, &settings.forest, seed, "feasibility"))
}
