//! Documents in RON: where in a text something stands, and messages that say so.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod diagnostic;
mod explanation;
pub(crate) mod expression;
mod number;
pub(crate) mod outline;
mod ron_error;
pub mod source;
pub(crate) mod spelling;

pub(crate) use number::check_number;
