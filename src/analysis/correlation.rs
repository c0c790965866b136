//! Rank correlation of two lists of numbers.
use crate::numeric::quantile::average_ranks;

/// Spearman's rank correlation; `None` if one side is constant.
pub(crate) fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (average_ranks(a), average_ranks(b));
    let middle = (a.len() + 1) as f64 / 2.0;
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - middle) * (y - middle)).sum::<f64>();
    let scale = (product(&a, &a) * product(&b, &b)).sqrt();
    (scale > 0.0).then(|| product(&a, &b) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_correlation_agrees_with_scipy() {
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[1.0, 8.0, 27.0]), Some(1.0));
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
        // scipy.stats.spearmanr([1, 2, 3, 4, 4], [2, 1, 4, 3, 5])
        let rho = spearman(&[1.0, 2.0, 3.0, 4.0, 4.0], &[2.0, 1.0, 4.0, 3.0, 5.0]).expect("neither is constant");
        assert!((rho - 0.718_184_846_459_606).abs() < 1e-12, "{rho}");
    }
}
