//! Dashboards of other programs show a run while it goes on, and runs of other programs have reports.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value as Json;

const EXPERIMENT: &str = r#"(
    name: "curve",
    search_space: (
        parameters: {
            "rate": Float(min: 1e-4, max: 1e-1, log: true),
            "kind": Categorical(choices: ["plain", "rough"]),
            "depth": Integer(min: 1, max: 9),
        },
        conditions: { "depth": "kind == 'rough'" },
    ),
    task: Command(program: "/bin/sh", arguments: ["-c", "SCRIPT", "sh", "{rate}", "{budget}"]),
    budget: (min: 1, max: 9, eta: 3, unit: "epochs"),
    DIRECTION
    executor: Process(workers: 2),
    stop: (trials: 22),
    seed: 3,
)"#;

/// A cost on the way at half of the budget, then one at its end; large rates fail.
const SCRIPT: &str = r#"awk -v r=$1 -v b=$2 'BEGIN { if (r > 0.05) exit 3; c = (log(r) + 5) ^ 2 + 1 / b; printf \"{\\\"budget\\\": %g, \\\"cost\\\": %g}\\n{\\\"cost\\\": %g}\\n\", b / 2, c + 1, c }'"#;

fn galvani(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    command.args(arguments).current_dir(folder);
    command
}

fn good(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = galvani(folder, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {err}");
    (out, err)
}

fn experiment(folder: &Path, direction: &str) {
    let text = EXPERIMENT.replace("SCRIPT", SCRIPT).replace("DIRECTION", direction);
    fs::write(folder.join("curve.ron"), text).unwrap();
}

/// The operations of a journal of Optuna.
fn operations(path: &Path) -> Vec<Json> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_mirrored_run_is_one_trial_for_each_configuration() {
    for direction in ["", "objective: Maximize,"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        experiment(folder, direction);
        let arguments = ["run", "curve.ron", "--mirror", "optuna,tensorboard", "--no-validation"];
        let (_, err) = good(folder, &arguments);
        assert!(err.contains("mirror: optuna-dashboard runs/curve/optuna.journal"), "{err}");
        let journal = folder.join("runs/curve/optuna.journal");
        let mirrored = operations(&journal);
        let of = |code: u64| mirrored.iter().filter(|operation| operation["op_code"] == code).count();
        let (trials, _) = good(folder, &["trials", "curve", "--format", "json"]);
        let trials: Vec<Json> = trials.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut configurations: Vec<String> = trials.iter().map(|trial| trial["config"].to_string()).collect();
        configurations.sort();
        configurations.dedup();
        assert_eq!((of(0), of(4)), (1, configurations.len()));
        // At the end every trial of the study has its state, as in an export.
        good(folder, &["export", "optuna", "curve", "--out", "exported.journal"]);
        let ends = |all: &[Json]| {
            let states = all.iter().filter(|operation| operation["op_code"] == 6);
            let mut ends: Vec<String> =
                states.map(|end| format!("{} {} {}", end["trial_id"], end["state"], end["values"])).collect();
            ends.sort();
            ends
        };
        assert_eq!(ends(&mirrored), ends(&operations(&folder.join("exported.journal"))), "{direction}");
        let folders = fs::read_dir(folder.join("runs/curve/tensorboard")).unwrap().count();
        assert_eq!(folders, configurations.len() + 1, "one for the run itself");
        // A session more writes them anew, and the same.
        let before = mirrored.len();
        good(folder, &arguments);
        assert!(operations(&journal).len() <= before && ends(&operations(&journal)) == ends(&mirrored));
    }
}

#[test]
fn a_mirror_that_cannot_be_written_does_not_end_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    experiment(folder, "");
    fs::create_dir_all(folder.join("runs/curve/optuna.journal/taken")).unwrap();
    let (_, err) = good(folder, &["run", "curve.ron", "--mirror", "optuna", "--no-validation"]);
    assert!(err.contains("the run goes on without it"), "{err}");
    assert!(operations(&folder.join("runs/curve/events.jsonl")).last().unwrap()["event"] == "over");
}

/// A process that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The answer of a server on this machine; `None` while there is none.
fn get(port: u16, path: &str) -> Option<Json> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    serde_json::from_str(text.split_once("\r\n\r\n")?.1).ok()
}

/// The dashboard of Optuna: `OPTUNA_DASHBOARD` names its program, else it is looked for where programs are.
fn dashboard() -> Option<PathBuf> {
    let named = std::env::var_os("OPTUNA_DASHBOARD").map(PathBuf::from);
    let paths = std::env::var_os("PATH")?;
    let known = std::env::split_paths(&paths).map(|path| path.join("optuna-dashboard"));
    named.into_iter().chain(known).find(|path| path.is_file())
}

