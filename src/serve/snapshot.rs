//! The snapshot of a run: what the top of its page shows, as JSON.
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::serve::run_view::{Run, RunView};
use crate::serve::session::Phase;
use crate::serve::writer::Writer;
use crate::trial::outcome::{Outcome, OutcomeKind};
use crate::trial::{ConfigurationId, TrialId};

/// The brackets that are shown one by one, the newest.
const BRACKETS: u32 = 4;
/// The time for which a writer on another machine counts as one that goes on, in seconds.
const FRESH: f64 = 900.0;

/// The snapshot; `name` is the name under which the run is served.
pub(crate) fn snapshot(view: &RunView, name: &str) -> Json {
    let now = Timestamp::now();
    let mut all = json!({
        "name": name,
        "epoch": view.epoch,
        "now": now.as_millisecond(),
        "state": state(view, now),
        "live": is_live(view, now),
        "host": match &view.writer { Writer::Elsewhere(host) => Some(host), _ => None },
        "fault": view.fault.as_ref().map(|fault| fault.message.clone()),
        "warnings": view.session.warnings.iter().map(|(at, message)| json!([at, message])).collect::<Vec<_>>(),
        "share": match view.session.phase {
            Phase::Preparing(share) | Phase::Validating(share) => Some(share),
            _ => None,
        },
        "reading": view.reading,
        "queued": queued(view),
        "has_report": view.report().is_file(),
    });
    if let (Some(run), Json::Object(all)) = (&view.run, &mut all) {
        experiment(run, view, all);
        progress(run, view, now, all);
        all.insert("best".into(), best(run));
        all.insert("front".into(), front(run));
        all.insert("budgets".into(), budgets(run));
        all.insert("brackets".into(), brackets(run));
        all.insert("slots".into(), if is_live(view, now) { slots(run) } else { json!([]) });
    }
    all
}

/// The state of a run in a word.
pub(crate) fn state(view: &RunView, now: Timestamp) -> &'static str {
    let Some(run) = &view.run else {
        return if view.fault.is_some() { "unreadable" } else { "not begun" };
    };
    if view.reading.is_some() {
        return "reading";
    }
    match (is_live(view, now), view.session.phase) {
        (true, Phase::Preparing(_)) => "preparing",
        (true, Phase::Validating(_)) => "validating",
        (true, Phase::Stopping) => "stopping",
        (true, _) => "running",
        (false, Phase::Over { is_complete: true }) => "complete",
        (false, Phase::Over { is_complete: false }) => "interrupted",
        (false, Phase::Unknown) if run.replay.history.running().len() == 0 => "at rest",
        (false, _) => "stopped",
    }
}

/// True where a process works on the run, as far as is known.
pub(crate) fn is_live(view: &RunView, now: Timestamp) -> bool {
    match (&view.writer, &view.run) {
        (Writer::Here, _) => true,
        (Writer::Elsewhere(_), Some(run)) => {
            !matches!(view.session.phase, Phase::Over { .. }) && now.duration_since(run.last).as_secs_f64() < FRESH
        }
        _ => false,
    }
}

fn queued(view: &RunView) -> usize {
    let files = std::fs::read_dir(view.folder.queue()).into_iter().flatten().flatten();
    files.filter(|file| file.file_name().to_string_lossy().ends_with(".json")).count()
}

fn experiment(run: &Run, view: &RunView, all: &mut Map<String, Json>) {
    let experiment = &run.experiment;
    let objectives = experiment.objectives();
    let fields = json!({
        "experiment": experiment.name,
        "method": experiment.intensifier.name(),
        "workers": view.session.workers.unwrap_or(experiment.execution.workers as u64),
        "unit": experiment.unit,
        "noun": experiment.noun(),
        "directions": experiment.directions.words(objectives.len().max(1)).collect::<Vec<_>>(),
        "objectives": objectives,
        "full_budget": experiment.schedule.max().amount(),
        "hyperparameters": experiment.space.hyperparameters().iter().map(|each| &each.name).collect::<Vec<_>>(),
        "begun": run.begun.as_millisecond(),
        "last": run.last.as_millisecond(),
    });
    all.extend(fields.as_object().cloned().unwrap_or_default());
}

fn progress(run: &Run, view: &RunView, now: Timestamp, all: &mut Map<String, Json>) {
    let history = &run.replay.history;
    let mut counts = [0; OutcomeKind::ALL.len()];
    for outcome in history.ended().filter_map(|trial| trial.outcome.as_ref()) {
        counts[OutcomeKind::ALL.iter().position(|kind| *kind == outcome.kind()).unwrap_or(0)] += 1;
    }
    let counted = OutcomeKind::ALL.iter().zip(counts).filter(|(_, count)| *count > 0);
    let live = is_live(view, now);
    let workers = view.session.workers.map_or(run.experiment.execution.workers, |workers| workers as usize);
    let since = if live { now.duration_since(run.last).as_secs_f64().max(0.0) } else { 0.0 };
    let fields = json!({
        "asked": history.trials().len(),
        "ended": history.ended().len(),
        "configurations": history.configurations().len(),
        "planned": view.session.planned.or(run.planned.map(|planned| planned.trials.into())),
        "running": history.running().len(),
        "outcomes": counted.map(|(kind, count)| json!([kind.word(), count])).collect::<Vec<_>>(),
        "seconds": run.replay.times.seconds(workers) + since,
        "trial_seconds": run.replay.device_seconds,
        "sessions": run.replay.times.sessions(),
        "left": if live { left(run, view, workers, now) } else { None },
        "money": view.session.money,
        "imported": run.imported,
    });
    all.extend(fields.as_object().cloned().unwrap_or_default());
}

