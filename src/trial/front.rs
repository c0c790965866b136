//! The Pareto front of a run: the configurations that no other dominates in all objectives.
use super::Trial;
use super::budget::Budget;
use super::evaluation::Evaluation;
use super::history::History;
use super::recommendation::{Recommendation, best_first, counted};
use crate::numeric::pareto;

/// A configuration's costs at the highest budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Point<'a> {
    /// Its first success at that budget; its first trial where it was evaluated there outside of the search alone.
    pub trial: &'a Trial,
    pub budget: Budget,
    /// One an objective, each the mean over its trials and evaluations at that budget.
    pub costs: Vec<f64>,
    /// True where no trial of it succeeded at that budget.
    pub is_evaluated: bool,
}

/// The non-dominated configurations at the highest budget with a success, in ascending order of the first objective. With
/// one objective these are those with the lowest cost.
pub fn front<'a>(history: &'a History, evaluations: &[Evaluation]) -> Vec<Point<'a>> {
    let points = points(history, evaluations);
    let vectors: Vec<&[f64]> = points.iter().map(|point| &point.costs[..]).collect();
    let Some(mut first) = pareto::fronts(&vectors).into_iter().next() else { return Vec::new() };
    first.sort_by(|&a, &b| vectors[a][0].total_cmp(&vectors[b][0]).then(a.cmp(&b)));
    first.into_iter().map(|index| points[index].clone()).collect()
}

/// The share of the rectangle of all costs that the front dominates; `None` unless there are two objectives that differ.
pub(crate) fn dominated_share(points: &[Point], front: &[Point]) -> Option<f64> {
    fn costs<'a>(points: &'a [Point]) -> Vec<&'a [f64]> {
        points.iter().map(|point| &point.costs[..]).collect()
    }
    pareto::dominated_share(&costs(points), &costs(front))
}

/// The configurations that have succeeded at the highest budget with a success, in the order of their trials' numbers.
pub fn points<'a>(history: &'a History, evaluations: &[Evaluation]) -> Vec<Point<'a>> {
    let mut successes = history.ended().filter_map(|trial| costs(trial));
    let Some(objectives) = successes.next().map(<[f64]>::len) else { return Vec::new() };
    // Journals of earlier versions keep the first cost of an evaluation alone.
    let evaluations = counted(history, evaluations).map(|each| (each, each.costs()));
    let evaluations: Vec<_> = evaluations.filter(|(_, costs)| costs.len() == objectives).collect();
    let budgets = evaluations.iter().map(|(each, _)| each.budget);
    let Some(budget) = budgets.chain(history.ranking().budgets().next_back()).max() else { return Vec::new() };
    let mut results: Vec<Vec<Vec<f64>>> = vec![Vec::new(); history.configurations().len()];
    let mut found: Vec<Point> = Vec::new();
    let mut trials: Vec<(&Trial, &[f64])> =
        history.ended().filter(|it| it.proposal.budget == budget).filter_map(|it| Some((it, costs(it)?))).collect();
    trials.sort_unstable_by_key(|(trial, _)| trial.proposal.trial);
    for (trial, costs) in trials {
        let own = &mut results[trial.proposal.configuration_id.index()];
        own.push(costs.to_vec());
        if own.len() == 1 {
            found.push(Point { trial, budget, costs: Vec::new(), is_evaluated: false });
        }
    }
    for (evaluation, costs) in evaluations.into_iter().filter(|(each, _)| each.budget == budget) {
        let own = &mut results[evaluation.configuration.index()];
        own.push(costs);
        if own.len() == 1
            && let Some(trial) = history.of(evaluation.configuration).next()
        {
            found.push(Point { trial, budget, costs: Vec::new(), is_evaluated: true });
        }
    }
    for point in &mut found {
        point.costs = mean(&results[point.trial.proposal.configuration_id.index()]);
    }
    found.sort_by_key(|point| point.trial.proposal.trial);
    found
}

