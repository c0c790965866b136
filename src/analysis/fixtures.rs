//! Fixtures: small histories for the tests of the analysis.
use super::input::{Course, ReportInput};
use crate::space::Space;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
use crate::trial::budget::Budget;
use crate::trial::direction::Direction;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;
use crate::trial::{Origin, Proposal};

/// The space of one number from 0 to 1 with the default 0.5.
pub(crate) fn line() -> Space {
    let domain = Domain::Float { min: 0.0, max: 1.0, log: false };
    let hyperparameter = Hyperparameter::new("x", domain, Value::Float(0.5));
    Space::new("line".into(), vec![hyperparameter], vec![], vec![]).expect("a legal space")
}

/// Trials at these values with these budgets and outcomes.
pub(crate) fn history(space: &Space, trials: impl IntoIterator<Item = (f64, f64, Outcome)>) -> History {
    let mut history = History::default();
    for (value, budget, outcome) in trials {
        let configuration = space.configuration(vec![Some(Value::Float(value))]).expect("a legal value");
        let next = history.proposal(configuration, Budget::new(budget).expect("positive"));
        let trial = next.trial;
        history.ask(Proposal { origin: Origin::Design, ..next });
        history.tell(trial, outcome);
    }
    history
}

/// The input with the cost 1 for the constant predictor.
pub(crate) fn input<'a>(space: &'a Space, history: &'a History) -> ReportInput<'a> {
    ReportInput {
        experiment: "test",
        space,
        history,
        evaluations: &[],
        unit: "steps",
        measure: "cost",
        direction: Direction::Minimize,
        objectives: &[],
        timings: &[],
        course: Course::default(),
        baseline: Some(1.0),
        default: None,
        verdict: None,
        model: None,
        predictions: &[],
        metrics: &[],
        logs: &[],
        warnings: &[],
        sources: &[],
    }
}

pub(crate) fn finished(cost: f64) -> Outcome {
    Outcome::of_cost(cost)
}
