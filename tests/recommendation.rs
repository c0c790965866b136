//! The recommendation of a run as its users meet it: evidence, evaluations at the end, new seeds, limits of time, sessions.
mod program;

use std::fs;
use std::path::Path;

use program::{galvani, lines, printed};
use serde_json::{Value as Json, json};

/// A program that goes on from a checkpoint, and fails where that is finished already. Its cost falls with the budget.
const PROGRAM: &str = r#"#!/bin/sh
reached=0; test -f "$3/reached" && reached=$(cat "$3/reached")
if [ "$reached" -ge "$2" ]; then echo "nothing is left to do" >&2; exit 1; fi
echo "$2" > "$3/reached"
awk -v x="$1" -v b="$2" 'BEGIN { d = x - 0.3; print "{\"cost\": " 0.4 + (d < 0 ? -d : d) + 2 / b "}" }'
"#;

/// A folder with an experiment `e.ron` over `x`, with a default of 0.9, that takes no advice from a model.
fn folder(limits: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("task.sh"), PROGRAM).unwrap();
    write(folder.path(), limits);
    folder
}

fn write(folder: &Path, limits: &str) {
    let text = format!(
        "(name: \"e\", search_space: (parameters: {{ \"x\": Float(min: 0, max: 1, default: 0.9) }}),
          task: Command(program: \"sh\", arguments: [\"task.sh\", \"{{x}}\", \"{{budget}}\", \"{{checkpoint}}\"]),
          budget: (min: 10, max: 270, eta: 3, unit: \"trees\"), optimizer: (intensifier: Hyperband, search: Random),
          {limits}, seed: 5)"
    );
    fs::write(folder.join("e.ron"), text).unwrap();
}

fn best(folder: &Path) -> Json {
    lines(&printed(folder, &["best", "e", "--format", "json"])).remove(0)
}

fn run(folder: &Path, options: &[&str]) -> String {
    let output = galvani(folder, &[&["run", "e.ron"], options].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn the_best_of_a_lower_rung_is_evaluated_at_the_end_and_by_new_seeds() {
    let folder = folder("stop: (trials: 30)");
    let folder = folder.path();
    let said = run(folder, &["--no-validation"]);
    assert!(!said.contains("full budget"), "{said}");
    let before = best(folder);
    assert!(before["budget"].as_f64() < Some(270.0), "{before}");
    let told = String::from_utf8(galvani(folder, &["best", "e"]).stderr).unwrap();
    assert!(told.contains(" of 270 trees"), "{told}");

    let said = run(folder, &[]);
    assert!(said.contains("best and default at the full budget 100 %") && !said.contains("warning"), "{said}");
    let after = best(folder);
    assert_eq!((&after["budget"], after.get("expected_cost")), (&json!(270.0), None), "{after}");
    let x = after["config"]["x"].as_f64().unwrap();
    assert!((after["cost"].as_f64().unwrap() - (0.4 + (x - 0.3).abs() + 2.0 / 270.0)).abs() < 1e-5, "{after}");
    assert!((after["default_cost"].as_f64().unwrap() - (1.0 + 2.0 / 270.0)).abs() < 1e-5, "{after}");
    let report: Json = serde_json::from_slice(&fs::read(folder.join("reports/e/report.json")).unwrap()).unwrap();
    assert_eq!(report["headline"]["best"]["cost"], after["cost"]);
    let status = printed(folder, &["status", "e"]);
    assert!(status.contains("at 270 trees, "), "{status}");

    // The second time, nothing is continued that was finished, and nothing is made that is known.
    for (seeds, made) in [("2", "evaluated 100 %"), ("2", ""), ("3", "evaluated 100 %")] {
        let output = galvani(folder, &["validate", "e.ron", "--top", "2", "--seeds", seeds]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && said.contains(made) && said.contains("best: "), "{said}");
        let table = String::from_utf8(output.stdout).unwrap();
        assert!(table.contains("configuration ") && !table.contains("crashed"), "{table}");
    }
    assert!(printed(folder, &["status", "e"]).contains(" seeds"));
    // A trial of a configuration that was evaluated goes on from its own checkpoint.
    write(folder, "stop: (trials: 40)");
    run(folder, &[]);
    let trials = lines(&printed(folder, &["trials", "e", "--format", "json"]));
    assert!(trials.len() == 40 && trials.iter().all(|trial| trial["outcome"] == "finished"), "{trials:?}");
}

#[test]
fn a_limit_of_time_covers_the_end_of_a_run() {
    let folder = folder("stop: (wall_clock: \"1s\", overtime: \"0s\")");
    let folder = folder.path();
    let check = printed(folder, &["check", "e.ron"]);
    assert!(check.contains("trials that run then are ended") && check.contains("only where they fit"), "{check}");
    // The first trial is short, and the others would never end.
    let slow = format!("#!/bin/sh\nif ! mkdir {}/first 2>/dev/null; then sleep 600; fi\n", folder.display());
    fs::write(folder.join("task.sh"), slow + PROGRAM).unwrap();
    let said = run(folder, &[]);
    assert!(said.contains("the time limit has ended 1 running trial"), "{said}");
    assert!(said.contains("not evaluated") && said.contains("`galvani validate`"), "{said}");
    let status = printed(folder, &["status", "e"]);
    assert!(status.contains("1 finished, 1 interrupted"), "{status}");
    // All sessions count: there is no time left.
    let again = run(folder, &[]);
    assert!(again.starts_with("resumed: 1 trial done, 1 trial started again"), "{again}");
    write(folder, "stop: (trials: 3)");
    fs::write(folder.join("task.sh"), PROGRAM).unwrap();
    let said = run(folder, &[]);
    assert!(said.contains("with the sessions before"), "{said}");
    assert!(printed(folder, &["status", "e"]).contains("sessions"), "all of them are counted");
}

#[test]
fn mistakes_in_the_limits_are_told() {
    for (limits, message) in [
        ("stop: (wall_clock: \"1s\", overtime: \"-1s\")", "`stop.overtime` must be 0 or above"),
        ("stop: (trials: 3, overtime: \"1s\")", "`stop.overtime` needs `stop.wall_clock`"),
    ] {
        let folder = folder(limits);
        let output = galvani(folder.path(), &["check", "e.ron"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(message) && said.contains("hint: "), "{said}");
    }
    let folder = folder("stop: (trials: 3), validation: false");
    assert!(!printed(folder.path(), &["check", "e.ron"]).contains("at the end"));
}
