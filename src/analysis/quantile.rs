//! Quantiles, ranks, and the correlation of ranks.

/// The quantile of finite numbers by linear interpolation (Hyndman and Fan's type 7); `None` without numbers.
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let at = share.clamp(0.0, 1.0) * last as f64;
    let below = at.floor() as usize;
    let above = sorted[(below + 1).min(last)];
    Some(sorted[below] + (at - below as f64) * (above - sorted[below]))
}

/// Ranks from 1, the mean of their ranks for equals.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    for equals in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let first = order.iter().position(|each| each == &equals[0]).expect("a chunk of the same order");
        for &index in equals {
            ranks[index] = first as f64 + (equals.len() + 1) as f64 / 2.0;
        }
    }
    ranks
}

/// Spearman's correlation of ranks; `None` where one side is constant.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (ranks(a), ranks(b));
    let middle = (a.len() + 1) as f64 / 2.0;
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - middle) * (y - middle)).sum::<f64>();
    let scale = (product(&a, &a) * product(&b, &b)).sqrt();
    (scale > 0.0).then(|| product(&a, &b) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate() {
        let check = |values: &[f64], share, expected| assert_eq!(quantile(values, share), expected);
        check(&[], 0.5, None);
        check(&[4.0], 0.9, Some(4.0));
        check(&[3.0, 1.0, 2.0], 0.5, Some(2.0));
        check(&[1.0, 2.0, 3.0, 4.0], 0.25, Some(1.75));
    }

    #[test]
    fn equals_share_their_rank() {
        assert_eq!(ranks(&[10.0, 20.0, 10.0, 5.0]), [2.5, 4.0, 2.5, 1.0]);
    }

    #[test]
    fn rank_correlation_agrees_with_scipy() {
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[1.0, 8.0, 27.0]), Some(1.0));
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
        // scipy.stats.spearmanr([1, 2, 3, 4, 4], [2, 1, 4, 3, 5])
        let rho = spearman(&[1.0, 2.0, 3.0, 4.0, 4.0], &[2.0, 1.0, 4.0, 3.0, 5.0]).expect("neither is constant");
        assert!((rho - 0.718_184_846_459_606).abs() < 1e-12, "{rho}");
    }
}
