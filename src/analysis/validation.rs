//! Cross-validation: the predictions of each model for configurations that it has not seen.
use super::model::{FittedModel, ModelKind, Process};
use super::table::RegressionTable;
use super::watcher::{Cancelled, Watcher, each};
use crate::numeric::stream::Stream;

/// Configurations up to which there are ten folds, not five.
const FEW: usize = 40;

/// The predictions out of fold of one kind of model, with the models that made them.
pub(super) struct Validated {
    pub kind: ModelKind,
    /// The prediction of each row by a model that saw no row of its configuration, not even to choose its parameters
    /// (nested cross-validation).
    pub predictions: Vec<f64>,
    /// The model of each fold; `None` where none could be fitted.
    pub models: Vec<Option<FittedModel>>,
}

/// The cross-validation of several kinds of models on the same folds.
pub(super) struct Validation {
    /// The fold of each row.
    pub folds: Vec<usize>,
    pub count: usize,
    /// The kinds of models, the one that predicts best first.
    pub ranked: Vec<Validated>,
}

impl Validation {
    /// Validates each of these kinds of models.
    pub(crate) fn of(
        table: &RegressionTable,
        kinds: &[ModelKind],
        seed: u64,
        watcher: &dyn Watcher,
    ) -> Result<Self, Cancelled> {
        let groups = table.distinct().len();
        let count = if groups <= FEW { 10.min(groups) } else { 5 };
        let folds = table.folds(count, &mut Stream::of(seed, "outer folds", 0));
        let fold = |fold: usize| {
            let (inside, outside): (Vec<usize>, Vec<usize>) = (0..folds.len()).partition(|&row| folds[row] == fold);
            let (rest, rows) = (table.select(&outside), table.rows.select(inside.iter().copied()));
            let mean = rest.targets.iter().sum::<f64>() / rest.targets.len().max(1) as f64;
            let process = Process::fit(&rest, seed);
            let fitted = kinds.iter().map(|&kind| {
                let model = process.as_ref().and_then(|process| FittedModel::fit(kind, &rest, process, seed));
                let predicted = model.as_ref().map_or_else(|| vec![mean; inside.len()], |model| model.predict(&rows));
                (model, predicted)
            });
            (inside.clone(), fitted.collect::<Vec<_>>())
        };
        let parts = each(watcher, "models", (0..count).collect(), fold)?;
        let empty = |&kind: &ModelKind| Validated { kind, predictions: vec![0.0; folds.len()], models: Vec::new() };
        let mut ranked: Vec<Validated> = kinds.iter().map(empty).collect();
        for (inside, fitted) in parts {
            for (validated, (model, predicted)) in ranked.iter_mut().zip(fitted) {
                validated.models.push(model);
                inside.iter().zip(predicted).for_each(|(&row, prediction)| validated.predictions[row] = prediction);
            }
        }
        let error = |validated: &Validated| -> f64 {
            let pairs = validated.predictions.iter().zip(&table.targets);
            pairs.map(|(predicted, target)| (predicted - target).powi(2)).sum()
        };
        ranked.sort_by(|a, b| error(a).total_cmp(&error(b)));
        Ok(Self { folds, count, ranked })
    }
}

/// The share of the variance within strata that predictions explain; `None` if there is none.
pub(super) fn explained(table: &RegressionTable, predictions: &[f64]) -> Option<f64> {
    let whole = table.variance_within() * table.targets.len() as f64;
    let left: f64 = predictions.iter().zip(&table.targets).map(|(p, t)| (p - t).powi(2)).sum();
    (whole > 1e-18).then(|| 1.0 - left / whole)
}

#[cfg(test)]
mod tests {
    use super::super::watcher::Unwatched;
    use super::*;
    use crate::space::encoding::Column;
    use crate::surrogate::Rows;

    fn table(n: usize, signal: f64) -> RegressionTable {
        let mut stream = Stream::of(1, "test", 0);
        let mut rows = Rows::new(4);
        let mut targets = Vec::new();
        for _ in 0..n {
            let row: Vec<f64> = (0..4).map(|_| stream.uniform()).collect();
            targets.push(signal * (3.0 * row[0] + (6.0 * row[1]).sin()) + 0.3 * stream.normal());
            rows.push(&row);
        }
        let groups = (0..n as u32).map(|row| row / 2).collect();
        RegressionTable {
            columns: vec![Column::Numeric; 4],
            pooled: vec![None; 4],
            rows,
            targets,
            groups,
            strata: vec![0; n],
        }
    }

    #[test]
    fn a_law_is_found_and_noise_is_not() {
        let validate = |signal: f64| {
            let table = table(60, signal);
            let found = Validation::of(&table, &ModelKind::ALL, 0, &Unwatched).unwrap();
            found.ranked.iter().map(|each| explained(&table, &each.predictions).unwrap()).collect::<Vec<_>>()
        };
        let (law, noise) = (validate(1.0), validate(0.0));
        assert!(law[0] > 0.75 && law[0] >= law[1] && law[1] >= law[2], "{law:?}");
        assert!(noise[0] < 0.15, "{noise:?}");
    }
}
