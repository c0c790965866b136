//! Behaviours that SMAC3's own tests ask of an optimizer, as far as no other test here does.
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use galvani::acquisition::maximizer::{Candidates, Maximizer, MaximizerSettings};
use galvani::design::{Sampler, initial_design};
use galvani::intensifier::bracket::Schedule;
use galvani::intensifier::config::IntensifierConfig;
use galvani::numeric::stream::Stream;
use galvani::optimizer::settings::OptimizerSettings;
use galvani::optimizer::{Ask, Optimizer};
use galvani::space::Space;
use galvani::space::configuration::Configuration;
use galvani::space::encoding::Column;
use galvani::surrogate::forest::{Forest, ForestSettings};
use galvani::surrogate::gaussian_process::{GaussianProcess, GaussianProcessSettings};
use galvani::surrogate::{Rows, Surrogate, Targets};
use galvani::trial::Origin;
use galvani::trial::budget::Budget;
use galvani::trial::outcome::Outcome;

const CATEGORIES: &str = r#"(name: "test", parameters: {
    "a": Categorical(choices: ["p", "q", "r", "s"]), "b": Categorical(choices: ["p", "q", "r", "s"]),
    "c": Categorical(choices: [true, false]), "d": Ordinal(values: [1, 2, 4, 8]), "e": Constant(value: 7),
})"#;

fn space(text: &str) -> Space {
    Space::parse(text, Path::new("test")).unwrap()
}

fn rows(points: &[Vec<f64>]) -> Rows {
    let mut rows = Rows::new(points[0].len());
    points.iter().for_each(|point| rows.push(point));
    rows
}

fn process(points: &[Vec<f64>], targets: &[f64]) -> GaussianProcess {
    let columns = vec![Column::Numeric; points[0].len()];
    let mut process = GaussianProcess::new(&columns, &GaussianProcessSettings::default(), 1);
    let known: Targets = targets.iter().copied().enumerate().collect();
    process.update(&rows(points), &known, targets.len(), &|results| known[..results].to_vec());
    process
}

fn wave(points: &[Vec<f64>]) -> Vec<f64> {
    points.iter().map(|point| (5.0 * point[0]).sin() + point[1]).collect()
}

fn points(count: usize, index: u64) -> Vec<Vec<f64>> {
    let mut stream = Stream::of(1, "behaviours", index);
    (0..count).map(|_| vec![stream.uniform(), stream.uniform()]).collect()
}

#[test]
fn a_forest_fits_ordinal_data() {
    let places: Vec<Vec<f64>> = (0..80).map(|index| vec![f64::from(index % 4) / 3.0]).collect();
    let targets: Vec<f64> = (0..80).map(|index| f64::from(index % 4)).collect();
    let fitted = Forest::fit(&rows(&places), &[Column::Numeric], &targets, &ForestSettings::default(), 1, "test");
    for (prediction, target) in fitted.predict(&rows(&places)).iter().zip(targets) {
        assert!((prediction.mean - target).abs() <= 0.05 * target, "{} is not {target}", prediction.mean);
    }
}

#[test]
fn a_process_takes_the_same_point_twice() {
    let mut twice = points(12, 1);
    twice.extend(twice.clone());
    let mut targets = wave(&twice[..12]);
    targets.extend(targets.clone());
    let predictions = process(&twice, &targets).predict(&rows(&twice));
    assert!(predictions.iter().zip(targets).all(|(found, target)| (found.mean - target).abs() < 0.1));
}

#[test]
fn a_process_knows_no_units() {
    let (seen, asked) = (points(25, 2), rows(&points(9, 3)));
    let targets = wave(&seen);
    let scaled: Vec<f64> = targets.iter().map(|target| 1e6 * target - 5e7).collect();
    let (plain, scaled) = (process(&seen, &targets).predict(&asked), process(&seen, &scaled).predict(&asked));
    for (plain, scaled) in plain.iter().zip(scaled) {
        assert!((1e6 * plain.mean - 5e7 - scaled.mean).abs() < 1.0, "{plain:?} {scaled:?}");
        assert!((1e12 * plain.variance / scaled.variance - 1.0).abs() < 1e-3, "{plain:?} {scaled:?}");
    }
}

