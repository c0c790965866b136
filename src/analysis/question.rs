//! Questions to a model: its predictions at every value of one hyperparameter.
use super::bin::Bin;
use super::model::FittedModel;
use super::probe::{Probe, ProbeAnswer};
use crate::surrogate::Rows;

/// Rows of legal configurations in which one hyperparameter takes the value of each of its bins.
pub(super) struct Question {
    /// Legal rows by bin.
    rows: Vec<Rows>,
    /// The drawn configuration of each legal row, by bin.
    bases: Vec<Vec<usize>>,
    drawn: usize,
}

impl Question {
    /// Replaces the hyperparameter's value in the first `drawn` configurations of the probe; rows have `width` columns.
    pub(crate) fn of(probe: &Probe, index: usize, bins: &[Bin], (drawn, width): (usize, usize)) -> Self {
        let drawn = drawn.min(probe.len());
        let (mut rows, mut bases) = (Vec::new(), Vec::new());
        for bin in bins {
            let (mut legal, mut from) = (Rows::new(width), Vec::new());
            for base in 0..drawn {
                if let ProbeAnswer::Row(row) = probe.replaced(base, &[(index, bin.place)]) {
                    legal.push(&row);
                    from.push(base);
                }
            }
            rows.push(legal);
            bases.push(from);
        }
        Self { rows, bases, drawn }
    }

    /// The mean prediction and the number of legal rows by bin.
    pub(crate) fn ask(&self, model: &FittedModel) -> Vec<(Option<f64>, usize)> {
        self.rows.iter().map(|rows| (model.mean(rows), rows.len())).collect()
    }

    /// The share of drawn configurations in which the hyperparameter is active at one of its values at least.
    pub(crate) fn active(&self) -> f64 {
        let active = (0..self.drawn).filter(|base| self.bases.iter().any(|bases| bases.binary_search(base).is_ok()));
        active.count() as f64 / self.drawn.max(1) as f64
    }

    /// Predictions by bin for single configurations, at most `most` of them; `None` where the value is not legal.
    pub(crate) fn curves(&self, model: &FittedModel, most: usize) -> Vec<Vec<Option<f64>>> {
        let mut curves = vec![vec![None; self.rows.len()]; self.drawn];
        for (bin, (rows, bases)) in self.rows.iter().zip(&self.bases).enumerate() {
            for (prediction, &base) in model.predict(rows).into_iter().zip(bases) {
                curves[base][bin] = Some(prediction);
            }
        }
        curves.retain(|curve| curve.iter().flatten().count() > 1);
        curves.truncate(most);
        curves
    }
}