/// The seconds that are left: as the run's last event says, or as its pace says where it writes no events.
fn left(run: &Run, view: &RunView, workers: usize, now: Timestamp) -> Option<f64> {
    if let Some((at, seconds)) = view.session.left {
        return Some((seconds - now.duration_since(at).as_secs_f64()).max(0.0));
    }
    let (planned, history) = (run.planned?, &run.replay.history);
    let trials = (planned.trials as usize).saturating_sub(history.ended().len());
    run.replay.paces.seconds(trials, (planned.budget - history.spent()).max(0.0), workers)
}

/// The values of a configuration, as pairs of name and value.
pub(crate) fn configuration(run: &Run, number: ConfigurationId) -> Json {
    run.configurations.row(&run.experiment.space, number.index()).map(|(name, value)| json!([name, value])).collect()
}

fn origin(run: &Run, trial: TrialId) -> Option<&'static str> {
    Some(run.replay.history.trial(trial)?.proposal.origin.name())
}

fn best(run: &Run) -> Json {
    let Some(best) = run.best.recommended.filter(|_| run.experiment.objectives().is_empty()) else { return Json::Null };
    let direction = run.experiment.direction();
    let best = best.turned(direction);
    json!({
        "trial": best.trial,
        "configuration": best.configuration,
        "origin": origin(run, best.trial),
        "budget": best.budget.amount(),
        "cost": best.cost,
        "results": best.results,
        "failures": best.failures,
        "is_evaluated": best.is_evaluated,
        "target": best.target.amount(),
        "expected": best.expected,
        "deviation": best.deviation,
        "lowest": best.differs_from_lowest().then(|| json!([best.lowest.configuration, best.lowest.cost])),
        "default": run.best.default.map(|(cost, at)| json!([direction.turn(cost), at.amount()])),
        "values": configuration(run, best.configuration),
    })
}

fn front(run: &Run) -> Json {
    if run.experiment.objectives().is_empty() {
        return Json::Null;
    }
    let member = |each: &crate::serve::best::FrontMember| {
        json!({
            "trial": each.trial,
            "configuration": each.configuration,
            "budget": each.budget.amount(),
            "is_evaluated": each.is_evaluated,
            "costs": run.experiment.directions.turn(&each.costs),
        })
    };
    json!({ "members": run.best.members, "shown": run.best.front.iter().map(member).collect::<Vec<_>>() })
}

/// Each budget from the smallest, with the numbers of its trials: asked for, ended, failed.
fn budgets(run: &Run) -> Json {
    let mut rows: Vec<(f64, usize, usize, usize)> = Vec::new();
    for trial in run.replay.history.trials() {
        let budget = trial.proposal.budget.amount();
        let place = rows.iter().position(|row| row.0 == budget).unwrap_or_else(|| {
            rows.push((budget, 0, 0, 0));
            rows.len() - 1
        });
        let row = &mut rows[place];
        row.1 += 1;
        row.2 += usize::from(trial.outcome.is_some());
        row.3 += usize::from(trial.outcome.as_ref().is_some_and(Outcome::is_failure));
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows.iter().map(|(budget, asked, ended, failed)| json!([budget, asked, ended, failed])).collect()
}

/// The newest brackets with their rungs: budget, ended, running, and the size where the bracket has one.
fn brackets(run: &Run) -> Json {
    let (history, experiment) = (&run.replay.history, &run.experiment);
    let (choice, schedule) = (&experiment.intensifier, &experiment.schedule);
    let all = history.brackets();
    let bracket = |number: u32| {
        let rungs = choice.bracket(schedule, number).rungs;
        let rungs = (0..).zip(&rungs).map(|(index, rung)| {
            let (done, running) = history
                .rung(number, index)
                .map_or((0, 0), |rung| (rung.trials().len() - rung.running(), rung.running()));
            let size = choice.closes(schedule).then_some(rung.configurations);
            json!([rung.budget.amount(), done, running, size])
        });
        json!({ "number": number, "rungs": rungs.collect::<Vec<_>>() })
    };
    json!({ "all": all, "shown": (all.saturating_sub(BRACKETS)..all).rev().map(bracket).collect::<Vec<_>>() })
}

/// The slots of the session: the trial that runs in each, or none.
fn slots(run: &Run) -> Json {
    let history = &run.replay.history;
    let running: Vec<_> =
        run.running.iter().filter_map(|(trial, attempt)| Some((history.trial(*trial)?, attempt))).collect();
    let slot = |name: &String| {
        let mut here = running.iter().filter(|(_, attempt)| attempt.slot == *name).peekable();
        if here.peek().is_none() {
            return vec![json!({ "slot": name })];
        }
        let busy = here.map(|(trial, attempt)| {
            let proposal = &trial.proposal;
            let pace = run.replay.paces.trial(history.added_budget(proposal));
            json!({
                "slot": name,
                "trial": proposal.trial,
                "configuration": proposal.configuration_id,
                "budget": proposal.budget.amount(),
                "attempt": attempt.attempt,
                "since": attempt.since.as_millisecond(),
                "share": attempt.reached.map(|(budget, _)| (budget / proposal.budget.amount()).clamp(0.0, 1.0)),
                "cost": attempt.reached.map(|(_, cost)| run.experiment.direction().turn(cost)),
                "usual": pace,
            })
        });
        busy.collect()
    };
    run.slots.iter().flat_map(slot).collect()
}
