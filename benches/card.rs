//! Costs of training and evaluating the original's model on a graphics card, beside PyTorch on the same card in the same run.
//!
//! `cargo bench --features cuda --bench card -- [--device cuda:0] [--python PATH]`. A transformer 256 wide, 12 layers, 8 heads, windows
//! of 512 rows, feed-forward factor 4, 64 windows a step, bf16: rows a second of wall time, the share of the card's peak (`--peak
//! 989` TFLOP/s, an H100's or H200's for dense bf16), memory, the free run of 16 series over 16,384 rows, and two trainings at once.
//! `--width --layers --heads --steps --batch --factor --timed --horizon` change the model and the work. With `--device cpu` it runs
//! anywhere, to be tried out. `benches/RESULTS.md` keeps what was measured.
use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

use galvani::battery::dataset::WIDTH;
use galvani::battery::evaluation::rollout::{GivenFeatures, Rollout, free_run};
use galvani::battery::model::architecture::Architecture;
use galvani::battery::model::device;
use galvani::battery::model::hyperparameter::{Hyperparameters, Mixing, NormKind, Position};
use galvani::battery::model::{Model, Statistics};
use galvani::battery::training::batch::Source;
use galvani::battery::training::{Precision, Training, TrainingSpan, train};

#[path = "support/walk.rs"]
mod walk;
use walk::Walk;

/// Steps before the clock starts: kernels are compiled and tuned in them.
const WARM_UP: u64 = 20;

/// Series of an evaluation, and true rows before each.
const SERIES: usize = 16;
const CONTEXT: usize = 512;

type Outcome<T> = Result<T, Box<dyn Error>>;

struct Arguments(Vec<String>);

impl Arguments {
    fn after(&self, flag: &str) -> Option<&String> {
        self.0.iter().position(|each| each == flag).and_then(|at| self.0.get(at + 1))
    }

    fn number(&self, flag: &str, default: f64) -> Outcome<f64> {
        Ok(self.after(flag).map_or(Ok(default), |text| text.parse())?)
    }

    fn whole(&self, flag: &str, default: usize) -> Outcome<usize> {
        Ok(self.after(flag).map_or(Ok(default), |text| text.parse())?)
    }
}

struct Work {
    width: usize,
    layers: usize,
    heads: usize,
    steps: usize,
    batch: usize,
    factor: f64,
    timed: usize,
    horizon: usize,
}

fn main() -> Outcome<()> {
    let arguments = Arguments(std::env::args().collect());
    let work = Work {
        width: arguments.whole("--width", 256)?,
        layers: arguments.whole("--layers", 12)?,
        heads: arguments.whole("--heads", 8)?,
        steps: arguments.whole("--steps", 512)?,
        batch: arguments.whole("--batch", 64)?,
        factor: arguments.number("--factor", 4.0)?,
        timed: arguments.whole("--timed", 100)?,
        horizon: arguments.whole("--horizon", 16_384)?,
    };
    let device = arguments.after("--device").map_or("cuda:0", String::as_str);
    if arguments.0.iter().any(|each| each == "--measure") {
        return work.measure(device);
    }
    println!(
        "{} wide, {} layers, {} heads, windows of {} rows, {} a step, feed-forward {}, on {device}",
        work.width, work.layers, work.heads, work.steps, work.batch, work.factor
    );
    let peak = arguments.number("--peak", 989.0)? * 1e12;
    let (alone, parameters) = work.line("galvani", &[work.galvani(device)?.output()?], peak)?;
    let pair = [work.galvani(device)?.spawn()?, work.galvani(device)?.spawn()?];
    let pair = pair.into_iter().map(|child| child.wait_with_output()).collect::<Result<Vec<_>, _>>()?;
    work.line("galvani, two at once", &pair, peak)?;
    if let Some(python) = arguments.after("--python") {
        for (name, flags) in [("PyTorch eager", &[][..]), ("PyTorch compiled", &["--compile"][..])] {
            let (rate, _) = work.line(name, &[work.pytorch(python, device, flags).output()?], peak)?;
            println!("  galvani is at {:.2}", alone / rate);
        }
    }
    let floor = (work.steps * work.batch) as f64 * work.operations(parameters) / peak;
    println!("a step is {:.3} ms at the card's peak, without a byte moved", 1e3 * floor);
    Ok(())
}

impl Work {
    fn flags(&self, command: &mut Command) {
        let numbers = [
            ("--width", self.width),
            ("--layers", self.layers),
            ("--heads", self.heads),
            ("--steps", self.steps),
            ("--batch", self.batch),
            ("--timed", self.timed),
        ];
        for (flag, value) in numbers {
            command.args([flag, &value.to_string()]);
        }
        command.args(["--factor", &self.factor.to_string()]);
        command.stdout(std::process::Stdio::piped());
    }

