//! Trials as comma-separated values: a column for each hyperparameter, for `budget`, `outcome` and each objective's cost.
mod cell;
mod column;
mod reading;
mod writing;

pub use reading::read;
pub use writing::write;
