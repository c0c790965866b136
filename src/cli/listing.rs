//! The verbs `status`, `trials`, `show` and `best`: what a run has found so far.
use std::fs;

use clap::Args;
use serde_json::{Map, Value as Json, json};

use super::message::{amount, count, duration, narrate, number, say};
use super::target::Target;
use super::{Failure, Listing, table};
use crate::experiment::replay::log::Log;
use crate::experiment::run::validation;
use crate::experiment::run::validation::Validation;
use crate::numeric::pareto;
use crate::optimizer::regret::regret;
use crate::trial::budget::Budget;
use crate::trial::front::front;
use crate::trial::incumbent::{default_at, incumbent};
use crate::trial::outcome::{Outcome, OutcomeKind};
use crate::trial::{Origin, Trial, TrialId};

#[derive(Args)]
pub(super) struct Trials {
    #[command(flatten)]
    listing: Listing,
    /// Only trials at this budget
    #[arg(long)]
    budget: Option<f64>,
    /// Only trials with this outcome
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(OutcomeKind::ALL.map(OutcomeKind::word).into_iter().chain([RUNNING])))]
    outcome: Option<String>,
    /// Only the best so many, best first
    #[arg(long, value_name = "N")]
    top: Option<usize>,
}

#[derive(Args)]
pub(super) struct Show {
    #[command(flatten)]
    target: Target,
    /// The trial's number
    trial: u32,
}

/// The outcome of a trial that has none yet, as `trials` lists it.
const RUNNING: &str = "running";

/// How many lines of a trial's log `show` prints.
const TAIL: usize = 20;

pub(super) fn status(target: &Target) -> Result<(), Failure> {
    let log = target.log()?;
    let (history, unit) = (&log.history, &log.experiment.unit);
    let running = history.running().count();
    say(&format!(
        "{}: {} asked, {}, {running} without an outcome",
        log.experiment.name,
        count(history.trials().len(), "trial"),
        outcomes(&log)
    ));
    for (budget, ended, finished) in by_budget(&log) {
        say(&format!("at {} {unit}: {}, {finished} finished", amount(budget), count(ended, "trial")));
    }
    if !log.experiment.objectives().is_empty() {
        let front = front(history);
        let budget = front.first().map(|trial| trial.proposal.budget.amount());
        let at = budget.map(|budget| format!(" at {} {unit}", amount(budget))).unwrap_or_default();
        say(&format!("front: {}{at}", count(front.len(), "trial")));
    } else if let Some(best) = incumbent(history) {
        let (cost, over) = standing(&log, best);
        let budget = amount(best.proposal.budget.amount());
        say(&format!("best: {} at {budget} {unit}{over}, trial {}", number(cost), best.proposal.trial));
    }
    let (space, full) = (&log.experiment.space, log.experiment.schedule.max());
    if log.experiment.objectives().is_empty()
        && let Some(left) = regret(space, history, full, log.experiment.seed)
    {
        let could =
            if left.bound <= left.noise { ", less than its doubt at the best: the run could stop now" } else { "" };
        say(&format!("left to gain: at most {} by the surrogate's confidence{could}", number(left.bound)));
    }
    let seconds =
        log.details.iter().filter_map(|details| Some(details.ended.as_ref()?.seconds)).fold(0.0, |a, b| a + b);
    say(&format!(
        "time of the trials: {}, with {}",
        duration(seconds),
        count(log.experiment.execution.workers, "worker")
    ));
    Ok(())
}

/// How many trials ended how, in words.
pub(super) fn outcomes(log: &Log) -> String {
    let ended = |kind: OutcomeKind| log.history.ended().filter(|trial| outcome(trial) == kind.word()).count();
    let counts = OutcomeKind::ALL.into_iter().map(|kind| (ended(kind), kind));
    let words: Vec<_> = counts
        .filter(|(ended, kind)| *ended > 0 || *kind == OutcomeKind::Finished)
        .map(|(ended, kind)| format!("{ended} {}", kind.in_words()))
        .collect();
    words.join(", ")
}

