//! What the optimizer believes of the untried: its cost, and whether it works.
use std::collections::BTreeMap;

use crate::acquisition::{Acquisition, integrated, integrated_slope};
use crate::numeric::quantile::order;
use crate::numeric::stream::Stream;
use crate::space::encoding::Column;
use crate::surrogate::forest::Forest;
use crate::surrogate::gaussian_process::GaussianProcess;
use crate::surrogate::linkage::{Observation, linked};
use crate::surrogate::{self, Known, Rows};
use crate::trial::Trial;
use crate::trial::history::History;

use super::settings::{Pending, Settings, Surrogate};

/// Surrogates that follow the trials that end. Whatever they followed before, they depend on the history alone.
pub(super) struct Model {
    columns: Vec<Column>,
    seed: u64,
    cost: Box<dyn surrogate::Surrogate>,
    /// The probability of a cost at all.
    success: Forest,
    /// Whether anything failed yet; until then, `success` knows nothing.
    fails: bool,
    /// What was learnt of the first so many trials that ended.
    learnt: Option<(usize, Known)>,
    /// How promising; `None` where a drawn function takes its place.
    acquisition: Option<Box<dyn Acquisition>>,
    /// Indices of configurations with a target, from the most promising mean.
    ranking: Vec<usize>,
    /// The number of the trial that is asked for.
    trial: u32,
}

impl Model {
    pub fn new(columns: Vec<Column>, settings: &Settings, seed: u64) -> Self {
        Self {
            cost: match &settings.surrogate {
                Surrogate::Forest(forest) => Box::new(Forest::new(&columns, forest, seed, "forest")),
                Surrogate::GaussianProcess(process) => Box::new(GaussianProcess::new(&columns, process, seed)),
            },
            success: Forest::new(&columns, &settings.forest(), seed, "feasibility"),
            fails: false,
            learnt: None,
            acquisition: None,
            ranking: Vec::new(),
            trial: 0,
            columns,
            seed,
        }
    }

    /// Learns what has ended, and takes what runs to turn out as the settings say, `rows` being all configurations; false
    /// where too few have a cost.
    pub fn learn(&mut self, history: &History, rows: &Rows, settings: &Settings) -> bool {
        let ended = history.ended().len();
        let (columns, seed) = (&self.columns, self.seed);
        let targets = |results: usize| targets(history, results, rows, columns, settings, seed);
        if self.learnt.as_ref().is_none_or(|(before, _)| *before != ended) {
            self.learnt = Some((ended, targets(usize::MAX)));
        }
        let (_, known) = self.learnt.as_ref().expect("targets were just computed");
        if known.len() < settings.minimum_results.max(1) as usize {
            return false;
        }
        let results = costs(history).count();
        self.cost.follow(rows, known, results, &targets);
        let means = self.cost.means(rows, known);
        let order = order(&means);
        // The lowest expectation, not the lowest cost, which may have been luck.
        self.acquisition = settings.acquisition.function(means[order[0]], results, self.columns.len());
        self.ranking = order.into_iter().map(|index| known[index].0).collect();
        self.trial = history.next_trial().0;
        self.fails = settings.feasibility && history.ended().any(failed);
        if self.fails {
            let results = history.ended().filter(|trial| judged(trial)).count();
            let earlier = |results: usize| successes(history, results);
            surrogate::Surrogate::follow(&mut self.success, rows, &earlier(results), results, &earlier);
        }
        self.believe(history, rows, settings.pending);
        true
    }

    fn believe(&mut self, history: &History, rows: &Rows, pending: Pending) {
        let (_, known) = self.learnt.as_ref().expect("targets come first");
        let targets = known.iter().map(|(_, target)| *target);
        let lie = match pending {
            Pending::Believed => None,
            Pending::Lowest => targets.reduce(f64::min),
            Pending::Mean => Some(targets.sum::<f64>() / known.len() as f64),
            Pending::Highest => targets.reduce(f64::max),
        };
        let mut is_known = vec![false; rows.len()];
        known.iter().for_each(|&(index, _)| is_known[index] = true);
        let running = history.running().map(configuration);
        self.cost.believe(&rows.select(running.filter(|&index| !is_known[index])), lie);
    }

    /// Indices of at most `count` configurations, those with the lowest expected cost.
    pub fn best(&self, count: usize) -> impl Iterator<Item = usize> {
        self.ranking.iter().copied().take(count)
    }

    /// Whether the score is smooth and may be climbed.
    pub fn is_fixed(&self) -> bool {
        self.acquisition.is_some()
    }

    /// The logarithm of how promising each row is, times the probability of success; where a function is drawn, how low it
    /// is, and nothing where a draw says that the configuration fails.
    pub fn score(&self, rows: &Rows) -> Vec<f64> {
        let mut stream = Stream::of(self.seed, "thompson", self.trial.into());
        let mut scores = match &self.acquisition {
            Some(function) => integrated(function.as_ref(), &self.cost.predict_each(rows)),
            None => self.cost.draw(rows, &mut stream).into_iter().map(|cost| -cost).collect(),
        };
        if self.fails {
            for (score, prediction) in scores.iter_mut().zip(surrogate::Surrogate::predict(&self.success, rows)) {
                // No forest is sure: as if one more trial had succeeded half.
                let success = (10.0 * prediction.mean + 0.5) / 11.0;
                if self.acquisition.is_some() {
                    *score += success.ln();
                } else if stream.uniform() > success {
                    *score = f64::NEG_INFINITY;
                }
            }
        }
        scores
    }

    /// The logarithm of how promising a row is, with its slopes; `None` of a surrogate with steps.
    pub fn slope(&self, row: &[f64]) -> Option<(f64, Vec<f64>)> {
        integrated_slope(self.acquisition.as_ref()?.as_ref(), &self.cost.slopes(row)?)
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
        let forest = Forest::fit(&rows_at, columns, missed, &settings.forest(), seed, "linkage");
        let predictions = surrogate::Surrogate::predict(&forest, &rows.select(elsewhere.iter().copied()));
        predictions.into_iter().map(|prediction| prediction.mean).collect()
    };
    linked(&observations, settings.scale(), &residual)
}

/// Whether a trial says whether its configuration works: one that was lost or pruned does not.
fn judged(trial: &Trial) -> bool {
    trial.outcome.as_ref().is_some_and(|outcome| outcome.is_judged())
}

fn failed(trial: &Trial) -> bool {
    trial.outcome.as_ref().is_some_and(|outcome| outcome.is_failure())
}

/// Success (1) or failure (0) by each configuration's last trial, after the first so many that say which.
fn successes(history: &History, results: usize) -> Known {
    let mut trials: Vec<&Trial> = history.ended().filter(|trial| judged(trial)).take(results).collect();
    trials.sort_unstable_by_key(|trial| trial.proposal.trial);
    let outcome = |trial: &Trial| (configuration(trial), f64::from(!failed(trial)));
    trials.into_iter().map(outcome).collect::<BTreeMap<_, _>>().into_iter().collect()
}
