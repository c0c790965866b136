//! The promises of ask and tell.
mod distorted;
mod surrogate;

use std::collections::HashSet;
use std::f64::consts::PI;
use std::sync::Arc;

use galvani::intensifier::bracket::Schedule;
use galvani::intensifier::config::IntensifierConfig;
use galvani::numeric::stream::Stream;
use galvani::optimizer::settings::OptimizerSettings;
use galvani::optimizer::stop::{Reason, Stop};
use galvani::optimizer::{Ask, Optimizer};
use galvani::space::Space;
use galvani::space::configuration::Configuration;
use galvani::space::hyperparameter::{Domain, Hyperparameter, Value};
use galvani::trial::budget::Budget;
use galvani::trial::outcome::Outcome;
use galvani::trial::prior_result::PriorResult;
use galvani::trial::{Origin, Proposal};

fn float(name: &str, min: f64, max: f64) -> Hyperparameter {
    Hyperparameter::new(name, Domain::Float { min, max, log: false }, Value::Float(0.3 * min + 0.7 * max))
}

fn integer(name: &str, min: i64, max: i64) -> Hyperparameter {
    Hyperparameter::new(name, Domain::Integer { min, max, log: false }, Value::Integer(min))
}

/// Two numbers of Branin's function, a choice that adds to it, and a number that only one choice has.
fn space() -> Arc<Space> {
    let words = |words: &[&str]| words.iter().map(|word| Value::Word((*word).into())).collect();
    let kind = Domain::Categorical { choices: words(&["plain", "rough", "worse"]) };
    let kind = Hyperparameter::new("kind", kind, Value::Word("rough".into()));
    let hyperparameters = vec![float("x", -5.0, 10.0), float("y", 0.0, 15.0), kind, float("roughness", 0.0, 1.0)];
    let conditions = vec![("roughness".into(), "kind == 'rough'".into())];
    Arc::new(Space::new("test".into(), hyperparameters, conditions, vec!["x > 9 and y > 14".into()]).unwrap())
}

fn number(configuration: &Configuration, index: usize) -> f64 {
    configuration.values().get(index).and_then(|value| value.as_ref()?.number()).unwrap_or(0.0)
}

fn branin(configuration: &Configuration) -> f64 {
    let (x, y) = (number(configuration, 0), number(configuration, 1));
    let bowl = y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0;
    bowl * bowl + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x.cos() + 10.0
}

/// The cost of a trial: a lower budget is worse and noisier; some corners fail.
fn outcome(proposal: &Proposal) -> Outcome {
    let configuration = &proposal.configuration;
    let missing = 1.0 - proposal.budget.amount() / 9.0;
    let kind = match configuration.values().get(2).and_then(Option::as_ref) {
        Some(Value::Word(word)) if word == "plain" => 0.0,
        Some(Value::Word(word)) if word == "rough" => 5.0 * number(configuration, 3),
        Some(_) => 10.0,
        None => 0.0,
    };
    if number(configuration, 0) < -4.0 {
        return Outcome::Crashed { message: "too far out".into() };
    }
    let noise = Stream::of(proposal.seed, "noise", 0).normal();
    Outcome::of_cost(branin(configuration) + kind + missing * (10.0 + 0.3 * noise))
}

fn budget(amount: f64) -> Budget {
    Budget::new(amount).unwrap()
}

fn full() -> Schedule {
    Schedule::full(budget(9.0))
}

fn rungs() -> Schedule {
    Schedule::new(budget(1.0), budget(9.0), 3).unwrap()
}

/// An optimizer as it is where nothing is set.
fn optimizer(schedule: Schedule, seed: u64) -> Optimizer {
    Optimizer::builder(space(), schedule, IntensifierConfig::default()).seed(seed).build().unwrap()
}

/// An optimizer with settings.
fn with_settings(schedule: Schedule, settings: OptimizerSettings, seed: u64) -> Optimizer {
    Optimizer::new(space(), schedule, IntensifierConfig::default(), settings, seed).unwrap()
}

fn ask(optimizer: &mut Optimizer) -> Proposal {
    match optimizer.ask() {
        Ask::Trial(proposal) => proposal,
        other => panic!("expected a trial, not {other:?}"),
    }
}

