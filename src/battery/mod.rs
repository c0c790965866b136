//! A lithium-ion cell: its simulation, its dataset, and models that learn it (those under the feature `battery`).
pub mod baseline;
pub mod cell;

pub mod current;
pub mod dataset;
#[cfg(feature = "battery")]
pub mod evaluation;

#[cfg(feature = "battery")]
pub mod model;
pub mod simd;

pub mod simulation;
#[cfg(feature = "battery")]
pub mod training;
