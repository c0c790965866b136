//! A Gaussian process over encoded configurations, with learnt hyperparameters.
pub(crate) mod evidence;
mod kernel;
mod marginal_likelihood;
mod settings;

use super::refit::fitted;
use super::{Prediction, Rows, Slope, Surrogate, Targets};
use crate::numeric::linear::{Cholesky, Columns, dot};
use crate::numeric::quantile::order;
use crate::numeric::stream::Stream;
use crate::space::encoding::Column;
use kernel::{Kernel, Points};
use marginal_likelihood::{Mean, Seen};
pub use settings::GaussianProcessSettings;

/// Results that hyperparameters are learnt from at most: more hardly change them, and time grows with the cube.
const LEARNING: usize = 140;

/// Prior standard deviation of the function's mean, in standard deviations of the targets.
const DEVIATION: f64 = 3.0;

/// Results for each column after which optimism shrinks with the square of their number: it is there to see the space, not
/// to doubt results.
const RESULTS: f64 = 10.0;

/// Hyperparameters lack at most this share of the results, one in so many.
const LAG: usize = 8;

/// Amounts added to the variance of the noise, one after the other, until the covariance has a factor.
const JITTER: [f64; 6] = [0.0, 1e-8, 1e-6, 1e-4, 1e-2, 1.0];

/// A Gaussian process over encoded configurations, conditioned on the targets that it was updated with.
#[derive(Clone, Debug)]
pub struct GaussianProcess {
    columns: Vec<Column>,
    settings: GaussianProcessSettings,
    seed: u64,
    mean: Mean,
    /// The number of results that the hyperparameters were learnt from, and the hyperparameters, one set a draw.
    learnt: Option<(usize, Vec<Vec<f64>>)>,
    points: Points,
    /// Standardised targets, one a point.
    targets: Vec<f64>,
    /// Mean and standard deviation of the targets before they were standardised.
    origin: f64,
    unit: f64,
    fits: Vec<Fit>,
}

/// A process with given hyperparameters, conditioned on what was seen.
#[derive(Clone, Debug)]
struct Fit {
    kernel: Kernel,
    factor: Cholesky,
    /// The mean far from all points, standardised.
    mean: f64,
    /// The inverse of the covariance times the targets less the mean.
    weights: Vec<f64>,
}

impl GaussianProcess {
    /// A process without results; it must be updated before it predicts.
    pub fn new(columns: &[Column], settings: &GaussianProcessSettings, seed: u64) -> Self {
        Self {
            columns: columns.to_vec(),
            settings: settings.clone(),
            seed,
            mean: Mean { deviation: DEVIATION, optimism: settings.optimism },
            learnt: None,
            points: Points::new(columns),
            targets: Vec::new(),
            origin: 0.0,
            unit: 1.0,
            fits: Vec::new(),
        }
    }

    /// Takes over the rows with a target: all, or of more than `most` the best half of so many and an even share of the rest.
    fn adopt(&mut self, rows: &Rows, targets: &Targets, most: usize) {
        let values: Vec<f64> = targets.iter().map(|(_, target)| *target).collect();
        let mut chosen = order(&values);
        if chosen.len() > most {
            let rest = chosen.split_off(most / 2);
            let wanted = most - chosen.len();
            chosen.extend((0..wanted).map(|index| rest[index * rest.len() / wanted]));
        }
        chosen.sort_unstable();
        self.points = Points::new(&self.columns);
        chosen.iter().for_each(|&index| self.points.push(rows.row(targets[index].0)));
        let trusted = RESULTS * self.columns.len() as f64;
        self.mean.optimism = self.settings.optimism * (trusted / targets.len() as f64).min(1.0).powi(2);
        let n = chosen.len() as f64;
        self.origin = chosen.iter().map(|&index| values[index]).sum::<f64>() / n;
        let square = chosen.iter().map(|&index| (values[index] - self.origin).powi(2)).sum::<f64>() / n;
        self.unit = if square > 0.0 { square.sqrt() } else { 1.0 };
        self.targets = chosen.iter().map(|&index| (values[index] - self.origin) / self.unit).collect();
    }

