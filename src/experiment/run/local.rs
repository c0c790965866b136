//! The executor that an experiment asks for on this machine.
use crate::document::diagnostic::Diagnostic;
use crate::executor::device::Devices;
use crate::executor::process::Processes;
use crate::executor::slot::{Slot, SlotRequest};
use crate::executor::{Executor, ExecutorError};
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::definition::objective::Objective;
use crate::experiment::error::RunError;
use crate::task::TaskError;

/// A sentence where slots name devices that are not there, or of which no driver says whether they are.
pub(crate) fn slot_warning(requests: &[SlotRequest]) -> Option<String> {
    if !requests.iter().any(|request| matches!(request, SlotRequest::Gpu(..))) {
        return None;
    }
    let devices = Devices::here();
    match Slot::resolve(requests, &devices) {
        Err(missing) => Some(format!("`run` will refuse the slots on this machine: {}", missing.message)),
        Ok(_) if devices == Devices::Unknown => {
            Some("no driver says whether the GPUs of `slots` are there (no NVML); trials will find out".to_owned())
        }
        Ok(_) => None,
    }
}

/// A note on the device that trials compute on here, for the user.
///
/// # Errors
/// The task names a device that is not on this machine.
pub(crate) fn device_note(experiment: &Experiment) -> Result<Option<String>, Diagnostic> {
    experiment.objective.as_ref().map_or(Ok(None), Objective::device_note)
}

/// The executor, and the experiment with the number of workers that its slots come to.
///
/// # Errors
/// A device is missing, a slot is asked for twice, or the experiment asks for a cluster.
pub(crate) fn executor(experiment: &Experiment) -> Result<(Box<dyn Executor>, Experiment), RunError> {
    // Otherwise a whole sweep would crash, trial after trial.
    device_note(experiment).map_err(TaskError::from)?;
    let mut experiment = experiment.clone();
    let execution = &mut experiment.execution;
    if execution.slurm.is_some() {
        let wrong = Diagnostic::new(
            "`executor: Slurm(...)` is for `galvani run`, in a build with the feature `serve` (a default)",
        );
        let hint = "`executor: Process(...)` runs on this machine: the executor of a run may change at any time";
        return Err(ExecutorError::Slots(wrong.hint(hint)).into());
    }
    let slots = match &execution.slots[..] {
        [] => Slot::plain(execution.workers),
        requests => Slot::resolve(requests, &Devices::here()).map_err(ExecutorError::Slots)?,
    };
    execution.workers = slots.len();
    Ok((Box::new(Processes::with_grace(slots, execution.grace)), experiment))
}