fn by_budget(log: &Log) -> Vec<(f64, usize, usize)> {
    let mut rows: Vec<(f64, usize, usize)> = Vec::new();
    for trial in log.history.ended() {
        let budget = trial.proposal.budget.amount();
        let finished = usize::from(outcome(trial) == OutcomeKind::Finished.word());
        match rows.iter_mut().find(|row| row.0 == budget) {
            Some(row) => (row.1, row.2) = (row.1 + 1, row.2 + finished),
            None => rows.push((budget, 1, finished)),
        }
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows
}

pub(super) fn trials(arguments: &Trials) -> Result<(), Failure> {
    let log = arguments.listing.target.log()?;
    let mut trials: Vec<&Trial> = log.history.trials().iter().collect();
    if let Some(budget) = arguments.budget {
        let budgets = by_budget(&log).iter().map(|row| amount(row.0)).collect::<Vec<_>>().join(", ");
        trials.retain(|trial| trial.proposal.budget.amount() == budget);
        if trials.is_empty() {
            return Err(Failure::Input(format!("no trial has the budget {budget}\n\nhint: there are {budgets}")));
        }
    }
    if let Some(wanted) = &arguments.outcome {
        trials.retain(|trial| outcome(trial) == wanted);
    }
    if let Some(top) = arguments.top {
        trials.retain(|trial| cost(trial).is_some());
        trials.sort_by_key(|trial| std::cmp::Reverse(trial.proposal.budget));
        trials = trials.chunk_by(|a, b| a.proposal.budget == b.proposal.budget).flat_map(best_first).collect();
        trials.truncate(top);
    }
    let rows: Vec<_> = trials.into_iter().map(|trial| row(&log, trial)).collect();
    let cost = if log.experiment.objectives().is_empty() { "cost" } else { "costs" };
    let columns =
        ["trial", "configuration_id", "budget", "bracket", "rung", "outcome", cost, "seconds", "origin", "config"];
    table::print(arguments.listing.format, &columns, &rows);
    Ok(())
}

/// Trials with a cost, the best first: of several objectives front by front.
fn best_first<'a>(trials: &[&'a Trial]) -> Vec<&'a Trial> {
    let costs: Vec<&[f64]> = trials.iter().filter_map(|trial| Some(trial.outcome.as_ref()?.costs())).collect();
    pareto::order(&costs).into_iter().map(|index| trials[index]).collect()
}

/// The word for a trial's outcome; `running` while it has none.
pub(super) fn outcome(trial: &Trial) -> &'static str {
    trial.outcome.as_ref().map_or(RUNNING, |outcome| outcome.kind().word())
}

fn cost(trial: &Trial) -> Option<f64> {
    trial.outcome.as_ref()?.cost()
}

/// Everything about a trial that other programs read.
fn row(log: &Log, trial: &Trial) -> Map<String, Json> {
    let proposal = &trial.proposal;
    let details = log.details(proposal.trial);
    let ended = details.ended.as_ref();
    let row = json!({
        "trial": proposal.trial.0,
        "configuration_id": proposal.configuration_id.0,
        "config": config(log, trial),
        "budget": proposal.budget.amount(),
        "bracket": proposal.bracket,
        "rung": proposal.rung,
        "seed": proposal.seed,
        "instance": proposal.instance.as_deref(),
        "outcome": outcome(trial),
        "cost": cost(trial),
        "started": ended.map(|ended| ended.started).or(details.started.last().copied()).map(|at| at.to_string()),
        "ended": ended.map(|ended| ended.at.to_string()),
        "seconds": ended.map(|ended| ended.seconds),
        "device": ended.map(|ended| ended.slot.clone()),
        "origin": proposal.origin.name(),
        "curve": trial.curve.points().iter().map(|point| json!([point.budget.amount(), point.cost])).collect::<Json>(),
        "info": ended.map_or_else(Map::new, |ended| ended.info.clone()),
    });
    let Json::Object(mut row) = row else { unreachable!("a row is an object") };
    if !log.experiment.objectives().is_empty() {
        row.insert("costs".into(), by_objective(log.experiment.objectives(), trial));
    }
    row
}

/// The costs of a trial by the names of the objectives; null where it has none.
pub(super) fn by_objective(objectives: &[String], trial: &Trial) -> Json {
    let costs = trial.outcome.as_ref().map(|outcome| outcome.costs()).unwrap_or_default();
    let named = objectives.iter().zip(costs).map(|(name, cost)| (name.clone(), json!(cost)));
    if costs.is_empty() { Json::Null } else { Json::Object(named.collect()) }
}

/// The active hyperparameters by name.
pub(super) fn config(log: &Log, trial: &Trial) -> Json {
    let named = log.experiment.space.named(&trial.proposal.configuration);
    Json::Object(named.map(|(name, value)| (name.to_owned(), json!(value))).collect())
}

