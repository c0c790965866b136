//! The lithium-ion cell of the battery task: simulation, datasets, the classic method, and (feature `battery`) models that learn it.
pub(crate) mod baseline;
pub mod cell;
pub mod current;
pub mod dataset;
#[cfg(feature = "battery")]
pub mod evaluation;
pub mod fit;
pub mod measurement;
#[cfg(feature = "battery")]
pub mod model;
pub mod protocol;
pub mod simd;
pub mod simulation;
#[cfg(feature = "battery")]
pub mod training;
