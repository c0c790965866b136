//! Ten thousand trivial trials through a program that stays, and how busy four slots are; beside it Optuna and SMAC3.
//!
//! `cargo bench --bench trials` prints a table. `GALVANI_BENCH_PYTHON` names a Python with optuna and smac; without it the
//! peers are left out. `benches/RESULTS.md` keeps what was measured where.
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use galvani::experiment::Experiment;
use galvani::experiment::folder::RunFolder;
use galvani::experiment::replay::log::Log;
use galvani::experiment::run::event::{RunEvent, RunStatus, Watcher};
use galvani::experiment::run::run;
use galvani::store::Store;
use galvani::store::record::Record;

type BenchResult<T = ()> = Result<T, Box<dyn Error>>;

const TRIALS: usize = 10_000;

/// Answers each line with the cost of its configuration.
const PROGRAM: &str = r#"import json, sys
for line in sys.stdin:
    request = json.loads(line)
    x = request["config"]["x"]
    print(json.dumps({"trial": request["trial"], "cost": x * x}), flush=True)
"#;

fn main() -> BenchResult {
    let folder = tempfile::tempdir()?;
    let ours = throughput(folder.path())?;
    if let Some(python) = std::env::var_os("GALVANI_BENCH_PYTHON") {
        for peer in ["optuna", "smac"] {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/trivial.py");
            let output = Command::new(&python).arg(script).arg(peer).current_dir(folder.path()).output()?;
            let text = String::from_utf8(output.stdout)?;
            let rate: Option<f64> = text.lines().last().and_then(|line| line.trim().parse().ok());
            match rate {
                Some(rate) => row(
                    &format!("{peer}: trials a second; galvani's are {:.0} times as many", ours / rate),
                    rate,
                    "1/s",
                ),
                None => println!("{peer} failed: {}", String::from_utf8_lossy(&output.stderr)),
            }
        }
    }
    occupancy(folder.path())
}

fn row(what: &str, value: f64, unit: &str) {
    println!("{what:<66} {value:>10.3} {unit}");
}

/// Random search with two workers, every trial asked, started, answered, told and kept.
fn throughput(folder: &Path) -> BenchResult<f64> {
    fs::write(folder.join("trivial.py"), PROGRAM)?;
    let text = format!(
        r#"(
    name: "trivial",
    search_space: (parameters: {{ "x": Float(min: -5, max: 5), "y": Float(min: 0, max: 1) }}),
    task: Command(program: "python3", arguments: ["trivial.py"], mode: Persistent),
    optimizer: (random_probability: 1),
    executor: Process(workers: 2),
    stop: (trials: {TRIALS}),
)"#
    );
    fs::write(folder.join("trivial.ron"), text)?;
    std::env::set_current_dir(folder)?;
    let experiment = Experiment::read(Path::new("trivial.ron"))?;
    let runs = RunFolder::of(Path::new("runs"), &experiment.name);
    let mut memory = Memory::default();
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let summary = run(&experiment, &runs, &mut memory, &AtomicUsize::new(0))?;
    let wall = begun.elapsed().as_secs_f64();
    let rate = TRIALS as f64 / wall;
    row("persistent: trivial trials a second, 2 workers, store included", rate, "1/s");
    row("persistent: processor time of galvani itself a trial", (cpu_seconds() - cpu) / TRIALS as f64 * 1e6, "us");
    row("persistent: share of the optimizer", 100.0 * summary.asking.as_secs_f64() / wall, "%");
    for (ended, bytes) in &memory.samples {
        row(&format!("persistent: resident memory of galvani after {ended} trials"), *bytes as f64 / 1e6, "MB");
    }
    let begun = Instant::now();
    let (_store, opened) = Store::open(&runs.store())?;
    row("persistent: opening the finished store", begun.elapsed().as_secs_f64(), "s");
    let ends = opened.records.iter().filter(|record| matches!(record, Record::Ended(_))).count();
    assert_eq!(ends, TRIALS, "every trial is in the store");
    Ok(rate)
}

/// Resident memory of this process at some numbers of trials.
#[derive(Default)]
struct Memory {
    samples: Vec<(usize, u64)>,
}

impl Watcher for Memory {
    fn notice(&mut self, event: &RunEvent, status: &RunStatus) {
        let ended = status.history.ended().len();
        if matches!(event, RunEvent::Ended { .. })
            && ended.is_multiple_of(TRIALS / 4)
            && self.samples.last().is_none_or(|last| last.0 < ended)
        {
            self.samples.push((ended, resident()));
        }
    }
}

fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    fields[11..13].iter().filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Four slots that are called GPUs, trials from 0.1 to 4 s under asynchronous promotion.
fn occupancy(folder: &Path) -> BenchResult {
    let text = r#"(
    name: "occupancy",
    search_space: (parameters: { "x": Float(min: 0.1, max: 1.3, log: true), "y": Float(min: 0, max: 1) }),
    task: Command(program: "sh", arguments: ["-c", "sleep $(awk 'BEGIN { print {x} * {budget} }'); echo '{\"cost\": {y}}'"]),
    budget: (min: 1, max: 3, eta: 3),
    optimizer: (intensifier: Asynchronous()),
    executor: Process(slots: ["gpu:0", "gpu:1", "gpu:2", "gpu:3"]),
    stop: (trials: 120),
)"#;
    // No GPU is needed: without a driver and a list, the numbers are taken as they are.
    // SAFETY: no other thread runs yet that reads the environment.
    unsafe { std::env::set_var("CUDA_VISIBLE_DEVICES", "0,1,2,3") };
    fs::write(folder.join("occupancy.ron"), text)?;
    let experiment = Experiment::read(Path::new("occupancy.ron"))?;
    let runs = RunFolder::of(Path::new("runs"), &experiment.name);
    let summary = run(&experiment, &runs, &mut Memory::default(), &AtomicUsize::new(0))?;
    let log = Log::read(runs)?;
    let ends: Vec<_> = log.details.iter().filter_map(|details| details.ended.as_ref()).collect();
    let seconds = |from: jiff::Timestamp, to: jiff::Timestamp| to.duration_since(from).as_secs_f64();
    let first = ends.iter().map(|ended| ended.started).min().ok_or("no trial ended")?;
    // Until the last start there is something to do for every slot.
    let last = ends.iter().map(|ended| ended.started).max().ok_or("no trial ended")?;
    let busy: f64 = ends.iter().map(|ended| seconds(ended.started.min(last), ended.at.min(last))).sum();
    row("four slots: busy until the last start", 100.0 * busy / (4.0 * seconds(first, last)), "%");
    let shortest = ends.iter().map(|ended| ended.seconds).fold(f64::INFINITY, f64::min);
    let longest = ends.iter().map(|ended| ended.seconds).fold(0.0, f64::max);
    row("four slots: shortest trial", shortest, "s");
    row("four slots: longest trial", longest, "s");
    row("four slots: all of it", summary.elapsed.as_secs_f64(), "s");
    Ok(())
}
