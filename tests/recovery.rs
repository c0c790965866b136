//! A run that is killed goes on with the same command, repeats nothing, and ends as if it had never been killed.
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

const EXPERIMENT: &str = r#"(
    name: "sweep",
    search_space: (
        parameters: {
            "rate": Float(min: 1e-4, max: 1.0, log: true),
            "width": Integer(min: 1, max: 64, log: true),
            "kind": Categorical(choices: ["a", "b", "c"]),
        },
        forbidden: ["kind == 'a' and width > 32"],
    ),
    task: Command(program: "./train.sh", arguments: ["{rate}", "{width}", "{kind}", "{budget}"]),
    budget: (min: 1, max: 9, eta: 3),
    executor: Process(workers: 1),
    stop: (trials: 30),
    seed: 7,
)"#;

/// Notes that it ran, takes its time, and computes a cost from its arguments alone.
const PROGRAM: &str = r#"#!/bin/sh
echo "$GALVANI_TRIAL_DIR" >> ran.txt
sleep 0.03
awk -v r="$1" -v w="$2" -v k="$3" -v b="$4" 'BEGIN {
    d = log(r) + 3; printf "{\"cost\": %.9f}\n", d * d + (w - 16) * (w - 16) / 100 + (k == "b" ? 0 : 1) + 1 / b }'
"#;

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sweep.ron"), EXPERIMENT).unwrap();
    let program = folder.path().join("train.sh");
    fs::write(&program, PROGRAM.replace("ran.txt", &folder.path().join("ran.txt").display().to_string())).unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn galvani(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::null());
    command
}

/// The trials' numbers, configurations, budgets, rungs and costs, which must not depend on interruptions.
fn trials(folder: &Path) -> Vec<String> {
    let output = galvani(folder, &["trials", "sweep", "--format", "json"]).stdout(Stdio::piped()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let keys =
        ["trial", "configuration_id", "config", "budget", "bracket", "rung", "seed", "outcome", "cost", "origin"];
    let line = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        keys.map(|key| row[key].to_string()).join(" ")
    };
    text.lines().map(line).collect()
}

/// The number of starts of trials; the comparison at the end runs in a folder of its own.
fn ran(folder: &Path) -> usize {
    let starts = fs::read_to_string(folder.join("ran.txt")).unwrap_or_default();
    starts.lines().filter(|line| line.contains("/trials/")).count()
}

#[test]
fn a_killed_run_ends_like_an_uninterrupted_one() {
    let (whole, killed) = (folder(), folder());
    assert!(galvani(whole.path(), &["run", "sweep.ron"]).status().unwrap().success());

    let mut kills = 0;
    for delay in [150, 400, 90, 250, 180] {
        let mut run = galvani(killed.path(), &["run", "sweep.ron"]).spawn().unwrap();
        sleep(Duration::from_millis(delay));
        if run.try_wait().unwrap().is_none() {
            run.kill().unwrap();
            kills += 1;
        }
        run.wait().unwrap();
    }
    assert!(kills >= 3, "the runs were over before they could be killed");
    assert!(galvani(killed.path(), &["run", "sweep.ron"]).status().unwrap().success());

    let expected = trials(whole.path());
    assert_eq!(expected.len(), 30);
    assert_eq!(trials(killed.path()), expected);
    // One trial ran at each kill; nothing that had ended was started again.
    assert!(ran(killed.path()) <= 30 + kills, "{} starts after {kills} kills", ran(killed.path()));

    let again = galvani(killed.path(), &["run", "sweep.ron"]).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(said.starts_with("resumed: 30 trials done\n"), "{said}");
    assert!(ran(killed.path()) <= 30 + kills);
}

