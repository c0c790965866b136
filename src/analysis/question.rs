//! Questions to the regression model: its predictions at every value of one hyperparameter.
use super::bin::bins;
use super::probe::{Probe, ProbeAnswer};
use super::regression::SvrModel;
use crate::space::Space;

/// Rows of legal configurations in which one hyperparameter takes the value of each of its bins.
pub(super) struct Question {
    /// The hyperparameter's index in the space.
    pub index: usize,
    /// Rows by bin, then by drawn configuration; `None` where the value is not legal.
    rows: Vec<Vec<Option<Vec<f64>>>>,
}

impl Question {
    /// Replaces the hyperparameter's value in every configuration of the probe.
    pub(crate) fn of(probe: &Probe, space: &Space, index: usize) -> Self {
        let row = |base: usize, at: f64| match probe.replaced(base, &[(index, at)]) {
            ProbeAnswer::Row(row) => Some(row),
            ProbeAnswer::Inactive | ProbeAnswer::Forbidden => None,
        };
        let bins = bins(&space.hyperparameters()[index]);
        Self { index, rows: bins.iter().map(|bin| (0..probe.len()).map(|base| row(base, bin.at)).collect()).collect() }
    }

    /// The mean prediction and the number of legal rows by bin, from every `stride`-th configuration.
    pub(crate) fn ask(&self, model: &SvrModel, stride: usize) -> Vec<(Option<f64>, usize)> {
        let mean = |rows: &Vec<Option<Vec<f64>>>| {
            let values: Vec<f64> = rows.iter().step_by(stride).flatten().map(|row| model.predict(row)).collect();
            let n = values.len();
            ((n > 0).then(|| values.iter().sum::<f64>() / n as f64), n)
        };
        self.rows.iter().map(mean).collect()
    }

    /// The share of drawn configurations in which the hyperparameter is active, averaged over bins.
    pub(crate) fn active(&self, probe: &Probe, space: &Space) -> f64 {
        if space.condition(self.index).is_none() {
            return 1.0;
        }
        let active = (0..probe.len()).filter(|&base| self.rows.iter().any(|rows| rows[base].is_some())).count();
        active as f64 / probe.len().max(1) as f64
    }

    /// Predictions by bin for single configurations, at most `most` of them; `None` where the value is not legal.
    pub(crate) fn curves(&self, model: &SvrModel, most: usize) -> Vec<Vec<Option<f64>>> {
        let bases = self.rows.first().map_or(0, Vec::len);
        let curve = |base: usize| -> Vec<Option<f64>> {
            self.rows.iter().map(|rows| rows[base].as_ref().map(|row| model.predict(row))).collect()
        };
        (0..bases).map(curve).filter(|curve| curve.iter().flatten().count() > 1).take(most).collect()
    }
}
