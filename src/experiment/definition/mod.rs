//! Definition of an experiment: its file, its plan, and how it differs from an earlier one.
#[cfg(any(feature = "battery", all(test, feature = "simulator")))]
mod dataset_text;
pub mod difference;
pub(crate) mod execution;
pub(crate) mod executor_file;
pub(crate) mod experiment;
pub(crate) mod field;
pub(crate) mod file;
pub(crate) mod limit_fields;
pub(crate) mod objective;
pub(crate) mod objective_names;
pub(crate) mod plan;
pub(crate) mod slurm_fields;
