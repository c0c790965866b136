//! The executor that an experiment asks for on this machine.
use crate::executor::device::Devices;
use crate::executor::process::Processes;
use crate::executor::slot::Slot;
use crate::executor::{Executor, ExecutorError};
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::error::RunError;

/// The executor, and the experiment with the number of workers that its slots come to.
///
/// # Errors
/// A device is missing, or a slot is asked for twice.
pub(crate) fn executor(experiment: &Experiment) -> Result<(Box<dyn Executor>, Experiment), RunError> {
    let mut experiment = experiment.clone();
    let execution = &mut experiment.execution;
    let slots = match &execution.slots[..] {
        [] => Slot::plain(execution.workers),
        requests => Slot::resolve(requests, &Devices::here()).map_err(ExecutorError::Slots)?,
    };
    execution.workers = slots.len();
    Ok((Box::new(Processes::with_grace(slots, execution.grace)), experiment))
}
