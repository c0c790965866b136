//! A program with a task of its own: this one is the test and, started with a verb, the program.
#[path = "../examples/custom_task.rs"]
mod program;

use std::path::Path;
use std::process::{Command, ExitCode, Output};

/// Without the harness of tests, as the workers of a run are this very program.
fn main() -> ExitCode {
    match std::env::args().nth(1) {
        Some(verb) if ["run", "check", "worker", "best"].contains(&verb.as_str()) => program::main(),
        Some(flag) if flag == "--list" => ExitCode::SUCCESS,
        _ => {
            a_task_of_ones_own_runs();
            a_task_that_is_not_there_is_named();
            println!("test result: ok");
            ExitCode::SUCCESS
        }
    }
}

fn run(program: &Path, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).current_dir(folder).output().expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn a_task_of_ones_own_runs() {
    let this = std::env::current_exe().expect("this program has a path");
    let folder = tempfile::tempdir().expect("a folder");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/custom_task.ron");
    let file = file.to_str().expect("a path of letters");
    let output = run(&this, folder.path(), &["run", file]);
    assert!(output.status.success(), "{}", said(&output));
    let output = run(&this, folder.path(), &["best", "descent", "--format", "json"]);
    let best: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON value");
    assert!(best["cost"].as_f64().is_some_and(|cost| cost < 1.0), "{best}");
    let state = folder.path().join("runs/descent/checkpoints/000001/state");
    assert!(state.exists(), "each trial is given its checkpoint");
    // The plain binary reads the results, though it cannot run the task.
    let galvani = Path::new(env!("CARGO_BIN_EXE_galvani"));
    assert!(run(galvani, folder.path(), &["status", "runs/descent"]).status.success());
    let output = run(galvani, folder.path(), &["check", file]);
    assert!(said(&output).contains("this program has no task `descent`"), "{}", said(&output));
    assert_eq!(output.status.code(), Some(2));
}

fn a_task_that_is_not_there_is_named() {
    let this = std::env::current_exe().expect("this program has a path");
    let folder = tempfile::tempdir().expect("a folder");
    let text = r#"(name: "n", search_space: (parameters: {"rate": Float(min: 0, max: 1)}), task: Custom("decsent"))"#;
    std::fs::write(folder.path().join("n.ron"), text).expect("a file");
    let output = run(&this, folder.path(), &["check", "n.ron"]);
    assert!(said(&output).contains("this program has no task `decsent`"), "{}", said(&output));
    assert!(said(&output).contains("did you mean `descent`?"), "{}", said(&output));
}
