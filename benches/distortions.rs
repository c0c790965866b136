//! Regret on functions whose costs are distorted, relative to that on the same functions as they are.
//!
//! The ratio is of geometric means over the seeds, which one unlucky seed moves little, with the standard error of its logarithm
//! from the differences of the logarithms, seed by seed.
//!
//! `cargo bench --no-default-features --bench distortions -- --seeds 20 --trials 50 [--budgets]`; `benches/RESULTS.md` keeps
//! what was measured.
use std::error::Error;
use std::f64::consts::{E, PI};
use std::path::Path;
use std::sync::Arc;

use galvani::intensifier::bracket::Schedule;
use galvani::intensifier::config::IntensifierConfig;
use galvani::numeric::quantile::quantile;
use galvani::numeric::stream::Stream;
use galvani::space::Space;
use galvani::task::function;
use galvani::trial::budget::Budget;
use galvani::trial::outcome::Outcome;
use galvani::{Ask, Optimizer};
use rayon::prelude::*;

/// The normalised regret below which a search counts as done.
const DONE: f64 = 1e-3;

/// The ratio that no distortion should exceed.
const BOUND: f64 = 1.5;

/// A function of an encoded configuration; its minimum is 0.
struct Problem {
    name: &'static str,
    parameters: &'static str,
    cost: fn(&[f64]) -> f64,
    /// True in about a third of the space, away from the minimum.
    is_bad: fn(&[f64]) -> bool,
}

const PROBLEMS: [Problem; 5] = [
    Problem {
        name: "bowl",
        parameters: r#""x": Float(min: 0, max: 1), "y": Float(min: 0, max: 1)"#,
        cost: |x| (x[0] - 0.8).powi(2) + (x[1] - 0.2).powi(2),
        is_bad: |x| x[0] < 0.3,
    },
    Problem {
        name: "branin",
        parameters: r#""x": Float(min: 0, max: 1), "y": Float(min: 0, max: 1)"#,
        cost: |x| function::branin(15.0 * x[0] - 5.0, 15.0 * x[1]) - 0.397_887_357,
        is_bad: |x| x[0] < 0.33,
    },
    Problem {
        name: "hartmann6",
        parameters: r#""a": Float(min: 0, max: 1), "b": Float(min: 0, max: 1), "c": Float(min: 0, max: 1),
            "d": Float(min: 0, max: 1), "e": Float(min: 0, max: 1), "f": Float(min: 0, max: 1)"#,
        cost: |x| function::hartmann6(x) + 3.322_368_012,
        is_bad: |x| x[0] > 0.66,
    },
    Problem {
        name: "ackley4",
        parameters: r#""a": Float(min: 0, max: 1), "b": Float(min: 0, max: 1), "c": Float(min: 0, max: 1),
            "d": Float(min: 0, max: 1)"#,
        cost: ackley,
        is_bad: |x| x[3] < 0.33,
    },
    Problem {
        name: "mixed",
        parameters: r#""a": Float(min: 0, max: 1), "b": Float(min: 0, max: 1), "c": Float(min: 0, max: 1),
            "k": Categorical(choices: [0, 1, 2, 3, 4]), "l": Categorical(choices: [0, 1, 2, 3, 4])"#,
        cost: mixed,
        is_bad: |x| x[4] == 0.0 || x[4] == 4.0,
    },
];

fn ackley(x: &[f64]) -> f64 {
    let z: Vec<f64> = x.iter().zip([0.3, 0.38, 0.46, 0.54]).map(|(x, center)| 10.0 * (x - center)).collect();
    let mean = |f: fn(&f64) -> f64| z.iter().map(f).sum::<f64>() / z.len() as f64;
    20.0 + E - 20.0 * (-0.2 * mean(|z| z * z).sqrt()).exp() - mean(|z| (2.0 * PI * z).cos()).exp()
}

fn mixed(x: &[f64]) -> f64 {
    let (k, l) = ([0.9, 0.0, 0.4, 0.6, 1.0][x[3] as usize], [0.6, 0.8, 0.3, 0.0, 1.1][x[4] as usize]);
    (x[0] - 0.3).powi(2) + 2.0 * (x[1] - 0.7 + 0.3 * k).powi(2) + 0.5 * (x[2] - 0.2).abs() + 0.3 * (k + l)
}

/// The cost of a trial: from the place, the cost, and the costs of a thousand random places in ascending order.
type Distortion = fn(&Problem, &[f64], f64, &[f64]) -> f64;

const DISTORTIONS: [(&str, Distortion); 17] = [
    ("as it is", |_, _, cost, _| cost),
    ("penalty 1e2", |problem, x, cost, all| if (problem.is_bad)(x) { 1e2 * all[990] } else { cost }),
    ("penalty 1e6", |problem, x, cost, all| if (problem.is_bad)(x) { 1e6 * all[990] } else { cost }),
    ("penalty 1e12", |problem, x, cost, all| if (problem.is_bad)(x) { 1e12 * all[990] } else { cost }),
    (
        "noisy penalty",
        |problem, x, cost, all| {
            if (problem.is_bad)(x) { 1e6 * all[990] * (1.0 + chance(x)) } else { cost }
        },
    ),
    ("worst third 1e6", |_, _, cost, all| if cost > all[667] { 1e6 * all[990] } else { cost }),
    ("worst half 1e6", |_, _, cost, all| if cost > all[500] { 1e6 * all[990] } else { cost }),
    ("outliers above", |_, _, cost, all| if cost > all[900] { cost * 1e4 } else { cost }),
    ("spikes of 3 %", |_, x, cost, all| if chance(x) < 0.03 { cost + 1e4 * all[990] } else { cost }),
    ("twelve decades", |_, _, cost, all| 10_f64.powf(12.0 * cost / all[990])),
    ("sixth power", |_, _, cost, all| (cost / all[990]).powi(6)),
    ("heavy tail", |_, _, cost, all| cost * (1.0 + cost / all[500]).powi(4)),
    ("logarithm", |_, _, cost, all| (cost / all[990] + 1e-9).ln()),
    ("ties", |_, _, cost, all| (1e3 * cost / all[500]).floor()),
    ("negative", |_, _, cost, all| cost - 1e3 * all[990]),
    ("times 1e-12", |_, _, cost, _| 1e-12 * cost),
    ("times 1e200", |_, _, cost, _| 1e200 * cost),
];

