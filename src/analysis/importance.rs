//! The share of the machine's variance that each hyperparameter explains alone.
use rayon::prelude::*;
use serde::Serialize;

use super::dependence::Question;
use super::probe::Probe;
use super::regression::SvrModel;
use crate::numeric::quantile::quantile;
use crate::space::Space;

/// The share of variance of one hyperparameter, and what it would be if its values meant nothing.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Importance {
    /// The variance of its partial dependence over that of the predictions, over legal configurations.
    pub share: Option<f64>,
    /// Ends of the bootstrap's 80 % interval.
    pub interval: Option<(f64, f64)>,
    /// What nine of ten machines stay below that were fitted with its values exchanged among the trials.
    pub null: Option<f64>,
}

impl Importance {
    /// Whether the share is above what noise reaches.
    pub fn is_real(&self) -> bool {
        self.share.zip(self.null).is_some_and(|(share, null)| share > null)
    }
}

/// Shares of all questions.
pub(super) fn importances(
    probe: &Probe,
    space: &Space,
    questions: &[Question],
    (machine, refits, permuted): (&SvrModel, &[SvrModel], &[Vec<SvrModel>]),
) -> Vec<Importance> {
    let rows: Vec<Vec<f64>> = (0..probe.len()).filter_map(|base| probe.row(base)).collect();
    let total_of =
        |machine: &SvrModel| variance(&rows.iter().map(|row| (machine.predict(row), 1.0)).collect::<Vec<_>>());
    let shares = |machine: &SvrModel, total: f64, stride: usize| -> Vec<f64> {
        questions.iter().map(|question| share(question, probe, space, machine, total, stride)).collect()
    };
    let total = total_of(machine);
    let own = shares(machine, total, 1);
    let refits: Vec<Vec<f64>> = refits.par_iter().map(|refit| shares(refit, total_of(refit), 2)).collect();
    // Against the variance of the machine itself: what noise makes of a hyperparameter, on the same scale.
    let null = |question: &Question, machines: &Vec<SvrModel>| -> Vec<f64> {
        machines.par_iter().map(|each| share(question, probe, space, each, total, 2)).collect()
    };
    let permuted: Vec<Vec<f64>> = questions.iter().zip(permuted).map(|(each, machines)| null(each, machines)).collect();
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

fn share(question: &Question, probe: &Probe, space: &Space, machine: &SvrModel, total: f64, stride: usize) -> f64 {
    let answers = question.ask(machine, stride);
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
