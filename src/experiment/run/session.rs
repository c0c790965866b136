//! The session of a run: its ledger, its announcements and its folder.
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::definition::objective::Objective;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::ledger::Ledger;
use crate::experiment::run::announcer::Announcer;
use crate::experiment::run::checkpoints::Checkpoints;
use crate::experiment::run::event::RunEvent;

/// A run while it goes on.
pub(crate) struct Session<'a> {
    pub experiment: &'a Experiment,
    pub objective: &'a Objective,
    pub folder: &'a RunFolder,
    pub ledger: Ledger,
    pub announcer: Announcer<'a>,
    pub checkpoints: Checkpoints,
}

impl Session<'_> {
    /// Tells the watcher and the event stream.
    pub(crate) fn announce(&mut self, event: &RunEvent) {
        self.announcer.announce(event, &self.ledger);
    }

    /// Waits until everything written survives a power cut, and tells it.
    pub(crate) fn settle(&mut self) -> Result<(), RunError> {
        self.announcer.settle(&mut self.ledger)
    }
}
