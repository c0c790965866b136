//! Figures of the report, a file each.
pub(crate) mod ablation;
pub(crate) mod caption;
pub mod convergence;
#[cfg(feature = "simulator")]
pub(crate) mod coverage;
#[cfg(feature = "battery")]
pub(crate) mod curves;
pub(crate) mod footprint;
pub(crate) mod front;
mod hypervolume;
pub mod interactions;
pub(crate) mod learning;
pub mod list;
pub(crate) mod locality;
pub(crate) mod metrics;
pub(crate) mod outlook;
mod panel;
mod paper_caption;
pub(crate) mod parallel;
pub mod predictions;
#[cfg(feature = "simulator")]
pub(crate) mod profile;
pub(crate) mod race;
pub(crate) mod spending;
pub(crate) mod timetable;
mod trust;
