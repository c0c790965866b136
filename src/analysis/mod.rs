//! Analysis of a run: the numbers of the report, without any drawing.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub(crate) mod ablation;
pub(crate) mod bin;
pub(crate) mod chain;
#[cfg(test)]
mod closed_forms;
pub(crate) mod comparison;
pub(crate) mod convergence;
mod correlation;
pub(crate) mod dependence;
mod directions;
pub mod failure;
pub(crate) mod fidelity;
pub(crate) mod findings;
#[cfg(test)]
pub(crate) mod fixtures;
pub(crate) mod footprint;
pub(crate) mod front;
pub(crate) mod headline;
pub(crate) mod importance;
pub(crate) mod input;
pub mod interaction;
pub(crate) mod learning;
mod learnt;
pub(crate) mod locality;
mod machine;
pub(crate) mod matrix;
pub mod metric;
pub(crate) mod model;
pub(crate) mod noise;
pub(crate) mod outlook;
pub(crate) mod prediction;
mod probe;
pub(crate) mod quality;
mod question;
pub(crate) mod race;
pub(crate) mod region;
mod regression;
mod row;
pub(crate) mod sample;
mod share;
pub(crate) mod shortlist;
pub(crate) mod spending;
pub(crate) mod spot;
mod table;
pub(crate) mod timetable;
pub(crate) mod trial_line;
mod validation;
pub(crate) mod watcher;

pub use findings::Findings;
pub use input::{Course, LogTail, ReportInput, Source, TestCosts, Timing};
pub use model::ModelKind;
pub use watcher::{Cancelled, Unwatched, Watcher};
