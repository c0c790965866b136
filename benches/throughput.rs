//! How fast trivial trials go through everything that keeps them safe: executor, loop, store.
//!
//! `cargo bench --no-default-features --bench throughput` runs 10,000 trials in persistent programs of two workers, and
//! opens the finished store. `-- --peers PYTHON` runs Optuna (journal file) and SMAC3 beside it, with a Python that has
//! both; `--trials N` changes the number.
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use galvani::experiment::Experiment;
use galvani::experiment::event::{Event, Standing, Watcher};
use galvani::experiment::folder::RunFolder;
use galvani::experiment::log::Log;
use galvani::experiment::run::run;
use galvani::store::Store;

/// Answers each request with a cost, without starting anything.
const PROGRAM: &str = r#"#!/bin/sh
while read -r line; do
    trial=${line#*\"trial\":}
    echo "{\"trial\": ${trial%%,*}, \"cost\": 1.5}"
done
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|each| each == name).and_then(|at| arguments.get(at + 1));
    let trials: usize = value("--trials").map_or(Ok(10_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("trial.sh");
    fs::write(&program, PROGRAM)?;
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    let file = folder.path().join("throughput.ron");
    // Proposals by chance: what a model costs is another benchmark's question.
    let text = format!(
        "(name: \"throughput\", search_space: (parameters: {{ \"x\": Float(min: 0, max: 1), \"n\": Integer(min: 1, max: 99) }}),
          task: Command(program: \"./trial.sh\", mode: Persistent), optimizer: (random_probability: 1),
          executor: Process(workers: 2), stop: (trials: {trials}), seed: 1)"
    );
    fs::write(&file, text)?;
    let experiment = Experiment::read(&file)?;
    let runs = RunFolder::of(&folder.path().join("runs"), "throughput");
    let mut memory = Memory { trials, ..Memory::default() };
    let (begun, before) = (Instant::now(), processor_seconds());
    run(&experiment, &runs, &mut memory, &AtomicUsize::new(0))?;
    let (wall, processor) = (begun.elapsed().as_secs_f64(), processor_seconds() - before);
    let row = |what: &str, value: f64, unit: &str| println!("{what:<58} {value:>10.2} {unit}");
    row("trials a second, 2 workers, store included", trials as f64 / wall, "1/s");
    row("processor time of galvani a trial, all threads", processor / trials as f64 * 1e3, "ms");
    row("resident memory after a quarter of the trials", memory.quarter, "MiB");
    row("resident memory after all of them", memory.whole, "MiB");

    let begun = Instant::now();
    let (store, opened) = Store::open(&runs.store())?;
    row("opening the finished store for writing", begun.elapsed().as_secs_f64(), "s");
    row("  records in it", opened.records.len() as f64, "");
    row("  its journal", fs::metadata(runs.store().join("journal.jsonl"))?.len() as f64 / 1_048_576.0, "MiB");
    drop(store);
    let begun = Instant::now();
    let log = Log::read(runs.clone())?;
    row("reading it for a listing", begun.elapsed().as_secs_f64(), "s");
    assert_eq!(log.history.ended().len(), trials);

    if let Some(python) = value("--peers") {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/throughput_peers.py");
        let status = Command::new(python).arg(script).arg((trials / 10).to_string()).status()?;
        if !status.success() {
            return Err(format!("the peers ended with {status}").into());
        }
    }
    Ok(())
}

/// What this process holds in memory as the run goes on.
#[derive(Default)]
struct Memory {
    trials: usize,
    ended: usize,
    quarter: f64,
    whole: f64,
}

impl Watcher for Memory {
    fn notice(&mut self, event: &Event, _standing: &Standing) {
        if let Event::Ended { .. } = event {
            self.ended += 1;
            if self.ended == self.trials / 4 {
                self.quarter = resident();
            }
            if self.ended == self.trials {
                self.whole = resident();
            }
        }
    }
}

/// MiB; zero where the system does not say.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// Of all threads of this process so far; its programs are not counted.
fn processor_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // User and system time, in ticks of a hundredth of a second.
    [11, 12].iter().filter_map(|&field| fields.get(field)?.parse::<f64>().ok()).sum::<f64>() / 100.0
}
