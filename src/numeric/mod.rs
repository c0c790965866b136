//! Small mathematics with no opinion about optimization.
pub mod linear;
pub mod low_discrepancy;

pub mod minimize;
pub mod normal;

pub mod pareto;
pub mod quantile;

pub mod stream;
