//! Tests of the whole analysis on functions whose shares of variance are known.
use super::dependence::Dimension;
use super::findings::Findings;
use super::fixtures::{finished, input};
use super::importance::Importance;
use super::input::ReportInput;
use super::interaction::Tile;
use super::matrix::Matrix;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
use crate::trial::budget::Budget;
use crate::trial::history::History;
use crate::trial::outcome::Outcome;

/// Numbers from 0 to 1 by name.
fn unit(names: &[&str]) -> Space {
    let domain = Domain::Float { min: 0.0, max: 1.0, log: false };
    let number = |name: &&str| Hyperparameter::new(*name, domain.clone(), Value::Float(0.5));
    Space::new("unit".into(), names.iter().map(number).collect(), vec![], vec![]).expect("a legal space")
}

/// Trials of random configurations at budget 1, whose decimal logarithms of costs the law gives.
fn random(space: &Space, trials: u64, seed: u64, law: impl Fn(&[f64], &mut Stream) -> f64) -> History {
    let mut history = History::default();
    for index in 0..trials {
        let mut stream = Stream::of(seed, "random", index);
        let configuration = space.sample(&mut stream).expect("legal");
        let values = space.hyperparameters().iter().zip(configuration.values());
        let values: Vec<f64> = values
            .map(|(each, value)| value.as_ref().and_then(|value| each.position(value)).unwrap_or(f64::NAN))
            .collect();
        let cost = 10f64.powf(law(&values, &mut stream));
        let proposal = history.proposal(configuration, Budget::new(1.0).expect("positive"));
        let trial = proposal.trial;
        history.ask(proposal);
        history.tell(trial, finished(cost));
    }
    history
}

fn matrix(space: &Space, history: &History) -> Matrix {
    Findings::of(&ReportInput { baseline: None, ..input(space, history) }).matrix
}

fn of(matrix: &Matrix, name: &str) -> Importance {
    let drawn = matrix.dimensions.iter().map(|dimension| (&dimension.name, &dimension.importance));
    let mut all = drawn.chain(matrix.others.iter().map(|(name, importance)| (name, importance)));
    *all.find(|(each, _)| *each == name).expect("a hyperparameter").1
}

/// Fails unless shares alone and in total are within five points of the truth.
fn check(matrix: &Matrix, truths: &[(&str, f64, f64)]) {
    assert_eq!(matrix.distrust, None);
    for (name, alone, total) in truths {
        let found = of(matrix, name);
        let (own, whole) = (found.share.expect("a share"), found.total.expect("a total"));
        assert!((own - alone).abs() < 0.05 && (whole - total).abs() < 0.05, "{name}: {own} {whole}");
        assert!(found.real == (*total > 0.0), "{name}: {found:?}");
        for (point, (low, high)) in [(own, found.interval.unwrap()), (whole, found.total_interval.unwrap())] {
            assert!(low <= point && point <= high, "{name}: {found:?}");
        }
    }
    assert!(matrix.dimensions.iter().filter_map(|each| each.importance.share).sum::<f64>() < 1.0 + 1e-9);
}

#[test]
fn one_parameter_on_a_parabola_matters() {
    let space = unit(&["x"]);
    let history = random(&space, 30, 1, |x, _| (x[0] - 0.3).powi(2));
    check(&matrix(&space, &history), &[("x", 1.0, 1.0)]);
}

#[test]
fn a_parameter_that_acts_through_another_matters_and_a_useless_one_does_not() {
    let space = unit(&["x", "y", "z"]);
    let history = random(&space, 80, 2, |x, _| (x[0] - x[1]).powi(2) + 0.2 * x[0]);
    // Of the variance 0.04222: x alone 0.00889, y alone 0.00556, both together 0.02778 more.
    let found = matrix(&space, &history);
    check(&found, &[("x", 0.2105, 0.8684), ("y", 0.1316, 0.7895), ("z", 0.0, 0.0)]);
    let strongest = found.pairs.iter().max_by(|a, b| a.strength.total_cmp(&b.strength)).expect("pairs");
    let names = [strongest.row, strongest.column].map(|index| found.dimensions[index].name.as_str());
    assert!(names.contains(&"x") && names.contains(&"y") && (strongest.strength - 0.658).abs() < 0.07, "{names:?}");
}

#[test]
fn sums_and_products_have_their_shares() {
    let space = unit(&["x", "y", "z"]);
    let sum = random(&space, 60, 3, |x, _| 3.0 * x[0] + x[1]);
    check(&matrix(&space, &sum), &[("x", 0.9, 0.9), ("y", 0.1, 0.1), ("z", 0.0, 0.0)]);
    let product = random(&space, 60, 4, |x, _| 4.0 * x[0] * x[1]);
    check(&matrix(&space, &product), &[("x", 3.0 / 7.0, 4.0 / 7.0), ("y", 3.0 / 7.0, 4.0 / 7.0)]);
}

