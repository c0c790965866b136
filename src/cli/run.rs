//! The verb `run`: start or resume an experiment.
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use clap::Args;

#[cfg(feature = "serve")]
use super::coordinator;
use super::failure::Failure;
use super::incumbent;
use super::interrupt;
use super::live::Live;
use super::message::{count, duration, error, measured, narrate, number, say};
use super::mirror::{MirrorKind, Mirrored};
use super::number_argument::whole;
#[cfg(feature = "serve")]
use super::number_argument::within;
use super::report;
#[cfg(feature = "serve")]
use super::serve;
use super::status;
use super::table::Format;
use crate::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::log::Log;
#[cfg(feature = "serve")]
use crate::experiment::run::run_with;
use crate::experiment::run::{Finish, local, run};
#[cfg(feature = "serve")]
use crate::http::address::ListenAddress;
use crate::report::draw::words::value;
use crate::space::hyperparameter::Value;

#[derive(Args)]
pub(super) struct Arguments {
    /// The experiment's file
    file: PathBuf,
    /// The number of trials at a time, whatever the file says
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    workers: Option<usize>,
    /// Ends with the last trial: the best and the default are not evaluated at the full budget
    #[arg(long)]
    no_validation: bool,
    /// The folder of all runs; this one goes to FOLDER/NAME
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    dir: PathBuf,
    /// Keeps files of another program up to date in the run's folder, to look at the run while it goes on
    #[arg(long, value_name = "PROGRAM", value_delimiter = ',')]
    mirror: Vec<MirrorKind>,
    /// Show the run in a browser while it goes on, at 127.0.0.1 or at this address of the machine, port, or both
    #[cfg(feature = "serve")]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true)]
    serve: Option<Option<ListenAddress>>,
    /// Run the trials on workers elsewhere, which reach this program at 127.0.0.1 or at this address of the machine, port, or
    /// both: `galvani worker --coordinator FOLDER/NAME/coordinator.json`
    #[cfg(feature = "serve")]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true)]
    listen: Option<Option<ListenAddress>>,
    /// The seconds for which a worker may be silent before its trials are given to others
    #[cfg(feature = "serve")]
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = within::<u64, 1, 86_400>, allow_negative_numbers = true)]
    lease: u64,
}

pub(super) fn execute(arguments: &Arguments, is_logged: bool) -> Result<(), Failure> {
    let mut experiment = Experiment::read(&arguments.file).map_err(Failure::input)?;
    if let Some(workers) = arguments.workers {
        if workers == 0 {
            return Err(Failure::Input("`--workers` must be at least 1".into()));
        }
        (experiment.execution.workers, experiment.execution.slots) = (workers, Vec::new());
    }
    experiment.validation &= !arguments.no_validation;
    let folder = RunFolder::of(&arguments.dir, &experiment.name);
    if !folder.store().exists() {
        experiment.settings.filled(&experiment.space).iter().for_each(|sentence| narrate(&format!("note: {sentence}")));
    }
    #[cfg(feature = "serve")]
    let is_here = arguments.listen.is_none() && experiment.execution.slurm.is_none();
    #[cfg(not(feature = "serve"))]
    let is_here = true;
    if is_here && let Ok(Some(note)) = local::device_note(&experiment) {
        narrate(&format!("note: {note}"));
    }
    let interrupts = interrupt::count().map_err(Failure::input)?;
    let mut watcher = Mirrored::new(Live::new(is_logged), &arguments.mirror, &experiment, &folder);
    #[cfg(feature = "serve")]
    let page = arguments.serve.and_then(|address| serve::beside(&arguments.dir, &experiment.name, address));
    #[cfg(feature = "serve")]
    let ended = match coordinator::of(arguments.listen, arguments.lease, &experiment, &folder)? {
        Some(mut coordinator) => {
            let ended = run_with(&mut coordinator, &experiment, &folder, &mut watcher, &interrupts);
            coordinator.finish().iter().for_each(|sentence| narrate(sentence));
            ended
        }
        None => run(&experiment, &folder, &mut watcher, &interrupts),
    };
    #[cfg(not(feature = "serve"))]
    let ended = run(&experiment, &folder, &mut watcher, &interrupts);
    #[cfg(feature = "serve")]
    if page.map(drop).is_some() {
        narrate(&format!(
            "the page has ended with the run; `{}` shows it again",
            serve::again(&arguments.dir, &experiment.name)
        ));
    }
    let ended = ended.map_err(|failed| match failed {
        RunError::AllTrialsFailed { .. } => {
            error(&failed.to_string());
            Failure::NoSuccess
        }
        other => Failure::input(other),
    })?;
    if ended.finish == Finish::Interrupted {
        narrate("interrupted; everything that ended is kept, and the same command goes on from here");
        return Err(Failure::Interrupted);
    }
    let log = Log::read(folder).map_err(Failure::input)?;
    if log.recommendation().is_none() {
        narrate(&format!("no trial succeeded: {}", status::outcomes(&log)));
        return Err(Failure::NoSuccess);
    }
    summary(&log);
    if log.experiment.space.count() == Some(log.history.configurations().len() as u64) {
        narrate("every configuration of the search space was tried");
    }
    let left = status::not_tried(&log);
    if left > 0 {
        let left = count(left, "enqueued configuration");
        narrate(&format!("{left} not tried: raise the limit in `stop`, and the same command goes on with what waits"));
    }
    let share = 100.0 * ended.asking.as_secs_f64() / ended.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
    let earlier = if log.sessions() > 1 {
        format!("; {} with the sessions before", duration(ended.total.as_secs_f64()))
    } else {
        String::new()
    };
    narrate(&format!(
        "{}; {} in all, of which the optimizer took {} ({} %){earlier}",
        status::outcomes(&log),
        duration(ended.elapsed.as_secs_f64()),
        duration(ended.asking.as_secs_f64()),
        number(share)
    ));
    status::warn(&log);
    if interrupts.load(Ordering::Relaxed) > 0 {
        narrate(&format!("interrupted when all was done; `galvani report {}` writes the report", experiment.name));
        return Ok(());
    }
    let written = report::write(&log, &report::folder(&log), None, &interrupts)?;
    narrate(&format!("report: {}", written.display()));
    Ok(())
}

