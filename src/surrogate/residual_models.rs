//! Residual models: for each rung, a forest predicts the residuals of the fidelity regression.
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Mutex;

use super::fidelity_regression::{Observation, Residuals, regress};
use super::forest::{Forest, ForestSettings};
use super::refit::fitted;
use super::target::Scale;
use super::{Rows, Surrogate, Targets};
use crate::space::encoding::Column;

/// Results up to which the forests are fitted to all of them.
const EAGER: usize = 128;

/// The forests lack at most this share of the results, one in so many.
const LAG: usize = 32;

/// Configurations that a forest is fitted to at most, an even share of all: more hardly change a prediction.
const MOST: usize = 500;

/// The purpose of the forests' random streams. It must not change, because another one would change proposals.
const PURPOSE: &str = "linkage";

/// Fits that are kept: the latest, and those from the results that the surrogate's trees were grown from.
const KEPT: usize = 3;

/// A fidelity regression whose residuals are predicted by forests.
pub(crate) struct ResidualModels {
    columns: Vec<Column>,
    settings: ForestSettings,
    seed: u64,
    /// The models of the rungs, by the number of results that they were fitted to.
    fits: Mutex<BTreeMap<usize, Vec<RungModel>>>,
}

/// The model of one rung's residuals.
struct RungModel {
    budget: f64,
    forest: Forest,
    /// Predictions by configuration, as far as they were asked for.
    predicted: Vec<Option<f64>>,
}

impl RungModel {
    /// The predicted residuals of some configurations, `rows` being all.
    fn predict(&mut self, rows: &Rows, configurations: &[usize]) -> Vec<f64> {
        self.predicted.resize(rows.len(), None);
        let new: Vec<usize> =
            configurations.iter().copied().filter(|&configuration| self.predicted[configuration].is_none()).collect();
        let predictions = self.forest.predict(&rows.select(new.iter().copied()));
        for (configuration, prediction) in new.into_iter().zip(predictions) {
            self.predicted[configuration] = Some(prediction.mean);
        }
        configurations.iter().map(|&configuration| self.predicted[configuration].unwrap_or(0.0)).collect()
    }
}

impl ResidualModels {
    /// Models over rows with these columns, as forests with these settings.
    pub(crate) fn new(columns: &[Column], settings: &ForestSettings, seed: u64) -> Self {
        Self { columns: columns.to_vec(), settings: settings.clone(), seed, fits: Mutex::default() }
    }

    /// The target of each configuration with a result, `rows` being all configurations. It depends on the observations
    /// and their order alone.
    pub(crate) fn targets(&self, found: &[Observation], rows: &Rows, scale: Scale) -> Targets {
        let from = if found.len() < EAGER { found.len() } else { fitted(found.len(), LAG) };
        let mut all = self.fits.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !all.contains_key(&from) {
            while all.len() >= KEPT {
                all.pop_first();
            }
            let models = self.fit(&found[..from], rows, scale);
            all.insert(from, models);
        }
        let models = RefCell::new(all.entry(from).or_default());
        let expected = regress(found, scale, &|residuals: &Residuals, elsewhere: &[usize]| {
            let mut models = models.borrow_mut();
            let model = models.iter_mut().find(|model| model.budget == residuals.budget)?;
            Some(model.predict(rows, elsewhere))
        });
        let (configurations, values): (Vec<usize>, Vec<f64>) = expected.into_iter().unzip();
        let targets = scale.targets(values, &rows.select(configurations.iter().copied()), &self.columns);
        configurations.into_iter().zip(targets).collect()
    }

    fn fit(&self, found: &[Observation], rows: &Rows, scale: Scale) -> Vec<RungModel> {
        let models = RefCell::new(Vec::new());
        regress(found, scale, &|residuals: &Residuals, elsewhere: &[usize]| {
            let count = residuals.configurations.len().min(MOST);
            let share = || (0..count).map(|index| index * residuals.configurations.len() / count);
            let at = rows.select(share().map(|index| residuals.configurations[index]));
            let values: Vec<f64> = share().map(|index| residuals.values[index]).collect();
            let forest = Forest::fit(&at, &self.columns, &values, &self.settings, self.seed, PURPOSE);
            let mut model = RungModel { budget: residuals.budget, forest, predicted: Vec::new() };
            let expected = model.predict(rows, elsewhere);
            models.borrow_mut().push(model);
            Some(expected)
        });
        models.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;

    #[test]
    fn targets_depend_on_what_was_found_alone() {
        let mut stream = Stream::of(1, "test", 0);
        let (mut rows, mut found) = (Rows::new(2), Vec::new());
        for configuration in 0..400 {
            let (x, y) = (stream.uniform(), stream.uniform());
            rows.push(&[x, y]);
            found.push(Observation { configuration, budget: 1.0, cost: 1.0 + x });
            if configuration % 3 == 0 {
                found.push(Observation { configuration, budget: 3.0, cost: 1.0 + x + y * y });
            }
        }
        let new = || ResidualModels::new(&[Column::Numeric; 2], &ForestSettings::default(), 1);
        let model = new();
        for results in (1..=found.len()).step_by(7) {
            let targets = model.targets(&found[..results], &rows, Scale::Rank);
            assert_eq!(targets, new().targets(&found[..results], &rows, Scale::Rank), "{results}");
        }
        assert!(model.fits.lock().unwrap().len() <= KEPT);
        // The line cannot know y of configurations that did not go on; the forest does.
        let targets = model.targets(&found, &rows, Scale::Raw);
        let error = |targets: &Targets| {
            let miss = |&(index, target): &(usize, f64)| {
                let row = rows.row(index);
                (target - 1.0 - row[0] - row[1] * row[1]).powi(2)
            };
            targets.iter().map(miss).sum::<f64>() / targets.len() as f64
        };
        let straight = regress(&found, Scale::Raw, &|_, _| None);
        assert!(error(&targets) < 0.4 * error(&straight), "{} {}", error(&targets), error(&straight));
    }
}