#[test]
fn the_dashboard_of_optuna_shows_a_run_that_goes_on() {
    let Some(program) = dashboard() else {
        eprintln!("skipped: there is no optuna-dashboard; OPTUNA_DASHBOARD names its program");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let slow = EXPERIMENT.replace("SCRIPT", &format!("sleep 0.4; {SCRIPT}")).replace("DIRECTION", "");
    fs::write(folder.join("curve.ron"), slow).unwrap();
    let mut run = galvani(folder, &["run", "curve.ron", "--mirror", "optuna", "--no-validation"]);
    let mut run = Ended(run.stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap());
    let journal = folder.join("runs/curve/optuna.journal");
    while !journal.is_file() {
        sleep(Duration::from_millis(50));
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = Command::new(program);
    server.arg(&journal).args(["--port", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    let server = Ended(server.spawn().unwrap());
    let study = loop {
        if let Some(found) = get(port, "/api/studies") {
            break found;
        }
        sleep(Duration::from_millis(200));
    };
    assert_eq!(study["study_summaries"][0]["study_name"], "curve");
    let trials = |after: usize| get(port, &format!("/api/studies/0?after={after}")).unwrap()["trials"].clone();
    let during = trials(0);
    assert!(run.0.wait().unwrap().success());
    sleep(Duration::from_millis(1500));
    let states: Vec<String> =
        (trials(0).as_array().unwrap().iter()).map(|trial| trial["state"].as_str().unwrap().to_owned()).collect();
    assert!(states.len() >= during.as_array().unwrap().len());
    assert!(states.iter().all(|state| state != "Running" && state != "Waiting"), "{states:?}");
    assert!(states.iter().any(|state| state == "Complete") && states.iter().any(|state| state == "Pruned"));
    drop(server);
}

#[test]
fn runs_of_other_programs_have_reports() {
    let golden = |path: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let report = |arguments: &[&str]| {
        let (out, err) = good(folder, &[&["report", "--out", "report"], arguments].concat());
        assert_eq!(out.trim(), "report/report.html", "{err}");
        let json: Json = serde_json::from_str(&fs::read_to_string(folder.join("report/report.json")).unwrap()).unwrap();
        (json, err)
    };
    let smac = golden("smac3-run");
    let (json, _) = report(&["--from", "smac3", smac.to_str().unwrap()]);
    assert_eq!((json["experiment"].as_str(), json["trials"].as_array().map(Vec::len)), (Some("smac_run"), Some(44)));
    // SMAC's own incumbent is the best of those at the highest budget.
    let cost = json["headline"]["best"]["cost"].as_f64().unwrap();
    let history: Json = serde_json::from_str(
        &fs::read_to_string(smac.join("runhistory.json")).unwrap().replace("Infinity", "null").replace("NaN", "null"),
    )
    .unwrap();
    let entries = history["data"].as_array().unwrap().iter().filter(|entry| entry["budget"] == 9.0);
    let best = entries.filter_map(|entry| entry["cost"].as_f64()).fold(f64::INFINITY, f64::min);
    assert!((cost - best).abs() < 1e-12, "{cost} {best}");
    let (json, _) = report(&["--from", "smac3", smac.to_str().unwrap(), "--objective", "maximize"]);
    assert!((json["headline"]["best"]["cost"].as_f64().unwrap() + best).abs() < 1e-12);
    let study = golden("results/optuna-maximize.journal");
    let (json, _) = report(&["--from", "optuna", study.to_str().unwrap()]);
    assert_eq!(json["direction"], "Maximize");
    let values: Vec<f64> = (fs::read_to_string(&study).unwrap().lines())
        .filter_map(|line| serde_json::from_str::<Json>(line).unwrap()["values"][0].as_f64())
        .collect();
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!(values.iter().any(|value| *value < highest));
    assert_eq!(json["headline"]["best"]["cost"], highest);
    // A study that galvani wrote has the budgets and the costs of the run.
    experiment(folder, "");
    good(folder, &["run", "curve.ron", "--no-validation"]);
    good(folder, &["export", "optuna", "curve", "--out", "curve.journal"]);
    good(folder, &["report", "curve", "--out", "own"]);
    let own: Json = serde_json::from_str(&fs::read_to_string(folder.join("own/report.json")).unwrap()).unwrap();
    let (json, _) = report(&["--from", "optuna", "curve.journal"]);
    assert_eq!(json["headline"]["best"]["config"], own["headline"]["best"]["config"]);
    assert_eq!(json["headline"]["best"]["cost"], own["headline"]["best"]["cost"]);
    assert_eq!(json["headline"]["outcomes"], own["headline"]["outcomes"]);
    for (arguments, message) in [
        (vec!["report", "--from", "smac3", "."], "there is no `runhistory.json` in it"),
        (vec!["report", "--from", "smac3", "nowhere"], "there is no `runhistory.json` in it"),
        (vec!["report", "--from", "optuna", "curve.ron"], "curve.ron: "),
        (vec!["report", "--from", "optuna", "curve.journal", "--study", "other"], "the journal has no study `other`"),
        (vec!["report", "--from", "optuna", "curve.journal", "--objective", "maximize"], "which minimizes"),
    ] {
        let output = galvani(folder, &arguments).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {err}");
        assert!(err.contains(message) && err.contains("hint: "), "{arguments:?}: {err}");
    }
}

#[test]
fn exported_folders_are_whole_and_destroy_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    experiment(folder, "");
    good(folder, &["run", "curve.ron", "--no-validation"]);
    good(folder, &["export", "smac3", "curve", "--folder", "smac"]);
    for name in ["runhistory.json", "configspace.json", "scenario.json"] {
        let text = fs::read_to_string(folder.join("smac").join(name)).unwrap();
        assert!(serde_json::from_str::<Json>(&text).is_ok(), "{name}");
    }
    let (out, _) = good(folder, &["report", "--from", "smac3", "smac", "--out", "back"]);
    assert_eq!(out.trim(), "back/report.html");
    good(folder, &["export", "tensorboard", "curve", "--out", "board"]);
    assert!(folder.join("board/configuration-000001/events.out.tfevents.galvani").is_file());
    for arguments in
        [["export", "smac3", "curve", "--folder", "smac"], ["export", "tensorboard", "curve", "--out", "board"]]
    {
        let output = galvani(folder, &arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("there are files in it already"));
    }
}
