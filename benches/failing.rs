//! Failures as targets of a Gaussian process, by how bad they count: regret and failures on functions that fail in a part of the space.
//!
//! `cargo bench --no-default-features --bench failing -- --seeds 10 --trials 60`; `benches/RESULTS.md` keeps what was chosen.
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use galvani::intensifier::bracket::Schedule;
use galvani::intensifier::config::IntensifierConfig;
use galvani::optimizer::settings::OptimizerSettings;
use galvani::optimizer::{Ask, Optimizer};
use galvani::space::Space;
use galvani::task::function;
use galvani::trial::budget::Budget;
use galvani::trial::outcome::Outcome;

const PESSIMISMS: [f64; 5] = [0.0, 0.25, 0.5, 1.0, 2.0];

/// A function on the unit cube; none where it fails.
struct Problem {
    name: &'static str,
    dimensions: usize,
    best: f64,
    cost: fn(&[f64]) -> Option<f64>,
}

const PROBLEMS: [Problem; 4] = [
    // A third of the space fails, one of the three minima in it.
    Problem { name: "branin, a minimum fails", dimensions: 2, best: 0.397_887, cost: branin },
    // Nine tenths fail, the minimum does not.
    Problem { name: "hartmann6, most fails", dimensions: 6, best: -3.322_37, cost: hartmann },
    // The best that does not fail is beside what does.
    Problem { name: "bowl, best at the edge", dimensions: 4, best: 0.01, cost: edge },
    // The same, and everything is alike where it does not fail.
    Problem { name: "ridge along the edge", dimensions: 3, best: 0.0, cost: ridge },
];

fn branin(x: &[f64]) -> Option<f64> {
    let (x, y) = (15.0 * x[0] - 5.0, 15.0 * x[1]);
    (x > 0.0).then(|| function::branin(x, y))
}

fn hartmann(x: &[f64]) -> Option<f64> {
    (x[0] + x[1] + x[3] < 0.9).then(|| function::hartmann6(x))
}

fn edge(x: &[f64]) -> Option<f64> {
    // The nearest point with a sum of 2.6 is 0.1 away in length.
    (x.iter().sum::<f64>() <= 2.6).then(|| x.iter().map(|each| (each - 0.7).powi(2)).sum())
}

fn ridge(x: &[f64]) -> Option<f64> {
    (x[0] < 0.5 + 0.3 * (3.0 * x[1]).sin())
        .then(|| 1.0 - x[0] / (0.5 + 0.3 * (3.0 * x[1]).sin()) + 0.1 * (x[2] - 0.4).abs())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |flag: &str| arguments.iter().position(|each| each == flag).and_then(|at| arguments.get(at + 1));
    let seeds = after("--seeds").map_or(Ok(10), |number| number.parse::<u64>())?;
    let trials = after("--trials").map_or(Ok(60), |number| number.parse::<u32>())?;
    println!("mean of log10 of the regret after {trials} trials, and the share of trials that failed; {seeds} seeds");
    println!("{:<26}{}", "", PESSIMISMS.map(|pessimism| format!("{pessimism:>16}")).concat());
    for problem in &PROBLEMS {
        let mut line = format!("{:<26}", problem.name);
        for pessimism in PESSIMISMS {
            let (mut regret, mut failed) = (0.0, 0.0);
            for seed in 0..seeds {
                let (found, failures) = run(problem, pessimism, trials, seed)?;
                regret += (found - problem.best).max(1e-9).log10() / seeds as f64;
                failed += f64::from(failures) / f64::from(trials) / seeds as f64;
            }
            line += &format!("{regret:>9.2} ({:>3.0} %)", 100.0 * failed);
        }
        println!("{line}");
    }
    Ok(())
}

/// The lowest cost, and how many trials failed.
fn run(problem: &Problem, pessimism: f64, trials: u32, seed: u64) -> Result<(f64, u32), Box<dyn Error>> {
    let names = (0..problem.dimensions).map(|index| format!("\"x{index}\": Float(min: 0, max: 1)"));
    let text = format!("(name: \"failing\", parameters: {{{}}})", names.collect::<Vec<_>>().join(", "));
    let space = Arc::new(Space::parse(&text, Path::new("failing"))?);
    let schedule = Schedule::full(Budget::new(1.0).ok_or("a budget is positive")?);
    let settings = OptimizerSettings { pessimism, ..OptimizerSettings::default() };
    let mut optimizer = Optimizer::new(space.clone(), schedule, IntensifierConfig::default(), settings, seed)?;
    let (mut best, mut failures) = (f64::INFINITY, 0);
    for _ in 0..trials {
        let Ask::Trial(proposal) = optimizer.ask() else { return Err("the space is not exhausted".into()) };
        let outcome = match (problem.cost)(&space.encode(&proposal.configuration)) {
            Some(cost) => {
                best = best.min(cost);
                Outcome::of_cost(cost)
            }
            None => {
                failures += 1;
                Outcome::Crashed { message: String::new() }
            }
        };
        optimizer.tell(proposal.trial, outcome);
    }
    Ok((if best.is_finite() { best } else { problem.best + 1e3 }, failures))
}
