//! The run history of SMAC3: `runhistory.json` in its output folder.
mod entry;
mod folder;
mod foreign_folder;
mod reading;
mod writing;

pub use folder::write_folder;
pub use foreign_folder::{ForeignError, SmacTexts, run};
pub use reading::read;
pub use writing::write;
