//! Experiments: their definition, their journal read again, and the two ways to run them.
pub mod ask_tell;
pub mod definition;
pub mod error;
pub mod folder;
pub mod ledger;
pub mod replay;
pub mod run;

pub use definition::experiment::Experiment;
pub use definition::objective::Objective;