    fn seen(&self) -> Seen<'_> {
        Seen { mean: self.mean, points: &self.points, targets: &self.targets, columns: self.columns.len() }
    }

    fn condition(&mut self) {
        let (_, learnt) = self.learnt.as_ref().expect("hyperparameters come first");
        let seen = self.seen();
        let fit = |parameters: &Vec<f64>| {
            let mut kernel = Kernel::of(parameters);
            let noise = kernel.noise;
            let factor = JITTER.iter().find_map(|jitter| {
                kernel.noise = noise + jitter;
                seen.factor(&kernel)
            });
            let factor = factor.expect("with noise as large as the variance the covariance has a factor");
            let (mean, centred) = seen.centred(&factor);
            Fit { weights: factor.solve(&centred), kernel, factor, mean }
        };
        self.fits = learnt.iter().map(fit).collect();
    }

    /// The expected target of each row; the variance would take many times as long.
    pub fn expected(&self, rows: &Rows) -> Vec<f64> {
        let mut covariances = vec![0.0; self.points.len()];
        let mut of_row = |row: &[f64]| {
            let each = self.fits.iter().map(|fit| {
                fit.kernel.covariances(&self.points, row, 0, &mut covariances);
                fit.mean + dot(&covariances, &fit.weights)
            });
            self.origin + self.unit * each.sum::<f64>() / self.fits.len() as f64
        };
        (0..rows.len()).map(|index| of_row(rows.row(index))).collect()
    }

    /// The length of the most probable kernel along each column, in widths of the space; none before the first update.
    pub fn lengths(&self) -> Vec<f64> {
        self.fits.first().map_or_else(Vec::new, |fit| fit.kernel.lengths())
    }

    /// The variance of the noise of the targets; 0 before the first update.
    pub fn noise(&self) -> f64 {
        self.fits.first().map_or(0.0, |fit| self.unit * self.unit * fit.kernel.noise)
    }

    fn prediction(&self, mean: f64, variance: f64) -> Prediction {
        Prediction { mean: self.origin + self.unit * mean, variance: self.unit * self.unit * variance }
    }
}

impl Fit {
    /// The covariances of each row with the points.
    fn covariances(&self, seen: &Points, rows: &Rows) -> Columns {
        Columns::filled(seen.len(), rows.len(), |index, column| {
            self.kernel.covariances(seen, rows.row(index), 0, column);
        })
    }

    /// Standardised mean and variance of the function at each row, without noise.
    fn expect(&self, seen: &Points, rows: &Rows) -> Vec<(f64, f64)> {
        let covariances = self.covariances(seen, rows);
        let means: Vec<f64> =
            (0..rows.len()).map(|index| self.mean + dot(covariances.column(index), &self.weights)).collect();
        let forward = self.factor.forward(covariances);
        let variance = |index: usize| {
            let column = forward.column(index);
            (self.kernel.variance() - dot(column, column)).max(0.0)
        };
        means.into_iter().enumerate().map(|(index, mean)| (mean, variance(index))).collect()
    }
}

impl Surrogate for GaussianProcess {
    /// Updates the process. Hyperparameters are learnt anew after every eighth more of the results, from the targets at
    /// that time, so that they depend on the log alone.
    fn update(&mut self, rows: &Rows, targets: &Targets, results: usize, earlier: &dyn Fn(usize) -> Targets) {
        let from = fitted(results, LAG);
        if self.learnt.as_ref().is_none_or(|(before, _)| *before != from) {
            let earlier_targets = if from == results { targets.clone() } else { earlier(from) };
            self.adopt(rows, &earlier_targets, LEARNING);
            let seen = self.seen();
            let best = seen.maximized(self.settings.evaluations as usize, self.seed, from as u64);
            let learnt = match self.settings.samples {
                0 => vec![best],
                samples => seen.sampled(best, samples, self.seed, from as u64),
            };
            self.learnt = Some((from, learnt));
        }
        self.adopt(rows, targets, self.settings.rows as usize);
        self.condition();
    }

