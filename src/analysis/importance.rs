//! Importance: the share of the model's variance that each hyperparameter explains alone.
use rayon::prelude::*;
use serde::Serialize;

use super::probe::Probe;
use super::question::Question;
use super::regression::SvrModel;
use crate::numeric::quantile::quantile;
use crate::space::Space;

/// The share of variance of one hyperparameter, beside the share that noise reaches.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Importance {
    /// The variance of its partial dependence over that of the predictions, over legal configurations.
    pub share: Option<f64>,
    /// Ends of the bootstrap's 80 % interval.
    pub interval: Option<(f64, f64)>,
    /// The 90 % quantile of the share in models fitted with its values permuted among the trials.
    pub null: Option<f64>,
}

impl Importance {
    /// True if the share is above that of nine of ten models with permuted values.
    pub(crate) fn is_real(&self) -> bool {
        self.share.zip(self.null).is_some_and(|(share, null)| share > null)
    }
}

/// The importance of each question's hyperparameter: `permuted` has models with its values permuted.
pub(super) fn importances(
    probe: &Probe,
    space: &Space,
    questions: &[Question],
    (model, refits, permuted): (&SvrModel, &[SvrModel], &[Vec<SvrModel>]),
) -> Vec<Importance> {
    let rows: Vec<Vec<f64>> = (0..probe.len()).filter_map(|base| probe.row(base)).collect();
    let total_of = |model: &SvrModel| variance(&rows.iter().map(|row| (model.predict(row), 1.0)).collect::<Vec<_>>());
    let shares = |model: &SvrModel, total: f64, stride: usize| -> Vec<f64> {
        questions.iter().map(|question| share(question, probe, space, model, total, stride)).collect()
    };
    let total = total_of(model);
    let own = shares(model, total, 1);
    let refits: Vec<Vec<f64>> = refits.par_iter().map(|refit| shares(refit, total_of(refit), 2)).collect();
    // Divided by the variance of the model itself, so that the share of noise is on the same scale.
    let null = |question: &Question, models: &Vec<SvrModel>| -> Vec<f64> {
        models.par_iter().map(|each| share(question, probe, space, each, total, 2)).collect()
    };
    let permuted: Vec<Vec<f64>> = questions.iter().zip(permuted).map(|(each, models)| null(each, models)).collect();
    let column = |of: &[Vec<f64>], index: usize| of.iter().map(|each| each[index]).collect::<Vec<_>>();
    (0..questions.len())
        .map(|index| {
            let refits = column(&refits, index);
            Importance {
                share: Some(own[index]),
                interval: quantile(&refits, 0.1).zip(quantile(&refits, 0.9)),
                null: quantile(&permuted[index], 0.9),
            }
        })
        .collect()
}

fn share(question: &Question, probe: &Probe, space: &Space, model: &SvrModel, total: f64, stride: usize) -> f64 {
    let answers = question.ask(model, stride);
    let means: Vec<(f64, f64)> = answers.iter().filter_map(|(mean, n)| Some(((*mean)?, *n as f64))).collect();
    if total > 1e-18 { (question.active(probe, space) * variance(&means) / total).min(1.0) } else { 0.0 }
}

/// The variance of values with weights.
pub(super) fn variance(weighted: &[(f64, f64)]) -> f64 {
    let weight: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    if weight <= 0.0 {
        return 0.0;
    }
    let mean = weighted.iter().map(|(value, weight)| value * weight).sum::<f64>() / weight;
    weighted.iter().map(|(value, w)| w * (value - mean).powi(2)).sum::<f64>() / weight
}
