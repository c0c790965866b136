//! The run history of SMAC3: `runhistory.json` in its output folder.
mod entry;
mod reading;
mod writing;

pub use reading::read;
pub use writing::write;
