//! Quality: how well the model of the figure predicts what it has not seen, and how well any model could.
use serde::Serialize;

use super::correlation::spearman;
use super::input::ReportInput;
use super::model::ModelKind;
use super::noise::{Noise, NoiseSource};
use super::regression::SvrParameters;
use super::sample::Sample;
use super::table::RegressionTable;
use super::validation::{Validation, explained};
use crate::numeric::quantile::mean;
use crate::trial::TrialId;

/// The share of what could be explained that a trusted model explains.
const TRUSTED: f64 = 0.5;
/// R² that a model of pure noise may reach by chance.
const CHANCE: f64 = 0.1;
/// The ceiling of R² below which the noise is what a reader has to know.
const NOISY: f64 = 0.35;

/// The quality of the model's predictions for configurations that it has not seen.
#[derive(Clone, Debug, Serialize)]
pub struct Quality {
    /// The kind of model that is drawn: the one with the least error out of fold, unless the reader chose one.
    pub model: ModelKind,
    /// R² of each kind of model that was validated, the best first.
    pub models: Vec<ModelScore>,
    /// The parameters of the support-vector machine, if it is drawn.
    pub parameters: Option<SvrParameters>,
    pub configurations: usize,
    pub folds: usize,
    /// The explained share of the variance within budgets, from nested cross-validation: variance that the budget alone
    /// explains does not count. Absent if all costs are equal.
    pub r2: Option<f64>,
    /// The noise of the costs, with the greatest R² that it allows.
    pub noise: Noise,
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

/// The explained share of the variance within budgets of one kind of model.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ModelScore {
    pub model: ModelKind,
    pub r2: Option<f64>,
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

impl Quality {
    /// The quality of the best model of a validation.
    pub(super) fn of(
        input: &ReportInput,
        sample: &Sample,
        (table, budgets): (&RegressionTable, &[f64]),
        validation: &Validation,
        noise: Noise,
    ) -> Self {
        let best = &validation.ranked[0];
        let r2 = explained(table, &best.predictions);
        // An estimate of the noise that the model refutes is too large.
        let noise = Noise { ceiling: noise.ceiling.max(r2.unwrap_or(0.0)), ..noise };
        let incumbent: Option<TrialId> = input.recommendation().map(|best| best.trial);
        let root = |errors: Vec<f64>| if errors.is_empty() { 0.0 } else { mean(&errors).sqrt() };
        let all = || table.targets.iter().zip(&best.predictions).zip(budgets);
        let at = || all().filter(|(_, budget)| Some(**budget) == sample.budget).map(|(pair, _)| pair);
        let (observed, predicted): (Vec<f64>, Vec<f64>) = at().map(|(o, p)| (*o, *p)).unzip();
        let score = |each: &super::validation::Validated| ModelScore {
            model: each.kind,
            r2: explained(table, &each.predictions),
        };
        Self {
            model: best.kind,
            models: validation.ranked.iter().map(score).collect(),
            parameters: None,
            configurations: table.distinct().len(),
            folds: validation.count,
            r2,
            noise,
            rmse: root(all().map(|((o, p), _)| (o - p).powi(2)).collect()),
            rmse_at_budget: root(at().map(|(o, p)| (o - p).powi(2)).collect()),
            rank_at_budget: spearman(&observed, &predicted),
            points: (sample.used.iter().zip(all()))
                .map(|(used, ((observed, predicted), budget))| OutOfFoldPrediction {
                    trial: used.trial.0,
                    observed: sample.cost(*observed),
                    predicted: sample.cost(*predicted),
                    at_budget: Some(*budget) == sample.budget,
                    incumbent: incumbent == Some(used.trial),
                })
                .collect(),
            refits: 0,
            bases: 0,
        }
    }

    /// The reason not to trust the model; `None` if it explains most of what could be explained.
    pub(super) fn distrust(&self) -> Option<String> {
        let Some(r2) = self.r2 else { return Some("all costs are equal: there is nothing to explain".into()) };
        let ceiling = self.noise.ceiling;
        if r2 >= CHANCE && r2 >= TRUSTED * ceiling {
            return None;
        }
        let is_known = self.noise.source != NoiseSource::Process;
        Some(match ceiling < NOISY && is_known {
            true => "seeds differ as much as configurations do; use more seeds, or a longer smallest budget".to_owned(),
            false => "no model explains these results yet: look at the trials, not at the tiles; more trials help, and where seeds differ, more seeds or a longer smallest budget".to_owned(),
        })
    }
}