/// Runs trials with so many workers; the one that ends next is drawn at random.
fn work(optimizer: &mut Optimizer, workers: usize, trials: usize) {
    let mut running: Vec<Proposal> = Vec::new();
    let mut stream = Stream::of(9, "workers", 0);
    for _ in 0..trials {
        running.push(ask(optimizer));
        if running.len() == workers {
            let ends = running.swap_remove(stream.below(workers));
            assert!(optimizer.tell(ends.trial, outcome(&ends)));
        }
    }
    for ends in running {
        assert!(optimizer.tell(ends.trial, outcome(&ends)));
    }
}

#[test]
fn parallel_asks_are_different_configurations() {
    for (schedule, results) in [(full(), 0), (full(), 30), (rungs(), 0), (rungs(), 30)] {
        let mut optimizer = optimizer(schedule, 1);
        work(&mut optimizer, 1, results);
        let before = optimizer.history().configurations().len();
        let asked: HashSet<Configuration> = (0..40).map(|_| ask(&mut optimizer).configuration).collect();
        let new = optimizer.history().configurations().len() - before;
        assert!(asked.len() == 40 && new >= 39, "{results} results: {new} new of {}", asked.len());
    }
}

#[test]
fn thirty_asks_without_a_result_fill_bracket_after_bracket() {
    let mut optimizer = Optimizer::builder(space(), rungs(), IntensifierConfig::Hyperband).seed(1).build().unwrap();
    let budgets: Vec<f64> = (0..30).map(|_| ask(&mut optimizer).budget.amount()).collect();
    assert_eq!(
        budgets,
        [[1.0; 9].to_vec(), [3.0; 5].to_vec(), [9.0; 3].to_vec(), [1.0; 9].to_vec(), [3.0; 4].to_vec()].concat()
    );
}

#[test]
fn crashed_configurations_are_not_promoted() {
    let builder = Optimizer::builder(space(), rungs(), IntensifierConfig::Screening);
    let mut optimizer = builder.seed(1).build().unwrap();
    let trials: Vec<Proposal> = (0..9).map(|_| ask(&mut optimizer)).collect();
    for proposal in &trials {
        let crashed = Outcome::Crashed { message: String::new() };
        let outcome = if proposal.trial.0 == 6 { Outcome::of_cost(1e6) } else { crashed };
        optimizer.tell(proposal.trial, outcome);
    }
    let promoted = ask(&mut optimizer);
    assert_eq!((promoted.configuration_id, promoted.budget), (trials[5].configuration_id, budget(3.0)));
    assert_eq!((promoted.seed, promoted.origin), (trials[5].seed, trials[5].origin), "it continues the same trial");
    assert_eq!(ask(&mut optimizer).bracket, 1);
}

#[test]
fn every_proposal_is_legal_and_every_configuration_new_or_promoted() {
    let mut optimizer = optimizer(rungs(), 4);
    work(&mut optimizer, 4, 120);
    let mut seen = HashSet::new();
    for trial in optimizer.history().trials() {
        let proposal = &trial.proposal;
        assert!(space().configuration(proposal.configuration.values().to_vec()).is_ok());
        assert!(
            seen.insert((proposal.configuration.clone(), proposal.budget.amount().to_bits())),
            "{proposal:?} came twice"
        );
        assert!(proposal.seed < 1 << 31);
    }
    let origins: Vec<Origin> = optimizer.history().trials().iter().map(|trial| trial.proposal.origin).collect();
    assert_eq!(origins[0], Origin::Default);
    for origin in [Origin::Design, Origin::Model, Origin::Random] {
        assert!(origins.contains(&origin), "{origin:?}");
    }
}

#[test]
fn a_replayed_log_goes_on_as_if_it_had_never_stopped() {
    for (schedule, stop) in [(full(), 33), (rungs(), 40)] {
        let mut whole = optimizer(schedule.clone(), 7);
        work(&mut whole, 1, stop);
        // Three trials run at the break; the last of them ends after it.
        let mut running: Vec<Proposal> = (0..3).map(|_| ask(&mut whole)).collect();
        whole.tell(running[1].trial, outcome(&running[1]));
        running.remove(1);
        let mut resumed = optimizer(schedule.clone(), 7);
        for trial in whole.history().trials() {
            resumed.adopt(trial.proposal.clone());
        }
        for trial in whole.history().ended() {
            assert!(resumed.tell(trial.proposal.trial, trial.outcome.clone().unwrap()));
        }
        for step in 0..12 {
            let (expected, got) = (ask(&mut whole), ask(&mut resumed));
            assert_eq!(expected, got, "step {step}");
            let ends = running.remove(0);
            running.push(expected);
            assert!(whole.tell(ends.trial, outcome(&ends)) && resumed.tell(ends.trial, outcome(&ends)));
        }
    }
}

