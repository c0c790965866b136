//! Small mathematics with no opinion about optimization.
pub mod low_discrepancy;
pub mod normal;
pub mod quantile;
pub mod stream;
