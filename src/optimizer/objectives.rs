//! Objectives of the model: a cost model for each, and the acquisition function over their predictions.
use std::sync::Arc;

use super::cost_model::{CostModel, ExpectedCost};
use super::training_data::TrainingData;
use super::weight::Weight;
use crate::acquisition::integration::{integrated, integrated_slope};
use crate::acquisition::{AcquisitionFunction, Criterion, SearchState};
use crate::numeric::pareto;
use crate::numeric::quantile::order;
use crate::numeric::stream::Stream;
use crate::surrogate::{Prediction, Rows};

/// The cost models of an experiment's objectives, with the acquisition function and its weights.
pub(crate) struct Objectives {
    models: Vec<Box<dyn CostModel>>,
    acquisition: Arc<dyn AcquisitionFunction>,
    weights: Vec<Box<dyn Weight>>,
    columns: usize,
    seed: u64,
    /// The criterion of the next proposal; `None` before the models have enough results.
    criterion: Option<Criterion>,
    /// Rows of configurations with a result, from the most promising.
    ranking: Vec<usize>,
    /// The number of the trial that is asked for.
    trial: u32,
}

impl Objectives {
    /// The objectives with these cost models, at least one, over rows with this number of columns.
    pub(crate) fn new(
        models: Vec<Box<dyn CostModel>>,
        acquisition: Arc<dyn AcquisitionFunction>,
        weights: Vec<Box<dyn Weight>>,
        columns: usize,
        seed: u64,
    ) -> Self {
        Self { models, acquisition, weights, columns, seed, criterion: None, ranking: Vec::new(), trial: 0 }
    }

    /// Updates the models; returns false where too few configurations have a cost, in which case no other method may be
    /// called.
    pub(crate) fn update(&mut self, data: &TrainingData) -> bool {
        if !self.models.iter_mut().all(|model| model.update(data)) {
            return false;
        }
        self.trial = data.history.next_trial().0;
        self.weights.iter_mut().for_each(|weight| weight.update(data));
        let expected = self.models[0].expected();
        // Whatever has one cost has all of them.
        let point = |index: usize| self.models.iter().map(|model| model.expected()[index].cost).collect();
        let points: Vec<Vec<f64>> = (0..expected.len()).map(point).collect();
        let best = match self.models[..] {
            [_] => order(&expected.iter().map(|each| each.cost).collect::<Vec<_>>()),
            _ => pareto::order(&points.iter().map(Vec::as_slice).collect::<Vec<_>>()),
        };
        self.ranking = best.into_iter().map(|index| expected[index].row).collect();
        let is_reached = |(_, expected): &(Vec<f64>, &ExpectedCost)| expected.is_reached;
        let points: Vec<Vec<f64>> =
            points.into_iter().zip(expected).filter(is_reached).map(|(point, _)| point).collect();
        let state = SearchState {
            points: &points,
            results: data.observations(0).len(),
            columns: self.columns,
            is_multi_fidelity: self.models[0].is_multi_fidelity(),
        };
        let mut stream = Stream::of(self.seed, "weights", self.trial.into());
        self.criterion = Some(self.acquisition.criterion(&state, &mut stream));
        true
    }

    /// The rows of at most `count` configurations with the lowest expected costs.
    pub(crate) fn best(&self, count: usize) -> impl Iterator<Item = usize> {
        self.ranking.iter().copied().take(count)
    }

    /// True where the score of a row does not depend on the other rows that are scored with it.
    pub(crate) fn is_deterministic(&self) -> bool {
        !matches!(self.criterion(), Criterion::PosteriorSample)
    }

    fn criterion(&self) -> &Criterion {
        self.criterion.as_ref().expect("the models have learnt enough before they are asked")
    }

    /// The score of each row, a higher one being more promising: the logarithm of the criterion or, of a posterior
    /// sample, the negative value.
    pub(crate) fn score(&self, rows: &Rows) -> Vec<f64> {
        let mut scores: Vec<f64> = match self.criterion() {
            Criterion::OneObjective(utility) => {
                integrated(utility.as_ref(), &self.models[0].surrogate().predict_each(rows))
            }
            Criterion::SeveralObjectives(utility) => {
                let predictions: Vec<Vec<Prediction>> =
                    self.models.iter().map(|model| model.surrogate().predict(rows)).collect();
                let score = |row: usize| utility.log_value(&predictions.iter().map(|of| of[row]).collect::<Vec<_>>());
                (0..rows.len()).map(score).collect()
            }
            Criterion::PosteriorSample => {
                let mut stream = Stream::of(self.seed, "thompson", self.trial.into());
                let sampled = self.models[0].surrogate().sample_posterior(rows, &mut stream);
                sampled.into_iter().map(|cost| -cost).collect()
            }
        };
        assert_eq!(scores.len(), rows.len(), "a surrogate answers with one prediction for each row");
        let is_sampled = !self.is_deterministic();
        self.weights.iter().for_each(|weight| weight.apply(rows, is_sampled, &mut scores));
        scores
    }

    /// The logarithm of the criterion at one row, without weights, with its derivatives; `None` where the surrogate is
    /// not differentiable, and with several objectives.
    pub(crate) fn gradient(&self, row: &[f64]) -> Option<(f64, Vec<f64>)> {
        match self.criterion() {
            Criterion::OneObjective(utility) => {
                integrated_slope(utility.as_ref(), &self.models[0].surrogate().slopes(row)?)
            }
            Criterion::SeveralObjectives(_) | Criterion::PosteriorSample => None,
        }
    }
}
