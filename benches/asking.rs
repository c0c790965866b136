//! Costs of an ask: processor time of all threads, amortised refits included, and the peak memory of the process.
//!
//! `cargo bench --bench asking` runs the optimizer alone; `-- --python PATH` adds SMAC3 and Optuna as that Python has
//! them, on the same space, one process each. `benches/RESULTS.md` keeps what was measured where.
use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use galvani::intensifier::bracket::Schedule;
use galvani::intensifier::config::IntensifierConfig;
use galvani::numeric::quantile::quantile;
use galvani::optimizer::{Ask, Optimizer};
use galvani::space::Space;
use galvani::trial::budget::Budget;
use galvani::trial::outcome::Outcome;

/// Ten mixed parameters: `peers/asking.py` has the same.
const SPACE: &str = r#"(
    name: "mixed",
    parameters: {
        "a": Float(min: 0, max: 1), "b": Float(min: 0, max: 1), "c": Float(min: 1e-4, max: 1, log: true),
        "d": Float(min: 1e-4, max: 1, log: true), "e": Float(min: 0, max: 1),
        "f": Integer(min: 1, max: 64, log: true), "g": Integer(min: 1, max: 9),
        "h": Ordinal(values: [16, 32, 64, 128]),
        "k": Categorical(choices: ["x", "y", "z", "w"]), "l": Categorical(choices: ["x", "y"]),
    },
)"#;

/// Asks that a mean is taken over.
const WINDOW: usize = 100;

type Outcomes<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcomes<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |flag: &str| arguments.iter().position(|each| each == flag).and_then(|at| arguments.get(at + 1));
    let trials = after("--trials").map_or(Ok(10_000), |number| number.parse::<usize>())?;
    // A process for each, so that its peak memory is its own.
    if let Some(name) = after("--measure") {
        return measure(name, trials);
    }
    println!(
        "{:<34} {:>12} {:>12} {:>12} {:>12}",
        "CPU time of an ask", "mean at 1000", "mean at end", "p99 at end", "peak memory"
    );
    let mut ours = f64::NAN;
    for name in ["full fidelity", "default (1, 27, 3)", "Hyperband (1, 27, 3)"] {
        let output = Command::new(std::env::current_exe()?)
            .args(["--measure", name, "--trials", &trials.to_string()])
            .output()?;
        let found: Vec<f64> =
            serde_json::from_slice(&output.stdout).map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
        let [at_1000, mean, p99, memory] = found[..] else { return Err("four numbers were expected".into()) };
        let what = format!("galvani, {name}, {trials} trials");
        println!("{what:<34} {at_1000:>9.2} ms {mean:>9.2} ms {p99:>9.2} ms {memory:>9.1} MB");
        ours = if ours.is_nan() { at_1000 } else { ours };
    }
    let Some(python) = after("--python") else { return Ok(()) };
    for peer in ["smac", "optuna"] {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/asking.py");
        let output = Command::new(python).arg(script).arg(peer).output()?;
        let found: Vec<f64> =
            serde_json::from_slice(&output.stdout).map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
        let [at_1000, memory] = found[..] else { return Err("two numbers were expected".into()) };
        println!("{peer:<34} {at_1000:>9.2} ms {:>38.1} MB   {:.0} times galvani's", memory, at_1000 / ours);
    }
    Ok(())
}

/// Runs one optimizer and prints, as JSON: mean at 1,000, mean and 99th percentile at the end in ms, peak memory in MB.
fn measure(name: &str, trials: usize) -> Outcomes<()> {
    let space = Arc::new(Space::parse(SPACE, Path::new("mixed"))?);
    let budget = |amount| Budget::new(amount).ok_or("a budget is positive");
    let schedule = match name {
        "full fidelity" => Schedule::full(budget(1.0)?),
        _ => Schedule::new(budget(1.0)?, budget(27.0)?, 3)?,
    };
    let intensifier = match name {
        "Hyperband (1, 27, 3)" => IntensifierConfig::Hyperband,
        _ => IntensifierConfig::default(),
    };
    let mut optimizer = Optimizer::builder(space.clone(), schedule, intensifier).seed(1).build()?;
    let mut times = Vec::new();
    for _ in 0..trials {
        let begun = processor();
        let Ask::Trial(proposal) = optimizer.ask() else { return Err("the space is not exhausted".into()) };
        times.push(processor() - begun);
        let row = space.encode(&proposal.configuration);
        let distance = |(index, x): (usize, &f64)| (x - 0.07 * index as f64).powi(2);
        let cost = row.iter().enumerate().map(distance).sum::<f64>() + 1.0 / proposal.budget.amount();
        optimizer.tell(proposal.trial, Outcome::of_cost(cost));
    }
    let mean = |times: &[f64]| times.iter().sum::<f64>() / times.len() as f64;
    let end = &times[times.len() - (10 * WINDOW).min(times.len())..];
    let at = 1000.min(times.len());
    let p99 = quantile(end, 0.99).ok_or("there were trials")?;
    println!("[{}, {}, {}, {}]", mean(&times[at - WINDOW.min(at)..at]), mean(end), p99, peak_memory()?);
    Ok(())
}

/// Processor time of this process, all threads, user and system, in ms.
fn processor() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 * 1e-6
}

/// The largest resident memory that this process ever had, in MB.
fn peak_memory() -> Outcomes<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("Linux says the peak")?;
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024.0 / 1e6)
}
