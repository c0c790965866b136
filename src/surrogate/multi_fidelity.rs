//! A multi-fidelity surrogate: one model over all rungs, with the budget as one more column.
use std::collections::BTreeMap;

use super::fidelity_regression::Observation;
use super::target::{Scale, logarithms};
use super::{Prediction, Rows, Slope, Surrogate, Targets};
use crate::numeric::quantile::quantile;
use crate::numeric::stream::Stream;
use crate::space::encoding::Column;

/// A surrogate of configurations at the highest budget, made of an inner one that sees every trial at its own budget.
///
/// The inner model learns from the results how much the rungs agree, by the hyperparameters of the budget column: a low
/// rung that misleads is soon treated as another function (Swersky et al. 2013). Many cheap trials never outvote one at
/// the highest budget.
pub(crate) struct MultiFidelity {
    inner: Box<dyn Surrogate>,
}

/// The columns of the inner surrogate: those of a configuration, then the budget.
pub(crate) fn columns(columns: &[Column]) -> Vec<Column> {
    columns.iter().copied().chain([Column::Numeric]).collect()
}

/// Rows of the inner surrogate, one an observation in the given order; `rows` holds the configurations. Budgets are scaled
/// to `[0, 1]` by their logarithms, from `min` to `max`.
pub(crate) fn rows(observations: &[Observation], rows: &Rows, min: f64, max: f64) -> Rows {
    let mut joint = Rows::new(rows.width() + 1);
    for observation in observations {
        let position = (observation.budget / min).ln() / (max / min).ln();
        joint.push(&extended(rows.row(observation.configuration), position));
    }
    joint
}

/// The targets of the inner surrogate, one an observation in the given order: on the scale, and each rung shifted by the
/// median difference to the rung above over the configurations that both have. `rows` and `columns` are those of the inner
/// surrogate; rows after those of the observations are ignored.
pub(crate) fn targets(observations: &[Observation], scale: Scale, rows: &Rows, columns: &[Column]) -> Targets {
    let mut rungs: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (index, observation) in observations.iter().enumerate() {
        // Positive numbers are ordered like their bits.
        rungs.entry(observation.budget.to_bits()).or_default().push(index);
    }
    let mut values = vec![0.0; observations.len()];
    let mut above: BTreeMap<usize, f64> = BTreeMap::new();
    for rung in rungs.into_values().rev() {
        let costs: Vec<f64> = rung.iter().map(|&index| observations[index].cost).collect();
        let mut found = if scale == Scale::Raw { costs } else { logarithms(&costs) };
        let common = rung
            .iter()
            .zip(&found)
            .filter_map(|(&index, value)| above.get(&observations[index].configuration).map(|target| target - value));
        let common: Vec<f64> = common.collect();
        // Medians, as one penalty or outlier moves every mean.
        let median = |values: &[f64]| quantile(values, 0.5).unwrap_or(0.0);
        let shift = if above.is_empty() {
            0.0
        } else if common.is_empty() {
            median(&above.values().copied().collect::<Vec<_>>()) - median(&found)
        } else {
            median(&common)
        };
        found.iter_mut().for_each(|value| *value += shift);
        above = rung.iter().map(|&index| observations[index].configuration).zip(found.iter().copied()).collect();
        rung.into_iter().zip(found).for_each(|(index, value)| values[index] = value);
    }
    scale.targets(values, &rows.select(0..observations.len()), columns).into_iter().enumerate().collect()
}

fn extended(row: &[f64], position: f64) -> Vec<f64> {
    row.iter().copied().chain([position]).collect()
}

/// Rows of the inner surrogate for configurations at the highest budget.
fn full(rows: &Rows) -> Rows {
    let mut joint = Rows::new(rows.width() + 1);
    (0..rows.len()).for_each(|index| joint.push(&extended(rows.row(index), 1.0)));
    joint
}

impl MultiFidelity {
    /// A multi-fidelity surrogate with an inner one over [`columns`].
    pub(crate) fn new(inner: Box<dyn Surrogate>) -> Self {
        Self { inner }
    }
}

