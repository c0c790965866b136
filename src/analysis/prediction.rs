//! How far a model's predictions are from the truth, feature by feature.
use serde::Serialize;

use crate::trial::prediction::{FeatureSeries, SeriesPrediction};

/// Errors of one series.
#[derive(Clone, Debug, Serialize)]
pub struct Accuracy {
    pub title: String,
    pub features: Vec<Errors>,
}

/// Errors of one feature, after the context, in its unit.
#[derive(Clone, Debug, Serialize)]
pub struct Errors {
    pub name: String,
    pub unit: String,
    /// Whether it was given to the model and not predicted.
    pub given: bool,
    pub root_mean_square: f64,
    pub greatest: f64,
}

impl Accuracy {
    pub fn of(prediction: &SeriesPrediction) -> Self {
        let errors = |feature: &FeatureSeries| {
            let pairs = feature.truth.iter().zip(&feature.predicted).skip(prediction.context);
            let errors: Vec<f64> = pairs.map(|(truth, predicted)| f64::from(predicted - truth)).collect();
            Errors {
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
