//! Figures of the report, a file each.
pub mod convergence;
#[cfg(feature = "simulator")]
pub mod coverage;
pub mod curves;
pub mod front;
pub mod interactions;
mod panel;
pub mod predictions;
pub mod profile;
mod trust;
