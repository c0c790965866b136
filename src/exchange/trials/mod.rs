//! Results of trials in the files of other programs.
pub mod columns;
pub mod csv;
pub mod exported;
pub mod fit;
pub mod foreign;
pub mod found;
pub(crate) mod json;
pub mod jsonl;
pub mod mirror;
pub mod optuna;
pub mod run_head;
pub mod smac;
pub mod state;
pub mod tensorboard;
