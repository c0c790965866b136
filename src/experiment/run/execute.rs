//! The run of an experiment: preparation, trials, and the validation at the end.
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use crate::executor::Executor;
use crate::executor::job::JobId;
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::ledger::Ledger;
use crate::experiment::run::announcer::Announcer;
use crate::experiment::run::checkpoints::Checkpoints;
use crate::experiment::run::event::{RunEvent, Watcher};
use crate::experiment::run::jobs::{Finish, run_jobs};
use crate::experiment::run::local;
use crate::experiment::run::prepare::prepare;
use crate::experiment::run::session::Session;
use crate::experiment::run::trials::Trials;
use crate::experiment::run::{closing, validation};

/// The end of a run, and the time that it took since it was started or resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    pub finish: Finish,
    /// The optimizer's own time.
    pub asking: Duration,
    pub elapsed: Duration,
    /// The time of all sessions of the run, this one included.
    pub total: Duration,
}

/// Runs an experiment in its folder, from the beginning or from where it was left.
///
/// `interrupts` counts the requests to stop: after one, trials that run are finished; after two, they are ended.
///
/// # Errors
/// The run cannot begin or go on; a failed trial is none.
pub fn run(
    experiment: &Experiment,
    folder: &RunFolder,
    watcher: &mut dyn Watcher,
    interrupts: &AtomicUsize,
) -> Result<Summary, RunError> {
    let (mut executor, experiment) = local::executor(experiment)?;
    run_with(&mut *executor, &experiment, folder, watcher, interrupts)
}

/// As [`run`], with the trials run by this executor.
///
/// # Errors
/// As [`run`].
pub fn run_with(
    executor: &mut dyn Executor,
    experiment: &Experiment,
    folder: &RunFolder,
    watcher: &mut dyn Watcher,
    interrupts: &AtomicUsize,
) -> Result<Summary, RunError> {
    let objective = experiment.objective.as_ref().ok_or(RunError::NoTask)?;
    let opened = Ledger::open(experiment, folder)?;
    let ledger = opened.ledger;
    executor.recover(&left_folders(&ledger, folder));
    executor.open(ledger.unseen().map(|(trial, attempt)| JobId::Trial { trial, attempt }).collect())?;
    let announcer = Announcer::open(experiment, folder, &ledger, watcher)?;
    let checkpoints = Checkpoints::of(folder, experiment.execution.checkpoints);
    let mut session = Session { experiment, objective, folder, ledger, announcer, checkpoints };
    for warning in &opened.warnings {
        session.announce(&RunEvent::Warning(warning));
    }
    let (ended, again) = (session.ledger.history().ended().count(), session.ledger.waiting().len());
    session.announce(&if opened.is_continued { RunEvent::Resumed { ended, again } } else { RunEvent::Begun });
    let result = all(&mut session, executor, interrupts).and_then(|finish| session.ledger.close().map(|()| finish));
    // However it ends: what is written is told once it is durable.
    let settled = session.settle();
    let finish = result?;
    settled?;
    session.announce(&RunEvent::Over { is_complete: finish == Finish::Complete });
    Ok(Summary {
        finish,
        asking: session.ledger.asking(),
        elapsed: session.ledger.elapsed(),
        total: Duration::from_secs_f64(session.ledger.seconds()),
    })
}

/// The folders of jobs in which an earlier session may have left something running.
fn left_folders(ledger: &Ledger, folder: &RunFolder) -> Vec<PathBuf> {
    let trials = ledger.waiting().map(|proposal| folder.trial(proposal.trial));
    let evaluations = closing::NAMES.iter().map(|name| folder.validation().join(name));
    let workers = std::fs::read_dir(folder.workers()).into_iter().flatten().flatten().map(|worker| worker.path());
    trials.chain(evaluations).chain(workers).collect()
}

/// The parts of a run in order: preparation, trials, validation.
fn all(session: &mut Session, executor: &mut dyn Executor, interrupts: &AtomicUsize) -> Result<Finish, RunError> {
    let mut finish = prepare(session, interrupts)?;
    if finish == Finish::Complete {
        let may_overlap = executor.may_overlap();
        finish = run_jobs(executor, &mut Trials::of(session, may_overlap), interrupts)?;
        session.settle()?;
        let cut = session.ledger.running().len();
        if session.ledger.is_over_time() && cut > 0 {
            let trials =
                if cut == 1 { "1 running trial, which has" } else { &format!("{cut} running trials, which have") };
            let sentence =
                format!("the time limit has ended {trials} no outcome; with a higher limit `run` starts them again");
            session.announce(&RunEvent::Warning(&sentence));
        }
    }
    if finish == Finish::Complete {
        finish = validation::validate(session, executor, interrupts)?;
    }
    session.checkpoints.tidy(&session.ledger, session.folder);
    Ok(finish)
}
