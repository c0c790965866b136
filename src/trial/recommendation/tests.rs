//! Tests of the recommendation: small histories with the answers that follow.
use std::sync::Arc;

use super::*;
use crate::space::Space;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
use crate::trial::outcome::Outcome;
use crate::trial::{Origin, Proposal};

fn space() -> Space {
    let domain = Domain::Float { min: 0.0, max: 1e6, log: false };
    Space::new("line".into(), vec![Hyperparameter::new("x", domain, Value::Float(0.0))], vec![], vec![]).unwrap()
}

fn budget(amount: f64) -> Budget {
    Budget::new(amount).unwrap()
}

/// Trials of configurations that are called by numbers, at a budget, with a seed of their own each.
fn history(trials: &[(u32, f64, Outcome)]) -> History {
    let (space, mut history) = (space(), History::default());
    for (seed, (name, amount, outcome)) in (0..).zip(trials) {
        let configuration = space.configuration(vec![Some(Value::Float(f64::from(*name)))]).unwrap();
        let proposal = Proposal { seed, origin: Origin::Design, ..history.proposal(configuration, budget(*amount)) };
        let trial = proposal.trial;
        history.ask(proposal);
        history.tell(trial, outcome.clone());
    }
    history
}

fn cost(cost: f64) -> Outcome {
    Outcome::of_cost(cost)
}

fn evaluation(configuration: u32, amount: f64, seed: u64, cost: Option<f64>) -> Evaluation {
    Evaluation {
        configuration: ConfigurationId(configuration),
        budget: budget(amount),
        seed,
        instance: None,
        cost,
        others: Vec::new(),
    }
}

#[test]
fn without_rungs_and_repeats_it_is_the_lowest_cost() {
    assert_eq!(recommend(&History::default(), &[]), None);
    assert_eq!(recommend(&history(&[(1, 9.0, Outcome::Diverged)]), &[]), None);
    for count in [1, 2, 5, 40] {
        let trials: Vec<_> = (0..count).map(|name| (name, 9.0, cost(1e3f64.powi((name * 7 % 5) as i32 - 2)))).collect();
        let found = recommend(&history(&trials), &[]).unwrap();
        let lowest = trials.iter().map(|trial| trial.2.cost().unwrap()).fold(f64::INFINITY, f64::min);
        assert_eq!((found.expected, found.cost, found.deviation), (lowest, lowest, None), "{count} trials");
        assert!(found.is_measured() && !found.differs_from_lowest(), "{count} trials");
    }
    let equal = history(&[(1, 9.0, cost(2.0)), (2, 9.0, cost(2.0)), (3, 9.0, cost(2.0))]);
    assert_eq!(recommend(&equal, &[]).unwrap().configuration, ConfigurationId(1));
}

#[test]
fn a_better_one_a_rung_below_comes_before_a_bad_one_at_the_top() {
    // The default is configuration 2, which was evaluated at the top outside of the search.
    let history = history(&[
        (1, 90.0, cost(0.70)),
        (2, 90.0, cost(0.64)),
        (3, 90.0, cost(0.454)),
        (1, 270.0, cost(0.684)),
        (4, 90.0, cost(0.9)),
    ]);
    let found = recommend(&history, &[evaluation(2, 270.0, 7, Some(0.627))]).unwrap();
    assert_eq!((found.configuration, found.trial, found.budget), (ConfigurationId(3), TrialId(3), budget(90.0)));
    assert!((found.expected - 0.45).abs() < 0.06, "{found:?}");
    assert!(found.deviation.is_some_and(|deviation| deviation > 0.005 && deviation < 0.2), "{found:?}");
    assert_eq!(found.lowest, LowestCost { configuration: ConfigurationId(2), cost: 0.627 });
    // Once it was evaluated at the top and disappoints, the default is the answer.
    let told = [evaluation(2, 270.0, 7, Some(0.627)), evaluation(3, 270.0, 7, Some(0.8))];
    let found = recommend(&history, &told).unwrap();
    assert_eq!((found.configuration, found.cost, found.is_measured()), (ConfigurationId(2), 0.627, true));
    // And where it crashed there, it is not the answer either.
    let told = [evaluation(2, 270.0, 7, Some(0.627)), evaluation(3, 270.0, 7, None)];
    assert_eq!(recommend(&history, &told).unwrap().configuration, ConfigurationId(2));
}

#[test]
fn repeats_shrink_what_was_lucky_once() {
    // Configuration 1 was lucky once; configuration 2 is nearly as good, many times.
    let mut trials = vec![(1, 9.0, cost(0.9)), (3, 9.0, cost(5.0)), (4, 9.0, cost(2.0)), (5, 9.0, cost(4.0))];
    trials.extend([0.2, 1.8, 0.5, 1.5, 0.0, 2.0, 1.0, 1.1].map(|each| (2, 9.0, cost(each))));
    let found = recommend(&history(&trials), &[]).unwrap();
    assert_eq!((found.configuration, found.results), (ConfigurationId(5), 8));
    assert_eq!(found.lowest.configuration, ConfigurationId(1));
    assert!(found.differs_from_lowest() && found.deviation.unwrap() < 0.5, "{found:?}");
}

