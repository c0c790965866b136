//! Predictions of series: what a trial's model predicted beside the truth, the content of `predictions.json`.
use serde::{Deserialize, Serialize};

/// The name of the file in a trial's folder that holds a JSON list of [`SeriesPrediction`].
pub(crate) const FILE: &str = "predictions.json";

/// One series, predicted and true, in physical units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesPrediction {
    /// The heading of its figure.
    pub title: String,
    /// Seconds from row to row.
    pub interval_s: f64,
    /// Rows at the start that the model was given, which the prediction repeats.
    pub context: usize,
    pub features: Vec<FeatureSeries>,
}

/// One feature of a series, a number a row; both series are equal where the feature is given and not predicted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureSeries {
    pub name: String,
    pub unit: String,
    pub truth: Vec<f32>,
    pub predicted: Vec<f32>,
}
