//! Slurm as a supply of workers: a job array that is kept at the size that a run can use.
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Instant;

use crate::executor::slurm::array::WorkerArray;
use crate::executor::slurm::client::SlurmClient;
use crate::executor::slurm::event::ArrayEvent;
use crate::executor::slurm::settings::SlurmSettings;
use crate::fleet::supply::{SupplyEvent, WorkerDemand, WorkerSupply};

/// The workers of a run as jobs of Slurm.
#[derive(Debug)]
pub struct SlurmSupply {
    pub settings: SlurmSettings,
    /// The number of workers at most.
    pub workers: usize,
    /// The folder of the script, of the job numbers and of the workers' output.
    pub folder: PathBuf,
    /// The name of the run.
    pub run: String,
    /// The command that each worker runs.
    pub command: Vec<OsString>,
    /// Absent until the run is this process's: before that, nothing is written to its folder.
    pub array: Option<WorkerArray>,
}

impl SlurmSupply {
    fn array(&mut self) -> Result<&mut WorkerArray, SupplyEvent> {
        if self.array.is_none() {
            let (settings, folder, client) = (self.settings.clone(), self.folder.clone(), SlurmClient::default());
            let array = WorkerArray::open(settings, self.workers, folder, &self.run, &self.command, client);
            self.array = Some(array.map_err(SupplyEvent::Failed)?);
        }
        Ok(self.array.as_mut().expect("it was opened above"))
    }
}

impl WorkerSupply for SlurmSupply {
    fn tend(&mut self, demand: &WorkerDemand) -> Vec<SupplyEvent> {
        let array = match self.array() {
            Ok(array) => array,
            Err(failed) => return vec![failed],
        };
        match array.tend(Instant::now(), demand.wanted, &demand.connected) {
            Ok(events) => events.iter().map(told).collect(),
            Err(failed) => vec![SupplyEvent::Failed(failed)],
        }
    }

    fn cancel_all(&mut self) -> Vec<SupplyEvent> {
        self.array.as_mut().and_then(WorkerArray::cancel).map(SupplyEvent::Warning).into_iter().collect()
    }
}

fn told(event: &ArrayEvent) -> SupplyEvent {
    if event.is_warning() { SupplyEvent::Warning(event.to_string()) } else { SupplyEvent::Notice(event.to_string()) }
}
