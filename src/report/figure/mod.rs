//! Figures of the report, a file each.
pub mod convergence;
#[cfg(feature = "simulator")]
pub(crate) mod coverage;
#[cfg(feature = "battery")]
pub(crate) mod curves;
pub(crate) mod front;
pub mod interactions;
pub(crate) mod metrics;
mod panel;
pub mod predictions;
#[cfg(feature = "simulator")]
pub(crate) mod profile;
mod trust;
