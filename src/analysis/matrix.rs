//! The interaction matrix: a cross-validated model, and its predictions for each hyperparameter and each pair.
use rayon::prelude::*;
use serde::Serialize;

use super::bin::Binning;
use super::dependence::{Dimension, FittedModels};
use super::importance::{Exchange, Exchanged, Importance};
use super::input::ReportInput;
use super::interaction::{PairInteraction, Positions, Tile, TileModel};
use super::learnt::Learnt;
use super::model::{FittedModel, ModelKind, Process};
use super::noise::Noise;
use super::probe::{Probe, positions_of};
use super::quality::Quality;
use super::question::Question;
use super::row::{Encoder, varies};
use super::sample::Sample;
use super::share::Shares;
use super::spot::{Spot, place, positions};
use super::table::{RegressionTable, strata};
use super::validation::Validation;
use super::watcher::{Cancelled, Watcher, each};
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::surrogate::Rows;
use crate::trial::Trial;
use crate::trial::outcome::Outcome;

/// The least number of configurations to which a model is fitted.
const LEAST: usize = 8;
/// The greatest number of hyperparameters in the figure; the others are in a table.
const DRAWN: usize = 8;
/// The greatest number of hyperparameters whose shares are computed: those with the greatest importance.
const SHARED: usize = 16;
const SEED: u64 = 0;

/// The numbers behind the interaction figure.
#[derive(Clone, Debug, Serialize)]
pub struct Matrix {
    pub sample: Sample,
    /// The reason not to trust the model, or that there is none; absent if it can be trusted.
    pub distrust: Option<String>,
    pub quality: Option<Quality>,
    /// Hyperparameters that are drawn, those with the greatest total share first.
    pub dimensions: Vec<Dimension>,
    /// The other hyperparameters, by name.
    pub others: Vec<(String, Importance)>,
    pub pairs: Vec<PairInteraction>,
    pub spots: Vec<Spot>,
    /// The least and the greatest predicted cost of a tile with a trial nearby.
    pub range: Option<(f64, f64)>,
}

/// The effort of an analysis, so that its time and memory do not grow with the space and the number of trials.
struct Effort {
    /// Exchanges of each hyperparameter's values.
    repeats: u64,
    /// Legal configurations that are drawn.
    bases: usize,
    /// Those of them that are asked for each value.
    asked: usize,
    /// Those of them that are asked for each pair of values.
    tiled: usize,
    refits: u64,
}

impl Effort {
    /// A prediction takes time in proportion to the rows of the model times their columns.
    fn of(rows: usize, columns: usize) -> Self {
        let cost = (rows * columns).max(1);
        let within = |amount: usize, least: usize, most: usize| (amount / cost).clamp(least, most);
        // Points of the Sobol sequence are spread most evenly where they are as many as a power of two.
        let power = |amount: usize| 1 << amount.ilog2();
        Self {
            repeats: within(60_000, 2, 8) as u64,
            bases: power(within(8_000_000, 256, 1024)),
            asked: power(within(1_000_000, 32, 128)),
            tiled: power(within(400_000, 16, 64)),
            refits: within(160_000, 10, 24) as u64,
        }
    }
}

/// The sample as a table, with what its rows were made of.
struct Learning<'a> {
    trials: Vec<&'a Trial>,
    table: RegressionTable,
    budgets: Vec<f64>,
}

impl<'a> Learning<'a> {
    fn of(trials: Vec<&'a Trial>, encoder: &Encoder, targets: Vec<f64>) -> Option<Self> {
        let budgets: Vec<f64> = trials.iter().map(|trial| trial.proposal.budget.amount()).collect();
        let width = encoder.columns().len();
        if width == 0 {
            return None;
        }
        let mut rows = Rows::new(width);
        for (trial, budget) in trials.iter().zip(&budgets) {
            rows.push(&encoder.row(&trial.proposal.configuration, *budget));
        }
        let groups = trials.iter().map(|trial| trial.proposal.configuration_id.0).collect();
        let columns = encoder.columns().to_vec();
        let table =
            RegressionTable { columns, pooled: encoder.pooled(), rows, targets, groups, strata: strata(&budgets) };
        Some(Self { trials, table, budgets })
    }
}

