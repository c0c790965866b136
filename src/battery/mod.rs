//! A lithium-ion cell: its simulation, its dataset, and models that learn it.
pub mod cell;
pub mod current;
pub mod dataset;
pub mod drive_cycle;
pub mod electrolyte;
pub mod elementary;
pub mod limits;
pub mod particle;
pub mod specification;
pub mod spme;
pub mod storage;
pub mod thermal;
pub mod trace;
pub mod voltage;
