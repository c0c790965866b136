//! Measurements: the costs of configurations at each budget, cleared of the differences between seeds and instances.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::relation::Moments;
use crate::numeric::quantile::quantile;
use crate::trial::budget::Budget;
use crate::trial::evaluation::Evaluation;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;
use crate::trial::{ConfigurationId, Trial};

/// Costs above the median by more than so many times the distance from the lowest to the median count as that much.
const FENCE: f64 = 3.0;

/// The rounds in which costs are split into those of configurations and those of seeds and instances.
const ROUNDS: usize = 6;

/// The results of one configuration at one budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    pub configuration: ConfigurationId,
    pub successes: u32,
    pub failures: u32,
    /// The mean cost of the successes as they were measured; NaN without one.
    pub mean: f64,
    /// The same without the effects of seeds and instances that several configurations share, at most the fence.
    pub adjusted: f64,
    /// The variance of the adjusted mean, where the noise is known; else 0.
    pub error: f64,
}

/// All results at one budget.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub budget: Budget,
    /// In the order of the configurations.
    pub cells: Vec<Cell>,
    /// The variance of one cost about its configuration's, with a seed and an instance of its own; unknown without
    /// repetitions.
    pub noise: Option<f64>,
}

/// Differences of costs by less than this share of the greatest are rounding.
const ROUNDING: f64 = 1e-12;

/// The least share of the variance of the effects that is taken for noise.
const LEAST: f64 = 1e-3;

type Pair<'a> = (u64, Option<&'a Arc<str>>);

/// One cost of a configuration, with its seed and instance.
struct Sample<'a> {
    configuration: ConfigurationId,
    pair: Pair<'a>,
    cost: f64,
}

/// The evaluations that count beside the trials: none that repeats one, and none of a configuration that was taken back.
pub(crate) fn counted<'a>(history: &'a History, evaluations: &'a [Evaluation]) -> impl Iterator<Item = &'a Evaluation> {
    let repeats = move |each: &&Evaluation| {
        let is_same = |trial: &Trial| {
            let proposal = &trial.proposal;
            (proposal.budget, proposal.seed, &proposal.instance) == (each.budget, each.seed, &each.instance)
                && trial.outcome.as_ref().is_some_and(|outcome| outcome.is_judged())
        };
        history.of(each.configuration).any(is_same)
    };
    // Who takes back all trials of a configuration takes back what was found of it.
    let is_kept = move |each: &&Evaluation| {
        history.of(each.configuration).any(|trial| trial.outcome.as_ref() != Some(&Outcome::Forgotten))
    };
    evaluations.iter().filter(move |each| !repeats(each) && is_kept(each))
}

/// The levels with any result, from the smallest budget. An evaluation that repeats a trial counts once.
pub(super) fn levels(history: &History, evaluations: &[Evaluation]) -> Vec<Level> {
    let mut cells: BTreeMap<Budget, Vec<Cell>> = BTreeMap::new();
    for (configuration, budget, successes, failures, sum) in history.ranking().results() {
        let mean = sum / f64::from(successes);
        let cell = Cell { configuration, successes, failures, mean, adjusted: mean, error: 0.0 };
        cells.entry(budget).or_default().push(cell);
    }
    let added: Vec<&Evaluation> = counted(history, evaluations).collect();
    for evaluation in &added {
        let row = cells.entry(evaluation.budget).or_default();
        let place = row.binary_search_by_key(&evaluation.configuration, |cell| cell.configuration);
        let place = place.unwrap_or_else(|place| {
            let (configuration, mean) = (evaluation.configuration, f64::NAN);
            row.insert(place, Cell { configuration, successes: 0, failures: 0, mean, adjusted: mean, error: 0.0 });
            place
        });
        let cell = &mut row[place];
        match evaluation.cost {
            Some(cost) if cell.successes == 0 => (cell.successes, cell.mean) = (1, cost),
            Some(cost) => {
                cell.successes += 1;
                cell.mean += (cost - cell.mean) / f64::from(cell.successes);
            }
            None => cell.failures += 1,
        }
        cell.adjusted = cell.mean;
    }
    let level = |(budget, cells): (Budget, Vec<Cell>)| {
        let mut level = Level { budget, cells, noise: None };
        if level.cells.iter().any(|cell| cell.successes > 1) {
            level.adjust(&samples(history, &added, budget));
        }
        if let Some(noise) = level.noise {
            let single = level.cells.iter_mut().filter(|cell| cell.successes > 0 && cell.error == 0.0);
            single.for_each(|cell| cell.error = noise / f64::from(cell.successes));
        }
        let fence = fence(level.cells.iter().filter(|cell| cell.successes > 0).map(|cell| cell.adjusted));
        level.cells.iter_mut().for_each(|cell| cell.adjusted = cell.adjusted.min(fence));
        level
    };
    cells.into_iter().map(level).collect()
}

