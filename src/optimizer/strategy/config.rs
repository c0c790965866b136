//! Proposal strategies as an experiment's file names them.
use serde::{Deserialize, Serialize};

use super::differential_evolution::DifferentialEvolutionSettings;
use super::tree_parzen::TreeParzenSettings;
use crate::document::diagnostic::Diagnostic;

/// The strategy by which new configurations are found after the initial design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "Search")]
pub enum ProposalStrategyConfig {
    /// The acquisition function of the surrogate is maximized.
    Model,
    /// The ratio of two densities, of good configurations and of the others (Bergstra et al. 2011); with brackets it is
    /// BOHB (Falkner et al. 2018).
    TreeParzen(TreeParzenSettings),
    /// Differences of good configurations (Storn and Price 1997); with brackets it is much like DEHB (Awad et al. 2021).
    DifferentialEvolution(DifferentialEvolutionSettings),
    /// Independent draws.
    Random,
}

impl ProposalStrategyConfig {
    /// Fails where a setting is out of its range.
    pub(crate) fn validate(&self) -> Result<(), Diagnostic> {
        match self {
            Self::TreeParzen(settings) => settings.validate(),
            Self::DifferentialEvolution(settings) => settings.validate(),
            Self::Model | Self::Random => Ok(()),
        }
    }
}