    fn predict(&self, rows: &Rows) -> Vec<Prediction> {
        let each = self.predict_each(rows);
        let n = each.len() as f64;
        let together = |row: usize| {
            let mean = each.iter().map(|fit| fit[row].mean).sum::<f64>() / n;
            let variance = each.iter().map(|fit| fit[row].variance + (fit[row].mean - mean).powi(2)).sum::<f64>() / n;
            Prediction { mean, variance }
        };
        (0..rows.len()).map(together).collect()
    }

    fn predict_each(&self, rows: &Rows) -> Vec<Vec<Prediction>> {
        let expect = |fit: &Fit| {
            let expected = fit.expect(&self.points, rows).into_iter();
            expected.map(|(mean, variance)| self.prediction(mean, variance)).collect()
        };
        self.fits.iter().map(expect).collect()
    }

    fn condition_on(&mut self, rows: &Rows, target: Option<f64>) {
        if rows.is_empty() {
            return;
        }
        let means = self.predict(rows).into_iter().map(|prediction| target.unwrap_or(prediction.mean));
        self.targets.extend(means.map(|mean| (mean - self.origin) / self.unit).collect::<Vec<f64>>());
        (0..rows.len()).for_each(|index| self.points.push(rows.row(index)));
        self.condition();
    }

    fn sample_posterior(&self, rows: &Rows, stream: &mut Stream) -> Vec<f64> {
        let fit = &self.fits[stream.below(self.fits.len())];
        let forward = fit.factor.forward(fit.covariances(&self.points, rows));
        let mut points = Points::new(&self.columns);
        (0..rows.len()).for_each(|index| points.push(rows.row(index)));
        let covariance = |jitter: f64| {
            Cholesky::of_columns(rows.len(), |i, column| {
                fit.kernel.covariances(&points, rows.row(i), i, &mut column[i..]);
                let explained = (i..rows.len()).map(|j| dot(forward.column(i), forward.column(j)));
                column[i..].iter_mut().zip(explained).for_each(|(entry, explained)| *entry -= explained);
                column[i] += jitter;
            })
        };
        let normal: Vec<f64> = (0..rows.len()).map(|_| stream.normal()).collect();
        // Rounding leaves errors in proportion to the prior variance.
        let factor = JITTER[1..].iter().find_map(|jitter| covariance(jitter * fit.kernel.variance()));
        let expected = fit.expect(&self.points, rows);
        let noise = match factor {
            Some(factor) => factor.times(&normal),
            // Without a factor, points are drawn independently of each other.
            None => expected.iter().zip(&normal).map(|((_, variance), normal)| variance.sqrt() * normal).collect(),
        };
        expected.iter().zip(noise).map(|((mean, _), noise)| self.prediction(mean + noise, 0.0).mean).collect()
    }

    fn slopes(&self, row: &[f64]) -> Option<Vec<Slope>> {
        let slope = |fit: &Fit| {
            let mut covariance = vec![0.0; self.points.len()];
            fit.kernel.covariances(&self.points, row, 0, &mut covariance);
            let solved = fit.factor.solve(&covariance);
            let prediction = self.prediction(
                fit.mean + dot(&covariance, &fit.weights),
                (fit.kernel.variance() - dot(&covariance, &solved)).max(0.0),
            );
            let scaled = |factors: &[f64], scale: f64| factors.iter().map(|factor| scale * factor).collect::<Vec<_>>();
            let directions = |factors: Vec<f64>| fit.kernel.directions(&self.points, row, &factors);
            Slope {
                prediction,
                of_mean: directions(scaled(&fit.weights, self.unit)),
                of_variance: directions(scaled(&solved, -2.0 * self.unit * self.unit)),
            }
        };
        Some(self.fits.iter().map(slope).collect())
    }
}

#[cfg(test)]
mod tests;