impl Matrix {
    /// Fits and validates the models and computes the predictions of the best one, which comes with the matrix.
    pub(super) fn of(input: &ReportInput, watcher: &dyn Watcher) -> Result<(Self, Option<Learnt>), Cancelled> {
        let space = input.space;
        let indices: Vec<usize> =
            (0..space.hyperparameters().len()).filter(|&index| varies(&space.hyperparameters()[index])).collect();
        let binning = |&index: &usize| {
            let hyperparameter = &space.hyperparameters()[index];
            let tried = input.history.trials().iter();
            let tried = tried.filter_map(|trial| hyperparameter.position(trial.proposal.configuration.get(index)?));
            Binning::of(hyperparameter, tried)
        };
        let binnings: Vec<Binning> = indices.par_iter().map(binning).collect();
        let bare = |(&index, binning): (&usize, &Binning)| Dimension::bare(space, index, binning.clone());
        let mut matrix = Self {
            distrust: None,
            quality: None,
            dimensions: indices.iter().zip(&binnings).map(bare).collect(),
            others: vec![],
            pairs: vec![],
            spots: vec![],
            range: None,
            sample: Sample::of(input, indices.len()),
        };
        let learnt = matrix.learn(input, indices.into_iter().zip(&binnings).collect(), watcher)?;
        matrix.cut();
        matrix.spots = place(input, &matrix.sample, &mut matrix.dimensions);
        matrix.range = matrix.range();
        Ok((matrix, learnt))
    }