#[test]
fn a_conditional_parameter_matters_where_it_is_active() {
    let words = |words: [&str; 2]| words.map(|word| Value::Word(word.into())).to_vec();
    let choice = Domain::Categorical { choices: words(["a", "b"]) };
    let number = Domain::Float { min: 0.0, max: 1.0, log: false };
    let hyperparameters = vec![
        Hyperparameter::new("kind", choice, Value::Word("a".into())),
        Hyperparameter::new("x", number.clone(), Value::Float(0.5)),
        Hyperparameter::new("z", number, Value::Float(0.5)),
    ];
    let condition = vec![("x".into(), "kind == 'a'".into())];
    let space = Space::new("branch".into(), hyperparameters, condition, vec![]).expect("a legal space");
    let history = random(&space, 100, 5, |x, _| if x[1].is_nan() { 0.0 } else { 2.0 * x[1] - 1.0 });
    // The mean does not depend on the branch, and x explains all where it is active.
    check(&matrix(&space, &history), &[("kind", 0.0, 0.5), ("x", 1.0, 1.0), ("z", 0.0, 0.0)]);
}

#[test]
fn noise_is_told_from_what_a_model_should_explain() {
    let space = unit(&["x", "y"]);
    let noise = random(&space, 60, 6, |_, stream| stream.normal());
    let found = matrix(&space, &noise);
    assert!(found.distrust.is_some() && found.dimensions.iter().all(|each| each.importance.share.is_none()));
    let half = random(&space, 120, 7, |x, stream| 3.5 * x[0] + stream.normal());
    let found = matrix(&space, &half);
    let quality = found.quality.as_ref().expect("a model");
    assert!((quality.noise.ceiling - 0.5).abs() < 0.15, "{:?}", quality.noise);
    assert_eq!(found.distrust, None);
}

/// Twelve numbers, three of which matter, two of these as a pair, at three budgets: successive halving of random configurations.
fn twelve(seed: u64) -> (Space, History) {
    let names = ["a", "b", "c", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9"];
    let space = unit(&names);
    let mut history = History::default();
    let law = |x: &[f64], budget: f64, stream: &mut Stream| {
        3.0 * (x[0] - x[1]).powi(2) + 1.2 * x[2] - 0.3 * budget.ln() + 0.1 * stream.normal()
    };
    for bracket in 0..10_u64 {
        let mut stream = Stream::of(seed, "halving", bracket);
        let mut alive: Vec<_> = (0..14).map(|_| space.sample(&mut stream).expect("legal")).collect();
        for (budget, kept) in [(1.0, 5), (3.0, 2), (9.0, 0)] {
            let mut ranked = Vec::new();
            for configuration in alive {
                let x: Vec<f64> = configuration.values().iter().flatten().filter_map(Value::number).collect();
                let cost = 10f64.powf(law(&x, budget, &mut stream));
                let proposal = history.proposal(configuration.clone(), Budget::new(budget).expect("positive"));
                let trial = proposal.trial;
                history.ask(proposal);
                history.tell(trial, Outcome::of_cost(cost));
                ranked.push((cost, configuration));
            }
            ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
            alive = ranked.into_iter().take(kept).map(|(_, configuration)| configuration).collect();
        }
    }
    (space, history)
}

#[test]
fn three_of_twelve_are_found() {
    // GALVANI_SEEDS is the number of runs, of which one takes a second.
    let seeds: u64 = std::env::var("GALVANI_SEEDS").map_or(1, |text| text.parse().expect("a number"));
    let (mut right, mut wrong, mut paired) = (0, 0, 0);
    for seed in 0..seeds {
        let (space, history) = twelve(seed);
        let found = matrix(&space, &history);
        let real = |name: &str| of(&found, name).real;
        right += u64::from(["a", "b", "c"].iter().all(|name| real(name)));
        wrong += (1..10).filter(|index| real(&format!("u{index}"))).count();
        let strongest = found.pairs.iter().max_by(|a, b| a.strength.total_cmp(&b.strength)).expect("pairs");
        let name = |index: usize| -> &str {
            let Dimension { name, .. } = &found.dimensions[index];
            name
        };
        paired += u64::from([name(strongest.row), name(strongest.column)].iter().all(|name| ["a", "b"].contains(name)));
    }
    let is_good = right >= seeds - seeds / 20 && 20 * wrong <= 9 * usize::try_from(seeds).unwrap() && paired == seeds;
    assert!(is_good, "of {seeds}: right {right}, wrong {wrong} of {}, paired {paired}", 9 * seeds);
}

#[test]
fn a_region_that_only_fails_gets_no_colour() {
    let space = unit(&["x", "y"]);
    let law = |x: &[f64], _: &mut Stream| if x[0] > 0.6 { f64::INFINITY } else { -x[0] - x[1] };
    let found = matrix(&space, &random(&space, 120, 8, law));
    let pair = &found.pairs[0];
    let is_row = found.dimensions[pair.row].name == "x";
    let at = |x: usize, y: usize| if is_row { pair.tiles[x][y] } else { pair.tiles[y][x] };
    assert!((0..15).all(|y| matches!(at(2, y), Tile::Cost { near: true, .. })));
    assert!((0..15).filter(|&y| at(13, y) == Tile::Failing).count() >= 12);
}