/// Waits until so many trials were started.
fn wait_for_trials(folder: &Path, count: usize) {
    let begun = Instant::now();
    while ran(folder) < count && begun.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_interruption_finishes_what_runs() {
    let folder = folder();
    let mut run = galvani(folder.path(), &["run", "sweep.ron"]).spawn().unwrap();
    wait_for_trials(folder.path(), 3);
    let id = rustix::process::Pid::from_child(&run);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    let rows = trials(folder.path());
    assert!(!rows.is_empty() && rows.iter().all(|row| row.contains("finished")), "{rows:?}");
}

#[test]
fn another_seed_or_budget_is_not_mixed_in() {
    let folder = folder();
    let file = folder.path().join("sweep.ron");
    let run = |text: String| {
        fs::write(&file, text).unwrap();
        let output = galvani(folder.path(), &["run", "sweep.ron"]).stderr(Stdio::piped()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let short = EXPERIMENT.replace("trials: 30", "trials: 3");
    assert_eq!(run(short.clone()).0, Some(0));
    for (from, to, what) in [("seed: 7", "seed: 8", "seed"), ("eta: 3", "eta: 2", "budget")] {
        let (code, said) = run(short.replace(from, to));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(&format!("begun with another {what}")) && said.contains("hint:"), "{said}");
        let number = |text: &str| text.rsplit(' ').next().unwrap().to_owned();
        assert!(said.contains(&format!("{}, now {}", number(from), number(to))), "{said}");
    }
    let edited = short.replace("trials: 3", "trials: 5").replace("workers: 1", "workers: 2, time_limit: \"1h\"");
    assert_eq!(run(edited.replace("seed: 7", "seed: 7, price_per_device_hour: 2.5")).0, Some(0));
    assert_eq!(trials(folder.path()).len(), 5);
    // Listings show what holds now.
    let status = galvani(folder.path(), &["status", "sweep"]).stdout(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(status.stdout).unwrap();
    assert!(said.contains("with 2 workers"), "{said}");
}

#[test]
fn a_second_interruption_ends_what_runs_at_once() {
    let folder = folder();
    let program = folder.path().join("train.sh");
    fs::write(&program, fs::read_to_string(&program).unwrap().replace("sleep 0.03", "sleep 60")).unwrap();
    let mut run = galvani(folder.path(), &["run", "sweep.ron"]).spawn().unwrap();
    wait_for_trials(folder.path(), 1);
    let begun = Instant::now();
    for _ in 0..2 {
        rustix::process::kill_process(rustix::process::Pid::from_child(&run), rustix::process::Signal::INT).unwrap();
        sleep(Duration::from_millis(300));
    }
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(50), "it waited for the trial");
    let rows = trials(folder.path());
    assert!(rows.len() == 1 && rows[0].contains("interrupted"), "{rows:?}");
}

#[test]
fn a_repair_is_said_when_it_is_made_and_in_the_report() {
    let folder = folder();
    fs::write(folder.path().join("sweep.ron"), EXPERIMENT.replace("trials: 30", "trials: 4")).unwrap();
    assert!(galvani(folder.path(), &["run", "sweep.ron"]).status().unwrap().success());
    let journal = folder.path().join("runs/sweep/store/journal.jsonl");
    let mut bytes = fs::read(&journal).unwrap();
    // Within a line: without the end of one, two would be damaged.
    let middle = (bytes.len() / 2..).find(|&at| bytes[at] != b'\n').unwrap();
    bytes[middle] ^= 1;
    fs::write(&journal, &bytes).unwrap();

    let check =
        galvani(folder.path(), &["store", "check", "sweep"]).stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let check = check.unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&check.stdout), String::from_utf8_lossy(&check.stderr));
    assert_eq!(check.status.code(), Some(2));
    assert!(said.contains("checksum") && said.contains("hint: `galvani store rebuild runs/sweep`"), "{said}");

    let again = galvani(folder.path(), &["run", "sweep.ron"]).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(said.contains("warning:") && said.contains("restored line"), "{said}");
    let page = fs::read_to_string(folder.path().join("reports/sweep/report.html")).unwrap();
    assert!(page.contains("The store was repaired."));
    assert_eq!(galvani(folder.path(), &["store", "check", "sweep"]).status().unwrap().code(), Some(0));
}

#[test]
fn events_can_be_followed_by_other_programs() {
    let folder = folder();
    let text = EXPERIMENT
        .replace("trials: 30", "trials: 4, cost: 0")
        .replace("seed: 7", "seed: 7, price_per_device_hour: 36000");
    fs::write(folder.path().join("sweep.ron"), text).unwrap();
    assert!(galvani(folder.path(), &["run", "sweep.ron"]).status().unwrap().success());
    let path = folder.path().join("runs/sweep/events.jsonl");
    // A killed writer leaves half a line.
    let mut stream = fs::read_to_string(&path).unwrap();
    stream.push_str("{\"at\":");
    fs::write(&path, &stream).unwrap();
    assert!(galvani(folder.path(), &["run", "sweep.ron"]).status().unwrap().success());
    let lines = fs::read_to_string(&path).unwrap();
    let events: Vec<Value> = lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(events.len() + 1, lines.lines().count(), "{lines}");
    let mut names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    // How often a growing share is told depends on how fast it grows.
    names.dedup();
    let trial = ["started", "ended"];
    let first = [&["begun"][..], &trial, &trial, &trial, &trial, &["validating", "over"]].concat();
    assert_eq!(names, [first, vec!["resumed", "over"]].concat());
    assert!(events.iter().all(|event| event["at"].is_string()));
    let ended: Vec<&Value> = events.iter().filter(|event| event["event"] == "ended").collect();
    for (event, trial) in ended.iter().zip(1..) {
        assert_eq!((event["trial"].as_u64(), event["outcome"].as_str()), (Some(trial), Some("finished")));
        // Ten a second of a device.
        assert!(event["money_spent"].as_f64().unwrap() > 0.3 * trial as f64, "{event}");
    }
}
