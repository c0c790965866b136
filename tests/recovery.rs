//! A run that is killed goes on with the same command, repeats nothing, and ends as if it had never been killed.
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

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

/// What must not depend on interruptions: every trial's number, configuration, budget, place and cost.
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

/// How often a trial was started; what the comparison at the end runs has its own folder.
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

#[test]
fn an_interruption_finishes_what_runs() {
    let folder = folder();
    let mut run = galvani(folder.path(), &["run", "sweep.ron"]).spawn().unwrap();
    sleep(Duration::from_millis(300));
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
    for (from, to, what) in [("seed: 7", "seed: 8", "seed"), ("max: 9", "max: 27", "budget")] {
        let (code, said) = run(short.replace(from, to));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(&format!("begun with another {what}")), "{said}");
    }
    assert_eq!(run(short.replace("trials: 3", "trials: 5").replace("workers: 1", "workers: 2")).0, Some(0));
    assert_eq!(trials(folder.path()).len(), 5);
}
