//! Announcements of a run: events for its watcher and its event stream, once their records survive a power cut.
use std::path::PathBuf;
use std::time::Duration;

use crate::experiment::definition::experiment::Experiment;
use crate::experiment::definition::plan::{self, Workload};
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::ledger::Ledger;
use crate::experiment::run::event::{RunEvent, RunStatus, Watcher};
use crate::experiment::run::event_stream::EventStream;
use crate::experiment::run::jobs::TICK;
use crate::experiment::run::pending_event::{PendingEvent, PendingEvents};

/// The watcher and the event stream of a run, and the events that wait for the disk.
pub(crate) struct Announcer<'a> {
    experiment: &'a Experiment,
    /// The workload of the whole run; unknown where its limits do not say.
    planned: Option<Workload>,
    watcher: &'a mut dyn Watcher,
    path: PathBuf,
    stream: EventStream,
    pending: PendingEvents,
}

impl<'a> Announcer<'a> {
    /// An announcer that appends to the event stream in a run's folder.
    pub(crate) fn open(
        experiment: &'a Experiment,
        folder: &RunFolder,
        ledger: &Ledger,
        watcher: &'a mut dyn Watcher,
    ) -> Result<Self, RunError> {
        let path = folder.events();
        let stream = EventStream::open(&path).map_err(|source| RunError::Folder { path: path.clone(), source })?;
        let planned = {
            let optimizer = ledger.optimizer();
            plan::expected(optimizer.intensifier_config(), optimizer.schedule(), &experiment.stop)
        };
        Ok(Self { experiment, planned, watcher, path, stream, pending: PendingEvents::default() })
    }

    /// Announces an event at once.
    pub(crate) fn announce(&mut self, event: &RunEvent, ledger: &Ledger) {
        let status = RunStatus::of(self.experiment, self.planned, ledger);
        if let Err(error) = self.stream.write(event, &status) {
            let warning = format!("`{}` cannot be written any more: {error}", self.path.display());
            self.watcher.notice(&RunEvent::Warning(&warning), &status);
        }
        self.watcher.notice(event, &status);
    }

    /// Keeps an event until the record with this number survives a power cut.
    pub(crate) fn defer(&mut self, record: u64, event: PendingEvent) {
        self.pending.push(record, event);
    }

    /// Announces the events whose records survive a power cut.
    pub(crate) fn acknowledge(&mut self, ledger: &mut Ledger) -> Result<(), RunError> {
        let durable = ledger.durable()?;
        while let Some(pending) = self.pending.pop(durable) {
            self.announce(&pending.event(), ledger);
        }
        for warning in ledger.take_warnings() {
            self.announce(&RunEvent::Warning(&warning), ledger);
        }
        Ok(())
    }

    /// Waits until every written record survives a power cut, then announces the pending events.
    pub(crate) fn settle(&mut self, ledger: &mut Ledger) -> Result<(), RunError> {
        ledger.settle()?;
        self.acknowledge(ledger)
    }

    /// The longest wait for an event of the executor: short while something waits for the disk.
    pub(crate) fn patience(&self) -> Duration {
        if self.pending.is_empty() { TICK } else { TICK / 50 }
    }

    /// Lets the watcher refresh its view.
    pub(crate) fn tick(&mut self, ledger: &Ledger) {
        self.watcher.tick(&RunStatus::of(self.experiment, self.planned, ledger));
    }
}
