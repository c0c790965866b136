//! Supplies of workers: start workers elsewhere, and others in place of those that ended, as Slurm does.
use std::time::Duration;

use crate::document::diagnostic::Diagnostic;

/// Keeps as many workers alive as a run can use. It is called from a thread of its own and may take its time.
pub trait WorkerSupply: Send {
    /// Looks at the workers that it has started, and starts what is missing.
    fn tend(&mut self, demand: &WorkerDemand) -> Vec<SupplyEvent>;

    /// The time between two calls.
    fn pause(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// Ends every worker that it has started; called once, at the end of the run or its interruption.
    fn cancel_all(&mut self) -> Vec<SupplyEvent>;
}

/// The workers that a run can use now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkerDemand {
    /// The workers that should be alive: the number asked for, or fewer where those that are there find no work.
    pub wanted: usize,
    /// The names of those that are connected.
    pub connected: Vec<String>,
}

/// An event of a supply, for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SupplyEvent {
    /// A sentence; nothing is wrong.
    Notice(String),
    /// A sentence about something that is wrong; the run goes on.
    Warning(String),
    /// No worker can be had: the run ends for this reason.
    Failed(Diagnostic),
}

/// A supply, and the number of workers that it is asked for.
pub struct Supply {
    pub supply: Box<dyn WorkerSupply>,
    pub workers: usize,
}
