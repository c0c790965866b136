//! The knobs of a random forest.
use serde::{Deserialize, Serialize};

/// How a threshold on a number is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Splitter {
    /// The best gap between two values, a random place in it.
    Best,
    /// A random place between the smallest and the largest value (extremely randomized trees).
    Random,
}

/// What counts as uncertainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Uncertainty {
    /// The variance of the trees' means.
    Trees,
    /// That, and the mean of the variances inside their leaves: the law of total variance.
    Total,
}

/// What a leaf expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Leaves {
    /// The mean of its targets.
    Mean,
    /// Of targets that are logarithms, the logarithm of the mean of what they are logarithms of (Hutter et al. 2011).
    LogMean,
}

/// The knobs of a forest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "Forest")]
pub struct ForestSettings {
    /// How many trees; more are smoother and slower. 16: with 32 the search is no better on one rung, and trusts the
    /// lower of several too much.
    pub trees: u32,
    /// How thresholds are found. `Random`: smoother, and the trees disagree more where nobody has been, which found
    /// better configurations than `Best` on every function tried.
    pub splitter: Splitter,
    /// The share of columns that each split considers. 1: random thresholds make trees differ enough.
    pub columns: f64,
    /// A node of fewer observations is not split. 2, as in SMAC.
    pub min_split: u32,
    /// A leaf has at least so many observations. 1: few trials, none to waste.
    pub min_leaf: u32,
    /// No leaf is deeper. 1,048,576: without limit.
    pub max_depth: u32,
    /// Whether each tree sees its own sample with replacement. True: without it, all trees believe a lucky cost.
    pub bootstrap: bool,
    /// What counts as uncertainty. `Trees`: the total variance was found to make SMAC worse.
    pub uncertainty: Uncertainty,
    /// What a leaf expects. `Mean`; `LogMean`, as in SMAC, is for targets on the scale `Log`.
    pub leaves: Leaves,
}

impl Default for ForestSettings {
    fn default() -> Self {
        Self {
            trees: 16,
            splitter: Splitter::Random,
            columns: 1.0,
            min_split: 2,
            min_leaf: 1,
            max_depth: 1 << 20,
            bootstrap: true,
            uncertainty: Uncertainty::Trees,
            leaves: Leaves::Mean,
        }
    }
}
