//! Surrogates of the cost as an experiment's file names them.
use serde::{Deserialize, Serialize};

use crate::document::diagnostic::Diagnostic;
use crate::surrogate::forest::ForestSettings;
use crate::surrogate::gaussian_process::GaussianProcessSettings;
use crate::surrogate::target::Scale;

/// The surrogate that predicts the cost of configurations that were not evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "Surrogate")]
pub enum SurrogateConfig {
    /// The Gaussian process while there are few results, then the forest.
    Automatic,
    /// A random forest.
    Forest(ForestSettings),
    /// A Gaussian process: better where costs are smooth in few numbers and trials are few, much slower after hundreds.
    GaussianProcess(GaussianProcessSettings),
}

impl SurrogateConfig {
    /// Fails where a setting is out of its range, or does not fit the scale of the targets.
    pub(crate) fn validate(&self, scale: Option<Scale>) -> Result<(), Diagnostic> {
        match self {
            Self::Automatic => Ok(()),
            Self::Forest(forest) => forest.validate(scale),
            Self::GaussianProcess(process) => process.validate(),
        }
    }

    /// The name in words.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Automatic => "Gaussian process, then random forest".into(),
            Self::Forest(forest) => format!("random forest of {} trees", forest.trees),
            Self::GaussianProcess(process) if process.samples == 0 => "Gaussian process".into(),
            Self::GaussianProcess(process) => format!("Gaussian process, {} draws", process.samples),
        }
    }

    /// The settings of the forests beside the surrogate: those of the surrogate, where it is a forest.
    pub(crate) fn forest(&self) -> ForestSettings {
        match self {
            Self::Forest(forest) => forest.clone(),
            Self::GaussianProcess(_) | Self::Automatic => ForestSettings::default(),
        }
    }
}
