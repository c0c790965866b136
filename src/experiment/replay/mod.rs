//! Replay of a journal: the state of a run, computed from its records.
pub(crate) mod evaluation_note;
pub mod fold;
pub(crate) mod imported_results;
pub mod log;
pub(crate) mod note;
pub(crate) mod pace;
pub(crate) mod retry;
pub(crate) mod revisions;
pub(crate) mod rungs;
pub(crate) mod session_time;
pub(crate) mod validation;
