//! A lithium-ion cell: its simulation, its dataset, and models that learn it (those under the feature `battery`).
#[cfg(feature = "battery")]
pub mod adamw;
pub mod audit;
pub mod baseline;
#[cfg(feature = "battery")]
pub mod batch;
pub mod cell;
mod cell_file;
#[cfg(feature = "battery")]
pub mod checkpoint;
pub mod circuit_fit;
pub mod coverage;
pub mod current;
pub mod current_file;
pub mod curve;
pub mod dataset;
#[cfg(feature = "battery")]
pub mod device;
pub mod drive_cycle;
pub mod electrolyte;
pub mod elementary;
pub mod equivalent_circuit;
pub mod estimator;
#[cfg(feature = "battery")]
pub mod evaluation;
pub mod exchange;
mod factory;
pub mod formula;
pub mod function;
pub mod jitter;
pub mod lanes;
pub mod limits;
pub mod machine;
#[cfg(feature = "battery")]
pub mod memory;
#[cfg(feature = "battery")]
pub mod model;
pub mod npy;
pub mod particle;
pub mod profile;
#[cfg(feature = "battery")]
pub mod rollout;
#[cfg(feature = "battery")]
pub mod score;
mod section;
mod shells;
pub mod specification;
pub mod spme;
pub mod storage;
pub mod surface;
pub mod thermal;
#[cfg(all(test, feature = "battery"))]
mod toy;
pub mod trace;
#[cfg(feature = "battery")]
pub mod training;
pub mod unit;
pub mod voltage;
#[cfg(feature = "battery")]
pub mod weights;
