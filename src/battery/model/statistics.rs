//! Statistics of the training series, by which a model scales its inputs and outputs.
use serde::{Deserialize, Serialize};

use crate::battery::dataset::feature::WIDTH;

/// Statistics of the features of the training series, in scaled units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// The mean row.
    pub mean: [f32; WIDTH],
    /// Standard deviations of the features.
    pub deviation: [f32; WIDTH],
    /// Standard deviations of the change from one row to the next.
    pub change: [f32; WIDTH],
    /// The linear part of the changes; absent in files of other programs.
    #[serde(default)]
    pub linear: LinearChanges,
}

/// The linear part of the changes from one row to the next, fitted by least squares to rows that hold the current of the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearChanges {
    /// A row for each feature, in standard deviations from its mean: what it adds to each change.
    pub slope: [[f32; WIDTH]; WIDTH],
    /// The changes of the mean row.
    pub offset: [f32; WIDTH],
    /// Standard deviations of what is left of the changes.
    pub residual: [f32; WIDTH],
}

impl Default for LinearChanges {
    /// No linear part.
    fn default() -> Self {
        Self { slope: [[0.0; WIDTH]; WIDTH], offset: [0.0; WIDTH], residual: [1.0; WIDTH] }
    }
}

impl Default for Statistics {
    /// Statistics of features that are standardized already.
    fn default() -> Self {
        Self { mean: [0.0; WIDTH], deviation: [1.0; WIDTH], change: [1.0; WIDTH], linear: LinearChanges::default() }
    }
}
