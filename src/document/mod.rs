//! Documents in RON: the outline of a text, the place of a mistake, and its message.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub(crate) mod diagnostic;
mod explanation;
pub(crate) mod expression;
pub(crate) mod json;
mod number;
pub(crate) mod outline;
mod outline_reader;
pub(crate) mod range;
mod ron_error;
pub mod source;
pub(crate) mod spelling;

pub(crate) use number::{check_number, shortest};