#[test]
fn functions_that_a_process_draws_scatter_as_it_says() {
    let seen = points(8, 4);
    let process = process(&seen, &wave(&seen));
    let asked = rows(&points(5, 5));
    let mut stream = Stream::of(2, "draws", 0);
    let draws: Vec<Vec<f64>> = (0..2000).map(|_| process.sample_posterior(&asked, &mut stream)).collect();
    for (row, prediction) in process.predict(&asked).iter().enumerate() {
        let mean = draws.iter().map(|draw| draw[row]).sum::<f64>() / 2000.0;
        let variance = draws.iter().map(|draw| (draw[row] - mean).powi(2)).sum::<f64>() / 2000.0;
        let deviation = prediction.variance.sqrt();
        assert!((mean - prediction.mean).abs() < 0.1 * deviation, "{mean} {prediction:?}");
        assert!((variance.sqrt() / deviation - 1.0).abs() < 0.1, "{variance} {prediction:?}");
    }
}

#[test]
fn the_maximizer_finds_its_way_among_categories_and_takes_no_nonsense() {
    let space = space(CATEGORIES);
    let settings = MaximizerSettings { candidates: 60, ..MaximizerSettings::default() };
    let maximizer = Maximizer { space: &space, settings: &settings, seed: 1, trial: 1 };
    let wanted = [2.0, 3.0, 1.0, 1.0];
    let matches = |row: &[f64]| row.iter().zip(wanted).filter(|(place, wanted)| *place == wanted).count() as f64;
    // Half of the space has no score at all.
    let score = |candidates: &Candidates| {
        let rows = &candidates.rows;
        let each = |index: usize| if rows.row(index)[0] == 0.0 { f64::NAN } else { matches(rows.row(index)) };
        (0..rows.len()).map(each).collect()
    };
    let best = maximizer.maximize(&score, &|_: &[f64]| None, Vec::new(), &|_| false).unwrap();
    assert_eq!(matches(&space.encode(&best)), 4.0, "{}", space.to_ron(&best));
}

#[test]
fn every_design_handles_categories_and_constants_and_repeats_nothing() {
    let space = space(CATEGORIES);
    for sampler in [Sampler::Sobol, Sampler::LatinHypercube, Sampler::Random] {
        let design = initial_design(&space, sampler, Vec::new(), Some(25), 1);
        let distinct: HashSet<&Configuration> = design.iter().collect();
        assert_eq!((design.len(), distinct.len()), (25, 25), "{sampler:?}");
        assert_eq!(design[0], space.default_configuration().unwrap());
        assert!(design.iter().all(|each| space.configuration(each.values().to_vec()).is_ok()));
    }
}

fn run(text: &str, settings: OptimizerSettings, trials: usize) -> Optimizer {
    let schedule = Schedule::full(Budget::new(1.0).unwrap());
    let mut optimizer =
        Optimizer::new(Arc::new(space(text)), schedule, IntensifierConfig::default(), settings, 3).unwrap();
    for _ in 0..trials {
        let Ask::Trial(proposal) = optimizer.ask() else { panic!("the space has more") };
        let row = optimizer.space().encode(&proposal.configuration);
        optimizer.tell(proposal.trial, Outcome::of_cost(row.iter().map(|place| (place - 0.3).powi(2)).sum()));
    }
    optimizer
}

const NUMBERS: &str = r#"(name: "test", parameters: { "x": Float(min: 0, max: 1), "y": Float(min: 0, max: 1) })"#;

#[test]
fn as_many_are_drawn_at_random_as_was_asked_for() {
    let settings: OptimizerSettings =
        ron::from_str("(random_probability: 0.3, surrogate: Forest((trees: 4)))").unwrap();
    let optimizer = run(NUMBERS, settings, 600);
    let count = |origin| optimizer.history().trials().iter().filter(|trial| trial.proposal.origin == origin).count();
    let share = count(Origin::Random) as f64 / (count(Origin::Random) + count(Origin::Model)) as f64;
    assert!((share - 0.3).abs() < 0.05, "{share}");
}

#[test]
fn what_the_user_believes_counts_at_first_and_the_results_in_the_end() {
    // The best is at 0.3; the user believes in 0.9.
    let believed = r#"(name: "test", parameters: {
        "x": Float(min: 0, max: 1, prior: Normal(mean: 0.9, deviation: 0.05)), "y": Float(min: 0, max: 1),
    })"#;
    let settings: OptimizerSettings = ron::from_str("(prior_strength: Some(20), design_size: Some(6))").unwrap();
    let optimizer = run(believed, settings, 60);
    let of_model = optimizer.history().trials().iter().filter(|trial| trial.proposal.origin == Origin::Model);
    let places: Vec<f64> = of_model.map(|trial| optimizer.space().encode(&trial.proposal.configuration)[0]).collect();
    let mean = |places: &[f64]| places.iter().sum::<f64>() / places.len() as f64;
    let (first, last) = (mean(&places[..4]), mean(&places[places.len() - 20..]));
    assert!(first > 0.6 && last < 0.5, "{first} {last}");
}