/// The best configuration beside the default one.
fn summary(log: &Log) {
    let Some(recommended) = incumbent::recommendation(log) else { return };
    let best = log.history.trial(recommended.trial).expect("what is recommended was tried");
    if !log.experiment.objectives().is_empty() {
        incumbent::print_front(log, Format::Table);
        return;
    }
    let (space, unit, noun) = (&log.experiment.space, &log.experiment.unit, log.experiment.noun());
    let default = space.default_configuration().ok();
    let text = |known: Option<&Value>| known.map_or("-".to_owned(), value);
    let rows = space.hyperparameters().iter().enumerate().map(|(index, hyperparameter)| {
        let best = text(best.proposal.configuration.get(index));
        (hyperparameter.name.clone(), best, text(default.as_ref().and_then(|default| default.get(index))))
    });
    let mut rows: Vec<_> = std::iter::once(("".into(), "best".into(), "default".into())).chain(rows).collect();
    let known = |cost: Option<f64>| cost.map_or("-".to_owned(), number);
    let default = incumbent::default_cost(log, recommended.budget);
    rows.push((
        format!("{noun} at {}", measured(recommended.budget.amount(), unit)),
        number(recommended.cost),
        known(default),
    ));
    if let Some(validation) = incumbent::validation(log) {
        if let Some(test) = validation.incumbent.test("cost") {
            let default = validation.default.as_ref().and_then(|default| default.test("cost"));
            rows.push(("cost on unseen series".into(), number(test), known(default)));
        }
        for (name, key) in [("predicting the mean", "mean_predictor"), ("holding the last value", "persistence")] {
            if let Some(cost) = validation.incumbent.test(key) {
                rows.push((format!("  of {name}"), number(cost), String::new()));
            }
        }
    }
    let width = |pick: fn(&(String, String, String)) -> &String| rows.iter().map(|row| pick(row).chars().count()).max();
    let (first, second) = (width(|row| &row.0).unwrap_or(0), width(|row| &row.1).unwrap_or(0));
    for (name, best, default) in &rows {
        say(format!("{name:<first$}  {best:>second$}  {default:>10}").trim_end());
    }
    if !recommended.is_measured() || recommended.deviation.is_some() || recommended.differs_from_lowest() {
        narrate(&format!("best: {}", incumbent::evidence(&recommended, &log.experiment)));
        incumbent::lowest(&recommended, &log.experiment).iter().for_each(|lowest| narrate(lowest));
    }
}
