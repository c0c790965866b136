//! Figures of the report, one a file.
pub mod convergence;
#[cfg(feature = "simulator")]
pub mod coverage;
pub mod curves;

pub mod front;
pub mod interactions;
pub(crate) mod panel;
pub mod predictions;

pub mod profile;
pub(crate) mod trust;
