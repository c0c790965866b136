//! The verb `status`: the state of a run in a few lines.
use super::failure::Failure;
use super::incumbent::{evidence, front_size, lowest, recommendation, source};
use super::message::{count, duration, measured, narrate, number, one_line, say};
use super::target::Target;
use crate::experiment::ledger::queue::Queue;
use crate::experiment::replay::imported_results;
use crate::experiment::replay::log::Log;
use crate::optimizer::regret::regret;
use crate::trial::outcome::OutcomeKind;
use crate::trial::penalty::penalty;

pub(super) fn execute(target: &Target) -> Result<(), Failure> {
    let log = target.log()?;
    let (history, unit) = (&log.history, &log.experiment.unit);
    let open = match history.running().next() {
        Some(trial) => format!("{} {}", history.running().len(), trial.word()),
        None => "0 without an outcome".to_owned(),
    };
    say(&format!(
        "{}: {} asked, {}, {open}",
        log.experiment.name,
        count(history.trials().len(), "trial"),
        outcomes(&log)
    ));
    let waiting = not_tried(&log);
    if waiting > 0 {
        say(&format!("enqueued: {} not tried yet", count(waiting, "configuration")));
    }
    let sources = imported_results::by_source(log.notes.iter());
    if !sources.is_empty() {
        let from = sources.iter().map(|(source, results)| format!("{results} of {}", one_line(source)));
        let all = count(sources.values().sum(), "imported result");
        say(&format!("learns from {all}: {}", from.collect::<Vec<_>>().join(", ")));
    }
    for (budget, ended, finished) in by_budget(&log) {
        say(&format!("at {}: {}, {finished} finished", measured(budget, unit), count(ended, "trial")));
    }
    if !log.experiment.objectives().is_empty() {
        say(&front_size(&log));
    } else if let Some(best) = recommendation(&log) {
        say(&format!("best: {}, {}", evidence(&best, &log.experiment), source(&best)));
        lowest(&best, &log.experiment).iter().for_each(|lowest| say(lowest));
    }
    let (space, full) = (&log.experiment.space, log.experiment.schedule.max());
    if log.experiment.objectives().is_empty()
        && let Some(left) = regret(space, history, full, log.experiment.seed)
    {
        let could = if left.bound <= left.noise {
            ", within its uncertainty at the incumbent: the run could stop now"
        } else {
            ""
        };
        say(&format!("left to gain: at most {} by the surrogate's confidence{could}", number(left.bound)));
    }
    let seconds =
        log.details.iter().filter_map(|details| Some(details.ended.as_ref()?.seconds)).fold(0.0, |a, b| a + b);
    say(&format!(
        "time of the trials: {}, with {}",
        duration(seconds),
        count(log.experiment.execution.workers, "worker")
    ));
    if log.sessions() > 1 {
        say(&format!("time of the run: {} in {} sessions", duration(log.seconds()), log.sessions()));
    }
    warn(&log);
    Ok(())
}

/// The number of enqueued configurations that no trial has tried.
pub(super) fn not_tried(log: &Log) -> usize {
    let taken = log.enqueued.iter().filter(|configuration| !log.history.contains(configuration)).count();
    Queue::of(&log.folder).waiting().len() + taken
}

/// Warns of a cost that looks like a penalty.
pub(super) fn warn(log: &Log) {
    if let Some(penalty) = penalty(&log.history) {
        narrate(&format!("warning: {}", penalty.warning(log.experiment.direction())));
    }
}

/// The number of trials of each outcome, in words.
pub(super) fn outcomes(log: &Log) -> String {
    let ended = |kind: OutcomeKind| log.history.ended().filter(|trial| trial.word() == kind.word()).count();
    let counts = OutcomeKind::ALL.into_iter().map(|kind| (ended(kind), kind));
    let words: Vec<_> = counts
        .filter(|(ended, kind)| *ended > 0 || *kind == OutcomeKind::Finished)
        .map(|(ended, kind)| format!("{ended} {}", kind.in_words()))
        .collect();
    words.join(", ")
}

/// Each budget with the number of trials that ended and that finished there, from the smallest budget.
pub(super) fn by_budget(log: &Log) -> Vec<(f64, usize, usize)> {
    let mut rows: Vec<(f64, usize, usize)> = Vec::new();
    for trial in log.history.ended() {
        let budget = trial.proposal.budget.amount();
        let finished = usize::from(trial.word() == OutcomeKind::Finished.word());
        match rows.iter_mut().find(|row| row.0 == budget) {
            Some(row) => (row.1, row.2) = (row.1 + 1, row.2 + finished),
            None => rows.push((budget, 1, finished)),
        }
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows
}
