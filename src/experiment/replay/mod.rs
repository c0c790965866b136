//! Replay of a journal: a run as it stood when it ended.
pub mod fold;
pub(crate) mod imported_results;
pub mod log;
pub(crate) mod note;
pub(crate) mod pace;
pub(crate) mod retry;