#[test]
fn a_forest_over_rungs_is_the_same_after_a_replay() {
    let new = || {
        let settings = ron::from_str("(surrogate: Forest(()))").unwrap();
        Optimizer::new(space(), rungs(), IntensifierConfig::default(), settings, 7).unwrap()
    };
    let mut whole = new();
    work(&mut whole, 3, 300);
    let mut resumed = new();
    for trial in whole.history().trials() {
        resumed.adopt(trial.proposal.clone());
    }
    for trial in whole.history().ended() {
        resumed.tell(trial.proposal.trial, trial.outcome.clone().unwrap());
    }
    for step in 0..6 {
        let (expected, got) = (ask(&mut whole), ask(&mut resumed));
        assert_eq!(expected, got, "step {step}");
        assert!(whole.tell(expected.trial, outcome(&expected)) && resumed.tell(got.trial, outcome(&got)));
    }
}

#[test]
fn a_limit_forgets_nothing_that_was_learnt_from_elsewhere() {
    let mut stream = Stream::of(3, "elsewhere", 0);
    let prior_results: Vec<PriorResult> = (0..40)
        .map(|_| {
            let configuration = space().sample(&mut stream).unwrap();
            PriorResult { costs: vec![branin(&configuration)], configuration, budget: budget(9.0) }
        })
        .collect();
    let asked = |limit_first: bool| {
        let stop = Stop { trials: Some(40), ..Stop::default() };
        let settings = OptimizerSettings { design_size: Some(1), ..OptimizerSettings::default() };
        let mut optimizer = with_settings(full(), settings, 3);
        if limit_first {
            optimizer = optimizer.with_stop(stop);
            optimizer.learn_from(prior_results.clone());
        } else {
            optimizer.learn_from(prior_results.clone());
            optimizer = optimizer.with_stop(stop);
        }
        (0..4).map(|_| ask(&mut optimizer)).collect::<Vec<_>>()
    };
    let proposals = asked(false);
    assert_eq!(proposals, asked(true));
    assert_eq!(proposals[1].origin, Origin::Model, "the prior results are enough for the model");
}

#[test]
fn by_the_second_the_quick_ones_are_tried_first() {
    // `plain` takes a hundred times as long as the others, and is hardly better.
    let share = |acquisition: &str| {
        let settings = ron::from_str(&format!("(acquisition: {acquisition})")).unwrap();
        let mut optimizer = with_settings(full(), settings, 5);
        let is_slow =
            |proposal: &Proposal| proposal.configuration.values()[2].as_ref() == Some(&Value::Word("plain".into()));
        let mut slow = 0;
        for trial in 0..50 {
            let proposal = ask(&mut optimizer);
            slow += u32::from(trial >= 20 && is_slow(&proposal));
            let seconds = if is_slow(&proposal) { 100.0 } else { 1.0 };
            optimizer.tell_after(proposal.trial, outcome(&proposal), seconds);
        }
        slow
    };
    let (by_trial, by_second) = (share("ExpectedImprovement()"), share("ExpectedImprovementPerSecond()"));
    assert!(by_second * 2 < by_trial, "{by_second} slow trials, and {by_trial} where time does not count");
}

#[test]
fn threads_do_not_matter() {
    let proposals = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut optimizer = optimizer(rungs(), 3);
            work(&mut optimizer, 2, 50);
            optimizer.history().trials().to_vec()
        })
    };
    assert_eq!(proposals(1), proposals(4));
}

#[test]
fn what_fails_is_avoided() {
    let mut optimizer = optimizer(full(), 2);
    work(&mut optimizer, 1, 80);
    let of_model = |trial: &&galvani::trial::Trial| trial.proposal.origin == Origin::Model;
    let trials: Vec<_> = optimizer.history().trials().iter().filter(of_model).collect();
    let crashed = trials.iter().filter(|trial| trial.outcome.as_ref().unwrap().cost().is_none()).count();
    assert!(crashed * 30 < trials.len(), "{crashed} of {} crashed, which chance does to 1 in 15", trials.len());
}

#[test]
fn nothing_but_failures_is_no_reason_to_stop() {
    let mut optimizer = optimizer(rungs(), 2);
    for _ in 0..60 {
        let proposal = ask(&mut optimizer);
        optimizer.tell(proposal.trial, Outcome::Diverged);
    }
}

