//! Analysis of a run: the numbers of the report, without any drawing.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod bin;
pub mod comparison;
pub mod convergence;
mod correlation;
pub mod dependence;
pub mod failure;
pub mod fidelity;
pub mod findings;
#[cfg(test)]
mod fixtures;
pub mod front;
pub mod headline;
pub mod importance;
pub mod input;
pub mod interaction;
pub mod matrix;
pub mod prediction;
mod probe;
mod question;
pub mod regression;
mod row;
pub mod sample;
mod validation;

pub use findings::Findings;
pub use input::{ReportInput, Source, TestCosts, Timing};
