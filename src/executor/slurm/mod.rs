//! Slurm as the source of workers: one job array, kept at its size by `sbatch`, `squeue` and `scancel` alone.
//!
//! The journal of the coordinator is the truth about trials, and no state of a job ever is: Slurm may show a job as running
//! whose processes are dead, and forgets jobs that have ended. It is asked for one thing only, the number of workers that
//! wait or run.
pub mod array;
pub mod cancellation;
pub mod check;
pub mod client;
mod death;
pub mod event;
pub mod notebook;
pub mod queue;
pub mod refusal;
pub mod settings;
pub mod submission;
#[cfg(test)]
mod tests;
