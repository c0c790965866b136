//! Trials as comma-separated values: a column for each hyperparameter, and `budget`, `outcome`, `cost`, `cost_2` and on.
mod cell;
mod column;
mod reading;
mod writing;

pub use reading::read;
pub use writing::write;