/// The costs at a budget one by one, in the order of the configurations.
fn samples<'a>(history: &'a History, added: &[&'a Evaluation], budget: Budget) -> Vec<Sample<'a>> {
    let of_trial = |trial: &'a Trial| {
        let (proposal, cost) = (&trial.proposal, trial.outcome.as_ref()?.cost()?);
        let pair = (proposal.seed, proposal.instance.as_ref());
        (proposal.budget == budget).then_some(Sample { configuration: proposal.configuration_id, pair, cost })
    };
    let of_evaluation = |each: &&'a Evaluation| {
        let (pair, cost) = ((each.seed, each.instance.as_ref()), each.cost?);
        (each.budget == budget).then_some(Sample { configuration: each.configuration, pair, cost })
    };
    let trials = history.trials().iter().filter_map(of_trial);
    let mut all: Vec<Sample> = trials.chain(added.iter().filter_map(of_evaluation)).collect();
    all.sort_by_key(|sample| sample.configuration);
    all
}

impl Level {
    /// Sets the adjusted costs and the noise: costs are split into one of the configuration and one of the pair of seed
    /// and instance by medians (Tukey 1977), so that a configuration that met easy instances only is not the better for it.
    ///
    /// The effect of a pair that one configuration alone was evaluated on is not known: it is part of that cost's noise.
    fn adjust(&mut self, samples: &[Sample]) {
        let split = SplitCosts::of(samples);
        let effect = Moments::of(split.effects.iter().copied()).map_or(0.0, |effects| effects.variance);
        let fence = fence(split.rows.iter().map(|row| split.mean(row, |_| 1.0)));
        // Where pairs are shared, those alone tell the noise from their effects.
        let shared: Vec<Vec<usize>> = split
            .rows
            .iter()
            .map(|row| row.iter().copied().filter(|&at| split.pairs[at].is_some()).collect())
            .collect();
        let among_shared = split.within(&shared, fence, (split.effects.len() as f64 - 1.0).max(0.0));
        let (noise, effect) = match among_shared {
            Some(noise) => (Some(noise.max(LEAST * effect)), effect),
            None => (split.within(&split.rows, fence, 0.0), 0.0),
        };
        self.noise = noise.map(|noise| noise + effect);
        let variance = |at: usize| noise.unwrap_or(0.0) + if split.pairs[at].is_some() { 0.0 } else { effect };
        for row in &split.rows {
            let place = self.cells.binary_search_by_key(&samples[row[0]].configuration, |cell| cell.configuration);
            let cell = &mut self.cells[place.expect("a sample has a cell")];
            let precision: f64 = row.iter().map(|&at| variance(at).recip()).sum();
            // Without noise all costs of a configuration are equal.
            let is_exact = !precision.is_finite();
            cell.adjusted = split.mean(row, |at| if is_exact { 1.0 } else { variance(at).recip() });
            cell.error = if is_exact { 0.0 } else { precision.recip() };
        }
    }
}

