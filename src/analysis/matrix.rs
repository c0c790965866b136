//! The interaction matrix: a cross-validated model, and its predictions for each hyperparameter and each pair.
use std::collections::HashSet;
use std::ops::Range;

use rayon::prelude::*;
use serde::Serialize;

use super::bin::bin_of;
use super::correlation::spearman;
use super::dependence::{Dimension, FittedModels};
use super::importance::{Importance, importances, variance};
use super::input::ReportInput;
use super::interaction::{PairInteraction, Positions, Tile};
use super::probe::Probe;
use super::question::Question;
use super::regression::{SvrModel, SvrParameters};
use super::row::Encoder;
use super::sample::Sample;
use super::validation::RegressionTable;
use crate::numeric::stream::Stream;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::{Domain, Hyperparameter};
use crate::trial::TrialId;
use crate::trial::incumbent::incumbent;
use crate::trial::outcome::Outcome;

/// The least number of configurations to which a model is fitted.
const LEAST: usize = 8;
/// The out-of-fold R² below which the model is not trusted.
const TRUSTED: f64 = 0.3;
const REFITS: u64 = 40;
const PERMUTATIONS: u64 = 20;
const BASES: usize = 200;
/// The greatest number of hyperparameters in the figure; the others are in a table.
const DRAWN: usize = 8;
const SEED: u64 = 0;

/// The numbers behind the interaction figure.
#[derive(Clone, Debug, Serialize)]
pub struct Matrix {
    pub sample: Sample,
    /// The reason not to trust the model, or that there is none; absent if it can be trusted.
    pub distrust: Option<String>,
    pub quality: Option<Quality>,
    /// Hyperparameters that are drawn, the most important first.
    pub dimensions: Vec<Dimension>,
    /// The other hyperparameters, by name.
    pub others: Vec<(String, Importance)>,
    pub pairs: Vec<PairInteraction>,
    pub spots: Vec<Spot>,
    /// The least and the greatest predicted cost of a tile with a trial nearby.
    pub range: Option<(f64, f64)>,
}

/// The quality of the model's predictions for configurations that it has not seen.
#[derive(Clone, Debug, Serialize)]
pub struct Quality {
    pub parameters: SvrParameters,
    pub supports: usize,
    pub configurations: usize,
    pub folds: usize,
    /// The explained share of the variance within budgets, from nested cross-validation: variance that the budget alone
    /// explains does not count. Absent if all costs are equal.
    pub r2: Option<f64>,
    /// The root mean square error out of fold, in decades if the target is logarithmic.
    pub rmse: f64,
    /// The root mean square error of trials at the budget of the predictions.
    pub rmse_at_budget: f64,
    /// The rank correlation of predicted and observed costs at that budget.
    pub rank_at_budget: Option<f64>,
    pub points: Vec<OutOfFoldPrediction>,
    pub refits: usize,
    pub bases: usize,
}

/// A trial's cost as observed and as predicted out of fold.
#[derive(Clone, Debug, Serialize)]
pub struct OutOfFoldPrediction {
    pub trial: u32,
    pub observed: f64,
    pub predicted: f64,
    pub at_budget: bool,
    pub incumbent: bool,
}

/// A trial in the figure: its position along each hyperparameter of the figure, `None` where inactive.
#[derive(Clone, Debug, Serialize)]
pub struct Spot {
    pub trial: u32,
    pub kind: SpotKind,
    pub at: Vec<Option<f64>>,
}

/// The sign with which a trial is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpotKind {
    /// A success at another budget than that of the predictions.
    Smaller,
    Finished,
    Diverged,
    Incumbent,
}

impl Matrix {
    /// Fits and validates the model and computes its predictions.
    pub(super) fn of(input: &ReportInput) -> Self {
        let (space, sample) = (input.space, Sample::of(input));
        let shown = |each: &&Hyperparameter| !matches!(each.domain, Domain::Constant { .. }) && each.size() != Some(1);
        let index = |each: &Hyperparameter| space.index(&each.name).expect("a hyperparameter of the space");
        let indices: Vec<usize> = space.hyperparameters().iter().filter(shown).map(index).collect();
        let mut matrix = Self {
            distrust: None,
            quality: None,
            dimensions: indices.iter().map(|&index| Dimension::bare(space, index)).collect(),
            others: vec![],
            pairs: vec![],
            spots: vec![],
            range: None,
            sample,
        };
        matrix.learn(input, &indices);
        matrix.place(input);
        matrix
    }

