//! Analysis of a run: the numbers of the report, without any drawing.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub(crate) mod bin;
pub(crate) mod comparison;
pub(crate) mod convergence;
mod correlation;
pub(crate) mod dependence;
mod directions;
pub(crate) mod failure;
pub(crate) mod fidelity;
pub(crate) mod findings;
#[cfg(test)]
mod fixtures;
pub(crate) mod front;
pub(crate) mod headline;
pub(crate) mod importance;
pub(crate) mod input;
pub mod interaction;
pub(crate) mod matrix;
pub(crate) mod prediction;
mod probe;
mod question;
pub(crate) mod regression;
mod row;
pub(crate) mod sample;
mod validation;

pub use findings::Findings;
pub use input::{ReportInput, Source, TestCosts, Timing};
