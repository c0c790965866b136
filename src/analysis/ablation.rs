//! Ablation: the changes that lead from the default to the recommended configuration, the most profitable first.
use std::collections::BTreeSet;

use serde::Serialize;

use super::input::ReportInput;
use super::learnt::Learnt;
use super::sample::Sample;
use crate::numeric::quantile::order;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::Value;
use crate::trial::budget::Budget;
use crate::trial::direction::Direction;
use crate::trial::recommendation::mean_cost;

/// Changes that are made one at a time, at most; all others are made together at the end.
const STEPS: usize = 12;

/// The path from one configuration to the recommended one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ablation {
    /// True if it begins at the default; else at the configuration with the median cost, as the default is forbidden.
    pub from_default: bool,
    /// The budget of all costs.
    pub budget: f64,
    /// True if steps compare by their ratios, as the model's targets are logarithms.
    pub logarithmic: bool,
    /// The configurations of the path, the first without changes.
    pub steps: Vec<AblationStep>,
}

/// A configuration of the path, with what changed since the one before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AblationStep {
    pub changes: Vec<Change>,
    /// The predicted cost.
    pub predicted: f64,
    /// The ends of the bootstrap's 80 % interval.
    pub interval: (f64, f64),
    /// The mean cost of its results, if it has any at this budget.
    pub measured: Option<f64>,
}

/// The change of one hyperparameter; a value is absent where it is inactive.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub hyperparameter: String,
    pub from: Option<Value>,
    pub to: Option<Value>,
}

/// A configuration of the path, and the one before it.
type Successive<'a> = (&'a Configuration, &'a Configuration);

impl Ablation {
    /// The path of a run with a model; `None` without a recommendation, or if that is the first configuration itself.
    pub(super) fn of(input: &ReportInput, sample: &Sample, learnt: &Learnt) -> Option<Self> {
        let best = input.recommendation()?;
        let target = input.history.configuration(best.configuration);
        let default = input.space.default_configuration().ok();
        let from_default = default.is_some();
        let start = default.or_else(|| median(input, sample))?;
        if start == *target {
            return None;
        }
        let predict = |all: &[Configuration]| learnt.predict(&learnt.rows(input.space, all));
        let path = path(input.space, &start, target, &predict);
        let rows = learnt.rows(input.space, &path);
        let budget = Budget::new(learnt.budget)?;
        let before = std::iter::once(&start).chain(&path);
        let step = |((configuration, before), (predicted, (low, high))): (Successive, (f64, (f64, f64)))| {
            let number = input.history.number_of(configuration);
            let is_known = input.history.contains(configuration);
            let outside = || input.default.filter(|(at, cost)| *at == learnt.budget && cost.is_finite());
            let is_default = from_default && *configuration == start;
            AblationStep {
                changes: changes(input.space, before, configuration),
                predicted: sample.cost(predicted),
                interval: (sample.cost(low), sample.cost(high)),
                measured: (is_known.then(|| mean_cost(input.history, input.evaluations, number, budget)).flatten())
                    .or_else(|| is_default.then(outside).flatten().map(|(_, cost)| cost)),
            }
        };
        let predictions = learnt.predict(&rows).into_iter().zip(learnt.intervals(&rows));
        let steps = path.iter().zip(before).zip(predictions).map(step).collect();
        Some(Self { from_default, budget: learnt.budget, logarithmic: sample.logarithmic, steps })
    }

