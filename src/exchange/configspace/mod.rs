//! ConfigSpace's JSON: format 0.4, and the older ones.
mod reading;
mod writing;

pub use reading::read;
pub use writing::write;
