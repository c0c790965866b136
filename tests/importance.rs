//! Importance after searches with a model: what matters is named, and what does not is not.
use std::sync::Arc;

use galvani::analysis::{Findings, ReportInput};
use galvani::intensifier::bracket::Schedule;
use galvani::intensifier::config::IntensifierConfig;
use galvani::numeric::stream::Stream;
use galvani::optimizer::{Ask, Optimizer};
use galvani::space::Space;
use galvani::space::hyperparameter::{Domain, Hyperparameter, Value};
use galvani::trial::budget::Budget;
use galvani::trial::direction::Direction;
use galvani::trial::history::History;
use galvani::trial::outcome::Outcome;

const NAMES: [&str; 12] = ["a", "b", "c", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9"];

/// Twelve numbers from 0 to 1.
fn space() -> Space {
    let domain = Domain::Float { min: 0.0, max: 1.0, log: false };
    let number = |name: &&str| Hyperparameter::new(*name, domain.clone(), Value::Float(0.5));
    Space::new("twelve".into(), NAMES.iter().map(number).collect(), vec![], vec![]).expect("a legal space")
}

/// The decimal logarithm of a cost: a and b matter as a pair, c alone, the others not at all.
fn law(x: &[f64], budget: f64, stream: &mut Stream) -> f64 {
    3.0 * (x[0] - x[1]).powi(2) + 1.2 * x[2] - 0.3 * budget.ln() + 0.1 * stream.normal()
}

/// The history of a search by Hyperband with the default model.
fn searched(space: &Space, trials: usize, seed: u64) -> History {
    let [low, high] = [1.0, 27.0].map(|amount| Budget::new(amount).expect("positive"));
    let schedule = Schedule::new(low, high, 3).expect("a schedule");
    let builder = Optimizer::builder(Arc::new(space.clone()), schedule, IntensifierConfig::Hyperband).seed(seed);
    let mut optimizer = builder.build().expect("legal settings");
    while optimizer.history().trials().len() < trials {
        let Ask::Trial(proposal) = optimizer.ask() else { panic!("one worker never waits") };
        let x: Vec<f64> = proposal.configuration.values().iter().flatten().filter_map(Value::number).collect();
        let mut stream = Stream::of(seed, "noise", u64::from(proposal.trial.0));
        let cost = 10f64.powf(law(&x, proposal.budget.amount(), &mut stream));
        optimizer.tell(proposal.trial, Outcome::of_cost(cost));
    }
    optimizer.history().clone()
}

#[test]
fn three_of_twelve_are_found_after_a_search() {
    // GALVANI_SEEDS is the number of searches.
    let seeds: u64 = std::env::var("GALVANI_SEEDS").map_or(1, |text| text.parse().expect("a number"));
    let space = space();
    let (mut right, mut wrong, mut paired) = (0, 0, 0);
    for seed in 0..seeds {
        let history = searched(&space, 200, seed);
        let input = ReportInput {
            experiment: "twelve",
            space: &space,
            history: &history,
            evaluations: &[],
            unit: "steps",
            measure: "cost",
            direction: Direction::Minimize,
            objectives: &[],
            timings: &[],
            course: Default::default(),
            baseline: None,
            default: None,
            verdict: None,
            model: None,
            predictions: &[],
            metrics: &[],
            logs: &[],
            warnings: &[],
            sources: &[],
        };
        let matrix = serde_json::to_value(Findings::of(&input)).expect("plain data")["matrix"].clone();
        let drawn = matrix["dimensions"].as_array().expect("a list").iter();
        let drawn = drawn.map(|each| (each["name"].clone(), each["importance"].clone()));
        let others = matrix["others"].as_array().expect("a list").iter().map(|each| (each[0].clone(), each[1].clone()));
        let all: Vec<(String, bool)> = drawn
            .chain(others)
            .map(|(name, importance)| (name.as_str().expect("a name").to_owned(), importance["real"] == true))
            .collect();
        let real: Vec<&str> = all.iter().filter(|(_, real)| *real).map(|(name, _)| name.as_str()).collect();
        let is_right = ["a", "b", "c"].iter().all(|name| real.contains(name));
        right += u64::from(is_right);
        wrong += real.iter().filter(|name| name.starts_with('u')).count();
        let strength = |pair: &&serde_json::Value| pair["strength"].as_f64().unwrap_or(0.0);
        let pairs = matrix["pairs"].as_array().expect("a list");
        let strongest = pairs.iter().max_by(|a, b| strength(a).total_cmp(&strength(b))).expect("pairs");
        let name = |end: &str| {
            let index = strongest[end].as_u64().expect("an index") as usize;
            matrix["dimensions"][index]["name"].as_str().expect("a name")
        };
        let is_paired = [name("row"), name("column")].iter().all(|name| ["a", "b"].contains(name));
        paired += u64::from(is_paired);
        if seeds > 1 {
            let distrust = &matrix["distrust"];
            println!(
                "{seed}: real {real:?}, pair {} {} {}, {distrust}",
                name("row"),
                name("column"),
                strength(&strongest)
            );
        }
    }
    let is_good = right >= seeds - seeds / 20 && 20 * wrong <= 9 * usize::try_from(seeds).unwrap() && paired == seeds;
    assert!(is_good, "of {seeds}: right {right}, wrong {wrong} of {}, paired {paired}", 9 * seeds);
}
