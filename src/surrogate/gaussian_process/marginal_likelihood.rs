//! The marginal likelihood of a Gaussian process: its value, its maximum, and draws from the posterior.
use std::f64::consts::{PI, SQRT_2};

use super::kernel::{Kernel, Points};
use crate::numeric::linear::{Cholesky, dot};
use crate::numeric::minimize::minimize;
use crate::numeric::stream::Stream;

/// Bounds of the logarithm of the variance, for standardised targets.
const VARIANCE: (f64, f64) = (-5.0, 4.0);

/// Bounds of the logarithm of a length, in widths of the space.
const LENGTH: (f64, f64) = (-5.0, 4.0);

/// Bounds of the logarithm of the noise's variance.
const NOISE: (f64, f64) = (-16.0, 1.0);

/// Searches for the most probable hyperparameters, each with a start of its own.
const SEARCHES: u64 = 2;

/// Pairs of numbers that the searches compare in all evaluations together at most, so that learning takes a tenth of a second
/// however many columns there are. Two searches of 60 evaluations over 140 points are within it up to 20 columns.
const COMPARISONS: usize = 47_040_000;

/// Evaluations of a search at least.
const FEWEST: usize = 8;

/// Logarithms of the factors by which all lengths are multiplied, of which the best is the start of the only search that can be
/// afforded.
const STRETCHES: [f64; 4] = [-1.0, 0.0, 1.0, 2.0];

/// Sweeps over all hyperparameters before the first draw counts.
const WARMING: u32 = 5;

/// The mean of the process far from all points, on the scale of the standardised targets: their generalised least-squares
/// mean less `optimism`.
///
/// Targets lie close together where the search has been, so that their plain mean falls as it goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mean {
    /// Prior standard deviation of the mean, whose prior expectation is 0.
    pub deviation: f64,
    pub optimism: f64,
}

/// The mean under a kernel, and the terms of its derivative.
struct Implied {
    mean: f64,
    /// The inverse of the covariance times ones, and times the targets less the mean without optimism.
    ones: Vec<f64>,
    rest: Vec<f64>,
    /// The precision of the mean: that of all targets and of its prior together.
    precision: f64,
}

/// The points and targets that a process is fitted to.
pub(super) struct Seen<'a> {
    pub mean: Mean,
    pub points: &'a Points,
    /// Standardised targets, one a point.
    pub targets: &'a [f64],
    /// Columns of the space.
    pub columns: usize,
}

