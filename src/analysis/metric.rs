//! Metrics: the numbers that trials reported beside their cost, summarized and compared with it.
use serde::Serialize;

use super::correlation::spearman;
use crate::numeric::quantile::quantile;
use crate::trial::TrialId;
use crate::trial::history::History;

/// The numbers that trials reported under one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    pub name: String,
    /// The number of each trial that reported one, with the trial's number.
    pub values: Vec<(u32, f64)>,
}

/// A summary of one metric, and its relation to the cost at the highest budget.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricSummary {
    pub name: String,
    /// The number of trials that reported it.
    pub trials: usize,
    pub least: f64,
    pub median: f64,
    pub greatest: f64,
    /// The trial of the recommended configuration, and its value there.
    pub best: Option<u32>,
    pub at_best: Option<f64>,
    /// Spearman's rank correlation with the cost at the highest budget; absent below five trials.
    pub correlation: Option<f64>,
    /// The trials at the highest budget that have both.
    pub points: Vec<MetricPoint>,
}

/// A trial with its cost and its metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricPoint {
    pub trial: u32,
    pub cost: f64,
    pub value: f64,
}

/// The fewest trials whose ranks are compared.
const FEWEST: usize = 5;

/// The summaries of all metrics that any trial reported, in the order of their first appearance; `recommended` is the
/// trial of the recommended configuration.
pub(crate) fn summaries(metrics: &[Metric], history: &History, recommended: Option<TrialId>) -> Vec<MetricSummary> {
    let recommended = recommended.map(|trial| trial.0);
    let cost = |trial: u32| history.trial(TrialId(trial)).and_then(|trial| trial.outcome.as_ref()?.cost());
    let budget = |trial: u32| history.trial(TrialId(trial)).map(|trial| trial.proposal.budget);
    let summary = |metric: &Metric| {
        let values: Vec<f64> =
            metric.values.iter().map(|(_, value)| *value).filter(|value| value.is_finite()).collect();
        let reached = metric.values.iter().filter(|(trial, _)| cost(*trial).is_some());
        let highest = reached.filter_map(|(trial, _)| budget(*trial)).max();
        let at_highest = metric.values.iter().filter(|(trial, value)| budget(*trial) == highest && value.is_finite());
        let points: Vec<MetricPoint> =
            at_highest.filter_map(|&(trial, value)| Some(MetricPoint { trial, cost: cost(trial)?, value })).collect();
        let best = metric.values.iter().find(|(trial, value)| Some(*trial) == recommended && value.is_finite());
        let column = |of: fn(&MetricPoint) -> f64| points.iter().map(of).collect::<Vec<f64>>();
        let correlation = || spearman(&column(|point| point.value), &column(|point| point.cost));
        Some(MetricSummary {
            name: metric.name.clone(),
            trials: values.len(),
            least: quantile(&values, 0.0)?,
            median: quantile(&values, 0.5)?,
            greatest: quantile(&values, 1.0)?,
            best: best.map(|(trial, _)| *trial),
            at_best: best.map(|(_, value)| *value),
            correlation: (points.len() >= FEWEST).then(correlation).flatten(),
            points,
        })
    };
    metrics.iter().filter_map(summary).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixtures::{finished, history, input, line};
    use crate::trial::outcome::Outcome;

    #[test]
    fn a_metric_is_summarized_and_ranked_against_the_cost() {
        let space = line();
        let low = (0..3).map(|index| (f64::from(index) / 50.0, 1.0, finished(-9.0)));
        let high = (0..8).map(|index| (f64::from(index) / 10.0, 3.0, finished(f64::from((index + 3) % 8))));
        let failed = [(0.95, 3.0, Outcome::Diverged)];
        let history = history(&space, low.chain(high).chain(failed));
        let opposite = |trial: &crate::trial::Trial| {
            let cost = trial.outcome.as_ref().and_then(Outcome::cost).unwrap_or(100.0);
            (trial.proposal.trial.0, 1.0 - cost)
        };
        let metrics = [
            Metric { name: "accuracy".into(), values: history.trials().iter().map(opposite).collect() },
            Metric { name: "nothing".into(), values: Vec::new() },
        ];
        let found = summaries(&metrics, &history, input(&space, &history).recommendation().map(|best| best.trial));
        assert_eq!(found.len(), 1);
        let accuracy = &found[0];
        assert_eq!((accuracy.trials, accuracy.points.len(), accuracy.correlation), (12, 8, Some(-1.0)));
        assert_eq!((accuracy.least, accuracy.median, accuracy.greatest), (-99.0, -1.5, 10.0));
        // The sixth trial at the higher budget costs nothing.
        assert_eq!((accuracy.best, accuracy.at_best), (Some(9), Some(1.0)));
    }
}
