//! Support-vector regression with a Gaussian kernel.
use linfa::prelude::*;
use linfa_svm::Svm;
use ndarray::{Array1, Array2};
use serde::Serialize;
use wide::f64x4;

/// Support vectors that are compared at once.
const LANES: usize = 4;

/// The parameters of the support-vector model that are chosen by cross-validation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SvrParameters {
    /// The penalty of an error, for targets of variance one.
    pub c: f64,
    /// The kernel is `exp(-gamma d²)`.
    pub gamma: f64,
    /// The error without penalty, for targets of variance one.
    pub epsilon: f64,
}

/// A fitted model: a weighted sum of kernels around its support vectors.
#[derive(Clone, Debug)]
pub(super) struct SvrModel {
    /// Support vectors scaled for a kernel of width one, by fours and column after column; unused lanes of the last block
    /// have no weight.
    support: Vec<f64x4>,
    weights: Vec<f64x4>,
    scale: f64,
    offset: f64,
    mean: f64,
    deviation: f64,
}

impl SvrModel {
    /// Fits `rows` of equal length to `targets`; `None` without rows, or if a number is not finite.
    ///
    /// Uses neither linfa's shrinking nor nu-SVR: both give wrong models in linfa-svm 0.8.1.
    pub(crate) fn fit(rows: &[Vec<f64>], targets: &[f64], parameters: &SvrParameters) -> Option<Self> {
        let n = targets.len();
        // linfa returns `Ok` with a wrong model if a target is not finite.
        if n == 0 || !targets.iter().chain(rows.iter().flatten()).all(|number| number.is_finite()) {
            return None;
        }
        let mean = targets.iter().sum::<f64>() / n as f64;
        let variance = targets.iter().map(|target| (target - mean).powi(2)).sum::<f64>() / n as f64;
        let deviation = if variance > 1e-24 { variance.sqrt() } else { 1.0 };
        let scale = parameters.gamma.sqrt();
        let records = Array2::from_shape_fn((n, rows[0].len()), |(row, column)| rows[row][column] * scale);
        let standard = Array1::from_iter(targets.iter().map(|target| (target - mean) / deviation));
        let dataset = DatasetBase::new(records, standard);
        // The columns carry the width, so the kernel's own is one; 1e-3 is libsvm's tolerance, linfa's 1e-7 is slow.
        let svm = Svm::<f64, f64>::params()
            .gaussian_kernel(1.0)
            .c_svr(parameters.c, Some(parameters.epsilon))
            .eps(1e-3)
            .fit(&dataset)
            .ok()?;
        let mut model = Self { support: vec![], weights: vec![], scale, offset: -svm.rho, mean, deviation };
        let kept = dataset.records.outer_iter().zip(&svm.alpha).filter(|(_, alpha)| alpha.abs() > 1e-12);
        for (index, (row, &alpha)) in kept.enumerate() {
            let lane = index % LANES;
            if lane == 0 {
                model.support.extend(std::iter::repeat_n(f64x4::ZERO, row.len()));
                model.weights.push(f64x4::ZERO);
            }
            let last = model.support.len() - row.len();
            model.support[last..].iter_mut().zip(row).for_each(|(block, x)| block.as_mut_array()[lane] = *x);
            model.weights.last_mut().expect("a block").as_mut_array()[lane] = alpha;
        }
        Some(model)
    }

    /// The predicted target of a row.
    pub(crate) fn predict(&self, row: &[f64]) -> f64 {
        let at: Vec<f64> = row.iter().map(|x| x * self.scale).collect();
        let mut sum = f64x4::ZERO;
        for (block, weights) in self.support.chunks_exact(at.len().max(1)).zip(&self.weights) {
            let mut square = f64x4::ZERO;
            for (support, x) in block.iter().zip(&at) {
                let gap = *support - *x;
                square += gap * gap;
            }
            sum += *weights * (-square).exp();
        }
        self.mean + self.deviation * (sum.reduce_add() + self.offset)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    const PLAIN: SvrParameters = SvrParameters { c: 10.0, gamma: 0.5, epsilon: 0.05 };

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
            let parameters = SvrParameters { c: case.c, gamma: case.gamma, epsilon: case.epsilon };
            let model = SvrModel::fit(&case.rows, &case.targets, &parameters).expect("finite rows");
            let weights = model.weights.iter().flat_map(|block| block.to_array());
            let supports = weights.filter(|weight| *weight != 0.0).count();
            assert!(supports.abs_diff(case.supports) <= 1, "{supports} {}", case.supports);
            for (query, expected) in case.queries.iter().zip(&case.predictions) {
                let predicted = model.predict(query);
                assert!((predicted - expected).abs() < 4e-3 * model.deviation, "{predicted} {expected}");
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        for bad in [f64::NAN, f64::INFINITY] {
            assert!(SvrModel::fit(&[vec![bad], vec![1.0]], &[0.0, 1.0], &PLAIN).is_none());
            assert!(SvrModel::fit(&[vec![0.0], vec![1.0]], &[bad, 1.0], &PLAIN).is_none());
        }
        assert!(SvrModel::fit(&[], &[], &PLAIN).is_none());
    }

    #[test]
    fn few_or_equal_targets_are_no_trouble() {
        for targets in [vec![2.0], vec![2.0, 2.0], vec![2.0; 9]] {
            let rows: Vec<Vec<f64>> = (0..targets.len()).map(|i| vec![i as f64]).collect();
            let model = SvrModel::fit(&rows, &targets, &PLAIN).expect("finite rows");
            assert!((model.predict(&[0.5]) - 2.0).abs() < 1e-9);
        }
    }
}
