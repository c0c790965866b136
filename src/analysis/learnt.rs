//! The learnt model of a run, with its refits, for the chapters that ask it about single configurations.
use super::bin::Binning;
use super::model::{FittedModel, Process};
use super::row::Encoder;
use crate::numeric::quantile::quantile;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::surrogate::Rows;
use crate::trial::budget::Budget;

/// The quantiles of the refits at the ends of an interval.
const INTERVAL: (f64, f64) = (0.1, 0.9);

/// The model of the interaction matrix, with all that is needed to ask it.
pub(super) struct Learnt {
    /// The hyperparameters that vary, by their index in the space, with their bins.
    pub varied: Vec<(usize, Binning)>,
    /// The least and the greatest budget of the sample.
    pub span: Option<(Budget, Budget)>,
    /// The budget at which the model is asked.
    pub budget: f64,
    pub model: FittedModel,
    pub process: Process,
    pub refits: Vec<FittedModel>,
}

impl Learnt {
    /// The rows of configurations at the budget of the predictions.
    pub(crate) fn rows<'a>(&self, space: &Space, configurations: impl IntoIterator<Item = &'a Configuration>) -> Rows {
        let varied = self.varied.iter().map(|(index, binning)| (*index, binning)).collect();
        let encoder = Encoder::new(space, varied, self.span);
        let mut rows = Rows::new(encoder.columns().len());
        configurations.into_iter().for_each(|each| rows.push(&encoder.row(each, self.budget)));
        rows
    }

    /// The predicted target of each row.
    pub(crate) fn predict(&self, rows: &Rows) -> Vec<f64> {
        self.model.predict(rows)
    }

    /// The ends of the bootstrap's 80 % interval of each row's target; they hold the prediction itself.
    pub(crate) fn intervals(&self, rows: &Rows) -> Vec<(f64, f64)> {
        let refits: Vec<Vec<f64>> = self.refits.iter().map(|refit| refit.predict(rows)).collect();
        let interval = |(row, own): (usize, f64)| {
            let all: Vec<f64> = refits.iter().map(|refit| refit[row]).collect();
            let end = |share| quantile(&all, share).unwrap_or(own);
            (end(INTERVAL.0).min(own), end(INTERVAL.1).max(own))
        };
        self.predict(rows).into_iter().enumerate().map(interval).collect()
    }

    /// The standard deviation of each row's target under the Gaussian process.
    pub(crate) fn deviations(&self, rows: &Rows) -> Vec<f64> {
        self.process.deviations(rows)
    }
}
