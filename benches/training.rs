//! Costs of a step of training: rows a second of processor time, beside PyTorch on the same model.
//!
//! `cargo bench --bench training` trains the transformer alone; `-- --python PATH` adds PyTorch, eager and compiled, in turn
//! with it. `--width 64 --layers 4 --heads 4 --steps 128 --batch 16 --factor 2.75 --rounds 3` are the defaults; all on one
//! thread (`RAYON_NUM_THREADS=1`), so that the numbers do not depend on who else works. `benches/RESULTS.md` keeps them.
use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

use burn::tensor::Device;
use galvani::battery::model::architecture::{Architecture, Family, Mamba};
use galvani::battery::model::hyperparameter::{Hyperparameters, Mixing, NormKind, Position};
use galvani::battery::model::{Model, Statistics};
use galvani::battery::training::{Training, TrainingSpan, train};
use rustix::time::{ClockId, clock_gettime};

#[path = "support/walk.rs"]
mod walk;
use walk::Walk;

/// Steps before the clock starts.
const WARM_UP: usize = 5;

fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |flag: &str| arguments.iter().position(|each| each == flag).and_then(|at| arguments.get(at + 1));
    let number = |flag: &str, default: f64| after(flag).map_or(Ok(default), |text| text.parse());
    let whole = |flag: &str, default: usize| after(flag).map_or(Ok(default), |text| text.parse());
    let (width, layers, heads) = (whole("--width", 64)?, whole("--layers", 4)?, whole("--heads", 4)?);
    let (steps, batch, rounds) = (whole("--steps", 128)?, whole("--batch", 16)?, whole("--rounds", 3)?);
    let (factor, timed) = (number("--factor", 2.75)?, whole("--timed", 20)?);

    if let Some(family) = after("--measure") {
        let (mixing, family) = match family.as_str() {
            "mamba-1" => (Mixing::Mamba { d_intermediate: 0 }, Family::Mamba(Mamba { version: 1, ..Mamba::default() })),
            "mamba-2" => (Mixing::Mamba { d_intermediate: 0 }, Family::Mamba(Mamba::default())),
            _ => {
                let position = Position::Rotary { theta: 1e4 };
                (Mixing::Attention { position, n_heads: heads }, Family::Transformer)
            }
        };
        let hyperparameters = Hyperparameters {
            mixing,
            norm: NormKind::RootMeanSquare,
            dim_model: width,
            seq_len: steps,
            n_layer: layers,
            learning_rate: None,
        };
        let architecture = Architecture { family, feed_forward: factor, ..Architecture::default() };
        let model = Model::new(hyperparameters, architecture, Statistics::of(&Walk), 1, &Device::flex().autodiff());
        let parameters = model.parameters();
        let settings = Training { tokens_per_step: batch * steps, ..Training::default() };
        let mut times = Vec::new();
        let span = TrainingSpan { steps: (WARM_UP + timed) as u64, seed: 1, divisor: 1, folder: None };
        train(model, &Walk, &settings, span, &mut |_| {
            times.push(processor_seconds());
            ControlFlow::Continue(())
        })?;
        let seconds = (times[times.len() - 1] - times[WARM_UP - 1]) / timed as f64;
        println!("[{}, {parameters}]", (batch * steps) as f64 / seconds);
        return Ok(());
    }

    println!(
        "{width} wide, {layers} layers, {heads} heads, {steps} steps, batch {batch}, feed-forward {factor}: one thread"
    );
    println!("{:<18} {:>10} {:>32}", "", "parameters", "rows a second of CPU time");
    let mut ways = vec![("galvani", "transformer"), ("PyTorch eager", "eager"), ("PyTorch compiled", "compiled")];
    ways.extend([("galvani Mamba-2", "mamba-2"), ("galvani Mamba-1", "mamba-1")]);
    let python = after("--python");
    ways.retain(|(name, _)| python.is_some() || name.starts_with("galvani"));
    let mut rates = vec![Vec::new(); ways.len()];
    let mut sizes = vec![0.0; ways.len()];
    // In turn, so that a busier minute is everybody's.
    for _ in 0..rounds {
        for (index, (name, way)) in ways.iter().enumerate() {
            let mut command = match python.filter(|_| name.starts_with("PyTorch")) {
                Some(python) => {
                    let mut command = Command::new(python);
                    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/training.py"));
                    command.args(if *way == "compiled" { &["--compile"][..] } else { &[] });
                    command
                }
                None => {
                    let mut command = Command::new(std::env::current_exe()?);
                    command.args(["--measure", way]);
                    command
                }
            };
            for (flag, value) in [("--width", width), ("--layers", layers), ("--heads", heads), ("--steps", steps)] {
                command.args([flag, &value.to_string()]);
            }
            command.args([
                "--batch",
                &batch.to_string(),
                "--factor",
                &factor.to_string(),
                "--timed",
                &timed.to_string(),
            ]);
            let output = command.env("RAYON_NUM_THREADS", "1").env("OMP_NUM_THREADS", "1").output()?;
            let found: Vec<f64> = serde_json::from_slice(&output.stdout)
                .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
            let [rate, parameters] = found[..] else { return Err("two numbers were expected".into()) };
            rates[index].push(rate);
            sizes[index] = parameters;
        }
    }
    let median = |rates: &[f64]| {
        let mut sorted = rates.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    };
    let ours = median(&rates[0]);
    for (((name, _), rates), parameters) in ways.iter().zip(&rates).zip(&sizes) {
        let (middle, least) = (median(rates), rates.iter().copied().fold(f64::INFINITY, f64::min));
        let most = rates.iter().copied().fold(0.0, f64::max);
        let beside =
            if name.starts_with("PyTorch") { format!("   galvani is at {:.2}", ours / middle) } else { String::new() };
        println!("{name:<18} {parameters:>10} {middle:>12.0} ({least:.0} to {most:.0}){beside}");
    }
    Ok(())
}
