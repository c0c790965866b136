//! Settings of a random forest.
use serde::{Deserialize, Serialize};

use crate::document::diagnostic::Diagnostic;
use crate::document::range::{at_least_one, share};
use crate::surrogate::target::Scale;

/// The choice of thresholds on numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Splitter {
    /// The best gap between two values, at a random threshold in it.
    Best,
    /// A random threshold between the smallest and the largest value (extremely randomized trees).
    Random,
}

/// The variance that a forest reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Uncertainty {
    /// The variance between the trees' means.
    Trees,
    /// The variance between the trees' means plus the mean of the variances inside their leaves: the law of total variance.
    Total,
}

/// The prediction of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Leaves {
    /// The mean of its targets.
    Mean,
    /// The logarithm of the mean of the targets' exponentials, for targets that are logarithms (Hutter et al. 2011).
    LogMean,
}

/// The settings of a forest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "Forest")]
pub struct ForestSettings {
    /// The number of trees; more are smoother and slower. 16: with 32 the search is no better on one rung, and trusts the
    /// lower of several too much.
    pub trees: u32,
    /// The choice of thresholds. `Random`: smoother, and the trees disagree more where there is no data, which found
    /// better configurations than `Best` on every function tried.
    pub splitter: Splitter,
    /// The share of columns that each split considers. 1: random thresholds make trees differ enough.
    pub columns: f64,
    /// The least number of observations in a node that is split. 2, as in SMAC.
    pub min_split: u32,
    /// The least number of observations in a leaf. 1: few trials, none to waste.
    pub min_leaf: u32,
    /// The greatest depth of a leaf. 1,048,576: without limit.
    pub max_depth: u32,
    /// Gives each tree its own sample with replacement. True: without it, all trees trust a lucky cost.
    pub bootstrap: bool,
    /// The variance that a forest reports. `Trees`: the total variance was found to make SMAC worse.
    pub uncertainty: Uncertainty,
    /// The prediction of a leaf. `Mean`; `LogMean`, as in SMAC, is for targets on the scale `Log`.
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

impl ForestSettings {
    /// Fails where a setting is out of its range, or does not go with the scale of the targets, as a field of `surrogate`.
    pub(crate) fn validate(&self, scale: Option<Scale>) -> Result<(), Diagnostic> {
        at_least_one("surrogate.trees", self.trees)?;
        at_least_one("surrogate.min_leaf", self.min_leaf)?;
        share("surrogate.columns", self.columns)?;
        if self.leaves == Leaves::LogMean && scale != Some(Scale::Log) {
            let message = "`surrogate.leaves` can be `LogMean` only where `scale` is `Log`";
            return Err(Diagnostic::new(message).field("surrogate.leaves"));
        }
        Ok(())
    }
}
