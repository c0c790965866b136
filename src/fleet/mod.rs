//! Fleets: workers elsewhere that lease the jobs of a run from its coordinator, over HTTP.
//!
//! The `Coordinator` is an executor: the run gives it jobs, and it gives them to workers
//! (`worker/`), programs with slots of their own that poll it. A lease is in the journal before it is answered with, lasts as
//! long as its worker is heard of, and is fenced by the number of its attempt: what comes for another attempt counts for
//! nothing. Files go through a file system that coordinator and workers share under the same paths.
pub mod client;
pub mod coordinator;
pub(crate) mod coordinator_file;
pub(crate) mod expiry;
pub(crate) mod lease;
pub(crate) mod protocol;
pub(crate) mod result_file;
pub(crate) mod routes;
pub(crate) mod service;
pub mod slurm;
pub(crate) mod state;
pub mod supply;
pub(crate) mod telling;
pub mod worker;

#[cfg(test)]
mod tests;