#[test]
fn easy_instances_make_nobody_better() {
    let mut history = History::default();
    let space = space();
    // The first was evaluated on a hard instance too, the second on the easy one alone, where it is worse.
    for (name, instance, cost) in
        [(1.0, "easy", 1.0), (1.0, "hard", 9.0), (2.0, "easy", 2.0), (3.0, "easy", 3.0), (3.0, "hard", 11.0)]
    {
        let configuration = space.configuration(vec![Some(Value::Float(name))]).unwrap();
        let proposal = Proposal { instance: Some(Arc::from(instance)), ..history.proposal(configuration, budget(1.0)) };
        let trial = proposal.trial;
        history.ask(proposal);
        history.tell(trial, Outcome::of_cost(cost));
    }
    let found = recommend(&history, &[]).unwrap();
    assert_eq!((found.configuration, found.cost, found.lowest.cost), (ConfigurationId(1), 5.0, 2.0));
}

#[test]
fn new_seeds_that_both_had_count_for_more_than_a_lucky_one() {
    // Both on the same three seeds, on which the second is better; the first was found by a lucky seed of its own.
    let history = history(&[(1, 9.0, cost(0.40)), (2, 1.0, cost(0.5)), (3, 9.0, cost(0.6)), (4, 9.0, cost(0.9))]);
    let on = |configuration, base: f64| {
        [(101, 0.02), (102, -0.03), (103, 0.01)]
            .map(|(seed, effect)| evaluation(configuration, 9.0, seed, Some(base + effect)))
    };
    let found = recommend(&history, &[on(1, 0.450), on(2, 0.447)].concat()).unwrap();
    assert_eq!((found.configuration, found.results), (ConfigurationId(2), 3), "{found:?}");
    assert!((found.expected - 0.447).abs() < 2e-3, "{found:?}");
}

#[test]
fn what_fails_or_fell_behind_higher_up_comes_last() {
    let rest = [(3, 1.0, cost(5.0)), (3, 9.0, cost(4.0)), (4, 1.0, cost(6.0)), (4, 9.0, cost(5.0))];
    for outcome in [Outcome::TimedOut, Outcome::Diverged, Outcome::Pruned] {
        let trials = [&[(1, 1.0, cost(0.1)), (1, 9.0, outcome)], &rest[..]].concat();
        assert_eq!(recommend(&history(&trials), &[]).unwrap().cost, 4.0);
    }
    let alone = history(&[(1, 1.0, cost(0.1)), (1, 9.0, Outcome::TimedOut)]);
    assert_eq!(recommend(&alone, &[]).unwrap().cost, 0.1);
}

#[test]
fn an_evaluation_that_repeats_a_trial_counts_once() {
    let history = history(&[(1, 9.0, cost(1.0)), (2, 9.0, cost(2.0))]);
    let again = recommend(&history, &[evaluation(1, 9.0, 0, Some(1.0))]).unwrap();
    assert_eq!(again, recommend(&history, &[]).unwrap());
    assert_eq!(again.results, 1);
}

#[test]
fn equal_costs_have_no_noise_but_rounding() {
    let again: Vec<_> = (0..4).map(|seed| evaluation(1, 9.0, 50 + seed, Some(0.1 + 0.2))).collect();
    let found = recommend(&history(&[(1, 9.0, cost(0.3)), (2, 9.0, cost(0.9))]), &again).unwrap();
    assert_eq!((found.results, found.deviation), (5, None), "{found:?}");
}

#[test]
fn a_direction_turns_every_cost() {
    let found = recommend(&history(&[(1, 9.0, cost(-0.9)), (2, 9.0, cost(-0.5))]), &[]).unwrap();
    let told = found.turned(Direction::Maximize);
    assert_eq!((told.cost, told.expected, told.lowest.cost), (0.9, 0.9, 0.9));
}

#[test]
fn the_next_best_follow_in_order() {
    let history =
        history(&[(1, 9.0, cost(3.0)), (2, 9.0, cost(1.0)), (3, 9.0, Outcome::Diverged), (4, 9.0, cost(2.0))]);
    let costs: Vec<f64> = best_first(&history, &[], 10).iter().map(|each| each.cost).collect();
    assert_eq!(costs, [1.0, 2.0, 3.0]);
    assert_eq!(best_first(&history, &[], 1), [recommend(&history, &[]).unwrap()]);
    assert_eq!(mean_cost(&history, &[evaluation(4, 9.0, 99, Some(4.0))], ConfigurationId(3), budget(9.0)), None);
    // The configuration 3 of this history is the one that diverged, and 4 was evaluated again.
    assert_eq!(mean_cost(&history, &[evaluation(4, 9.0, 99, Some(4.0))], ConfigurationId(4), budget(9.0)), Some(3.0));
}