impl Seen<'_> {
    /// The factor of the covariance of all targets, noise included.
    pub(crate) fn factor(&self, kernel: &Kernel) -> Option<Cholesky> {
        Cholesky::of_columns(self.points.len(), |index, column| {
            kernel.covariances(self.points, self.points.row(index), index, &mut column[index..]);
            column[index] += kernel.noise;
        })
    }

    /// The mean, and the targets less the mean.
    pub(crate) fn centred(&self, factor: &Cholesky) -> (f64, Vec<f64>) {
        let mean = self.implied(factor).mean;
        (mean, self.targets.iter().map(|target| target - mean).collect())
    }

    fn implied(&self, factor: &Cholesky) -> Implied {
        let ones = factor.solve(&vec![1.0; self.targets.len()]);
        let precision = ones.iter().sum::<f64>() + self.mean.deviation.powi(-2);
        let mean = dot(&ones, self.targets) / precision;
        let rest = factor.solve(&self.targets.iter().map(|target| target - mean).collect::<Vec<_>>());
        Implied { mean: mean - self.mean.optimism, ones, rest, precision }
    }

    /// The logarithm of the marginal likelihood, with its derivatives by the hyperparameters where they are wanted (Rasmussen and
    /// Williams 2006, equations 5.8 and 5.9).
    pub(crate) fn marginal_likelihood(&self, parameters: &[f64], slopes: bool) -> Option<(f64, Vec<f64>)> {
        let kernel = Kernel::of(parameters);
        let factor = self.factor(&kernel)?;
        let Implied { mean, ones, rest, precision } = self.implied(&factor);
        let centred: Vec<f64> = self.targets.iter().map(|target| target - mean).collect();
        let weights: Vec<f64> = rest.iter().zip(&ones).map(|(rest, one)| rest + self.mean.optimism * one).collect();
        let fit = dot(&weights, &centred);
        let n = self.targets.len();
        let value = -0.5 * fit - 0.5 * factor.log_determinant() - 0.5 * n as f64 * (2.0 * PI).ln();
        let mut gradient = vec![0.0; parameters.len()];
        if slopes {
            let inverse = factor.inverse();
            let (noise, kernel_slopes) = gradient.split_last_mut().expect("there is always noise");
            // The mean follows the covariance.
            let pull = weights.iter().sum::<f64>() / precision;
            let mut factors = Vec::with_capacity(n);
            for i in 0..n {
                // Half of the matrix, which is symmetric, and half of the diagonal.
                let column = inverse.column(i);
                let of_mean = |j: usize| pull * (ones[i] * rest[j] + ones[j] * rest[i]);
                factors.clear();
                factors.extend((0..=i).map(|j| weights[i] * weights[j] - column[j] - of_mean(j)));
                factors[i] *= 0.5;
                kernel.add_slopes(self.points, self.points.row(i), &factors, kernel_slopes);
                *noise += factors[i] * kernel.noise;
            }
        }
        Some((value, gradient))
    }

    /// The logarithm of the posterior density of hyperparameters up to a constant, with its derivatives.
    fn posterior(&self, parameters: &[f64], slopes: bool) -> Option<(f64, Vec<f64>)> {
        let (mut value, mut gradient) = self.marginal_likelihood(parameters, slopes)?;
        for (index, &parameter) in parameters.iter().enumerate() {
            let (prior, slope) = self.prior(index, parameter);
            value += prior;
            gradient[index] += slope;
        }
        Some((value, gradient))
    }

    /// The logarithm of the prior density of a hyperparameter, up to a constant, and its derivative.
    ///
    /// Lengths are log-normal and longer the more columns there are, as distances are (Hvarfner et al. 2024); the variance
    /// is log-normal around 1; so is the noise, around a four-hundredth.
    fn prior(&self, index: usize, parameter: f64) -> (f64, f64) {
        let normal = |center: f64, deviation: f64| {
            let z = (parameter - center) / deviation;
            (-0.5 * z * z, -z / deviation)
        };
        if index == 0 {
            normal(0.0, 1.0)
        } else if index <= self.columns {
            let (value, slope) = normal(SQRT_2 + 0.5 * (self.columns as f64).ln(), 3.0_f64.sqrt());
            // The density of the length itself, not of its logarithm.
            (value - parameter, slope - 1.0)
        } else {
            normal(-6.0, 2.0)
        }
    }

    fn bounds(&self) -> Vec<(f64, f64)> {
        let lengths = std::iter::repeat_n(LENGTH, self.columns);
        std::iter::once(VARIANCE).chain(lengths).chain([NOISE]).collect()
    }

    /// The start of the first search: lengths at the mode of their prior.
    pub(crate) fn center(&self) -> Vec<f64> {
        let length = SQRT_2 + 0.5 * (self.columns as f64).ln() - 3.0;
        let lengths = std::iter::repeat_n(length, self.columns);
        std::iter::once(0.0).chain(lengths).chain([-6.0]).collect()
    }

    /// The evaluations of the marginal likelihood that a proposal can wait for.
    fn affordable(&self) -> usize {
        COMPARISONS / (self.targets.len().pow(2) * self.columns).max(1)
    }

    /// The most probable of a few hyperparameters whose lengths are all equal.
    fn alike(&self) -> Vec<f64> {
        let stretched = |stretch: f64| {
            let mut parameters = self.center();
            parameters[1..=self.columns].iter_mut().for_each(|length| *length += stretch);
            let density = self.posterior(&parameters, false).map_or(f64::NEG_INFINITY, |found| found.0);
            (density, parameters)
        };
        let best = STRETCHES.map(stretched).into_iter().reduce(|a, b| if b.0 > a.0 { b } else { a });
        best.map_or_else(|| self.center(), |(_, parameters)| parameters)
    }

    /// The hyperparameters with the largest posterior density on the way from `start`, with the negative density.
    fn descent(&self, start: &[f64], evaluations: usize) -> Option<(Vec<f64>, f64)> {
        let negative = |parameters: &[f64]| {
            let (value, gradient) = self.posterior(parameters, true)?;
            Some((-value, gradient.into_iter().map(|slope| -slope).collect()))
        };
        minimize(&negative, &self.bounds(), start, evaluations)
    }

    /// The hyperparameters that one search finds, from the best of equal lengths, with as many evaluations as can be afforded.
    fn searched(&self, evaluations: usize) -> Vec<f64> {
        let start = self.alike();
        let found = self.descent(&start, self.affordable().max(FEWEST).min(evaluations));
        found.map_or(start, |(parameters, _)| parameters)
    }

    /// The hyperparameters with the largest posterior density that was found.
    ///
    /// One search, with as many evaluations as can be afforded, replaces all where the columns are so many that these take too long.
    pub(crate) fn maximized(&self, evaluations: usize, seed: u64, index: u64) -> Vec<f64> {
        let affordable = self.affordable();
        if affordable < SEARCHES as usize * evaluations {
            return self.searched(evaluations);
        }
        let search = |number: u64| {
            // The purpose keeps its first name: another one would change proposals.
            let mut stream = Stream::of(seed, "evidence", index << 8 | number);
            let mut start = self.center();
            if number > 0 {
                let lengths = &mut start[1..=self.columns];
                lengths.iter_mut().for_each(|length| *length += 1.0 + stream.normal());
            }
            self.descent(&start, evaluations)
        };
        let found = (0..SEARCHES).filter_map(search).min_by(|a, b| a.1.total_cmp(&b.1));
        found.map_or_else(|| self.center(), |(parameters, _)| parameters)
    }

    /// Draws of hyperparameters from their posterior, one a sweep of slice sampling (Neal 2003, figures 3 and 5).
    pub(crate) fn sampled(&self, start: Vec<f64>, samples: u32, seed: u64, index: u64) -> Vec<Vec<f64>> {
        let mut stream = Stream::of(seed, "slice sampling", index);
        let bounds = self.bounds();
        let density = |parameters: &[f64]| self.posterior(parameters, false).map_or(f64::NEG_INFINITY, |found| found.0);
        let mut here = start;
        let mut height = density(&here);
        let mut sweep = |here: &mut Vec<f64>| {
            for axis in 0..here.len() {
                let level = height + (1.0 - stream.uniform()).ln();
                let (low, high) = bounds[axis];
                let at = here[axis];
                let mut left = (at - stream.uniform()).max(low);
                let mut right = (left + 1.0).min(high);
                let mut probe = |value: f64| {
                    here[axis] = value;
                    density(here)
                };
                while left > low && probe(left) > level {
                    left = (left - 1.0).max(low);
                }
                while right < high && probe(right) > level {
                    right = (right + 1.0).min(high);
                }
                loop {
                    let value = left + (right - left) * stream.uniform();
                    let found = probe(value);
                    if found > level || right - left < 1e-9 {
                        height = found;
                        break;
                    }
                    if value < at { left = value } else { right = value }
                }
            }
        };
        (0..WARMING).for_each(|_| sweep(&mut here));
        let draw = |_| {
            sweep(&mut here);
            here.clone()
        };
        (0..samples).map(draw).collect()
    }
}

#[cfg(test)]
impl Seen<'_> {
    pub(crate) fn posterior_for_tests(&self, parameters: &[f64]) -> f64 {
        self.posterior(parameters, false).map_or(f64::NEG_INFINITY, |found| found.0)
    }
}
