//! Documents in RON: where in a text something stands, and messages that say so.
pub mod diagnostic;
pub(crate) mod explanation;
pub mod outline;

pub mod source;
pub mod spelling;
