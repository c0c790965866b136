//! Replay of a journal: a run as it stood when it ended.
pub mod fold;
pub mod imported_results;
pub mod log;
pub mod note;
pub mod pace;
pub mod retry;
