//! Hyperparameter optimization: search spaces, trials, surrogates, Hyperband, and a battery to try it on.
pub mod acquisition;
pub mod analysis;
#[cfg(feature = "simulator")]
pub mod battery;
pub mod cli;

pub mod design;
pub mod document;

pub mod exchange;
pub mod executor;

pub mod experiment;
pub mod intensifier;

pub mod numeric;
pub mod optimizer;

pub mod report;
pub mod space;

pub mod store;
pub mod surrogate;

pub mod task;
pub mod trial;
