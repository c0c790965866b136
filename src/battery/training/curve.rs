//! The learning curve of a training: loss and errors at some of its steps.
use serde::{Deserialize, Serialize};

use crate::battery::dataset::feature::WIDTH;

/// A point of a learning curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Steps taken.
    pub step: u64,
    pub loss: f64,
    /// Root mean square error of each feature one row ahead, on the step's batch, in the feature's unit.
    pub errors: [f64; WIDTH],
}
