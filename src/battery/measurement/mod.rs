//! Measured data: files of battery cyclers, read row by row, mended, resampled at even times, and counted.
//!
//! A file is read in one pass and never held as a whole. Each row is decided about once (`mending.rs`), and what was left out or
//! mended is counted by kind with the line of the first (`finding.rs`).
pub mod charge;
pub mod column_name;
mod cycler_state;
pub mod field;
pub mod finding;
pub mod header;
pub mod import;
pub(crate) mod layout;
pub(crate) mod line;
pub(crate) mod mending;
pub mod reader;
pub mod reading;
pub mod resampling;
pub(crate) mod spool;
