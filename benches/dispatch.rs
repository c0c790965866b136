//! Dispatch: trivial trials through workers of one slot each, and how long a slot waits for its next trial.
//!
//! `cargo bench --bench dispatch -- [--workers N] [--trials N]`: the same sweep by local slots and by workers. A slot's wait is
//! the time between the end of a trial and the start of the next one in it, by the journal, so that it has the program's way to
//! the coordinator, the journal's to the disk, the proposal, and the way back.
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: usize| {
        let place = arguments.iter().position(|argument| argument == name);
        place.and_then(|place| arguments.get(place + 1)?.parse().ok()).unwrap_or(default)
    };
    let (workers, trials) = (number("--workers", 8), number("--trials", 1000));
    for is_remote in [false, true] {
        measure(workers, trials, is_remote);
    }
}

fn measure(workers: usize, trials: usize, is_remote: bool) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let experiment = format!(
        r#"(name: "dispatch", search_space: (parameters: {{ "x": Float(min: 0, max: 1) }}),
            task: Command(program: "./trial.sh", arguments: ["{{x}}"]), budget: (min: 1, max: 9, eta: 3),
            optimizer: (intensifier: FullFidelity, search: Random), executor: Process(workers: {workers}),
            validation: false, stop: (trials: {trials}), seed: 1)"#
    );
    fs::write(folder.path().join("dispatch.ron"), experiment).expect("a file");
    let program = folder.path().join("trial.sh");
    fs::write(&program, "#!/bin/sh\necho \"{\\\"cost\\\": $1}\"\n").expect("a file");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("a file of our own");
    let listen: &[&str] = if is_remote { &["--listen=127.0.0.1:0"] } else { &[] };
    let mut run = start(folder.path(), &[&["run", "dispatch.ron"], listen].concat());
    let file = folder.path().join("runs/dispatch/coordinator.json");
    let mut started = Vec::new();
    if is_remote {
        let begun = Instant::now();
        while !file.exists() && begun.elapsed() < Duration::from_secs(60) {
            sleep(Duration::from_millis(10));
        }
        let file = file.display().to_string();
        started.extend(
            (0..workers).map(|number| {
                start(folder.path(), &["worker", "--coordinator", &file, "--name", &format!("w{number}")])
            }),
        );
    }
    // The report that follows is not measured.
    let events = folder.path().join("runs/dispatch/events.jsonl");
    while !fs::read_to_string(&events).is_ok_and(|text| text.contains("\"event\":\"over\"")) {
        assert!(run.try_wait().is_ok_and(|status| status.is_none()), "the run failed");
        sleep(Duration::from_millis(50));
    }
    for process in started.iter_mut().chain([&mut run]) {
        let _ = process.kill();
        let _ = process.wait();
    }
    let place = if is_remote { "workers" } else { "local slots" };
    report(place, workers, folder.path());
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("galvani starts")
}

/// Prints the rate and the waits that the journal tells.
fn report(place: &str, workers: usize, folder: &Path) {
    let journal = fs::read_to_string(folder.join("runs/dispatch/store/journal.jsonl")).expect("a journal");
    let records = journal.lines().filter_map(|line| serde_json::from_str::<Value>(line.split_once(' ')?.1).ok());
    let time = |value: &Value| value.as_str()?.parse::<jiff::Timestamp>().ok();
    let mut slots: BTreeMap<String, Vec<(jiff::Timestamp, jiff::Timestamp)>> = BTreeMap::new();
    for record in records.filter(|record| record["kind"] == "ended") {
        if let (Some(slot), Some(started), Some(at)) =
            (record["slot"].as_str(), time(&record["started"]), time(&record["at"]))
        {
            slots.entry(slot.to_owned()).or_default().push((started, at));
        }
    }
    slots.values_mut().for_each(|trials| trials.sort());
    let all = || slots.values().flatten();
    let (count, first, last) = (all().count(), all().map(|each| each.0).min(), all().map(|each| each.1).max());
    let seconds = first.zip(last).map_or(0.0, |(first, last)| last.duration_since(first).as_secs_f64());
    let gaps = slots.values().flat_map(|trials| trials.windows(2));
    let mut waits: Vec<f64> = gaps.map(|pair| pair[1].0.duration_since(pair[0].1).as_secs_f64() * 1e3).collect();
    waits.sort_by(f64::total_cmp);
    let quantile = |share: f64| waits.get((share * waits.len() as f64) as usize).copied().unwrap_or(f64::NAN);
    println!(
        "{place:>11} x {workers}: {count} trials in {seconds:.2} s, {:.0} a second; a slot waits {:.1} ms (median), {:.1} ms (95 %), {:.1} ms (most)",
        count as f64 / seconds,
        quantile(0.5),
        quantile(0.95),
        waits.last().copied().unwrap_or(f64::NAN),
    );
}
