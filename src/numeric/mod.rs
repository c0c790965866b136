//! Numerical mathematics that knows nothing of optimization: random streams, distributions, ranks, linear systems.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub(crate) mod linear;
pub(crate) mod low_discrepancy;
pub(crate) mod minimize;
pub(crate) mod normal;
pub(crate) mod pareto;
pub mod quantile;
pub mod stream;
