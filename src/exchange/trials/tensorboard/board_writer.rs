//! Writer of a board: a folder of events for each configuration, told as they come.
use std::collections::BTreeMap;
use std::path::PathBuf;

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::exchange::trials::exported::ExportedTrial;
use crate::exchange::trials::mirror::{MirroredPart, TrialMirror};
use crate::exchange::trials::run_head::RunHead;
use crate::exchange::trials::state::{ConfigurationState, mean, step};
use crate::exchange::trials::tensorboard::event;
use crate::exchange::trials::tensorboard::event::SessionStatus;
use crate::trial::budget::Budget;

/// The name of every file; the reader wants `tfevents` in it.
const FILE: &str = "events.out.tfevents.galvani";

/// Folders of events that grow: it holds what was written of each configuration.
#[derive(Debug, Default)]
pub struct BoardWriter {
    /// By the number of the configuration.
    written: IndexMap<u32, WrittenSession>,
}

#[derive(Debug, Default)]
struct WrittenSession {
    /// By name and step.
    values: BTreeMap<(String, i64), f64>,
    is_closed: bool,
}

/// The names of what trials report: the objectives, or the measure of a single one.
fn tags(head: &RunHead) -> Vec<String> {
    match head.objectives {
        [] => vec![head.measure.to_owned()],
        several => several.to_vec(),
    }
}

/// The numbers of a configuration by their name and budget, with the latest time at which they were known.
fn numbers(head: &RunHead, trials: &[ExportedTrial]) -> Vec<(String, Budget, f64, Option<Timestamp>)> {
    let mut found: BTreeMap<(Budget, String), (Vec<f64>, Option<Timestamp>)> = BTreeMap::new();
    let mut add = |name: &str, budget: Budget, value: f64, at: Option<Timestamp>| {
        let (values, last) = found.entry((budget, name.to_owned())).or_default();
        values.push(value);
        *last = (*last).max(at);
    };
    let tags = tags(head);
    for each in trials {
        let budget = each.trial.proposal.budget;
        let at = each.ended.or(each.started);
        for point in each.trial.curve.points() {
            add(&tags[0], point.budget, point.cost, at);
        }
        for (tag, cost) in tags.iter().zip(each.costs()) {
            add(tag, budget, *cost, at);
        }
        for (name, value) in each.info().into_iter().flatten() {
            if let (Some(value), false) = (value.as_f64(), each.costs().is_empty()) {
                add(&format!("metrics/{name}"), budget, value, at);
            }
        }
    }
    let number = |((budget, name), (values, at)): ((Budget, String), (Vec<f64>, Option<Timestamp>))| {
        (name, budget, mean(values.into_iter()), at)
    };
    found.into_iter().map(number).collect()
}

impl TrialMirror for BoardWriter {
    fn begin(&mut self, head: &RunHead) -> Vec<MirroredPart> {
        let bytes = [event::version(None), event::experiment(head, &tags(head))].concat();
        vec![MirroredPart { file: FILE.into(), bytes }]
    }

    fn tell(&mut self, head: &RunHead, trials: &[ExportedTrial], state: &ConfigurationState) -> Vec<MirroredPart> {
        let Some(first) = trials.first() else { return vec![] };
        let number = first.trial.proposal.configuration_id.0;
        let name = format!("configuration-{number:06}");
        let mut bytes = Vec::new();
        let is_new = !self.written.contains_key(&number);
        let session = self.written.entry(number).or_default();
        if is_new {
            let config = first.config(head.space);
            let named = head.space.hyperparameters().iter();
            let named = named.filter_map(|each| Some((each, config.get(&each.name)?)));
            bytes.extend(event::version(first.started));
            bytes.extend(event::session_start(first.started, &name, named));
        }
        // Of budgets that share a step, the highest counts.
        let numbers = numbers(head, trials).into_iter();
        let points: BTreeMap<(String, i64), (f64, Option<Timestamp>)> =
            numbers.map(|(tag, budget, value, at)| ((tag, step(budget, head.steps_a_unit)), (value, at))).collect();
        for ((tag, step), (value, at)) in points {
            if session.values.insert((tag.clone(), step), value) != Some(value) {
                bytes.extend(event::scalar(at, step, &tag, value));
            }
        }
        let status = match state {
            ConfigurationState::Running => None,
            ConfigurationState::Complete(_) | ConfigurationState::Pruned(_) => Some(SessionStatus::Success),
            ConfigurationState::Failed => Some(SessionStatus::Failure),
        };
        if let Some(status) = status.filter(|_| !session.is_closed) {
            session.is_closed = true;
            let at = trials.iter().filter_map(|each| each.ended.or(each.started)).max();
            bytes.extend(event::session_end(at, status));
        }
        let file: PathBuf = [&name, FILE].iter().collect();
        if bytes.is_empty() { vec![] } else { vec![MirroredPart { file, bytes }] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::trials::optuna::StudyWriter;
    use crate::space::Space;
    use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
    use crate::trial::curve::CurvePoint;
    use crate::trial::history::History;
    use crate::trial::outcome::Outcome;

    #[test]
    fn what_was_told_once_is_not_told_again() {
        let domain = Domain::Float { min: 0.0, max: 1.0, log: false };
        let space =
            Space::new("line".into(), vec![Hyperparameter::new("x", domain, Value::Float(0.5))], vec![], vec![]);
        let space = space.unwrap();
        let mut history = History::default();
        let next = history.proposal(space.default_configuration().unwrap(), Budget::new(1.0).unwrap());
        let trial = next.trial;
        history.ask(next);
        // Three budgets that share the step 1.
        for part in [0.25, 0.5] {
            history.report(trial, CurvePoint { budget: Budget::new(part).unwrap(), cost: 3.0 - part });
        }
        history.tell(trial, Outcome::of_cost(1.0));
        let exported = ExportedTrial {
            trial: &history.trials()[0],
            started: None,
            ended: None,
            seconds: None,
            cpu_seconds: None,
            info: None,
        };
        let head = RunHead {
            name: "run",
            space: &space,
            objectives: &[],
            maximized: &[false],
            measure: "cost",
            steps_a_unit: 1.0,
        };
        let mirrors: [Box<dyn TrialMirror>; 2] = [Box::new(BoardWriter::default()), Box::new(StudyWriter::default())];
        for mut mirror in mirrors {
            assert!(!mirror.begin(&head).is_empty());
            assert!(!mirror.tell(&head, &[exported], &ConfigurationState::Running).is_empty());
            assert_eq!(mirror.tell(&head, &[exported], &ConfigurationState::Running), []);
            let end = ConfigurationState::Complete(vec![1.0]);
            assert!(!mirror.tell(&head, &[exported], &end).is_empty());
            assert_eq!(mirror.tell(&head, &[exported], &end), []);
        }
    }
}
