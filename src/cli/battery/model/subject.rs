//! The subject of `train` and `evaluate`: the task of an experiment, its data, its device.
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::battery::dataset::Dataset;
use crate::battery::model::Model;
use crate::battery::model::architecture::Family;
use crate::cli::failure::Failure;
use crate::cli::live::Live;
use crate::cli::message::narrate;
use crate::experiment::folder::RunFolder;
use crate::experiment::{Experiment, Objective};
use crate::task::Task;
use crate::task::battery::Battery;

/// The experiment of a file and its battery task; other tasks are refused.
pub(super) fn read(path: &Path) -> Result<(Experiment, Battery), Failure> {
    let experiment = Experiment::read(path).map_err(Failure::input)?;
    match &experiment.objective {
        Some(Objective::Battery(battery)) => {
            let battery = (**battery).clone();
            Ok((experiment, battery))
        }
        _ => Err(Failure::Input(format!(
            "`{}` must be an experiment with the battery task\nhint: `galvani new NAME --template battery` writes one",
            path.display()
        ))),
    }
}

/// The experiment's dataset, shared with its runs under `runs`, simulated where it is not there yet.
pub(super) fn dataset(experiment: &Experiment, battery: &Battery, runs: &Path) -> Result<Dataset, Failure> {
    let data = RunFolder::of(runs, &experiment.name).data();
    let view = Mutex::new(Live::new(false));
    let progress = |share: f64| view.lock().expect("no thread panics while it draws").share("dataset", share);
    battery.prepare(&data, &progress).map_err(Failure::input)?;
    battery.open(&data).map_err(Failure::input)
}

/// A dataset that was given by its file, or that of the experiment.
pub(super) fn dataset_or(
    given: Option<&Path>,
    experiment: &Experiment,
    battery: &Battery,
    runs: &Path,
) -> Result<Dataset, Failure> {
    match given {
        Some(path) => Dataset::open(path).map_err(Failure::input),
        None => dataset(experiment, battery, runs),
    }
}

/// The device of a name; narrates a note where another one is used.
pub(super) fn device(name: &str) -> Result<burn::tensor::Device, Failure> {
    let (device, note) = crate::battery::model::device::resolve(name).map_err(Failure::input)?;
    if let Some(note) = note {
        narrate(&format!("note: {note}"));
    }
    Ok(device)
}

/// The name of a model's family in narration.
pub(super) fn kind(model: &Model) -> String {
    match &model.architecture().family {
        Family::Transformer => "transformer".into(),
        Family::Mamba(mamba) => format!("Mamba-{}", mamba.version),
    }
}

/// A watch for interrupt and termination signals, after which the program should end soon.
pub(super) struct Interruption(Arc<AtomicBool>);

impl Interruption {
    pub(crate) fn watch() -> Result<Self, Failure> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The second time it ends at once.
            signal_hook::flag::register_conditional_shutdown(signal, 130, asked.clone()).map_err(Failure::input)?;
            signal_hook::flag::register(signal, asked.clone()).map_err(Failure::input)?;
        }
        Ok(Self(asked))
    }

    pub(crate) fn flow(&self) -> ControlFlow<()> {
        if self.0.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
