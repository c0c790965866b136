//! A lithium-ion cell: its simulation, its dataset, and models that learn it.
pub mod adamw;
pub mod batch;
pub mod cell;
pub mod checkpoint;
pub mod current;
pub mod dataset;
pub mod device;
pub mod drive_cycle;
pub mod electrolyte;
pub mod elementary;
pub mod evaluation;
pub mod limits;
pub mod model;
pub mod particle;
pub mod rollout;
pub mod schedule;
pub mod specification;
pub mod spme;
pub mod storage;
pub mod thermal;
#[cfg(test)]
mod toy;
pub mod trace;
pub mod training;
pub mod voltage;
