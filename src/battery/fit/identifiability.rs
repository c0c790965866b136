//! Identifiability: intervals of fitted parameters, and correlations among them, from the Jacobian at the least squares.
//!
//! The covariance is s² (JᵀJ)⁻¹ with s² the sum of squares over the degrees of freedom, times (1 + ρ) / (1 - ρ) where
//! neighbouring residuals have the correlation ρ above 0: those of a model that is not quite right say less than as many
//! independent ones (Bayley and Hammersley 1946).
use crate::battery::fit::least_squares::sum;
use crate::numeric::linear::{Cholesky, dot};

/// Standard deviations to either side of a 95 % interval.
pub const SIDES: f64 = 1.959_963_985;
/// The factor to either side, of a positive parameter, or the distance, of another, up to which data determine it.
const WIDEST: f64 = 2.0;
const FARTHEST: f64 = 0.05;
/// The root mean square of a derivative below which a coordinate has no effect, V.
const NOTHING: f64 = 1e-7;
/// The greatest correlation of residuals that is taken for real.
const PERSISTENT: f64 = 0.999;

/// The verdict on a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    Identified,
    /// It changes no voltage.
    NoEffect,
    /// The 95 % interval is wider than this factor, or this distance, to either side.
    Wide(f64),
    /// The best value is at the edge of those that are tried.
    AtEdge,
}

/// The statistics of a fit.
#[derive(Clone, Debug)]
pub struct Identifiability {
    /// Standard errors of the coordinates; infinite where the data say nothing.
    pub errors: Vec<f64>,
    /// Correlations of the estimates.
    pub correlations: Vec<Vec<f64>>,
    /// Correlation of neighbouring residuals.
    pub persistence: f64,
}

impl Identifiability {
    /// The statistics of residuals and their Jacobian, whose columns are the coordinates'; `breaks` are the first residuals of
    /// series.
    pub fn of(residuals: &[f64], jacobian: &[Vec<f64>], breaks: &[usize]) -> Self {
        let size = jacobian.len();
        let freedom = residuals.len().saturating_sub(size).max(1) as f64;
        let persistence = persistence(residuals, breaks);
        let inflation = (1.0 + persistence) / (1.0 - persistence);
        let variance = sum(residuals) / freedom * inflation;
        let norms: Vec<f64> = jacobian.iter().map(|column| dot(column, column).sqrt()).collect();
        let least = NOTHING * (residuals.len() as f64).sqrt();
        let seen: Vec<usize> = (0..size).filter(|k| norms[*k] > least).collect();
        let entry = |i: usize, j: usize| {
            let product = dot(&jacobian[seen[i]], &jacobian[seen[j]]) / (norms[seen[i]] * norms[seen[j]]);
            product + if i == j { 1e-12 } else { 0.0 }
        };
        let mut errors = vec![f64::INFINITY; size];
        let mut correlations: Vec<Vec<f64>> =
            (0..size).map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect()).collect();
        if let Some(factor) = Cholesky::of(seen.len(), entry) {
            let inverse = factor.inverse();
            let at = |i: usize, j: usize| inverse.column(j)[i];
            for (i, &of) in seen.iter().enumerate() {
                errors[of] = (variance * at(i, i).max(0.0)).sqrt() / norms[of];
                for (j, &other) in seen.iter().enumerate() {
                    correlations[of][other] = (at(i, j) / (at(i, i) * at(j, j)).sqrt()).clamp(-1.0, 1.0);
                }
            }
        }
        Self { errors, correlations, persistence }
    }

    /// The verdict on a coordinate; `is_logarithm` where it is that of a positive parameter.
    pub fn verdict(&self, index: usize, is_logarithm: bool, is_at_edge: bool) -> Verdict {
        let half = SIDES * self.errors[index];
        match (is_logarithm, is_at_edge) {
            _ if half.is_infinite() => Verdict::NoEffect,
            (_, true) => Verdict::AtEdge,
            (true, _) if half > WIDEST.ln() => Verdict::Wide(half.exp()),
            (false, _) if half > FARTHEST => Verdict::Wide(half),
            _ => Verdict::Identified,
        }
    }

    /// The other coordinate whose estimate is the most correlated with one, and the correlation.
    pub fn partner(&self, index: usize) -> Option<(usize, f64)> {
        let others = self.correlations[index].iter().copied().enumerate().filter(|(other, _)| *other != index);
        others.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
    }
}

/// The correlation of neighbouring residuals, from 0 on.
fn persistence(residuals: &[f64], breaks: &[usize]) -> f64 {
    let all = sum(residuals);
    let neighbours = residuals.windows(2).enumerate().filter(|(first, _)| !breaks.contains(&(first + 1)));
    let products: f64 = neighbours.map(|(_, pair)| pair[0] * pair[1]).sum();
    if all > 0.0 { (products / all).clamp(0.0, PERSISTENT) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A straight line through (0, 1.1), (1, 1.9), (2, 3.2), (3, 3.8), (4, 5.1): NumPy's `polyfit(x, y, 1, cov=True)` gives the
    /// slope 0.99 and the offset 1.04 with the covariance ((0.00356667, -0.00713333), (-0.00713333, 0.0214)).
    #[test]
    fn a_line_has_the_covariance_of_numpy() {
        let (x, y) = ([0.0, 1.0, 2.0, 3.0, 4.0], [1.1, 1.9, 3.2, 3.8, 5.1]);
        let residuals: Vec<f64> = x.iter().zip(y).map(|(x, y)| 0.99 * x + 1.04 - y).collect();
        let found = Identifiability::of(&residuals, &[x.to_vec(), vec![1.0; 5]], &[0]);
        assert_eq!(found.persistence, 0.0, "residuals alternate");
        assert!((found.errors[0].powi(2) - 0.003_566_67).abs() < 1e-7, "{found:?}");
        assert!((found.errors[1].powi(2) - 0.0214).abs() < 1e-7, "{found:?}");
        let covariance = found.correlations[0][1] * found.errors[0] * found.errors[1];
        assert!((covariance + 0.007_133_33).abs() < 1e-7, "{covariance}");
        assert_eq!(found.partner(0).unwrap().0, 1);
    }

    #[test]
    fn verdicts_are_given() {
        let residuals: Vec<f64> = (0..100).map(|k| if k % 2 == 0 { 1e-3 } else { -1e-3 }).collect();
        let line: Vec<f64> = (0..100).map(|k| f64::from(k) * 1e-2).collect();
        let found = Identifiability::of(&residuals, &[line.clone(), vec![0.0; 100], vec![1e-5; 100]], &[0]);
        assert_eq!(found.verdict(0, true, false), Verdict::Identified);
        assert_eq!(found.verdict(0, true, true), Verdict::AtEdge);
        assert_eq!(found.verdict(1, true, false), Verdict::NoEffect);
        assert!(matches!(found.verdict(2, true, false), Verdict::Wide(factor) if factor > 10.0));
        // Two coordinates that do the same thing cannot be told apart.
        let twins = Identifiability::of(&residuals, &[line.clone(), line], &[0]);
        assert!(twins.errors[0] > 1.0 && twins.correlations[0][1] < -0.999, "{twins:?}");
        // Residuals that persist say less.
        let slow: Vec<f64> = (0..100).map(|k| 1e-3 * (f64::from(k) / 16.0).sin()).collect();
        let ones = [vec![1.0; 100]];
        assert!(
            Identifiability::of(&slow, &ones, &[0]).errors[0]
                > 3.0 * Identifiability::of(&residuals, &ones, &[0]).errors[0]
        );
    }
}