/// A number of `[0, 1]` that follows from a place.
fn chance(x: &[f64]) -> f64 {
    let bits = x.iter().fold(1_u64, |bits, x| (bits ^ x.to_bits()).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29));
    Stream::of(bits, "chance", 0).uniform()
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |flag: &str| arguments.iter().position(|each| each == flag).and_then(|at| arguments.get(at + 1));
    let seeds = after("--seeds").map_or(Ok(20), |number| number.parse::<u64>())?;
    let trials = after("--trials").map_or(Ok(50), |number| number.parse::<u32>())?;
    let is_budgeted = arguments.iter().any(|each| each == "--budgets");
    println!(
        "geometric mean of the regret after {trials} trials, {seeds} seeds; below, relative to the undistorted function"
    );
    println!("{:<16}{}", "", PROBLEMS.each_ref().map(|problem| format!("{:>14}", problem.name)).concat());
    let mut all = Vec::new();
    let mut base: [Vec<f64>; PROBLEMS.len()] = Default::default();
    for (number, (name, distortion)) in DISTORTIONS.iter().enumerate() {
        let mut line = format!("{name:<16}");
        for (problem, base) in PROBLEMS.iter().zip(&mut base) {
            let logarithm = |regret: f64| regret.max(DONE).ln();
            let each: Vec<f64> = (0..seeds)
                .into_par_iter()
                .map(|seed| run(problem, *distortion, trials, is_budgeted, seed).map_or(f64::NAN, logarithm))
                .collect();
            if number == 0 {
                line += &format!("{:>14.4}", mean_and_error(&each).0.exp());
                *base = each;
            } else {
                let differences: Vec<f64> = each.iter().zip(&*base).map(|(each, base)| each - base).collect();
                let (mean, error) = mean_and_error(&differences);
                all.push((mean, error));
                line += &format!("{:>7.2} ± {error:.2}", mean.exp());
            }
        }
        println!("{line}");
    }
    let logarithms: Vec<f64> = all.iter().map(|(mean, _)| *mean).collect();
    let (mean, _) = mean_and_error(&logarithms);
    let median = quantile(&logarithms, 0.5).unwrap_or(f64::NAN);
    let (worst, error) = all.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default();
    let above = all.iter().filter(|(mean, error)| mean - 2.0 * error > BOUND.ln()).count();
    println!(
        "ratios: geometric mean {:.2}, median {:.2}, worst {:.2} ± {error:.2}; above {BOUND} by two errors: {above} of {}",
        mean.exp(),
        median.exp(),
        worst.exp(),
        all.len()
    );
    Ok(())
}

/// The mean of numbers, and its standard error.
fn mean_and_error(numbers: &[f64]) -> (f64, f64) {
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let variance = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, (variance / n).sqrt())
}

/// The normalised regret of the configuration with the lowest distorted cost at the full budget.
fn run(
    problem: &Problem,
    distort: Distortion,
    trials: u32,
    is_budgeted: bool,
    seed: u64,
) -> Result<f64, Box<dyn Error>> {
    let text = format!("(name: \"distortions\", parameters: {{{}}})", problem.parameters);
    let space = Arc::new(Space::parse(&text, Path::new("distortions"))?);
    let mut stream = Stream::of(1, "sample", 0);
    let mut all = Vec::new();
    for _ in 0..1000 {
        all.push((problem.cost)(&space.encode(&space.sample(&mut stream)?)));
    }
    all.sort_by(f64::total_cmp);
    let budget = |amount| Budget::new(amount).ok_or("a budget is positive");
    let full = budget(27.0)?;
    let schedule = if is_budgeted { Schedule::new(budget(1.0)?, full, 3)? } else { Schedule::full(full) };
    let mut optimizer = Optimizer::builder(space.clone(), schedule, IntensifierConfig::default()).seed(seed).build()?;
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..trials {
        let Ask::Trial(proposal) = optimizer.ask() else { return Err("the space is not exhausted".into()) };
        let x = space.encode(&proposal.configuration);
        let cost = (problem.cost)(&x);
        let missing = all[500] * (1.0 / proposal.budget.amount() - 1.0 / 27.0);
        let told = distort(problem, &x, cost + missing * (1.0 + (3.0 * x.iter().sum::<f64>()).sin()), &all);
        if proposal.budget == full && told < best.0 {
            best = (told, cost);
        }
        optimizer.tell(proposal.trial, Outcome::of_cost(told));
    }
    Ok(best.1 / all[500])
}
