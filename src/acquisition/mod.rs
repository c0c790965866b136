//! How promising the untried is.
pub mod expected_improvement;
pub mod maximizer;

use crate::surrogate::Prediction;

/// A function of what a surrogate expects; higher is more promising.
pub trait Acquisition: Send + Sync {
    /// The logarithm of how promising a point is; negative infinity where it is not at all.
    fn logarithm(&self, prediction: Prediction) -> f64;
}
