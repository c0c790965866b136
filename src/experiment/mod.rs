//! Experiments: their definition, their journal read again, and the two ways to run them.
pub(crate) mod ask_tell;
pub mod definition;
pub(crate) mod error;
pub mod folder;
pub(crate) mod ledger;
pub mod replay;
pub mod run;

pub use definition::experiment::Experiment;
pub(crate) use definition::objective::Objective;
