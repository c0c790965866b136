//! The end of a run as `check` announces it: evaluations after the last trial, and what runs at the time limit.
use jiff::SignedDuration;

use super::message::{duration, measured};
use crate::experiment::Experiment;

/// Sentences about the end of the run: its evaluations, and what still runs at the time limit.
pub(super) fn sentences(experiment: &Experiment) -> Vec<String> {
    let mut told = Vec::new();
    let Some(objective) = &experiment.objective else { return told };
    if experiment.validation {
        let data = if objective.has_test() { ", on data that no trial has seen" } else { ", where that is not known" };
        told.push(format!(
            "at the end: the best configuration and the default are evaluated at {}{data} (`validation: false` leaves it out)",
            measured(experiment.schedule.max().amount(), &experiment.unit)
        ));
    }
    let Some(limit) = experiment.stop.wall_clock else { return told };
    let seconds = |span: SignedDuration| duration(span.as_secs_f64());
    let rest = match (experiment.stop.overtime, experiment.execution.limits.wall) {
        (Some(over), _) if over.is_zero() => "trials that run then are ended".to_owned(),
        (Some(over), _) => format!("trials that run then go on for at most {}", seconds(over)),
        (None, Some(wall)) => {
            format!("trials that run then go on to their end, for at most {}", duration(wall.as_secs_f64()))
        }
        (None, None) => "trials that run then go on to their end (`stop.overtime` limits that)".to_owned(),
    };
    let fits = if experiment.validation { "; the evaluations at the end begin only where they fit" } else { "" };
    told.push(format!("time limit: {}, all sessions together; {rest}{fits}", seconds(limit)));
    told
}
