//! Replay of a journal: a run as it stood when it ended.
pub mod imported_results;
pub mod log;

pub mod resume;
pub mod retry;

pub mod space_migration;