    fn galvani(&self, device: &str) -> Outcome<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--measure", "--device", device, "--horizon", &self.horizon.to_string()]);
        self.flags(&mut command);
        Ok(command)
    }

    fn pytorch(&self, python: &str, device: &str, more: &[&str]) -> Command {
        let mut command = Command::new(python);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/training.py"));
        command.args(["--device", device, "--bf16"]).args(more);
        self.flags(&mut command);
        command
    }

    /// Floating point operations of a row: 6 a weight, and causal attention's products.
    fn operations(&self, parameters: f64) -> f64 {
        6.0 * parameters + 6.0 * (self.layers * self.width * self.steps) as f64
    }

    /// Prints what runs at the same time measured, and answers all their rows a second and the parameters.
    fn line(&self, name: &str, outputs: &[Output], peak: f64) -> Outcome<(f64, f64)> {
        let (mut rate, mut parameters, mut evaluation, mut memory) = (0.0, 0.0, f64::NAN, 0.0);
        for output in outputs {
            let found: Vec<f64> = serde_json::from_slice(&output.stdout)
                .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
            rate += found[0];
            parameters = found[1];
            memory = f64::max(memory, found.get(2).copied().unwrap_or(0.0));
            evaluation = found.get(3).copied().unwrap_or(evaluation);
        }
        let share = rate * self.operations(parameters) / peak;
        let evaluated = match evaluation.is_nan() {
            true => String::new(),
            false => format!(", {SERIES} series of {} rows predicted in {evaluation:.2} s", self.horizon),
        };
        println!(
            "{name:<22} {parameters:>10} weights {rate:>12.0} rows/s, {:.1} % of the peak, {memory:.0} MB{evaluated}",
            100.0 * share
        );
        Ok((rate, parameters))
    }

    /// Trains and evaluates once, and prints rows a second, weights, the card's used memory in MB, and seconds of evaluation.
    fn measure(&self, name: &str) -> Outcome<()> {
        let (device, note) = device::resolve(name)?;
        if let Some(note) = note {
            return Err(note.into());
        }
        let hyperparameters = Hyperparameters {
            mixing: Mixing::Attention { position: Position::Rotary { theta: 1e4 }, n_heads: self.heads },
            norm: NormKind::RootMeanSquare,
            dim_model: self.width,
            seq_len: self.steps,
            n_layer: self.layers,
            learning_rate: None,
        };
        let architecture = Architecture { feed_forward: self.factor, ..Architecture::default() };
        let ad = device.clone().autodiff();
        let model = Model::new(hyperparameters, architecture, Statistics::of(&Walk), 1, &ad);
        let settings = Training {
            tokens_per_step: self.batch * self.steps,
            precision: Precision::BFloat16,
            ..Training::default()
        };
        let run = |model: Model, steps: u64| {
            let span = TrainingSpan { steps, seed: 1, divisor: 1, folder: None };
            train(model, &Walk, &settings, span, &mut |_| ControlFlow::Continue(()))
        };
        let model = run(model, WARM_UP)?.model;
        let begun = Instant::now();
        let model = run(model, self.timed as u64)?.model;
        let rate = (self.timed * self.batch * self.steps) as f64 / begun.elapsed().as_secs_f64();
        let memory = memory(name);

        let rows = CONTEXT + self.horizon;
        let mut truth = vec![0.0; SERIES * rows * WIDTH];
        truth.chunks_exact_mut(rows * WIDTH).enumerate().for_each(|(series, out)| Walk.read(series, 0, out));
        let stride = (self.steps / 4).max(1);
        let rollout = Rollout { context: CONTEXT, stride, given: GivenFeatures::Current, carry_state: false };
        let begun = Instant::now();
        std::hint::black_box(free_run(&model.valid(), &truth, SERIES, &rollout));
        let evaluation = begun.elapsed().as_secs_f64();
        println!("[{rate}, {}, {memory}, {evaluation}]", model.parameters());
        Ok(())
    }
}

/// Memory in use on a card, in MB, by whatever runs there; 0 where nobody says.
fn memory(device: &str) -> f64 {
    let Some((_, index)) = device.split_once(':') else { return 0.0 };
    let query = ["--query-gpu=memory.used", "--format=csv,noheader,nounits", "-i", index];
    let output = Command::new("nvidia-smi").args(query).output();
    output.ok().and_then(|output| String::from_utf8_lossy(&output.stdout).trim().parse().ok()).unwrap_or(0.0)
}
