//! Costs as programs report them: penalties, outliers, decades, weights of 0, and crashes that mean nothing.
use std::path::Path;
use std::sync::Arc;

use galvani::intensifier::bracket::Schedule;
use galvani::intensifier::config::IntensifierConfig;
use galvani::optimizer::settings::OptimizerSettings;
use galvani::optimizer::stop::Stop;
use galvani::optimizer::{Ask, Optimizer};
use galvani::space::Space;
use galvani::trial::budget::Budget;
use galvani::trial::outcome::Outcome;

const SQUARE: &str = r#"(name: "square", parameters: { "x": Float(min: 0, max: 1), "y": Float(min: 0, max: 1) })"#;

fn settings(text: &str) -> OptimizerSettings {
    let extensions = ron::extensions::Extensions::IMPLICIT_SOME | ron::extensions::Extensions::UNWRAP_VARIANT_NEWTYPES;
    ron::Options::default().with_default_extension(extensions).from_str(text).unwrap()
}

fn budget(amount: f64) -> Budget {
    Budget::new(amount).unwrap()
}

fn optimizer(space: &str, schedule: Schedule, own: &str, seed: u64) -> Optimizer {
    let space = Arc::new(Space::parse(space, Path::new("test.ron")).unwrap());
    let stop = Stop { trials: Some(40), ..Stop::default() };
    let builder = Optimizer::builder(space, schedule, IntensifierConfig::default());
    builder.settings(settings(own)).stop(stop).seed(seed).build().unwrap()
}

/// The regret on a bowl whose costs are reported through `told`, which is given the place and the cost: the median of
/// five seeds.
fn regret(own: &str, told: fn(&[f64], f64) -> f64) -> f64 {
    let run = |seed: u64| {
        let mut optimizer = optimizer(SQUARE, Schedule::full(budget(1.0)), own, seed);
        let mut best = (f64::INFINITY, f64::INFINITY);
        while let Ask::Trial(proposal) = optimizer.ask() {
            let place = optimizer.space().encode(&proposal.configuration);
            let cost = (place[0] - 0.8).powi(2) + (place[1] - 0.2).powi(2);
            let reported = told(&place, cost);
            if reported < best.0 {
                best = (reported, cost);
            }
            assert!(optimizer.tell(proposal.trial, Outcome::of_cost(reported)));
        }
        best.1
    };
    let mut found: Vec<f64> = (1..=5).map(run).collect();
    found.sort_by(f64::total_cmp);
    found[2]
}

#[test]
fn no_penalty_is_too_large() {
    assert!(regret("()", |_, cost| cost) < 1e-6);
    let penalties: [fn(&[f64], f64) -> f64; 5] = [
        |place, cost| if place[0] < 0.3 { 1.0 } else { cost },
        |place, cost| if place[0] < 0.3 { 1e2 } else { cost },
        |place, cost| if place[0] < 0.3 { 1e6 } else { cost },
        |place, cost| if place[0] < 0.3 { 1e300 } else { cost },
        |place, cost| if place[0] < 0.3 { 1e6 * (1.0 + place[1]) } else { cost },
    ];
    for (number, told) in penalties.into_iter().enumerate() {
        let found = regret("()", told);
        assert!(found < 1e-6, "{number}: {found}");
    }
    let forest = regret("(surrogate: Forest())", |place, cost| if place[0] < 0.3 { 1e6 } else { cost });
    assert!(forest < 1e-3, "{forest}");
}

#[test]
fn costs_of_any_distribution_are_told_apart() {
    let distortions: [fn(&[f64], f64) -> f64; 6] = [
        |_, cost| 10_f64.powf(12.0 * cost),
        |_, cost| if cost > 0.3 { 1e9 } else { cost },
        |_, cost| (cost + 1e-9).ln(),
        |_, cost| cost - 1e4,
        |_, cost| 1e-200 * cost,
        |_, cost| 1e200 * cost.powi(4),
    ];
    for (number, told) in distortions.into_iter().enumerate() {
        let found = regret("()", told);
        assert!(found < 1e-4, "{number}: {found}");
    }
    assert!(regret("()", |_, cost| (50.0 * cost).floor()) < 0.03, "ties");
    assert!(regret("()", |_, _| 7.0).is_finite(), "constant costs");
}

#[test]
fn a_weight_of_zero_is_never_proposed() {
    let space = r#"(name: "zero", parameters: {
        "c": Categorical(choices: ["a", "b", "never"], weights: [1, 1, 0]), "x": Float(min: 0, max: 1),
    })"#;
    for own in [
        "()",
        "(surrogate: Forest())",
        "(search: Random)",
        "(search: TreeParzen())",
        "(search: DifferentialEvolution())",
        "(design: Factorial)",
        "(acquisition: ThompsonSampling)",
    ] {
        let mut optimizer = optimizer(space, Schedule::full(budget(1.0)), own, 1);
        while let Ask::Trial(proposal) = optimizer.ask() {
            let choice = proposal.configuration.get(0).unwrap().to_string();
            assert_ne!(choice, "never", "{own}: trial {}", proposal.trial);
            let cost = if choice == "a" { 1.0 } else { 2.0 };
            optimizer.tell(proposal.trial, Outcome::of_cost(cost));
        }
        assert_eq!(optimizer.history().trials().len(), 40);
    }
    // A finite space ends where nothing else is left, and the user's own configuration is tried all the same.
    let space = r#"(name: "zero", parameters: {
        "c": Categorical(choices: ["a", "b", "never"], weights: [1, 1, 0]), "n": Integer(min: 1, max: 3),
    })"#;
    let own = r#"(first_configurations: [{ "c": "never", "n": 1 }])"#;
    let mut optimizer = optimizer(space, Schedule::full(budget(1.0)), own, 1);
    while let Ask::Trial(proposal) = optimizer.ask() {
        optimizer.tell(proposal.trial, Outcome::of_cost(f64::from(proposal.trial.0)));
    }
    assert_eq!(optimizer.history().trials().len(), 7);
}

/// The mean of the best costs of five seeds, where the trials that `crashes` names by their rate and the crashes before
/// them crash.
fn best_with(crashes: fn(f64, usize) -> bool) -> f64 {
    let space = r#"(name: "rate", parameters: {
        "rate": Float(min: 1e-5, max: 1, log: true), "act": Categorical(choices: ["relu", "tanh"]),
    })"#;
    let run = |seed: u64| {
        let schedule = Schedule::new(budget(1.0), budget(9.0), 3).unwrap();
        let mut optimizer = optimizer(space, schedule, "()", seed);
        let (mut best, mut crashed) = (f64::INFINITY, 0);
        while let Ask::Trial(proposal) = optimizer.ask() {
            let number = |index: usize| proposal.configuration.get(index).unwrap().clone();
            let rate = number(0).number().unwrap().log10();
            let tanh = if number(1).to_string() == "tanh" { 0.2 } else { 0.0 };
            let outcome = if crashes(rate, crashed) {
                crashed += 1;
                Outcome::Crashed { message: "transient".into() }
            } else {
                let cost = (rate + 2.0).abs() + tanh + 1.0 / proposal.budget.amount();
                best = best.min(cost);
                Outcome::of_cost(cost)
            };
            optimizer.tell(proposal.trial, outcome);
        }
        best
    };
    (1..=5).map(run).sum::<f64>() / 5.0
}

#[test]
fn two_crashes_near_the_best_are_no_verdict() {
    let without = best_with(|_, _| false);
    let with = best_with(|rate, crashed| crashed < 2 && (-2.4..-1.6).contains(&rate));
    assert!(with < without + 0.05, "{without} {with}");
}
