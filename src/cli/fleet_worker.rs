//! A worker for a run elsewhere: its arguments, and the slots that it offers.
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::failure::Failure;
use super::interrupt;
use super::message::narrate;
use super::number_argument::{whole, within};
use crate::document::diagnostic::Diagnostic;
use crate::executor::device::Devices;
use crate::executor::process::GRACE;
use crate::executor::slot::{Slot, SlotRequest};
use crate::fleet::worker::time_left::of_allocation;
use crate::fleet::worker::{WorkerSettings, work};
use crate::http::address::machine;

#[derive(Args)]
pub(super) struct FleetArguments {
    /// The file `coordinator.json` in the folder of a run that was started with `--listen`; its trials run here
    #[arg(long, value_name = "FILE")]
    pub coordinator: Option<PathBuf>,
    /// The trials at a time: a number, or slots as in an experiment, such as `gpu:*`, `gpu:0,gpu:1x2` or `cpu:4`
    #[arg(long, value_name = "SLOTS", default_value = "1", requires = "coordinator")]
    slots: String,
    /// The name in listings and in the journal [default: HOST-PID]
    #[arg(long, value_name = "NAME", requires = "coordinator")]
    name: Option<String>,
    /// Ends after so many seconds without a trial
    #[arg(long, value_name = "SECONDS", value_parser = whole::<u64>, requires = "coordinator")]
    idle: Option<u64>,
    /// Takes no trial whose time limit is beyond so many seconds from now [default: what Slurm says of its job]
    #[arg(long, value_name = "SECONDS", value_parser = whole::<u64>, requires = "coordinator")]
    time_left: Option<u64>,
    /// Waits so many seconds for a run that cannot be reached
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = whole::<u64>, requires = "coordinator")]
    patience: u64,
    /// The seconds that a trial has to end by itself when it is asked to
    #[arg(long, value_name = "SECONDS", value_parser = within::<u64, 1, 3600>, requires = "coordinator")]
    grace: Option<u64>,
}

pub(super) fn execute(file: &Path, arguments: &FleetArguments) -> Result<(), Failure> {
    let interrupts = interrupt::count().map_err(Failure::input)?;
    let host = Some(machine()).filter(|host| !host.is_empty()).unwrap_or_else(|| "localhost".to_owned());
    let settings = WorkerSettings {
        file: file.to_path_buf(),
        slots: slots(&arguments.slots)?,
        name: arguments.name.clone().unwrap_or_else(|| format!("{host}-{}", std::process::id())),
        host,
        idle: arguments.idle.map(Duration::from_secs),
        patience: Duration::from_secs(arguments.patience),
        time_left: arguments.time_left.map(Duration::from_secs).or_else(of_allocation),
        grace: arguments.grace.map_or(GRACE, Duration::from_secs),
    };
    work(settings, &interrupts, &mut |sentence| narrate(sentence)).map(|_| ()).map_err(Failure::input)
}

/// The slots of a number, or of a list as in an experiment.
fn slots(text: &str) -> Result<Vec<Slot>, Diagnostic> {
    const MOST: usize = 1024;
    let hint = "give a number of trials at a time, or slots such as `gpu:*`, `gpu:0,gpu:1x2` or `cpu:4`";
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.parse() {
            Ok(count @ 1..=MOST) => Ok(Slot::plain(count)),
            _ => Err(Diagnostic::new(format!("`--slots` must be 1 to {MOST}, not `{text}`")).hint(hint)),
        };
    }
    let requests: Result<Vec<SlotRequest>, Diagnostic> = text.split(',').map(str::parse).collect();
    Slot::resolve(&requests.map_err(|wrong| wrong.hint(hint))?, &Devices::here())
}