impl Surrogate for MultiFidelity {
    /// Fits the inner surrogate to [`rows`] and [`targets`]; the rows of all other methods are configurations.
    fn update(&mut self, rows: &Rows, targets: &Targets, results: usize, earlier: &dyn Fn(usize) -> Targets) {
        self.inner.update(rows, targets, results, earlier);
    }

    fn predict(&self, rows: &Rows) -> Vec<Prediction> {
        self.inner.predict(&full(rows))
    }

    fn predict_each(&self, rows: &Rows) -> Vec<Vec<Prediction>> {
        self.inner.predict_each(&full(rows))
    }

    fn condition_on(&mut self, rows: &Rows, target: Option<f64>) {
        self.inner.condition_on(&full(rows), target);
    }

    fn sample_posterior(&self, rows: &Rows, stream: &mut Stream) -> Vec<f64> {
        self.inner.sample_posterior(&full(rows), stream)
    }

    fn slopes(&self, row: &[f64]) -> Option<Vec<Slope>> {
        let mut slopes = self.inner.slopes(&extended(row, 1.0))?;
        for slope in &mut slopes {
            slope.of_mean.pop();
            slope.of_variance.pop();
        }
        Some(slopes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surrogate::gaussian_process::{GaussianProcess, GaussianProcessSettings};

    /// The mean squared error at 20 points after 30 results of a low rung and 6 of the highest.
    fn error(low: impl Fn(f64) -> f64) -> f64 {
        let top = |x: f64| (6.0 * x).sin() + 2.0 * x;
        let mut configurations = Rows::new(1);
        let mut stream = Stream::of(7, "test", 0);
        let mut observations = Vec::new();
        for index in 0..30 {
            let x = stream.uniform();
            configurations.push(&[x]);
            observations.push(Observation { configuration: index, budget: 1.0, cost: low(x) });
            if index % 5 == 0 {
                observations.push(Observation { configuration: index, budget: 9.0, cost: top(x) });
            }
        }
        let columns = columns(&[Column::Numeric]);
        let inner = GaussianProcess::new(&columns, &GaussianProcessSettings::default(), 1);
        let mut model = MultiFidelity::new(Box::new(inner));
        let joint = rows(&observations, &configurations, 1.0, 9.0);
        let earlier = |results: usize| targets(&observations[..results], Scale::Raw, &joint, &columns);
        let found = earlier(observations.len());
        model.update(&joint, &found, observations.len(), &earlier);
        let points: Vec<f64> = (0..20).map(|index| (f64::from(index) + 0.5) / 20.0).collect();
        let mut asked = Rows::new(1);
        points.iter().for_each(|&x| asked.push(&[x]));
        let predictions = model.predict(&asked);
        predictions.iter().zip(points).map(|(prediction, x)| (prediction.mean - top(x)).powi(2)).sum::<f64>() / 20.0
    }

    #[test]
    fn a_rung_that_agrees_is_believed_and_one_that_misleads_is_not() {
        let top = |x: f64| (6.0 * x).sin() + 2.0 * x;
        let (agreeing, misleading) = (error(|x| top(x) + 3.0), error(|x| (40.0 * x).cos() * 2.0));
        assert!(agreeing < 0.01, "{agreeing}");
        assert!(misleading < 0.7, "{misleading}");
    }

    #[test]
    fn rungs_are_moved_to_where_the_one_above_is() {
        let at = |configuration, budget, cost| Observation { configuration, budget, cost };
        let found = [at(0, 1.0, 5.0), at(1, 1.0, 7.0), at(0, 3.0, 2.0), at(1, 3.0, 4.0), at(1, 9.0, 1.0)];
        let rows = Rows::of(1, vec![0.0; found.len()]);
        let targets = targets(&found, Scale::Raw, &rows, &[Column::Numeric]);
        let targets: Vec<f64> = targets.into_iter().map(|(_, target)| target).collect();
        assert_eq!(targets, [-1.0, 1.0, -1.0, 1.0, 1.0]);
    }
}
