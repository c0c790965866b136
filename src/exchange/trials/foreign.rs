//! Foreign runs: results of another program as a history, of which a report can be made.
use crate::document::diagnostic::Diagnostic;
use crate::exchange::trials::fit::configuration;
use crate::exchange::trials::found::{FoundResult, counted};
use crate::space::Space;
use crate::trial::budget::Budget;
use crate::trial::curve::CurvePoint;
use crate::trial::direction::Directions;
use crate::trial::history::History;
use crate::trial::outcome::{Outcome, OutcomeKind};
use crate::trial::{Origin, Proposal, TrialId};

/// A run of another program.
#[derive(Clone, Debug)]
pub struct ForeignRun {
    pub name: String,
    pub space: Space,
    /// In costs.
    pub history: History,
    pub directions: Directions,
    /// The names of several objectives; none where there is one.
    pub objectives: Vec<String>,
    /// The unit of the budgets.
    pub unit: &'static str,
    /// The start and the duration of trials in seconds, the first start being 0.
    pub times: Vec<(u32, f64, f64)>,
    /// Sentences on parts that are not in it.
    pub notes: Vec<String>,
}

/// The parts of a run that its results do not say.
#[derive(Clone, Debug)]
pub(super) struct ForeignHead {
    pub name: String,
    pub space: Space,
    pub directions: Directions,
    pub objectives: Vec<String>,
    pub unit: &'static str,
    pub notes: Vec<String>,
}

impl ForeignRun {
    /// The run of these results, whose costs have the user's signs where they are `turned`, in the order of the file.
    ///
    /// # Errors
    /// No result fits the search space.
    pub(super) fn of(head: ForeignHead, found: &[FoundResult], turned: bool) -> Result<Self, Diagnostic> {
        let ForeignHead { name, space, directions, objectives, unit, mut notes } = head;
        let costs = objectives.len().max(1);
        // Without a budget, a trial had all of it.
        let full = found.iter().filter_map(|each| each.budget).fold(f64::NAN, f64::max);
        let full = if full.is_nan() { 1.0 } else { full };
        let cost = |objective: usize, value: f64| match turned {
            true => directions.of_objective(objective).turn(value),
            false => value,
        };
        let first = found.iter().filter_map(|each| each.times).map(|(start, _)| start).fold(f64::INFINITY, f64::min);
        let (mut history, mut times) = (History::default(), Vec::new());
        let (mut unfit, mut open): (Vec<Diagnostic>, usize) = (Vec::new(), 0);
        for each in found {
            let outcome = match outcome(each, costs, &cost) {
                Some(Ok(outcome)) => outcome,
                Some(Err(wrong)) => {
                    unfit.push(wrong);
                    continue;
                }
                None => {
                    open += 1;
                    continue;
                }
            };
            let (configuration, budget) = match (configuration(each, &space), Budget::new(each.budget.unwrap_or(full)))
            {
                (Ok(configuration), Some(budget)) => (configuration, budget),
                (Err(wrong), _) => {
                    unfit.push(wrong);
                    continue;
                }
                (_, None) => {
                    unfit.push(Diagnostic::new("its budget is not positive".to_owned()));
                    continue;
                }
            };
            let next = history.proposal(configuration, budget);
            let trial = next.trial;
            history.ask(Proposal { seed: each.seed, origin: origin(each, trial), ..next });
            for (part, value) in &each.curve {
                if let Some(part) = Budget::new(*part) {
                    history.report(trial, CurvePoint { budget: part, cost: cost(0, *value) });
                }
            }
            match each.times {
                Some((start, end)) => {
                    history.tell_after(trial, outcome, end - start);
                    times.push((trial.0, start - first, end - start));
                }
                None => drop(history.tell(trial, outcome)),
            }
        }
        if history.trials().is_empty() {
            let reason = unfit.first().map_or("none of them has ended".to_owned(), |first| first.message.clone());
            let message = format!("`{name}` has no result that a report could show: {reason}");
            return Err(Diagnostic::new(message).hint("the search space must be that of the results"));
        }
        if let Some(first) = unfit.first() {
            let results = counted(unfit.len(), "result");
            notes.push(format!(
                "{results} left out that do not fit the search space, the first because {}",
                first.message
            ));
        }
        if open > 0 {
            notes.push(format!("{} left out that had not ended", counted(open, "trial")));
        }
        Ok(Self { name, space, history, directions, objectives, unit, times, notes })
    }
}

/// The outcome of a result; `None` while it runs, and an error where it has another number of costs.
fn outcome(
    found: &FoundResult,
    costs: usize,
    cost: &impl Fn(usize, f64) -> f64,
) -> Option<Result<Outcome, Diagnostic>> {
    if let Some(kind) = found.outcome.filter(|kind| *kind != OutcomeKind::Finished) {
        return Outcome::without_cost(kind, "").map(Ok);
    }
    match found.costs.len() {
        0 => None,
        count if count == costs => Some(Ok(Outcome::of_costs(
            found.costs.iter().enumerate().map(|(each, value)| cost(each, *value)).collect(),
        ))),
        count => {
            let message = format!("it has {}, and the run {}", counted(count, "cost"), counted(costs, "objective"));
            Some(Err(Diagnostic::new(message)))
        }
    }
}

/// The source of a configuration by the other program's words for it.
fn origin(found: &FoundResult, trial: TrialId) -> Origin {
    let words = found.origin.as_deref().unwrap_or_default().to_lowercase();
    match () {
        () if words.contains("default") => Origin::Default,
        () if words.contains("initial") || words == "design" => Origin::Design,
        () if words.contains("random") => Origin::Random,
        () if words.is_empty() && trial.0 == 1 => Origin::Design,
        () => Origin::Model,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
    use crate::trial::direction::Direction;

    #[test]
    fn results_become_trials_in_costs() {
        let domain = Domain::Float { min: 0.0, max: 1.0, log: false };
        let space =
            Space::new("line".into(), vec![Hyperparameter::new("x", domain, Value::Float(0.5))], vec![], vec![]);
        let result = |x: f64, costs: &[f64], outcome: Option<OutcomeKind>| FoundResult {
            config: [("x".to_owned(), serde_json::json!(x))].into_iter().collect(),
            budget: Some(3.0),
            costs: costs.to_vec(),
            outcome,
            curve: vec![(1.0, 0.25), (9.0, 0.5)],
            times: Some((100.0 + x, 102.0)),
            ..FoundResult::default()
        };
        let found = [
            result(0.25, &[0.75], None),
            result(0.5, &[], Some(OutcomeKind::Crashed)),
            result(0.75, &[], None),
            result(7.0, &[1.0], None),
            result(0.5, &[1.0, 2.0], None),
        ];
        let head = ForeignHead {
            name: "study".into(),
            space: space.unwrap(),
            directions: Directions::of(vec![Direction::Maximize]),
            objectives: vec![],
            unit: "steps",
            notes: vec![],
        };
        let run = ForeignRun::of(head.clone(), &found, true).unwrap();
        let trials = run.history.trials();
        assert_eq!(trials.len(), 2);
        assert_eq!(trials[0].outcome, Some(Outcome::of_cost(-0.75)));
        assert_eq!(trials[0].curve.points().iter().map(|point| point.cost).collect::<Vec<_>>(), [-0.25]);
        assert_eq!((run.times[0], run.notes.len()), ((1, 0.0, 1.75), 2));
        assert!(ForeignRun::of(head, &found[2..3], true).unwrap_err().message.contains("none of them has ended"));
    }
}
