//! Numerical mathematics that knows nothing of optimization: random streams, distributions, ranks, linear systems.
pub mod linear;
pub mod low_discrepancy;
pub mod minimize;
pub mod normal;
pub mod pareto;
pub mod quantile;
pub mod stream;
