//! Orders: messages for the thread of a worker that runs the jobs.
use crate::executor::job::Launch;
use crate::fleet::protocol::{Grant, LeaseId};

/// A message for the thread that runs the jobs.
pub(super) enum Order {
    Grant(Box<Grant>),
    /// The files of a granted job are there.
    Ready(Box<ReadyJob>),
    Unready(LeaseId, String),
    Cancel(LeaseId),
    Kill,
    Over,
}

/// A job that can be started as soon as its slot is free.
pub(super) struct ReadyJob {
    pub lease: LeaseId,
    pub slot: String,
    pub launch: Launch,
}
