//! The coordinator of a run whose trials run on workers elsewhere.
use std::time::Duration;

use super::cluster;
use super::failure::Failure;
use super::message::narrate;
use crate::experiment::Experiment;
use crate::experiment::folder::RunFolder;
use crate::fleet::coordinator::{Coordinator, CoordinatorSettings};
use crate::fleet::slurm::SlurmSupply;
use crate::fleet::supply::Supply;
use crate::http::address::ListenAddress;

/// The coordinator that `--listen` or the experiment asks for; `None` where trials run on this machine.
pub(super) fn of(
    listen: Option<Option<ListenAddress>>,
    lease: u64,
    experiment: &Experiment,
    folder: &RunFolder,
) -> Result<Option<Coordinator>, Failure> {
    let supply = supply(experiment, folder)?;
    if listen.is_none() && supply.is_none() {
        return Ok(None);
    }
    let file = folder.coordinator();
    let file = std::path::absolute(&file).unwrap_or(file);
    let settings = CoordinatorSettings {
        file: file.clone(),
        address: listen.flatten().unwrap_or(if supply.is_some() {
            ListenAddress::EVERYWHERE
        } else {
            ListenAddress::default()
        }),
        lease: Duration::from_secs(lease),
        longest: experiment.execution.limits.wall,
        grace: experiment.execution.grace,
    };
    let is_supplied = supply.is_some();
    let coordinator = Coordinator::listen(settings, supply).map_err(Failure::input)?;
    let reach = if coordinator.is_open_to_others() { "this network" } else { "this machine alone" };
    narrate(&format!("workers reach this run at {}, from {reach}", coordinator.reached_at()));
    if !is_supplied {
        narrate(&format!("start workers: galvani worker --coordinator {}", file.display()));
    }
    Ok(Some(coordinator))
}

/// The supply of workers that an experiment asks for.
fn supply(experiment: &Experiment, folder: &RunFolder) -> Result<Option<Supply>, Failure> {
    let Some(settings) = &experiment.execution.slurm else { return Ok(None) };
    let (workers, folder, command) =
        (experiment.execution.workers, cluster::slurm_folder(folder)?, cluster::worker_command(folder)?);
    let (settings, run) = (settings.clone(), experiment.name.clone());
    let supply = SlurmSupply { settings, workers, folder, run, command, array: None };
    Ok(Some(Supply { supply: Box::new(supply), workers }))
}