/// The members of the front as they would be recommended one after another, the best of the first objective first.
pub fn best_of_front(history: &History, evaluations: &[Evaluation], count: usize) -> Vec<Recommendation> {
    let members: Vec<_> = front(history, evaluations).iter().map(|it| it.trial.proposal.configuration_id).collect();
    let ranked = best_first(history, evaluations, history.configurations().len());
    ranked.into_iter().filter(|each| members.contains(&each.configuration)).take(count).collect()
}

/// The mean of vectors of the same length, from the first, so that equal ones do not differ by rounding.
fn mean(all: &[Vec<f64>]) -> Vec<f64> {
    let Some(first) = all.first() else { return Vec::new() };
    let of = |objective: usize| {
        let rest: f64 = all.iter().map(|costs| costs[objective] - first[objective]).sum();
        first[objective] + rest / all.len() as f64
    };
    (0..first.len()).map(of).collect()
}

fn costs(trial: &Trial) -> Option<&[f64]> {
    trial.outcome.as_ref().map(|outcome| outcome.costs()).filter(|costs| !costs.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Space;
    use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
    use crate::trial::outcome::{Costs, Outcome};

    #[test]
    fn evaluations_at_a_higher_budget_make_the_front_and_the_best_is_a_member() {
        let both = |a: f64, b: f64| Outcome::Finished(Costs::new(vec![a, b]).expect("finite"));
        let domain = Domain::Float { min: 0.0, max: 1.0, log: false };
        let x = Hyperparameter::new("x", domain, Value::Float(0.5));
        let space = Space::new("line".into(), vec![x], vec![], vec![]).expect("a legal space");
        let mut trials = History::default();
        for (x, budget, outcome) in [
            (0.1, 1.0, both(3.0, 1.0)),
            (0.2, 1.0, both(1.0, 2.0)),
            (0.3, 3.0, both(2.0, 2.0)),
            (0.4, 1.0, both(0.0, 9.0)),
        ] {
            let configuration = space.configuration(vec![Some(Value::Float(x))]).expect("legal");
            let next = trials.proposal(configuration, Budget::new(budget).expect("positive"));
            let trial = next.trial;
            trials.ask(next);
            trials.tell(trial, outcome);
        }
        let evaluation = |trial: usize, costs: [f64; 2]| Evaluation {
            configuration: trials.trials()[trial].proposal.configuration_id,
            budget: Budget::new(9.0).expect("positive"),
            seed: 7,
            instance: None,
            cost: Some(costs[0]),
            others: costs[1..].to_vec(),
        };
        assert_eq!(front(&trials, &[]).iter().map(|it| it.trial.proposal.trial.0).collect::<Vec<_>>(), [3]);
        let all = [evaluation(0, [0.5, 0.25]), evaluation(1, [0.125, 4.0]), evaluation(2, [0.75, 4.0])];
        let found = front(&trials, &all);
        let members: Vec<_> =
            found.iter().map(|it| (it.trial.proposal.trial.0, &it.costs[..], it.is_evaluated)).collect();
        assert_eq!(members, [(2, &[0.125, 4.0][..], true), (1, &[0.5, 0.25][..], true)]);
        let best = best_of_front(&trials, &all, 9);
        assert_eq!(best.iter().map(|each| each.configuration.0).collect::<Vec<_>>(), [2, 1]);
        // A repetition with another seed counts with the first.
        let again = Evaluation { seed: 8, ..evaluation(1, [0.375, 2.0]) };
        let found = front(&trials, &[all.to_vec(), vec![again]].concat());
        assert_eq!(found[0].costs, [0.25, 3.0]);
        // Earlier journals keep one cost: what is not known of the other is not on the front.
        let earlier = Evaluation { others: Vec::new(), ..evaluation(0, [0.5, 0.25]) };
        assert_eq!(front(&trials, &[earlier])[0].trial.proposal.trial.0, 3);
    }
}
