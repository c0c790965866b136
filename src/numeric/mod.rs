//! Numerical mathematics that knows nothing of optimization: random streams, distributions, ranks, linear systems.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod linear;
pub mod low_discrepancy;
pub mod minimize;
pub mod normal;
pub mod pareto;
pub mod quantile;
pub mod stream;
