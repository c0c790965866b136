//! Figures of the report, a file each.
pub mod convergence;
#[cfg(feature = "simulator")]
pub(crate) mod coverage;
#[cfg(feature = "battery")]
pub(crate) mod curves;
pub(crate) mod front;
mod hypervolume;
pub mod interactions;
pub mod list;
pub(crate) mod metrics;
mod panel;
mod paper_caption;
pub mod predictions;
#[cfg(feature = "simulator")]
pub(crate) mod profile;
mod trust;
