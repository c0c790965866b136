//! Every knob of the optimizer, its default and its reason.
use serde::{Deserialize, Serialize};

use crate::acquisition::maximizer;
use crate::design::Sampler;
use crate::surrogate::forest;
use crate::surrogate::target::Scale;

/// The knobs of an [`Optimizer`](super::Optimizer); none needs to be set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How the first configurations are spread. `Sobol`: evenly in every projection, also when cut short.
    pub design: Sampler,
    /// How many configurations the design has, the default one among them. Absent: twice the number of
    /// hyperparameters and five, at most the lowest rung of the first bracket.
    pub design_size: Option<u32>,
    /// The probability that a new configuration is drawn at random. 0.2, as in SMAC: whatever the model believes, the
    /// search converges. At 1 it is random search.
    pub random_probability: f64,
    /// Configurations with a cost before the model is asked; up to then they are drawn at random. 4: fewer have no
    /// trend.
    pub minimum_results: u32,
    /// What the surrogate learns in place of the cost. `Rank`: whatever the costs' spread, it sees the best apart.
    pub scale: Scale,
    /// By how much, in units of the scale, an improvement must exceed the best to count. 0: any improvement does.
    pub margin: f64,
    /// Whether a second forest learns which configurations fail, and keeps the search away from them. True: a failed
    /// trial costs what a good one does.
    pub feasibility: bool,
    /// The surrogate.
    pub forest: forest::Settings,
    /// The search for the most promising configuration.
    pub maximizer: maximizer::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            design: Sampler::Sobol,
            design_size: None,
            random_probability: 0.2,
            minimum_results: 4,
            scale: Scale::Rank,
            margin: 0.0,
            feasibility: true,
            forest: forest::Settings::default(),
            maximizer: maximizer::Settings::default(),
        }
    }
}

impl Settings {
    /// How many configurations the design has in a space of so many hyperparameters, where the first bracket's lowest
    /// rung has `first_rung` (one rung is no limit).
    pub fn design_size(&self, hyperparameters: usize, first_rung: Option<u32>) -> usize {
        let size = self.design_size.unwrap_or_else(|| {
            let size = 2 * hyperparameters as u32 + 5;
            first_rung.map_or(size, |rung| size.min(rung))
        });
        size as usize
    }
}