/// Costs at a budget as sums of a cost of the configuration, an effect of the pair of seed and instance, and a rest.
struct SplitCosts<'a> {
    samples: &'a [Sample<'a>],
    /// The samples of each configuration.
    rows: Vec<Vec<usize>>,
    /// The index of each sample's pair among the effects; absent where one configuration alone was evaluated on it.
    pairs: Vec<Option<usize>>,
    effects: Vec<f64>,
}

impl<'a> SplitCosts<'a> {
    fn of(samples: &'a [Sample<'a>]) -> Self {
        let mut owners: BTreeMap<Pair, BTreeSet<ConfigurationId>> = BTreeMap::new();
        for sample in samples {
            owners.entry(sample.pair).or_default().insert(sample.configuration);
        }
        let shared = owners.into_iter().filter(|(_, owners)| owners.len() > 1).map(|(pair, _)| pair);
        let index: BTreeMap<Pair, usize> = shared.zip(0..).collect();
        let all: Vec<usize> = (0..samples.len()).collect();
        let rows = all.chunk_by(|&a, &b| samples[a].configuration == samples[b].configuration).map(<[usize]>::to_vec);
        let pairs = samples.iter().map(|sample| index.get(&sample.pair).copied()).collect();
        let mut split = Self { samples, rows: rows.collect(), pairs, effects: vec![0.0; index.len()] };
        for _ in 0..if index.is_empty() { 0 } else { ROUNDS } {
            split.effects = split.next_effects();
        }
        split
    }

    /// The medians over the configurations, about a mean of 0.
    fn next_effects(&self) -> Vec<f64> {
        let mut columns = vec![Vec::new(); self.effects.len()];
        for row in &self.rows {
            let own = median(&row.iter().map(|&at| self.left(at)).collect::<Vec<_>>());
            for &at in row {
                if let Some(pair) = self.pairs[at] {
                    columns[pair].push(self.samples[at].cost - own);
                }
            }
        }
        let effects: Vec<f64> = columns.iter().map(|column| median(column)).collect();
        let mean = effects.iter().sum::<f64>() / effects.len() as f64;
        effects.iter().map(|effect| effect - mean).collect()
    }

    /// A cost without the effect of its pair.
    fn left(&self, at: usize) -> f64 {
        self.samples[at].cost - self.pairs[at].map_or(0.0, |pair| self.effects[pair])
    }

    fn mean(&self, row: &[usize], weight: impl Fn(usize) -> f64) -> f64 {
        let (sum, weights) = row.iter().fold((0.0, 0.0), |(sum, weights), &at| {
            let weight = weight(at);
            (sum + weight * self.left(at), weights + weight)
        });
        sum / weights
    }

    /// The variance within rows of samples, costs beyond the fence counting as the fence; `None` without a degree of freedom,
    /// of which the effects took `taken`.
    fn within(&self, rows: &[Vec<usize>], fence: f64, taken: f64) -> Option<f64> {
        let (mut squares, mut free) = (0.0, -taken);
        for row in rows.iter().filter(|row| !row.is_empty()) {
            let left: Vec<f64> = row.iter().map(|&at| self.left(at).min(fence)).collect();
            let mean = left.iter().sum::<f64>() / left.len() as f64;
            squares += left.iter().map(|each| (each - mean).powi(2)).sum::<f64>();
            free += left.len() as f64 - 1.0;
        }
        // A program without chance gives equal costs, whose differences are rounding.
        let greatest = self.samples.iter().map(|sample| sample.cost.abs().min(fence.abs())).fold(0.0, f64::max);
        let variance = squares / free;
        (free >= 1.0).then(|| if variance > (ROUNDING * greatest).powi(2) { variance } else { 0.0 })
    }
}

/// The cost above which all count the same, so that a few terrible ones do not set the scale; none where half of all are
/// the lowest.
fn fence(costs: impl Iterator<Item = f64>) -> f64 {
    let costs: Vec<f64> = costs.collect();
    let lowest = costs.iter().copied().fold(f64::INFINITY, f64::min);
    let middle = median(&costs);
    if middle > lowest { middle + FENCE * (middle - lowest) } else { f64::INFINITY }
}

fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5).unwrap_or(f64::NAN)
}