    fn learn(
        &mut self,
        input: &ReportInput,
        varied: Vec<(usize, &Binning)>,
        watcher: &dyn Watcher,
    ) -> Result<Option<Learnt>, Cancelled> {
        let (space, used) = (input.space, &self.sample.used);
        let trials: Vec<&Trial> = used.iter().filter_map(|used| input.history.trial(used.trial)).collect();
        let budgets = trials.iter().map(|trial| trial.proposal.budget);
        let span = budgets.clone().min().zip(budgets.max());
        let indices: Vec<usize> = varied.iter().map(|(index, _)| *index).collect();
        let kept = varied.iter().map(|(index, binning)| (*index, (*binning).clone())).collect();
        let encoder = Encoder::new(space, varied, span);
        let targets = used.iter().map(|used| used.target).collect();
        let learning = Learning::of(trials, &encoder, targets);
        let configurations = learning.as_ref().map_or(0, |learning| learning.table.distinct().len());
        let Some(Learning { trials, table, budgets }) = learning.filter(|_| configurations >= LEAST) else {
            self.distrust = Some(format!("too few trials for a model: {configurations} of {LEAST} configurations"));
            return Ok(None);
        };
        let width = table.columns.len();
        let effort = Effort::of(table.targets.len(), width);
        let budget = self.sample.budget.unwrap_or(1.0);
        let Some(probe) = Probe::draw(&encoder, space, budget, effort.bases, SEED) else {
            self.distrust = Some("the space has too few legal configurations to average over".into());
            return Ok(None);
        };
        let Some(process) = Process::fit(&table, SEED) else {
            self.distrust = Some("the costs are too large for a model".into());
            return Ok(None);
        };
        let kinds = input.model.map_or(ModelKind::ALL.to_vec(), |kind| vec![kind]);
        let validation = Validation::of(&table, &kinds, SEED, watcher)?;
        let kind = validation.ranked[0].kind;
        let Some(model) = FittedModel::fit(kind, &table, &process, SEED) else {
            self.distrust = Some("the costs are too large for a model".into());
            return Ok(None);
        };
        let noise = Noise::of(&table, (&process.lengths(), process.noise()), &budgets);
        let mut quality = Quality::of(input, &self.sample, (&table, &budgets), &validation, noise);
        if quality.r2.is_some_and(|r2| !r2.is_finite()) {
            self.distrust = Some("the costs are too large for a model".into());
            return Ok(None);
        }
        (quality.refits, quality.bases) = (effort.refits as usize, effort.asked);
        if let FittedModel::Svm(machine) = &model {
            quality.parameters = Some(machine.parameters());
        }
        self.distrust = quality.distrust();
        self.quality = Some(quality);

        let mut stream = Stream::of(SEED, "inactive", 0);
        let filled = trials.iter().map(|trial| {
            let shares: Vec<f64> = space.hyperparameters().iter().map(|_| stream.uniform()).collect();
            positions_of(space, &trial.proposal.configuration, &shares)
        });
        let filled: Vec<Vec<f64>> = filled.collect();
        let exchange = Exchange {
            table: &table,
            validation: &validation,
            probe: &probe,
            positions: &filled,
            budgets: &budgets,
            repeats: effort.repeats,
            seed: SEED,
        };
        let exchanged = indices.iter().enumerate();
        let exchanged = exchanged.map(|(column, &index)| Exchanged { column, index, is_read: is_read(space, index) });
        let importances = exchange.importances(exchanged.collect(), watcher)?;
        self.dimensions.iter_mut().zip(importances).for_each(|(dimension, found)| dimension.importance = found);
        let worsening = |dimension: &Dimension| dimension.importance.worsening.unwrap_or(f64::NEG_INFINITY);
        self.dimensions.sort_by(|a, b| worsening(b).total_cmp(&worsening(a)));

        let shared = self.dimensions.len().min(SHARED);
        let asked = |dimension: &Dimension| {
            Question::of(&probe, dimension.index, &dimension.binning.bins, (effort.asked, width))
        };
        let questions = each(watcher, "questions", self.dimensions[..shared].iter().collect(), asked)?;
        let drawn: Vec<usize> = self.dimensions[..shared].iter().map(|dimension| dimension.index).collect();
        let refit = |index: u64| {
            let table = table.resampled(&mut Stream::of(SEED, "bootstrap", index));
            model.refit(&table, index)
        };
        let refits: Vec<FittedModel> =
            each(watcher, "refits", (0..effort.refits).collect(), refit)?.into_iter().flatten().collect();
        let learnt =
            |model, refits| Some(Learnt { varied: kept, span, budget, model, process: process.clone(), refits });
        let Some(shares) = Shares::of(&probe, &drawn, &questions, width) else { return Ok(learnt(model, refits)) };
        if self.distrust.is_none() {
            let mut importances: Vec<&mut Importance> =
                self.dimensions[..shared].iter_mut().map(|dimension| &mut dimension.importance).collect();
            shares.fill(&mut importances, &model, &refits, watcher)?;
        }
        let panel = FittedModels { model: &model, refits: &refits, sample: &self.sample };
        self.dimensions.iter_mut().zip(&questions).for_each(|(dimension, question)| panel.fill(dimension, question));
        let total = |dimension: &Dimension| dimension.importance.total.unwrap_or(0.0);
        self.dimensions[..shared].sort_by(|a, b| total(b).total_cmp(&total(a)));
        self.cut();

        let succeeded: Vec<Positions> =
            trials.iter().map(|trial| positions(input, &trial.proposal.configuration)).collect();
        let total = shares.variance(&model);
        let failed =
            input.history.trials().iter().filter(|trial| trial.outcome.as_ref().is_some_and(Outcome::is_failure));
        let failed: Vec<Positions> = failed.map(|trial| positions(input, &trial.proposal.configuration)).collect();
        let tiles = TileModel {
            probe: &probe,
            model: &model,
            sample: &self.sample,
            total,
            trials: &succeeded,
            failed: &failed,
            asked: effort.tiled,
            width,
        };
        let all = (0..self.dimensions.len()).flat_map(|row| (0..row).map(move |column| (row, column)));
        let pair = |pair: (usize, usize)| PairInteraction::of(&tiles, &self.dimensions, pair);
        self.pairs = each(watcher, "pairs", all.collect(), pair)?;
        Ok(learnt(model, refits))
    }

    /// Moves all but the most important hyperparameters to `others`.
    fn cut(&mut self) {
        let rest = self.dimensions.split_off(self.dimensions.len().min(DRAWN));
        self.others.extend(rest.into_iter().map(|dimension| (dimension.name, dimension.importance)));
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

/// True if a condition or a forbidden clause reads a hyperparameter, or it has a condition itself.
pub(super) fn is_read(space: &Space, index: usize) -> bool {
    let conditions = (0..space.hyperparameters().len()).filter_map(|other| space.condition(other));
    conditions.chain(space.forbidden()).any(|expression| expression.reads().contains(&index))
}
