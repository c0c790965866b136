//! A study of Optuna as a foreign run: its space by its distributions, its learning curves by intermediate values.
use crate::document::diagnostic::Diagnostic;
use crate::exchange::trials::foreign::{ForeignHead, ForeignRun};
use crate::exchange::trials::found::{FoundResult, FoundResults, UnreadableResults, counted};
use crate::exchange::trials::optuna::journal::{StudyJournal, StudyTrial};
use crate::exchange::trials::optuna::reading::{StudyChoice, chosen};
use crate::exchange::trials::optuna::study_space::space;
use crate::trial::direction::{Direction, Directions};
use crate::trial::outcome::OutcomeKind;

/// The run of a study. Budgets are those that galvani wrote, or the steps of intermediate values; a trial without any has one
/// evaluation.
///
/// # Errors
/// The journal cannot be read, has several studies where none is named, or no result that a report could show.
pub fn run(text: &str, study: Option<&str>) -> Result<Result<ForeignRun, Diagnostic>, UnreadableResults> {
    let mut found = FoundResults::default();
    let journal = StudyJournal::of(text, &mut found)?;
    let choice = StudyChoice { name: study.map(str::to_owned), ..StudyChoice::default() };
    let (number, study) = chosen(&journal, &choice)?;
    let trials: Vec<&StudyTrial> = journal.trials.iter().filter(|trial| trial.study == number).collect();
    let configurations: Vec<&FoundResult> = trials.iter().map(|trial| &trial.result).collect();
    // Steps are counted from 0 by some programs, and a budget is positive.
    let shift = if trials.iter().any(|trial| trial.intermediate.keys().any(|step| *step <= 0)) { 1 } else { 0 };
    let budget_of_a_step = study.budget_of_a_step.unwrap_or(1.0);
    let budget = |step: i64| (step + shift) as f64 * budget_of_a_step;
    let last = |trial: &StudyTrial| trial.intermediate.keys().next_back().map(|step| budget(*step));
    let full = trials.iter().filter_map(|trial| last(trial)).fold(f64::NAN, f64::max);
    let has_steps = !full.is_nan() || trials.iter().any(|trial| trial.result.budget.is_some());
    let mut results: Vec<(u64, FoundResult)> = Vec::new();
    let mut waiting = 0;
    for trial in &trials {
        let curve: Vec<(f64, f64)> =
            trial.intermediate.iter().filter_map(|(step, value)| Some((budget(*step), (*value)?))).collect();
        let mut below = 0.0;
        for rung in &trial.rungs {
            let mut result = rung.result(&trial.result);
            let own = curve.iter().filter(|(part, _)| below < *part && *part < rung.budget());
            result.curve = own.copied().collect();
            below = rung.budget();
            results.push((rung.trial, result));
        }
        if !trial.rungs.is_empty() {
            continue;
        }
        if trial.is_waiting() {
            waiting += 1;
            continue;
        }
        let outcome = trial.outcome();
        let is_complete = outcome == Some(OutcomeKind::Finished);
        // A pruned trial was on its way to the whole budget.
        let reached = if is_complete { last(trial) } else { Some(full).filter(|full| !full.is_nan()) };
        results.push((
            0,
            FoundResult {
                costs: if is_complete { trial.result.costs.clone() } else { Vec::new() },
                outcome: outcome.filter(|_| !is_complete),
                budget: trial.result.budget.or(reached),
                curve,
                times: trial.times.0.zip(trial.times.1),
                ..trial.result.clone()
            },
        ));
    }
    results.sort_by_key(|(trial, _)| *trial);
    let results: Vec<FoundResult> = results.into_iter().map(|(_, result)| result).collect();
    let mut notes = found.notes;
    if waiting > 0 {
        notes.push(format!("{} waiting for a start left out", counted(waiting, "trial")));
    }
    if let Some(fault) = found.first_fault {
        notes.push(format!("{} that cannot be read left out, the first: {fault}", counted(found.faults, "line")));
    }
    let of_study = |maximized: &bool| if *maximized { Direction::Maximize } else { Direction::Minimize };
    let costs = study.maximized.len().max(1);
    let objectives = match costs {
        1 => vec![],
        costs if costs == study.objectives.len() => study.objectives.clone(),
        costs => (1..=costs).map(|number| format!("value {number}")).collect(),
    };
    let directions = Directions::of(study.maximized.iter().map(of_study).collect());
    let unit = if has_steps { "steps" } else { "evaluations" };
    Ok(space(&study.name, &study.distributions, &configurations).and_then(|(space, guessed)| {
        notes.extend(guessed);
        let head = ForeignHead { name: study.name.clone(), space, directions, objectives, unit, notes };
        ForeignRun::of(head, &results, true)
    }))
}
