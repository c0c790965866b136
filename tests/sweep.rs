//! The loop keeps its promises whatever becomes of its trials: outcomes are scripted, no process runs.
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use galvani::executor::job::{JobEvent, JobId, Launch};
use galvani::executor::scripted::{Scene, Scripted};
use galvani::executor::{Executor, ExecutorError};
use galvani::experiment::Experiment;
use galvani::experiment::folder::RunFolder;
use galvani::experiment::replay::log::Log;
use galvani::experiment::run::event::{RunEvent, RunStatus, Watcher};
use galvani::experiment::run::{Finish, run_with};
use galvani::store::record::AttemptEnd;
use galvani::trial::Trial;
use galvani::trial::incumbent::incumbent;
use galvani::trial::outcome::Outcome;

const EXPERIMENT: &str = r#"(
    name: "sweep",
    search_space: (parameters: { "x1": Float(min: -5, max: 10), "x2": Float(min: 0, max: 15) }),
    task: Function("branin"),
    budget: (min: 1, max: 9, eta: 3),
    executor: Process(workers: 4),
    stop: (trials: 44),
)"#;

/// Remembers what it is told about trials that are started again.
#[derive(Default)]
struct Retries(Vec<u32>);

impl Watcher for Retries {
    fn notice(&mut self, event: &RunEvent, _status: &RunStatus) {
        if let RunEvent::Retrying { trial, .. } = event {
            self.0.push(trial.0);
        }
    }
}

/// The number of the trial that a launch is of; 0 for the comparison at the end.
fn trial_of(launch: &Launch) -> u32 {
    match launch.job {
        JobId::Trial { trial, .. } => trial.0,
        JobId::Evaluation { .. } => 0,
    }
}

/// The cost that a launch's configuration would have, from the file that it was given.
fn cost(launch: &Launch) -> f64 {
    let config = std::fs::read(launch.folder.join("config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    config["x1"].as_f64().unwrap().powi(2) + config["x2"].as_f64().unwrap()
}

fn sweep(script: impl Fn(&Launch) -> Outcome) -> (Log, Retries) {
    let folder = tempfile::tempdir().unwrap();
    let space = "(parameters: { \"x1\": Float(min: -5, max: 10), \"x2\": Float(min: 0, max: 15) })";
    let experiment = Experiment::with_space(EXPERIMENT, Path::new("sweep.ron"), space).unwrap();
    let run_folder = RunFolder::of(folder.path(), "sweep");
    let mut retries = Retries::default();
    // Durations that differ, so that trials end in another order than they began.
    let duration = |launch: &Launch| Duration::from_secs(60 + u64::from(trial_of(launch) * 7 % 5) * 30);
    let scripted = Scripted::new(4, |launch: &Launch| Scene { outcome: script(launch), duration: duration(launch) });
    let mut executor = Zombies { scripted, late: Vec::new() };
    let summary = run_with(&mut executor, &experiment, &run_folder, &mut retries, &AtomicUsize::new(0)).unwrap();
    assert_eq!(summary.finish, Finish::Complete);
    (Log::read(run_folder).unwrap(), retries)
}

/// An executor whose lost attempts come back with a result that looks better than any, after another took their place.
struct Zombies<E> {
    scripted: E,
    late: Vec<JobEvent>,
}

impl<E: Executor> Executor for Zombies<E> {
    fn idle(&self) -> usize {
        self.scripted.idle()
    }

    fn start(&mut self, launch: Launch) -> Result<String, ExecutorError> {
        self.scripted.start(launch)
    }

    fn wait(&mut self, timeout: Duration) -> Option<JobEvent> {
        if let Some(late) = self.late.pop() {
            return Some(late);
        }
        let event = self.scripted.wait(timeout);
        if let Some(JobEvent::Ended { job, end }) = &event
            && end.outcome == Outcome::Lost
        {
            let end = AttemptEnd { outcome: Outcome::of_cost(-1e9), ..end.clone() };
            self.late.push(JobEvent::Ended { job: job.clone(), end });
        }
        event
    }

    fn cancel(&mut self, job: &JobId) {
        self.scripted.cancel(job);
    }

    fn stop(&mut self) {
        self.scripted.stop();
    }

    fn now(&self) -> jiff::Timestamp {
        self.scripted.now()
    }
}

fn finished(launch: &Launch) -> Outcome {
    Outcome::of_cost(cost(launch))
}

fn outcomes(log: &Log, name: &str) -> usize {
    log.history.ended().filter(|trial| trial.outcome.as_ref().unwrap().kind().word() == name).count()
}

#[test]
fn a_lost_trial_is_started_again_and_counted_once() {
    let (log, retries) = sweep(|launch| match (trial_of(launch) % 3, launch.job.attempt()) {
        (0, 1) => Outcome::Lost,
        _ => finished(launch),
    });
    assert_eq!((log.history.trials().len(), outcomes(&log, "finished")), (44, 44));
    // What came back from a lost attempt is kept, marked, and nobody's result.
    assert!(incumbent(&log.history).unwrap().outcome.as_ref().unwrap().cost() > Some(-1.0));
    let mut again = retries.0;
    again.sort_unstable();
    // The last trials of the plan too, and those of the comparison at the end are not trials.
    assert_eq!(again, (1..=44).filter(|trial| trial % 3 == 0).collect::<Vec<_>>());
    assert!(
        log.details.iter().all(|details| details.ended.is_some() && details.attempt == details.started.len() as u32)
    );
}

#[test]
fn a_trial_that_is_always_lost_does_not_stop_the_rest() {
    let (log, retries) = sweep(|launch| if trial_of(launch) == 5 { Outcome::Lost } else { finished(launch) });
    assert_eq!((outcomes(&log, "finished"), outcomes(&log, "lost")), (43, 1));
    assert_eq!(retries.0, [5, 5]);
}

#[test]
fn failures_are_never_promoted_over_successes() {
    let failure = |launch: &Launch| match trial_of(launch) % 4 {
        0 => Some(Outcome::Crashed { message: "out of luck".into() }),
        1 => Some(Outcome::Diverged),
        2 => Some(Outcome::TimedOut),
        _ => None,
    };
    let (log, _) = sweep(|launch| failure(launch).unwrap_or_else(|| finished(launch)));
    assert_eq!(log.history.ended().count(), 44);
    let lower = |trial: &Trial| {
        let same = |other: &&Trial| {
            other.proposal.configuration_id == trial.proposal.configuration_id
                && other.proposal.bracket == trial.proposal.bracket
                && other.proposal.rung + 1 == trial.proposal.rung
        };
        log.history.trials().iter().find(same).cloned()
    };
    let promoted: Vec<_> = log.history.trials().iter().filter(|trial| trial.proposal.rung > 0).collect();
    assert!(!promoted.is_empty());
    for trial in promoted {
        let below = lower(trial).expect("a promoted configuration was on the rung below");
        assert!(below.outcome.unwrap().cost().is_some(), "trial {} goes on from a failure", trial.proposal.trial);
    }
    assert!(incumbent(&log.history).unwrap().outcome.as_ref().unwrap().cost().is_some());
}