    fn learn(&mut self, input: &ReportInput, indices: &[usize]) {
        let (space, used) = (input.space, &self.sample.used);
        let trials: Vec<_> = used.iter().filter_map(|used| input.history.trial(used.trial)).collect();
        let budgets = trials.iter().map(|trial| trial.proposal.budget);
        let span = budgets.clone().min().zip(budgets.max()).filter(|_| self.sample.pooled);
        let encoder = Encoder::new(space, span);
        let row =
            |trial: &&&crate::trial::Trial| encoder.row(&trial.proposal.configuration, trial.proposal.budget.amount());
        let table = RegressionTable {
            kinds: encoder.kinds(),
            rows: trials.iter().map(|trial| row(&trial)).collect(),
            targets: used.iter().map(|used| used.target).collect(),
            groups: trials.iter().map(|trial| trial.proposal.configuration_id.0).collect(),
        };
        let configurations = table.distinct().len();
        if configurations < LEAST {
            self.distrust = Some(format!("too few trials for a model: {configurations} of {LEAST} configurations"));
            return self.cut();
        }
        let budget = self.sample.budget.unwrap_or(1.0);
        let Some(probe) = Probe::draw(&encoder, space, budget, BASES, SEED) else {
            self.distrust = Some("the space has too few legal configurations to average over".into());
            return self.cut();
        };
        let parameters = table.tune(SEED);
        let Some(model) = table.fit(&parameters) else {
            self.distrust = Some("the costs are too large for a model".into());
            return self.cut();
        };
        let quality = self.validate(input, &table, &model, &parameters);
        self.distrust = match quality.r2 {
            None => Some("all costs are equal: there is nothing to explain".into()),
            Some(r2) if r2 < TRUSTED => Some("model does not explain these results".into()),
            Some(_) => None,
        };
        let refits = bootstrap(&table, &parameters);
        let permuted: Vec<Vec<SvrModel>> =
            indices.iter().map(|&index| permute(&table, &parameters, &encoder.columns(index))).collect();
        let questions: Vec<Question> = indices.par_iter().map(|&index| Question::of(&probe, space, index)).collect();
        let shares = importances(&probe, space, &questions, (&model, &refits, &permuted));
        let panel = FittedModels { model: &model, refits: &refits, sample: &self.sample };
        for ((dimension, question), importance) in self.dimensions.iter_mut().zip(&questions).zip(shares) {
            dimension.importance = importance;
            panel.fill(dimension, question);
        }
        let share = |dimension: &Dimension| dimension.importance.share.unwrap_or(0.0);
        self.dimensions.sort_by(|a, b| share(b).total_cmp(&share(a)));
        self.cut();

        let positions: Vec<Positions> =
            trials.iter().map(|trial| positions(input, &trial.proposal.configuration)).collect();
        let predictions = (0..probe.len()).filter_map(|base| Some((model.predict(&probe.row(base)?), 1.0)));
        let total = variance(&predictions.collect::<Vec<_>>());
        let all = (0..self.dimensions.len()).flat_map(|row| (0..row).map(move |column| (row, column)));
        let pairs: Vec<(usize, usize)> = all.collect();
        self.pairs = pairs
            .par_iter()
            .map(|&pair| PairInteraction::of(&probe, (&model, &self.sample, total), &self.dimensions, pair, &positions))
            .collect();
        self.quality = Some(quality);
    }

    fn validate(
        &self,
        input: &ReportInput,
        table: &RegressionTable,
        model: &SvrModel,
        parameters: &SvrParameters,
    ) -> Quality {
        let (predictions, folds) = table.validate(SEED);
        let best = incumbent(input.history).map(|trial| trial.proposal.trial);
        let budget = |trial| input.history.trial(trial).map(|trial| trial.proposal.budget.amount());
        let all: Vec<(Option<f64>, f64, f64)> = (self.sample.used.iter().zip(&predictions))
            .map(|(used, predicted)| (budget(used.trial), used.target, *predicted))
            .collect();
        let (mut left, mut whole) = (0.0, 0.0);
        for share in self.sample.budgets.iter().filter(|share| share.enters && share.trials > 1) {
            let here = all.iter().filter(|(budget, ..)| *budget == Some(share.budget));
            let mean = here.clone().map(|(_, observed, _)| observed).sum::<f64>() / share.trials as f64;
            left += here.clone().map(|(_, observed, predicted)| (observed - predicted).powi(2)).sum::<f64>();
            whole += here.map(|(_, observed, _)| (observed - mean).powi(2)).sum::<f64>();
        }
        let root = |errors: Vec<f64>| (errors.iter().map(|e| e * e).sum::<f64>() / errors.len().max(1) as f64).sqrt();
        let at: Vec<_> = all.iter().filter(|(budget, ..)| *budget == self.sample.budget).collect();
        let (observed, predicted): (Vec<f64>, Vec<f64>) = at.iter().map(|(_, o, p)| (*o, *p)).unzip();
        Quality {
            parameters: *parameters,
            supports: model.supports(),
            configurations: table.distinct().len(),
            folds,
            r2: (whole > 1e-18).then(|| 1.0 - left / whole),
            rmse: root(all.iter().map(|(_, o, p)| o - p).collect()),
            rmse_at_budget: root(at.iter().map(|(_, o, p)| o - p).collect()),
            rank_at_budget: spearman(&observed, &predicted),
            points: (self.sample.used.iter().zip(&all))
                .map(|(used, (budget, observed, predicted))| OutOfFoldPrediction {
                    trial: used.trial.0,
                    observed: self.sample.cost(*observed),
                    predicted: self.sample.cost(*predicted),
                    at_budget: *budget == self.sample.budget,
                    incumbent: best == Some(used.trial),
                })
                .collect(),
            refits: REFITS as usize,
            bases: BASES,
        }
    }