pub(super) fn show(arguments: &Show) -> Result<(), Failure> {
    let log = arguments.target.log()?;
    let number = arguments.trial;
    let trial = log.history.trial(TrialId(number)).ok_or_else(|| {
        let last = log.history.trials().len();
        Failure::Input(format!("there is no trial {number}\n\nhint: the trials are numbered from 1 to {last}"))
    })?;
    let details = log.details(trial.proposal.trial);
    for (key, value) in row(&log, trial) {
        let text = match &value {
            Json::Object(map) => map.iter().map(|(name, value)| format!("\n  {name}: {value}")).collect(),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        say(&format!("{key}: {text}"));
    }
    say(&format!("attempts: {}", details.started.len()));
    if let Some(ended) = &details.ended {
        say(&format!("exit: {}", ended.exit));
        say(&format!("cpu: {}", duration(ended.cpu_seconds)));
        say(&format!("peak memory: {:.0} MiB", ended.peak_memory as f64 / f64::from(1 << 20)));
        if let Outcome::Crashed { message } = &ended.outcome {
            say(&format!("message:\n{message}"));
        }
    }
    let folder = log.folder.trial(trial.proposal.trial);
    for name in ["stdout.log", "stderr.log"] {
        let path = folder.join(name);
        let text = fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        if !lines.is_empty() {
            say(&format!("\n{} (last {} of {})", path.display(), lines.len().min(TAIL), count(lines.len(), "line")));
            lines[lines.len().saturating_sub(TAIL)..].iter().for_each(|line| say(line));
        }
    }
    Ok(())
}

pub(super) fn best(arguments: &Listing) -> Result<(), Failure> {
    let log = arguments.target.log()?;
    let Some(best) = incumbent(&log.history) else {
        narrate("no trial has succeeded yet");
        return Err(Failure::NoSuccess);
    };
    if !log.experiment.objectives().is_empty() {
        print_front(&log, arguments.format);
        return Ok(());
    }
    let budget = best.proposal.budget.amount();
    let (cost, over) = standing(&log, best);
    let row = json!({
        "config": config(&log, best),
        "cost": cost,
        "budget": budget,
        "trial": best.proposal.trial.0,
        "default_cost": default_cost(&log, best.proposal.budget),
    });
    let Json::Object(row) = row else { unreachable!("a row is an object") };
    if arguments.format != super::Format::Table {
        table::print(arguments.format, &[], &[row]);
        return Ok(());
    }
    say(&log.experiment.space.to_ron(&best.proposal.configuration));
    let default = default_cost(&log, best.proposal.budget)
        .map(|cost| format!(", the default {}", number(cost)))
        .unwrap_or_default();
    narrate(&format!(
        "cost {}{default} at {} {}{over}; trial {}, {}",
        number(cost),
        amount(budget),
        log.experiment.unit,
        best.proposal.trial,
        if best.proposal.origin == Origin::Default { "the default itself" } else { best.proposal.origin.name() },
    ));
    Ok(())
}

/// Prints the trials of several objectives that no other dominates.
pub(super) fn print_front(log: &Log, format: super::Format) {
    let member = |trial: &Trial| {
        let row = json!({
            "trial": trial.proposal.trial.0,
            "budget": trial.proposal.budget.amount(),
            "costs": by_objective(log.experiment.objectives(), trial),
            "config": config(log, trial),
        });
        let Json::Object(row) = row else { unreachable!("a row is an object") };
        row
    };
    let rows: Vec<_> = front(&log.history).into_iter().map(member).collect();
    table::print(format, &["trial", "budget", "costs", "config"], &rows);
}

/// The mean cost of the incumbent at its budget, and in words over how many seeds and instances, where there are several.
fn standing(log: &Log, best: &Trial) -> (f64, String) {
    let place = log.history.ranking().of(best.proposal.configuration_id, best.proposal.budget);
    let place = place.expect("the incumbent has succeeded");
    let over = match place.successes {
        1 => String::new(),
        pairs => format!(" over {pairs} pairs of seed and instance"),
    };
    (place.cost, over)
}

/// The comparison of incumbent and default, where it was made.
pub(super) fn validation(log: &Log) -> Option<Validation> {
    serde_json::from_value(log.notes.get(validation::NOTE)?.clone()).ok()
}

/// The cost of the default configuration at a budget.
pub(super) fn default_cost(log: &Log, budget: Budget) -> Option<f64> {
    let default = default_at(&log.history, budget);
    let measured = default.and_then(|trial| log.history.ranking().of(trial.proposal.configuration_id, budget));
    let measured = measured.map(|place| place.cost);
    let is_full = budget == log.experiment.schedule.max();
    measured.or_else(|| validation(log).filter(|_| is_full)?.default.map(|default| default.cost))
}