    /// The step with the greatest improvement, and that improvement, a ratio where steps compare by ratios; by measured
    /// costs where both are known.
    pub(crate) fn greatest(&self, direction: Direction) -> Option<(&AblationStep, f64)> {
        let gains = self.steps.windows(2).map(|pair| (&pair[1], self.gain(&pair[0], &pair[1], direction)));
        gains.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The improvement of the whole path.
    pub(crate) fn whole(&self, direction: Direction) -> Option<f64> {
        Some(self.gain(self.steps.first()?, self.steps.last()?, direction))
    }

    /// The improvement from one step to another: measured where both are, else predicted.
    fn gain(&self, before: &AblationStep, after: &AblationStep, direction: Direction) -> f64 {
        let (before, after) = before.measured.zip(after.measured).unwrap_or((before.predicted, after.predicted));
        if self.logarithmic { before / after } else { direction.turn(before) - direction.turn(after) }
    }

    pub(super) fn turn(&mut self, direction: Direction) {
        for step in &mut self.steps {
            step.predicted = direction.turn(step.predicted);
            let (low, high) = (direction.turn(step.interval.0), direction.turn(step.interval.1));
            step.interval = (low.min(high), low.max(high));
            step.measured = step.measured.map(|cost| direction.turn(cost));
        }
    }
}

/// The configuration of the sample with the median target.
fn median(input: &ReportInput, sample: &Sample) -> Option<Configuration> {
    let at_budget =
        |trial| input.history.trial(trial).filter(|trial| Some(trial.proposal.budget.amount()) == sample.budget);
    let found: Vec<_> = sample.used.iter().filter_map(|used| Some((at_budget(used.trial)?, used.target))).collect();
    let targets: Vec<f64> = found.iter().map(|(_, target)| *target).collect();
    let middle = *order(&targets).get(targets.len() / 2)?;
    Some(found[middle].0.proposal.configuration.clone())
}

/// The configurations from one to another, both included: each changes the hyperparameter that lowers the prediction most.
/// Hyperparameters that a change activates take their final values at once.
pub(super) fn path(
    space: &Space,
    from: &Configuration,
    to: &Configuration,
    predict: &dyn Fn(&[Configuration]) -> Vec<f64>,
) -> Vec<Configuration> {
    let mut path = vec![from.clone()];
    let mut current = from.clone();
    while current != *to && path.len() <= STEPS {
        let differs = |index: &usize| {
            let (own, other) = (current.get(*index), to.get(*index));
            own.is_some() && other.is_some() && own != other
        };
        let open: Vec<usize> = (0..space.hyperparameters().len()).filter(differs).collect();
        let changed = |set: &BTreeSet<usize>| {
            let value = |index: usize| {
                let wanted = to.get(index).filter(|_| set.contains(&index) || current.get(index).is_none());
                let value = wanted.or(current.get(index)).cloned();
                value.unwrap_or_else(|| space.hyperparameters()[index].default.clone())
            };
            space.settled(value).ok().filter(|next| *next != current)
        };
        let mut candidates: Vec<Configuration> =
            open.iter().filter_map(|index| changed(&BTreeSet::from([*index]))).collect();
        if candidates.is_empty() {
            // Each alone is forbidden: two of them together may be legal.
            let pairs =
                open.iter().flat_map(|a| open.iter().filter(move |b| a < *b).map(move |b| BTreeSet::from([*a, *b])));
            candidates = pairs.take(STEPS * STEPS).filter_map(|pair| changed(&pair)).collect();
        }
        let predictions = predict(&candidates);
        let Some(&next) = order(&predictions).first() else { break };
        current = candidates.swap_remove(next);
        path.push(current.clone());
    }
    if current != *to {
        if path.len() > STEPS {
            path.truncate(STEPS);
        }
        path.push(to.clone());
    }
    path
}

fn changes(space: &Space, before: &Configuration, after: &Configuration) -> Vec<Change> {
    let change = |index: usize| {
        let (from, to) = (before.get(index).cloned(), after.get(index).cloned());
        let hyperparameter = space.hyperparameters()[index].name.clone();
        (from != to).then_some(Change { hyperparameter, from, to })
    };
    (0..space.hyperparameters().len()).filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn configuration(space: &Space, text: &[(&str, f64)]) -> Configuration {
        space.configuration_of(text.iter().map(|(name, value)| (*name, Value::Float(*value)))).expect("legal")
    }

    #[test]
    fn of_an_additive_function_each_step_is_its_own_difference() {
        let text = r#"(parameters: { "a": Float(min: 0, max: 1, default: 0), "b": Float(min: 0, max: 1, default: 0),
            "c": Float(min: 0, max: 1, default: 0) })"#;
        let space = Space::parse(text, Path::new("s.ron")).unwrap();
        let from = configuration(&space, &[("a", 0.0), ("b", 0.0), ("c", 0.0)]);
        let to = configuration(&space, &[("a", 0.5), ("b", 1.0), ("c", 0.25)]);
        let law = |each: &Configuration| -> f64 {
            let value = |index: usize| each.get(index).and_then(Value::number).unwrap();
            5.0 - 2.0 * value(0) - 3.0 * value(1) + 4.0 * value(2)
        };
        let predict = |all: &[Configuration]| all.iter().map(law).collect::<Vec<f64>>();
        let path = path(&space, &from, &to, &predict);
        let costs = predict(&path);
        let gains: Vec<f64> = costs.windows(2).map(|pair| pair[0] - pair[1]).collect();
        assert_eq!(gains, [3.0, 1.0, -1.0]);
        assert_eq!((path.first(), path.last()), (Some(&from), Some(&to)));
    }

    #[test]
    fn children_change_with_their_parent_and_forbidden_steps_are_taken_together() {
        let text = r#"(parameters: {
            "kind": Categorical(choices: ["tree", "net"], default: "tree"),
            "depth": Integer(min: 1, max: 9, default: 3), "rate": Float(min: 0, max: 1, default: 0.5),
            "x": Integer(min: 0, max: 1, default: 0), "y": Integer(min: 0, max: 1, default: 0),
        }, conditions: { "depth": "kind == 'tree'", "rate": "kind == 'net'" }, forbidden: ["x != y"])"#;
        let space = Space::parse(text, Path::new("s.ron")).unwrap();
        let from = space.default_configuration().unwrap();
        let named = [
            ("kind", Value::Word("net".into())),
            ("rate", Value::Float(0.25)),
            ("x", Value::Integer(1)),
            ("y", Value::Integer(1)),
        ];
        let to = space.configuration_of(named).unwrap();
        let path = path(&space, &from, &to, &|all| vec![0.0; all.len()]);
        let texts: Vec<String> = path.iter().map(|each| space.to_ron(each)).collect();
        assert_eq!(texts[1], r#"{"kind": "net", "rate": 0.25, "x": 0, "y": 0}"#);
        assert_eq!((texts.len(), path.last()), (3, Some(&to)));
        let named = |change: &Change| change.hyperparameter.clone();
        assert_eq!(
            changes(&space, &path[0], &path[1]).iter().map(named).collect::<Vec<_>>(),
            ["kind", "depth", "rate"]
        );
    }

    #[test]
    fn of_many_changes_the_last_are_made_together() {
        let parameters: Vec<String> =
            (0..40).map(|i| format!(r#""p{i}": Float(min: 0, max: 1, default: 0)"#)).collect();
        let space =
            Space::parse(&format!("(parameters: {{ {} }})", parameters.join(", ")), Path::new("s.ron")).unwrap();
        let from = space.default_configuration().unwrap();
        let to = space.configuration(vec![Some(Value::Float(1.0)); 40]).unwrap();
        let path = path(&space, &from, &to, &|all| vec![0.0; all.len()]);
        assert_eq!((path.len(), path.last()), (STEPS + 1, Some(&to)));
        assert_eq!(changes(&space, &path[STEPS - 1], &to).len(), 40 - STEPS + 1);
    }
}
