//! Every knob of the optimizer, its default and its reason.
use serde::{Deserialize, Serialize};

use crate::acquisition::maximizer;
use crate::design::Sampler;
use crate::intensifier::choice::Choice;
use crate::intensifier::pruning::Pruning;
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
    /// Which trial gets how much budget. Absent: `Hyperband` for one worker and `Asynchronous` for several, as the
    /// experiment's file has them.
    pub intensifier: Option<Choice>,
    /// Whether trials that report costs on their way are ended when they fall behind. Absent: every trial spends its
    /// budget.
    pub pruning: Option<Pruning>,
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
            intensifier: None,
            pruning: None,
            forest: forest::Settings::default(),
            maximizer: maximizer::Settings::default(),
        }
    }
}

impl Settings {
    /// Fails where a value makes no sense, with the knob, what it is, and what it may be.
    pub fn validate(&self) -> Result<(), String> {
        if let Some(pruning) = &self.pruning {
            pruning.validate()?;
        }
        let probability = self.random_probability;
        let columns = self.forest.columns;
        let zero = [
            (self.forest.trees, "forest.trees"),
            (self.forest.min_leaf, "forest.min_leaf"),
            (self.maximizer.candidates, "maximizer.candidates"),
            (self.design_size.unwrap_or(1), "design_size"),
        ];
        if !(0.0..=1.0).contains(&probability) {
            return Err(format!("`random_probability` is {probability}, not between 0 and 1"));
        }
        if !(columns > 0.0 && columns <= 1.0) {
            return Err(format!("`forest.columns` is {columns}, not above 0 and at most 1"));
        }
        if !(self.margin >= 0.0 && self.margin.is_finite()) {
            return Err(format!("`margin` is {}, not 0 or above", self.margin));
        }
        match zero.into_iter().find(|(value, _)| *value == 0) {
            Some((_, name)) => Err(format!("`{name}` is 0, not at least 1")),
            None => Ok(()),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senseless_values_are_named() {
        let check = |text: &str| ron::from_str::<Settings>(text).unwrap().validate();
        assert_eq!(check("()"), Ok(()));
        assert_eq!(check("(random_probability: 1.5)").unwrap_err(), "`random_probability` is 1.5, not between 0 and 1");
        assert_eq!(check("(forest: (trees: 0))").unwrap_err(), "`forest.trees` is 0, not at least 1");
        assert!(check("(forest: (columns: NaN))").is_err() && check("(margin: -1)").is_err());
    }

    #[test]
    fn the_first_rung_bounds_the_design() {
        let size = |text: &str, rung| ron::from_str::<Settings>(text).unwrap().design_size(7, rung);
        assert_eq!((size("()", None), size("()", Some(9)), size("()", Some(81))), (19, 9, 19));
        assert_eq!(size("(design_size: Some(30))", Some(9)), 30);
    }
}
