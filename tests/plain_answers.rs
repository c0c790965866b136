//! Answers of verbs in plain words: trials that were interrupted, results that surprise, objectives by name, runs side by side.
mod program;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use program::{Session, galvani, lines, printed};
use serde_json::{Value as Json, json};

/// A folder with an experiment `e.ron` of these fields, and a program `train.sh`.
fn folder(fields: &str, script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("train.sh");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    write(folder.path(), "e", fields);
    folder
}

fn write(folder: &Path, name: &str, fields: &str) {
    let space = r#"(parameters: { "x": Float(min: 0, max: 1) })"#;
    let task = r#"task: Command(program: "./train.sh", arguments: ["{x}"])"#;
    fs::write(
        folder.join(format!("{name}.ron")),
        format!("(name: \"{name}\", search_space: {space}, {task}, {fields})"),
    )
    .unwrap();
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a verb, interrupts it once when a file is there, makes another file, and returns its end.
fn interrupted(folder: &Path, arguments: &[&str], ready: &str, after: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    let command = command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped());
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while !folder.join(ready).exists() && begun.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(20));
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT).unwrap();
    fs::write(folder.join(after), "").unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_result_that_surprises_is_told_once_with_its_line() {
    let folder = folder(
        "stop: (trials: 6), validation: false",
        r#"case "$1" in 0.5) echo '{"cost": null}';; *) echo '{"cost": 1, "outcome": "baseline"}';; esac"#,
    );
    let run = galvani(folder.path(), &["run", "e.ron"]);
    let said = errors(&run);
    assert!(run.status.success(), "{said}");
    let told = |words: &str| said.matches(words).count();
    assert_eq!(told("diverged: its result is `{\"cost\": null}`"), 1, "{said}");
    assert_eq!(told("no outcome is named `baseline`"), 1, "{said}");
    let show = printed(folder.path(), &["show", "e", "1"]);
    assert!(show.contains("exit: exit code 0, with the result `{\"cost\": null}`"), "{show}");

    let failed = folder_of_failures();
    let run = galvani(failed.path(), &["run", "e.ron"]);
    let said = errors(&run);
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(said.contains("its `outcome` is `failed`, which is no outcome"), "{said}");
    assert!(said.contains("did you mean `crashed`?"), "{said}");
}

