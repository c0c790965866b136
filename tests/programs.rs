//! The programs in `examples/programs` do as trials what they say.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/programs").join(name)
}

fn galvani(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    let output = command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs an example in a folder of its own; its trials.
fn run(name: &str) -> (tempfile::TempDir, Vec<Json>) {
    let folder = tempfile::tempdir().unwrap();
    galvani(folder.path(), &["run", example(&format!("{name}.ron")).to_str().unwrap()]);
    let trials = galvani(folder.path(), &["trials", name, "--format", "json"]);
    (folder, trials.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn has_python() -> bool {
    let found = Command::new("python3").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("skipped: there is no python3");
    }
    found
}

#[test]
fn a_shell_script_is_a_trial() {
    let (_folder, trials) = run("shell");
    assert_eq!(trials.len(), 22);
    assert!(trials.iter().all(|trial| trial["outcome"] == "finished"), "{trials:?}");
}

#[test]
fn a_promoted_trial_goes_on_from_its_checkpoint_and_ends_like_one_that_never_stopped() {
    if !has_python() {
        return;
    }
    let (folder, trials) = run("resume");
    assert!(trials.iter().all(|trial| trial["outcome"] == "finished"), "{trials:?}");
    let promoted: Vec<&Json> = trials.iter().filter(|trial| trial["rung"].as_u64() > Some(0)).collect();
    assert!(!promoted.is_empty());
    for trial in promoted {
        let number = trial["trial"].as_u64().unwrap();
        let log = fs::read_to_string(folder.path().join(format!("runs/resume/trials/{number:06}/stderr.log"))).unwrap();
        assert!(log.starts_with("continuing after epoch"), "{log}");
        // The same, straight through.
        let fresh = folder.path().join(format!("fresh-{number}"));
        fs::create_dir(&fresh).unwrap();
        fs::write(fresh.join("config.json"), trial["config"].to_string()).unwrap();
        let output = Command::new(example("resume.py"))
            .arg(format!("--config={}", fresh.join("config.json").display()))
            .arg(format!("--epochs={}", trial["budget"].as_f64().unwrap()))
            .arg(format!("--seed={}", trial["seed"]))
            .arg(format!("--checkpoint={}", fresh.display()))
            .output()
            .unwrap();
        let last = String::from_utf8(output.stdout).unwrap().lines().last().unwrap().to_owned();
        let straight: Json = serde_json::from_str(&last).unwrap();
        assert_eq!(straight["cost"], trial["cost"], "trial {number}");
    }
}

/// The configurations whose checkpoints are on the disk.
fn checkpoints(folder: &Path, name: &str) -> BTreeSet<u64> {
    let entries = fs::read_dir(folder.join("runs").join(name).join("checkpoints")).unwrap().flatten();
    entries.map(|entry| entry.file_name().to_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn checkpoints_stay_that_somebody_may_need_and_others_go() {
    if !has_python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // Under asynchronous promotion any success may go on some day; whole rungs decide.
    let text = fs::read_to_string(example("resume.ron")).unwrap();
    let text = text.replace("stop: (", "optimizer: (intensifier: Hyperband),\n    stop: (");
    fs::write(folder.path().join("resume.ron"), &text).unwrap();
    fs::copy(example("resume.py"), folder.path().join("resume.py")).unwrap();
    galvani(folder.path(), &["run", "resume.ron"]);
    let trials = galvani(folder.path(), &["trials", "resume", "--format", "json"]);
    let trials: Vec<Json> = trials.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let number = |trial: &Json| trial["configuration_id"].as_u64().unwrap();
    let full = trials.iter().filter(|trial| trial["budget"] == 9.0).map(number);
    let default = trials.iter().filter(|trial| trial["origin"] == "default").map(number);
    assert_eq!(checkpoints(folder.path(), "resume"), full.chain(default.clone()).collect());

    // Without room, the best and the default alone are left.
    let best: Json = serde_json::from_str(&galvani(folder.path(), &["best", "resume", "--format", "json"])).unwrap();
    let best = trials.iter().filter(|trial| trial["trial"] == best["trial"]).map(number);
    let tight = text.replace("workers: 2", "workers: 2, checkpoint_budget_mib: 0");
    fs::write(folder.path().join("resume.ron"), tight).unwrap();
    galvani(folder.path(), &["run", "resume.ron"]);
    assert_eq!(checkpoints(folder.path(), "resume"), best.chain(default).collect());
}

#[test]
fn a_program_that_stays_answers_every_trial_in_one_process_a_slot() {
    if !has_python() {
        return;
    }
    let (folder, trials) = run("persistent");
    assert_eq!(trials.len(), 40);
    assert!(trials.iter().all(|trial| trial["outcome"] == "finished"), "{trials:?}");
    assert!(trials.iter().any(|trial| trial["cost"].as_f64() < Some(2.0)), "40 trials of Branin's function");
    let mut answers = 0;
    for slot in ["cpu-0", "cpu-1"] {
        let log =
            fs::read_to_string(folder.path().join("runs/persistent/workers").join(slot).join("stdout.log")).unwrap();
        answers += log.lines().filter(|line| line.contains("cost")).count();
    }
    assert_eq!(answers, 40);
}

/// A program gets every name and value unchanged, by each form of template; values that mean the same are taken.
#[cfg(unix)]
#[test]
fn names_of_all_kinds_reach_a_program() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let program = "#!/bin/sh\nprintf '%s\\n' \"$@\" \"LR=$LR\" \"MOM=${MOM-unset}\" > \"$GALVANI_TRIAL_DIR/args\"\necho '{\"cost\": 1}'\n";
    fs::write(at("show.sh"), program).unwrap();
    fs::set_permissions(at("show.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let experiment = r#"(
        name: "names",
        search_space: (
            parameters: {
                "optimizer.lr": Float(min: 1e-4, max: 0.1, log: true),
                "learning-rate": Float(min: 0, max: 1, step: 0.1),
                "größe {mm}": Integer(min: 1, max: 99),
                "use bias": Boolean(),
                "rf:drop": Categorical(choices: [None, 0.5]),
                "in": Ordinal(values: ["64", "128"]),
                "mom": Float(min: 0, max: 1),
            },
            conditions: { "mom": "`rf:drop` != none and `use bias`" },
            allowed: "table.csv",
        ),
        task: Command(
            program: "./show.sh",
            arguments: [
                "--lr={optimizer.lr}", "{`größe {mm}`}", "{flag:--bias/--no-bias use bias}", "--mom", "{mom}",
                "{all:NAME=VALUE}", "{all:--NAME VALUE|--NAME}",
            ],
            environment: {"LR": "{optimizer.lr}", "MOM": "{mom}"},
        ),
        optimizer: (first_configurations: [{
            "optimizer.lr": 0.10000000149011612, "learning-rate": 0.7000000000000001, "größe {mm}": "12",
            "use bias": "True", "rf:drop": "None", "in": 64, "mom": None,
        }]),
        stop: (trials: 2),
    )"#;
    fs::write(at("names.ron"), experiment).unwrap();
    fs::write(at("table.csv"), "learning-rate;in\n0.7;64\n0.30000000000000004;128\n").unwrap();
    galvani(folder.path(), &["check", "names.ron"]);
    galvani(folder.path(), &["run", "names.ron"]);
    let args = fs::read_to_string(at("runs/names/trials/000001/args")).unwrap();
    let expected = "--lr=0.1|12|--bias|optimizer.lr=0.1|learning-rate=0.7|größe {mm}=12|use bias=true|in=64\
                    |--optimizer.lr|0.1|--learning-rate|0.7|--größe {mm}|12|--use bias|--in|64|LR=0.1|MOM=unset|";
    assert_eq!(args.replace('\n', "|"), expected);
    // The default is the allowed combination nearest to the defaults.
    let trials = galvani(folder.path(), &["trials", "names", "--format", "json"]);
    let second: Json = serde_json::from_str(trials.lines().nth(1).unwrap()).unwrap();
    assert_eq!(second["config"]["learning-rate"], 0.7);
    for format in ["csv", "jsonl", "smac3"] {
        fs::write(at("results"), galvani(folder.path(), &["export", format, "names"])).unwrap();
        fs::write(at("again.ron"), experiment.replace("\"names\"", &format!("\"from-{format}\""))).unwrap();
        let mut import = Command::new(env!("CARGO_BIN_EXE_galvani"));
        let output =
            import.args(["import", format, "results", "again.ron"]).current_dir(folder.path()).output().unwrap();
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(told.contains("kept 2 results of 2"), "{format}: {told}");
    }
    fs::write(at("wrong.ron"), experiment.replace("--lr={optimizer.lr}", "--lr={optimiser.lr}")).unwrap();
    let mut check = Command::new(env!("CARGO_BIN_EXE_galvani"));
    let output = check.args(["check", "wrong.ron"]).current_dir(folder.path()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("`{optimiser.lr}` is neither") && error.contains("did you mean {optimizer.lr}?"), "{error}");
}
