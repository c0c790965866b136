//! Priors: the probability of the values of a hyperparameter before any trial.
use statrs::distribution::{Beta, ContinuousCDF};

use crate::document::diagnostic::Diagnostic;
use crate::numeric::normal::{distribution, inverse_distribution};

/// The distribution of a hyperparameter's values, cut off at the ends of its range.
///
/// Random draws and the initial design follow it; encodings, mutations and analysis do not.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Prior {
    /// Equally likely on the scale of the range, or among the choices.
    #[default]
    Uniform,
    /// Normal with this mean and standard deviation, in the hyperparameter's own unit.
    Normal {
        /// The mean, which may lie outside of the range.
        mean: f64,
        /// The standard deviation, above 0.
        deviation: f64,
    },
    /// The natural logarithm is normal around that of the median, with this standard deviation.
    LogNormal {
        /// The median, above 0.
        median: f64,
        /// The standard deviation of the natural logarithm, above 0.
        deviation: f64,
    },
    /// Beta over the place on the scale of the range, from 0 at its min to 1 at its max.
    Beta {
        /// The first shape, above 0.
        alpha: f64,
        /// The second shape, above 0.
        beta: f64,
    },
    /// Weights of the choices of a categorical, each its share once divided by their sum.
    Weights(Vec<f64>),
}

/// The error of a few operations, relative to the numbers.
const ROUNDING: f64 = 2.0 * f64::EPSILON;

/// The range that a prior is cut to, and its scale.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScaleRange {
    pub min: f64,
    pub max: f64,
    pub log: bool,
}

impl ScaleRange {
    /// The place of a value, in `[0, 1]`.
    pub fn place(&self, value: f64) -> f64 {
        let Self { min, max, log } = *self;
        let place = if log { (value / min).ln() / (max / min).ln() } else { (value - min) / (max - min) };
        place.clamp(0.0, 1.0)
    }

    /// The value at a place of `[0, 1]`.
    pub fn value(&self, place: f64) -> f64 {
        let Self { min, max, log } = *self;
        self.within(if log { min * (max / min).powf(place) } else { min + place * (max - min) })
    }

    /// A number in the range: an end where it is beyond that, or not apart from it but for rounding.
    pub fn within(&self, value: f64) -> f64 {
        let Self { min, max, log } = *self;
        let span = if log { 0.0 } else { max - min };
        let is_end = |end: f64| (value - end).abs() <= ROUNDING * end.abs().max(span);
        if value <= min || is_end(min) {
            min
        } else if value >= max || is_end(max) {
            max
        } else {
            value
        }
    }
}

impl Prior {
    /// The place in a range below which lies this share of the values, both in `[0, 1]`.
    pub(crate) fn quantile(&self, share: f64, range: &ScaleRange) -> f64 {
        match self {
            Self::Uniform | Self::Weights(_) => share,
            Self::Normal { mean, deviation } => {
                let [low, high] = [range.min, range.max].map(|end| (end - mean) / deviation);
                range.place(mean + deviation * cut(share, low, high))
            }
            Self::LogNormal { median, deviation } => {
                let [low, high] = [range.min, range.max].map(|end| (end.max(0.0) / median).ln() / deviation);
                range.place(median * (deviation * cut(share, low, high)).exp())
            }
            Self::Beta { alpha, beta } => beta_law(*alpha, *beta).inverse_cdf(share).clamp(0.0, 1.0),
        }
    }

    /// The share of the values below a place of a range, both in `[0, 1]`.
    pub(crate) fn share_below(&self, place: f64, range: &ScaleRange) -> f64 {
        let share_of_normal = |low: f64, here: f64, high: f64| {
            let share = between(low, here.clamp(low, high)) / between(low, high);
            if share.is_nan() { place } else { share }
        };
        match self {
            Self::Uniform | Self::Weights(_) => place,
            Self::Normal { mean, deviation } => {
                let z = |value: f64| (value - mean) / deviation;
                share_of_normal(z(range.min), z(range.value(place)), z(range.max))
            }
            Self::LogNormal { median, deviation } => {
                let z = |value: f64| (value.max(0.0) / median).ln() / deviation;
                share_of_normal(z(range.min), z(range.value(place)), z(range.max))
            }
            Self::Beta { alpha, beta } => beta_law(*alpha, *beta).cdf(place),
        }
    }

    /// The mode of a Beta prior, the center of any other, as a place in the range.
    pub(crate) fn center(&self, range: &ScaleRange) -> f64 {
        match self {
            Self::Uniform | Self::Weights(_) => 0.5,
            Self::Normal { mean, .. } => range.place(mean.max(range.min).min(range.max)),
            Self::LogNormal { median, .. } => range.place(median.max(range.min).min(range.max)),
            Self::Beta { alpha, beta } if *alpha > 1.0 || *beta > 1.0 => {
                ((alpha - 1.0).max(0.0) / ((alpha - 1.0).max(0.0) + (beta - 1.0).max(0.0))).clamp(0.0, 1.0)
            }
            Self::Beta { alpha, beta } => alpha / (alpha + beta),
        }
    }

    /// The mistake in the prior for this range, if there is one.
    pub(crate) fn mistake(&self, name: &str, range: &ScaleRange) -> Option<Diagnostic> {
        let positive = |parameter: &str, number: f64| {
            (!number.is_finite() || number <= 0.0).then(|| {
                let message = format!("the {parameter} of the prior of `{name}` is {number}");
                Diagnostic::new(message).hint("it must be above 0")
            })
        };
        let (low, high) = match self {
            Self::Uniform | Self::Weights(_) => return None,
            Self::Beta { alpha, beta } => return positive("alpha", *alpha).or_else(|| positive("beta", *beta)),
            Self::Normal { mean, deviation } => {
                if !mean.is_finite() {
                    let message = format!("the mean of the prior of `{name}` is {mean}");
                    return Some(Diagnostic::new(message).hint("it must be finite"));
                }
                if let Some(mistake) = positive("deviation", *deviation) {
                    return Some(mistake);
                }
                ((range.min - mean) / deviation, (range.max - mean) / deviation)
            }
            Self::LogNormal { median, deviation } => {
                if let Some(mistake) = positive("median", *median).or_else(|| positive("deviation", *deviation)) {
                    return Some(mistake);
                }
                let z = |value: f64| (value.max(0.0) / median).ln() / deviation;
                (z(range.min), z(range.max))
            }
        };
        // Beyond eight standard deviations lies less than 1e-15, and the prior would be cut to noise.
        (low > 8.0 || high < -8.0).then(|| {
            let ends = format!("from {} to {}", range.min, range.max);
            Diagnostic::new(format!("the prior of `{name}` lies outside of its range {ends}"))
                .hint("move it nearer, or make its deviation larger")
        })
    }
}

fn beta_law(alpha: f64, beta: f64) -> Beta {
    Beta::new(alpha, beta).expect("the shape of a prior is validated")
}

/// The standard normal quantile of a share, cut to an interval.
fn cut(share: f64, low: f64, high: f64) -> f64 {
    // Above the mean, the upper tail has the digits.
    if low > 0.0 {
        return -cut(1.0 - share, -high, -low);
    }
    let (below, above) = (distribution(low), distribution(high));
    inverse_distribution(below + share * (above - below)).clamp(low, high)
}

/// The standard normal share of an interval.
fn between(low: f64, high: f64) -> f64 {
    if low > 0.0 { distribution(-low) - distribution(-high) } else { distribution(high) - distribution(low) }
}