fn folder_of_failures() -> tempfile::TempDir {
    folder("stop: (trials: 6)", r#"echo '{"cost": 0.5, "outcome": "failed"}'"#)
}

#[test]
fn a_trial_without_an_outcome_runs_or_was_interrupted() {
    let folder = folder("stop: (trials: 6)", "true");
    let folder = folder.path();
    let mut session = Session::begin(folder, "e.ron");
    session.ask(2);
    session.say(&json!({"tell": {"trial": 1, "cost": 0.5}}));
    let words = |outcome: &str| {
        let rows = lines(&printed(folder, &["trials", "e", "--outcome", outcome, "--format", "json"]));
        rows.iter().map(|row| row["trial"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((words("running"), words("interrupted")), (vec![2], vec![]));
    assert!(printed(folder, &["status", "e"]).contains("1 finished, 1 running"));
    session.end();
    assert_eq!((words("running"), words("interrupted")), (vec![], vec![2]));
    assert!(printed(folder, &["status", "e"]).contains("1 finished, 1 interrupted"));
    for format in ["csv", "jsonl"] {
        let exported = printed(folder, &["export", format, "e"]);
        assert!(exported.contains("interrupted") && !exported.contains("running"), "{exported}");
        // A result that is imported again is known, and a file of an earlier build has the other word.
        for text in [exported.clone(), exported.replace("interrupted", "running")] {
            fs::write(folder.join("file"), text).unwrap();
            let import = galvani(folder, &["import", format, "file", "e.ron", "--dir", "other"]);
            assert!(errors(&import).contains("of 2 in"), "{format}: {}", errors(&import));
        }
    }
    let report: Json = {
        galvani(folder, &["report", "e"]);
        serde_json::from_slice(&fs::read(folder.join("reports/e/report.json")).unwrap()).unwrap()
    };
    assert_eq!(report["headline"]["outcomes"], json!({"finished": 1, "interrupted": 1}));
    assert_eq!(report["headline"]["best"]["evaluated"], false);
}

#[test]
fn objectives_are_validated_by_name_and_an_interruption_keeps_what_was_evaluated() {
    // Each start counts; from the sixth on, that of the second evaluation, a trial waits unless it may go.
    let script = r#"echo x >> count; n=$(wc -l < count)
        if [ "$n" -ge 6 ] && [ ! -e go ]; then touch ready; sleep 600; fi
        echo "{\"costs\": {\"loss\": $1, \"latency\": 12}}""#;
    let fields = "stop: (trials: 4), objectives: {\"loss\": Minimize, \"latency\": Maximize}, validation: false";
    let folder = folder(fields, script);
    let folder = folder.path();
    let run = galvani(folder, &["run", "e.ron"]);
    assert!(run.status.success(), "{}", errors(&run));
    let cut = interrupted(folder, &["validate", "e.ron", "--seeds", "2"], "ready", "go");
    assert_eq!(cut.status.code(), Some(130), "{}", errors(&cut));
    let said = errors(&cut);
    assert!(said.contains("interrupted; 1 of ") && said.contains("are kept"), "{said}");
    let before = fs::read_to_string(folder.join("count")).unwrap().lines().count();
    let whole = printed(folder, &["validate", "e.ron", "--seeds", "2"]);
    let after = fs::read_to_string(folder.join("count")).unwrap().lines().count();
    let evaluations: usize = said.split("1 of ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert_eq!(after - before, evaluations - 1, "what was evaluated is not evaluated again: {whole}");
    assert!(
        whole.contains("incumbent, 2 seeds at 1 evaluation: loss mean ") && whole.contains("; latency mean 12"),
        "{whole}"
    );
    assert!(whole.contains("loss=0.") && whole.contains("latency=12"), "{whole}");
    let status = printed(folder, &["status", "e"]);
    assert!(status.contains("front: ") && status.contains("configuration"), "{status}");
    let exported = printed(folder, &["export", "csv", "e"]);
    assert!(exported.lines().next().unwrap().contains(",outcome,loss,latency,"), "{exported}");
    assert!(lines(&printed(folder, &["export", "jsonl", "e"]))[0]["costs"]["latency"].is_number());
}

#[test]
fn an_interruption_that_meets_the_last_end_leaves_a_complete_run() {
    let script = r#"echo x >> count
        if [ "$(wc -l < count)" = 3 ]; then touch ready; while [ ! -e go ]; do sleep 0.05; done; fi
        echo "{\"cost\": $1}""#;
    let folder = folder("stop: (trials: 3), validation: false", script);
    let run = interrupted(folder.path(), &["run", "e.ron"], "ready", "go");
    let said = errors(&run);
    assert_eq!(run.status.code(), Some(0), "{said}");
    assert!(said.contains("`galvani report e` writes the report") && !said.contains("goes on from here"), "{said}");
    assert!(printed(folder.path(), &["status", "e"]).contains("3 finished, 0 without an outcome"));
}

#[test]
fn two_runs_are_compared_with_all_that_differs() {
    let folder = folder("stop: (trials: 3)", r#"echo "{\"cost\": $1}""#);
    let folder = folder.path();
    write(folder, "f", "stop: (trials: 4, wall_clock: \"1h\"), seed: 1, executor: Process(workers: 2)");
    for name in ["e.ron", "f.ron"] {
        assert!(galvani(folder, &["run", name]).status.success());
    }
    assert!(galvani(folder, &["validate", "f.ron", "--seeds", "1"]).status.success());
    let compared = galvani(folder, &["compare", "e", "f"]);
    let (table, said) = (String::from_utf8_lossy(&compared.stdout).into_owned(), errors(&compared));
    assert!(table.contains("evaluations after the search"), "{table}");
    for row in ["seed", "stop.trials", "stop.wall_clock", "executor.workers"] {
        assert!(said.lines().any(|line| line.trim_start().starts_with(row)), "{row}: {said}");
    }
    assert!(said.contains("absent") && said.contains("`1 h") && !said.contains(", now "), "{said}");
    let object: Json = serde_json::from_str(&printed(folder, &["compare", "e", "f", "--format", "json"])).unwrap();
    let fields = object["differences"].as_array().unwrap();
    assert!(fields.contains(&json!({"field": "stop.trials", "values": ["3", "4"]})), "{fields:?}");
    assert!(object["sides"][1]["evaluations"].as_u64() > Some(0), "{object}");
    for verb in ["check", "compare"] {
        let help = printed(folder, &[verb, "--help"]);
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("table, json]") && !words.contains("csv"), "{help}");
    }
}
