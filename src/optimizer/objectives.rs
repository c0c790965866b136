//! One model for each objective, and how promising what is expected of all of them is.
use super::model::Model;
use super::settings::Settings;
use crate::acquisition::Trade;
use crate::intensifier::bracket::Schedule;
use crate::numeric::pareto;
use crate::numeric::quantile::order;
use crate::numeric::stream::Stream;
use crate::space::encoding::Column;
use crate::surrogate::{Prediction, Rows};
use crate::trial::ConfigurationId;
use crate::trial::history::History;
use crate::trial::prior_result::PriorResult;

/// The models of an experiment's objectives, mostly one.
pub(super) struct Objectives {
    /// The first one also knows what fails and what takes long.
    models: Vec<Model>,
    seed: u64,
    /// How promising, where there are several.
    trade: Option<Box<dyn Trade>>,
    /// Indices of configurations with a result, from the most promising.
    ranking: Vec<usize>,
}

impl Objectives {
    pub fn new(columns: Vec<Column>, settings: &Settings, schedule: &Schedule, seed: u64) -> Self {
        let model = |objective| Model::new(objective, columns.clone(), settings, schedule, seed);
        let models = (0..settings.objectives.len().max(1)).map(model).collect();
        Self { models, seed, trade: None, ranking: Vec::new() }
    }

    /// Learns from elsewhere, before anything else.
    pub fn learn_from(&mut self, evidence: &[PriorResult]) {
        self.models.iter_mut().for_each(|model| model.learn_from(evidence));
    }

    /// Learns what has ended, `rows` being all configurations and `waiting` those that may go on; false where too few have a
    /// cost.
    pub fn learn(&mut self, history: &History, rows: &Rows, settings: &Settings, waiting: &[ConfigurationId]) -> bool {
        if !self.models.iter_mut().all(|model| model.learn(history, rows, settings, waiting)) {
            return false;
        }
        let expected = self.models[0].expected();
        if let [_] = self.models[..] {
            let best = order(&expected.iter().map(|each| each.cost).collect::<Vec<_>>());
            self.ranking = best.into_iter().map(|index| expected[index].configuration).collect();
            return true;
        }
        // Whatever has one cost has all of them.
        let point = |index: usize| self.models.iter().map(|model| model.expected()[index].cost).collect();
        let points: Vec<Vec<f64>> = (0..expected.len()).map(point).collect();
        let best = pareto::order(&points.iter().map(Vec::as_slice).collect::<Vec<_>>());
        self.ranking = best.into_iter().map(|index| expected[index].configuration).collect();
        let reached = points.iter().zip(expected).filter(|(_, expected)| expected.is_reached);
        let reached: Vec<Vec<f64>> = reached.map(|(point, _)| point.clone()).collect();
        let mut stream = Stream::of(self.seed, "weights", history.next_trial().0.into());
        self.trade = Some(settings.acquisition.trade(&reached, &mut stream));
        true
    }

    /// Indices of at most `count` configurations, those of which most is expected.
    pub fn best(&self, count: usize) -> impl Iterator<Item = usize> {
        self.ranking.iter().copied().take(count)
    }

    /// Whether the score is a function, and not drawn at the points that are asked for.
    pub fn is_deterministic(&self) -> bool {
        self.models[0].is_deterministic()
    }

    /// The log_value of how promising each row is, or of a function that is drawn how low it is.
    pub fn score(&self, rows: &Rows) -> Vec<f64> {
        let Some(trade) = &self.trade else { return self.models[0].score(rows) };
        let predictions: Vec<Vec<Prediction>> = self.models.iter().map(|model| model.predict(rows)).collect();
        let score = |row: usize| trade.log_value(&predictions.iter().map(|of| of[row]).collect::<Vec<_>>());
        let mut scores: Vec<f64> = (0..rows.len()).map(score).collect();
        self.models[0].weigh(rows, &mut scores);
        scores
    }

    /// The same around one row with its slopes; `None` of a surrogate with steps, and of several objectives.
    pub fn slope(&self, row: &[f64]) -> Option<(f64, Vec<f64>)> {
        if self.models.len() == 1 { self.models[0].slope(row) } else { None }
    }
}