    /// Moves all but the most important hyperparameters to `others`.
    fn cut(&mut self) {
        let rest = self.dimensions.split_off(self.dimensions.len().min(DRAWN));
        self.others = rest.into_iter().map(|dimension| (dimension.name, dimension.importance)).collect();
    }

    /// Places the trials along the axes, moved apart if they have the same values.
    fn place(&mut self, input: &ReportInput) {
        let best = incumbent(input.history);
        let entered: HashSet<TrialId> = self.sample.used.iter().map(|used| used.trial).collect();
        for trial in input.history.trials() {
            let used = entered.contains(&trial.proposal.trial);
            let here = self.sample.pooled || Some(trial.proposal.budget.amount()) == self.sample.budget;
            let kind = match &trial.outcome {
                _ if best.is_some_and(|best| best.proposal.trial == trial.proposal.trial) => SpotKind::Incumbent,
                Some(Outcome::Diverged) if here => SpotKind::Diverged,
                _ if !used => continue,
                _ if Some(trial.proposal.budget.amount()) == self.sample.budget => SpotKind::Finished,
                _ => SpotKind::Smaller,
            };
            let positions = positions(input, &trial.proposal.configuration);
            let mut stream = Stream::of(SEED, "jitter", u64::from(trial.proposal.configuration_id.0));
            let mut at = Vec::new();
            for dimension in &mut self.dimensions {
                let aside = 0.6 * (stream.uniform() - 0.5);
                let position = positions[dimension.index];
                let bins: Vec<_> = dimension.levels.iter().map(|level| level.bin.clone()).collect();
                at.push(position.map(|position| {
                    let level = bin_of(&bins, position);
                    let bin = &bins[level];
                    dimension.levels[level].trials += usize::from(used);
                    // Real numbers keep their position; discrete values move aside within their tile.
                    let discrete = input.space.hyperparameters()[dimension.index].size().is_some();
                    let moves = discrete && kind != SpotKind::Incumbent;
                    if moves { position + aside * (bin.to - bin.from) } else { position }
                }));
                if kind == SpotKind::Incumbent {
                    dimension.incumbent = position;
                }
            }
            self.spots.push(Spot { trial: trial.proposal.trial.0, kind, at });
        }
        self.spots.sort_by_key(|spot| spot.kind);
        self.range = self.range();
    }

    fn range(&self) -> Option<(f64, f64)> {
        let tiles = || self.pairs.iter().flat_map(|pair| pair.tiles.iter().flatten());
        let near = tiles().filter_map(|tile| matches!(tile, Tile::Cost { near: true, .. }).then_some(*tile));
        let cost = |tile| if let Tile::Cost { cost, .. } = tile { cost } else { f64::NAN };
        near.map(cost).fold(None, |range, cost| match range {
            None => Some((cost, cost)),
            Some((low, high)) => Some((f64::min(low, cost), f64::max(high, cost))),
        })
    }
}

fn positions(input: &ReportInput, configuration: &Configuration) -> Positions {
    let hyperparameters = input.space.hyperparameters().iter().zip(configuration.values());
    hyperparameters.map(|(each, value)| each.position(value.as_ref()?)).collect()
}

/// Models fitted to configurations drawn with replacement.
fn bootstrap(table: &RegressionTable, parameters: &SvrParameters) -> Vec<SvrModel> {
    let groups = table.distinct();
    let refit = |index: u64| {
        let mut stream = Stream::of(SEED, "bootstrap", index);
        let drawn: Vec<u32> = groups.iter().map(|_| groups[stream.below(groups.len())]).collect();
        let rows = drawn.iter().flat_map(|group| (0..table.groups.len()).filter(|&row| table.groups[row] == *group));
        table.select(&rows.collect::<Vec<_>>()).fit(parameters)
    };
    (0..REFITS).into_par_iter().filter_map(refit).collect()
}

/// Models fitted to trials whose values in these columns were permuted among the configurations.
///
/// The importance that such a model gives to the columns is that of noise.
fn permute(table: &RegressionTable, parameters: &SvrParameters, columns: &Range<usize>) -> Vec<SvrModel> {
    let groups = table.distinct();
    let first = |group: u32| table.groups.iter().position(|each| *each == group).expect("one of the groups");
    let refit = |index: u64| {
        let mut order = groups.clone();
        Stream::of(SEED, "permutation", index).shuffle(&mut order);
        let mut permuted = table.clone();
        for (row, group) in permuted.rows.iter_mut().zip(&table.groups) {
            let rank = groups.binary_search(group).expect("one of the groups");
            let from = &table.rows[first(order[rank])];
            row[columns.clone()].copy_from_slice(&from[columns.clone()]);
        }
        permuted.fit(parameters)
    };
    (0..PERMUTATIONS).into_par_iter().filter_map(refit).collect()
}
