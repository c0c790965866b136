//! The loop of a run: ask, start, wait, tell, save, repeat.
pub(crate) mod announcer;
pub(crate) mod attempt_files;
pub(crate) mod checkpoints;
pub(crate) mod closing;
pub(crate) mod evaluations;
pub mod event;
pub(crate) mod event_stream;
pub(crate) mod execute;
pub(crate) mod failures;
pub(crate) mod jobs;
pub(crate) mod launch;
pub(crate) mod local;
pub(crate) mod pending_event;
pub(crate) mod prepare;
pub(crate) mod revalidation;
pub(crate) mod session;
pub(crate) mod trials;
pub(crate) mod validation;

pub use execute::{Summary, run, run_with};
pub use jobs::Finish;
