//! Support-vector regression with a Gaussian kernel whose width differs by kind of column.
use linfa::prelude::*;
use linfa_svm::Svm;
use ndarray::{Array1, Array2};
use serde::Serialize;

/// The kind of a column, which determines the width of the kernel along it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnKind {
    /// A number or a rank.
    Ordered,
    /// A category, or the indicator of an active hyperparameter.
    Choice,
    /// The trial's budget.
    Budget,
}

/// The parameters of the support-vector model that are chosen by cross-validation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SvrParameters {
    /// The penalty of an error, for targets of variance one.
    pub c: f64,
    /// The kernel is `exp(-gamma d²)`.
    pub gamma: f64,
    /// The error without penalty, for targets of variance one.
    pub epsilon: f64,
    /// The weight of a squared distance between categories, that between ordered values being 1.
    pub choice: f64,
    /// The weight of a squared distance between budgets.
    pub budget: f64,
}

/// A fitted model: a weighted sum of kernels around its support vectors.
#[derive(Clone, Debug)]
pub(super) struct SvrModel {
    /// Support vectors in columns scaled for a kernel of width one, row after row.
    support: Vec<f64>,
    weights: Vec<f64>,
    scales: Vec<f64>,
    offset: f64,
    mean: f64,
    deviation: f64,
}

impl SvrModel {
    /// Fits `rows` (each as long as `kinds`) to `targets`; `None` without rows, or if a number is not finite.
    ///
    /// Uses neither linfa's shrinking nor nu-SVR: both give wrong models in linfa-svm 0.8.1.
    pub(crate) fn fit(
        rows: &[Vec<f64>],
        targets: &[f64],
        kinds: &[ColumnKind],
        parameters: &SvrParameters,
    ) -> Option<Self> {
        let n = targets.len();
        // linfa returns `Ok` with a wrong model if a target is not finite.
        if n == 0 || !targets.iter().chain(rows.iter().flatten()).all(|number| number.is_finite()) {
            return None;
        }
        let mean = targets.iter().sum::<f64>() / n as f64;
        let variance = targets.iter().map(|target| (target - mean).powi(2)).sum::<f64>() / n as f64;
        let deviation = if variance > 1e-24 { variance.sqrt() } else { 1.0 };
        let scales: Vec<f64> = kinds
            .iter()
            .map(|kind| match kind {
                ColumnKind::Ordered => parameters.gamma.sqrt(),
                ColumnKind::Choice => (parameters.gamma * parameters.choice).sqrt(),
                ColumnKind::Budget => (parameters.gamma * parameters.budget).sqrt(),
            })
            .collect();
        let records = Array2::from_shape_fn((n, kinds.len()), |(row, column)| rows[row][column] * scales[column]);
        let standard = Array1::from_iter(targets.iter().map(|target| (target - mean) / deviation));
        let dataset = DatasetBase::new(records, standard);
        // The columns carry the width, so the kernel's own is one; 1e-3 is libsvm's tolerance, linfa's 1e-7 is slow.
        let svm = Svm::<f64, f64>::params()
            .gaussian_kernel(1.0)
            .c_svr(parameters.c, Some(parameters.epsilon))
            .eps(1e-3)
            .fit(&dataset)
            .ok()?;
        let mut model = Self { support: vec![], weights: vec![], scales, offset: -svm.rho, mean, deviation };
        for (row, &alpha) in dataset.records.outer_iter().zip(&svm.alpha) {
            if alpha.abs() > 1e-12 {
                model.support.extend(row);
                model.weights.push(alpha);
            }
        }
        Some(model)
    }

    /// The predicted target of a row.
    pub(crate) fn predict(&self, row: &[f64]) -> f64 {
        let at: Vec<f64> = row.iter().zip(&self.scales).map(|(x, scale)| x * scale).collect();
        let width = at.len().max(1);
        let sum: f64 = self.support.chunks_exact(width).zip(&self.weights).map(|(x, w)| w * kernel(x, &at)).sum();
        self.mean + self.deviation * (sum + self.offset)
    }

    /// The number of support vectors.
    pub(crate) fn supports(&self) -> usize {
        self.weights.len()
    }
}

fn kernel(a: &[f64], b: &[f64]) -> f64 {
    (-a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>()).exp()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    const PLAIN: SvrParameters = SvrParameters { c: 10.0, gamma: 0.5, epsilon: 0.05, choice: 1.0, budget: 1.0 };

    #[derive(Deserialize)]
    struct Case {
        c: f64,
        gamma: f64,
        epsilon: f64,
        rows: Vec<Vec<f64>>,
        targets: Vec<f64>,
        queries: Vec<Vec<f64>>,
        predictions: Vec<f64>,
        supports: usize,
    }

    #[test]
    fn predictions_are_those_of_scikit_learn() {
        let text = include_str!("../../tests/golden/report/svr.json");
        let cases: Vec<Case> = serde_json::from_str(text).expect("the fixture of svr.py");
        for case in cases {
            let parameters = SvrParameters { c: case.c, gamma: case.gamma, epsilon: case.epsilon, ..PLAIN };
            let kinds = vec![ColumnKind::Ordered; case.rows[0].len()];
            let model = SvrModel::fit(&case.rows, &case.targets, &kinds, &parameters).expect("finite rows");
            assert!(model.supports().abs_diff(case.supports) <= 1, "{} {}", model.supports(), case.supports);
            for (query, expected) in case.queries.iter().zip(&case.predictions) {
                let predicted = model.predict(query);
                assert!((predicted - expected).abs() < 4e-3 * model.deviation, "{predicted} {expected}");
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        for bad in [f64::NAN, f64::INFINITY] {
            assert!(SvrModel::fit(&[vec![bad], vec![1.0]], &[0.0, 1.0], &[ColumnKind::Ordered], &PLAIN).is_none());
            assert!(SvrModel::fit(&[vec![0.0], vec![1.0]], &[bad, 1.0], &[ColumnKind::Ordered], &PLAIN).is_none());
        }
        assert!(SvrModel::fit(&[], &[], &[ColumnKind::Ordered], &PLAIN).is_none());
    }

    #[test]
    fn few_or_equal_targets_are_no_trouble() {
        for targets in [vec![2.0], vec![2.0, 2.0], vec![2.0; 9]] {
            let rows: Vec<Vec<f64>> = (0..targets.len()).map(|i| vec![i as f64]).collect();
            let model = SvrModel::fit(&rows, &targets, &[ColumnKind::Ordered], &PLAIN).expect("finite rows");
            assert!((model.predict(&[0.5]) - 2.0).abs() < 1e-9);
        }
    }
}
