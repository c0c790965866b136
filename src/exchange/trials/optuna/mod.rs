//! The journal file of Optuna: one operation a line, as its journal storage keeps it.
mod distribution;
mod foreign_study;
mod journal;
mod operation;
mod reading;
mod rung;
mod study_space;
mod study_writer;
mod writing;

pub use foreign_study::run;
pub use reading::{StudyChoice, read};
pub use study_writer::StudyWriter;
pub use writing::write;
