//! The journal file of Optuna: one operation a line, as its journal storage keeps it.
mod distribution;
mod journal;
mod operation;
mod reading;
mod rung;
mod writing;

pub use reading::{StudyChoice, read};
pub use writing::write;
