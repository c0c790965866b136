//! Definition of an experiment: its file, its plan, and how it differs from an earlier one.
pub mod difference;
pub mod execution;

pub mod experiment;
pub mod file;

pub mod objective;
pub mod plan;
