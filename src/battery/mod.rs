//! A lithium-ion cell: its simulation, its dataset, and models that learn it.
pub mod adamw;
pub mod batch;
pub mod checkpoint;
pub mod device;
pub mod model;
pub mod rollout;
pub mod schedule;
#[cfg(test)]
mod toy;
pub mod training;