/// The mean over seeds of the logarithm of the regret on Branin's function.
fn regret(schedule: Schedule, settings: &OptimizerSettings, full_evaluations: f64) -> f64 {
    let space = Arc::new(
        Space::new("branin".into(), vec![float("x", -5.0, 10.0), float("y", 0.0, 15.0)], vec![], vec![]).unwrap(),
    );
    let seeds = 0..12;
    let one = |seed| {
        let stop = Stop { full_evaluations: Some(full_evaluations), ..Stop::default() };
        let builder = Optimizer::builder(space.clone(), schedule.clone(), IntensifierConfig::default());
        let mut optimizer = builder.settings(settings.clone()).stop(stop).seed(seed).build().unwrap();
        while let Ask::Trial(proposal) = optimizer.ask() {
            optimizer.tell(proposal.trial, outcome(&proposal));
        }
        let best = galvani::trial::incumbent::incumbent(optimizer.history()).unwrap();
        (branin(&best.proposal.configuration) - 0.397_887).ln()
    };
    let count = seeds.end as f64;
    seeds.map(one).sum::<f64>() / count
}

#[test]
fn the_model_beats_random_search() {
    let random = OptimizerSettings { random_probability: 1.0, ..OptimizerSettings::default() };
    for (schedule, full_evaluations) in [(full(), 50.0), (rungs(), 50.0)] {
        let (model, chance): (f64, f64) = (
            regret(schedule.clone(), &OptimizerSettings::default(), full_evaluations),
            regret(schedule, &random, full_evaluations),
        );
        assert!(model < chance - 1.5, "ln regret: model {model:.2}, chance {chance:.2}");
    }
}

#[test]
fn an_exhausted_space_is_a_success() {
    let three = Arc::new(Space::new("three".into(), vec![integer("x", 1, 3)], vec![], vec![]).unwrap());
    for schedule in [full(), rungs()] {
        let builder = Optimizer::builder(three.clone(), schedule, IntensifierConfig::default());
        let mut optimizer = builder.seed(1).build().unwrap();
        let first: Vec<Proposal> = (0..3).map(|_| ask(&mut optimizer)).collect();
        assert_eq!(optimizer.ask(), Ask::Wait);
        first.iter().for_each(|proposal| assert!(optimizer.tell(proposal.trial, Outcome::of_cost(1.0))));
        let done = loop {
            match optimizer.ask() {
                Ask::Trial(proposal) => assert!(optimizer.tell(proposal.trial, Outcome::of_cost(2.0))),
                other => break other,
            }
        };
        assert_eq!(done, Ask::Done(Reason::Exhausted));
        let best = galvani::trial::incumbent::incumbent(optimizer.history()).unwrap();
        assert_eq!(best.proposal.budget, budget(9.0), "the best was tried in full");
    }
}

#[test]
fn limits_stop_the_asking() {
    let run = |stop: &str| {
        let stop: Stop = ron::Options::default()
            .with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME)
            .from_str(stop)
            .unwrap();
        let mut optimizer = optimizer(rungs(), 5).with_stop(stop);
        loop {
            match optimizer.ask() {
                Ask::Trial(proposal) => assert!(optimizer.tell(proposal.trial, outcome(&proposal))),
                Ask::Done(reason) => break (optimizer, reason),
                Ask::Wait => panic!("one worker never waits"),
            }
        }
    };
    let (optimizer, reason) = run("(trials: 17, wall_clock: \"2h 30m\")");
    assert_eq!((optimizer.history().trials().len(), reason), (17, Reason::Trials));
    let (optimizer, reason) = run("(full_evaluations: 4)");
    assert_eq!(reason, Reason::FullEvaluations);
    assert!((36.0..45.0).contains(&optimizer.history().spent()), "{}", optimizer.history().spent());
    let (optimizer, reason) = run("(trials: 500, cost: 3.0)");
    let last = optimizer.history().trials().last().unwrap();
    assert_eq!((reason, last.proposal.budget), (Reason::Cost, budget(9.0)));
    assert!(last.outcome.as_ref().unwrap().cost().unwrap() <= 3.0);
    assert!(ron::from_str::<Stop>("(trails: 17)").is_err());
    assert!(ron::from_str::<OptimizerSettings>("(surrogate: Forest((trees: 10)), scale: Some(Rank))").is_ok());
}
