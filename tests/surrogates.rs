//! Properties of every surrogate, acquisition function and treatment of running trials.
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use galvani::intensifier::bracket::Schedule;
use galvani::intensifier::config::IntensifierConfig;
use galvani::optimizer::settings::OptimizerSettings;
use galvani::optimizer::{Ask, Optimizer};
use galvani::space::Space;
use galvani::space::configuration::Configuration;
use galvani::trial::budget::Budget;
use galvani::trial::outcome::Outcome;
use galvani::trial::{Origin, Proposal};

const SPACE: &str = r#"(
    name: "test",
    parameters: {
        "x": Float(min: -5, max: 10, prior: Normal(mean: 9, deviation: 1)), "y": Float(min: 0, max: 15),
        "kind": Categorical(choices: ["plain", "rough", "worse"]), "roughness": Float(min: 0, max: 1),
        "n": Integer(min: 1, max: 9),
    },
    conditions: { "roughness": "kind == 'rough'" },
    forbidden: ["x > 9 and y > 14"],
)"#;

const OPTIMIZERS: [&str; 12] = [
    "()",
    "(surrogate: Forest(splitter: Best, columns: 0.8, min_leaf: 2, uncertainty: Total), acquisition: LowerConfidenceBound(deviations: 1))",
    "(surrogate: Forest(leaves: LogMean), scale: Log, acquisition: CostImprovement())",
    "(acquisition: ProbabilityOfImprovement(margin: 0.1), pending: Lowest)",
    "(acquisition: ThompsonSampling, pending: Highest)",
    "(prior_strength: 10, pending: Mean)",
    "(surrogate: GaussianProcess())",
    "(surrogate: GaussianProcess(samples: 2), pending: Mean)",
    "(surrogate: GaussianProcess(), acquisition: ThompsonSampling)",
    "(surrogate: GaussianProcess(rows: 12), acquisition: LowerConfidenceBound(deviations: 2), scale: Raw)",
    "(design: Factorial, design_size: 9)",
    "(design: Default, first_configurations: [{\"x\": 1.0, \"y\": 2.0, \"kind\": \"plain\", \"n\": 3}])",
];

fn settings(text: &str) -> OptimizerSettings {
    let extensions = ron::extensions::Extensions::IMPLICIT_SOME | ron::extensions::Extensions::UNWRAP_VARIANT_NEWTYPES;
    ron::Options::default().with_default_extension(extensions).from_str(text).unwrap()
}

fn optimizer(text: &str, seed: u64) -> Optimizer {
    let space = Arc::new(Space::parse(SPACE, Path::new("test")).unwrap());
    let schedule = Schedule::full(Budget::new(1.0).unwrap());
    Optimizer::new(space, schedule, IntensifierConfig::default(), settings(text), seed).unwrap()
}

fn ask(optimizer: &mut Optimizer) -> Proposal {
    match optimizer.ask() {
        Ask::Trial(proposal) => proposal,
        other => panic!("expected a trial, not {other:?}"),
    }
}

/// A bowl at x = 2, y = 5, which is lower for `plain`; far out it fails.
fn outcome(space: &Space, configuration: &Configuration) -> Outcome {
    let named: std::collections::HashMap<&str, String> =
        space.named(configuration).map(|(name, value)| (name, value.to_string())).collect();
    let number = |name: &str| named.get(name).map_or(0.5, |text| text.parse::<f64>().unwrap());
    if number("x") < -4.0 {
        return Outcome::Crashed { message: String::new() };
    }
    let kind = if named["kind"] == "plain" { 0.0 } else { 3.0 + number("roughness") };
    Outcome::of_cost(0.1 * (number("x") - 2.0).powi(2) + 0.1 * (number("y") - 5.0).powi(2) + kind + 0.1 * number("n"))
}

fn work(optimizer: &mut Optimizer, trials: usize) {
    for _ in 0..trials {
        let proposal = ask(optimizer);
        let outcome = outcome(optimizer.space(), &proposal.configuration);
        optimizer.tell(proposal.trial, outcome);
    }
}

#[test]
fn forty_parallel_asks_are_forty_configurations() {
    for text in OPTIMIZERS {
        for results in [0, 20] {
            let mut optimizer = optimizer(text, 1);
            work(&mut optimizer, results);
            let asked: HashSet<Configuration> = (0..40).map(|_| ask(&mut optimizer).configuration).collect();
            assert_eq!(asked.len(), 40, "{text} after {results} results");
            let legal = |each: &Configuration| optimizer.space().configuration(each.values().to_vec()).is_ok();
            assert!(asked.iter().all(legal), "{text}");
        }
    }
}

#[test]
fn a_replayed_log_gives_the_same_next_proposal() {
    for text in OPTIMIZERS {
        let mut whole = optimizer(text, 3);
        work(&mut whole, 33);
        ask(&mut whole);
        let mut resumed = optimizer(text, 3);
        whole.history().trials().iter().for_each(|trial| resumed.adopt(trial.proposal.clone()));
        for trial in whole.history().ended() {
            assert!(resumed.tell(trial.proposal.trial, trial.outcome.clone().unwrap()));
        }
        assert_eq!(ask(&mut whole), ask(&mut resumed), "{text}");
    }
}

#[test]
fn every_model_finds_what_chance_does_not() {
    let best = |text: &str| {
        let one = |seed| {
            let mut optimizer = optimizer(text, seed);
            work(&mut optimizer, 45);
            let costs = optimizer.history().ended().filter_map(|trial| trial.outcome.as_ref()?.cost());
            costs.fold(f64::INFINITY, f64::min)
        };
        (0..4).map(one).sum::<f64>() / 4.0
    };
    let chance = best("(random_probability: 1)");
    let found: Vec<(&str, f64)> = OPTIMIZERS.into_iter().map(|text| (text, best(text))).collect();
    let worse: Vec<_> = found.iter().filter(|(_, cost)| *cost > 0.1 + 0.5 * (chance - 0.1)).collect();
    assert!(worse.is_empty(), "by chance {chance}, not half of that by {worse:#?}, of {found:#?}");
}

#[test]
fn what_the_user_gives_is_tried_first() {
    let mut optimizer = optimizer(OPTIMIZERS[11], 1);
    let (first, second) = (ask(&mut optimizer), ask(&mut optimizer));
    assert_eq!((first.origin, second.origin), (Origin::Given, Origin::Default));
    assert_eq!(optimizer.space().to_ron(&first.configuration), r#"{"x": 1.0, "y": 2.0, "kind": "plain", "n": 3}"#);
    let space = Space::parse(SPACE, Path::new("test")).unwrap();
    let illegal = settings("(first_configurations: [{\"x\": 99.0}])").first(&space).unwrap_err();
    assert_eq!(illegal.message, "number 1 of `first_configurations` is not legal: `x` cannot be `99.0`");
}
