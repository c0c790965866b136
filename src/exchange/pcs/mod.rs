//! Parameter configuration spaces as lines of text: pcs-new, and the format before it.
mod quotes;
mod reading;
mod writing;

pub use reading::read;
pub use writing::write;
