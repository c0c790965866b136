//! Accuracy: errors of a model's predictions, feature by feature.
use serde::Serialize;

use crate::trial::prediction::{FeatureSeries, SeriesPrediction};

/// The errors of one series.
#[derive(Clone, Debug, Serialize)]
pub struct Accuracy {
    pub title: String,
    pub features: Vec<FeatureErrors>,
}

/// The errors of one feature, after the context, in its unit.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureErrors {
    pub name: String,
    pub unit: String,
    /// True if it was given to the model and not predicted.
    pub given: bool,
    pub root_mean_square: f64,
    pub greatest: f64,
}

/// The root mean square error of the feature with this index over all series.
pub(crate) fn overall_error(accuracies: &[Accuracy], feature: usize) -> f64 {
    let all = accuracies.iter().filter_map(|each| each.features.get(feature));
    let squares: Vec<f64> = all.map(|errors| errors.root_mean_square.powi(2)).collect();
    (squares.iter().sum::<f64>() / squares.len().max(1) as f64).sqrt()
}

impl Accuracy {
    /// Compares the predictions of one series with the truth.
    pub(crate) fn of(prediction: &SeriesPrediction) -> Self {
        let errors = |feature: &FeatureSeries| {
            let pairs = feature.truth.iter().zip(&feature.predicted).skip(prediction.context);
            let errors: Vec<f64> = pairs.map(|(truth, predicted)| f64::from(predicted - truth)).collect();
            FeatureErrors {
                name: feature.name.clone(),
                unit: feature.unit.clone(),
                given: feature.truth == feature.predicted,
                root_mean_square: (errors.iter().map(|e| e * e).sum::<f64>() / errors.len().max(1) as f64).sqrt(),
                greatest: errors.iter().fold(0.0, |most, error| f64::max(most, error.abs())),
            }
        };
        Self { title: prediction.title.clone(), features: prediction.features.iter().map(errors).collect() }
    }
}
