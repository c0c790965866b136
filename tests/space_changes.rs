//! A run goes on when its search space changes: trials that are legal in the new space are kept, the others set aside.
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;
use tempfile::TempDir;

const SPACE: &str = r#"{
            "rate": Float(min: 1e-4, max: 1.0, log: true, default: 1e-2),
            "width": Integer(min: 1, max: 64, default: 8),
            "kind": Categorical(choices: ["a", "b"]),
        }"#;

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn galvani(folder: &Path, arguments: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_galvani")).args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Writes the experiment with these parameters and so many trials.
fn write(folder: &Path, parameters: &str, trials: u32) {
    let text = format!(
        r#"(
        name: "sweep",
        search_space: (parameters: {parameters}),
        task: Command(program: "./train.sh", arguments: ["{{config}}"]),
        budget: (min: 1, max: 9, eta: 3),
        stop: (trials: {trials}),
    )"#
    );
    fs::write(folder.join("sweep.ron"), text).unwrap();
}

/// A folder in which twelve trials have run.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    // The cost is a sum over the digits of the configuration: any function of it will do.
    let program = "#!/bin/sh\ntouch \"$GALVANI_CHECKPOINT/kept\"\ncksum < \"$1\" | awk '{printf \"{\\\"cost\\\": %d.5}\\n\", $1 % 1000}'\n";
    fs::write(folder.path().join("train.sh"), program).unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder.path().join("train.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    write(folder.path(), SPACE, 12);
    let said = galvani(folder.path(), &["run", "sweep.ron"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    folder
}

fn trials(folder: &Path, run: &str) -> Vec<Json> {
    let said = galvani(folder, &["trials", run, "--format", "json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs on in a changed space, and answers with what was said, the trials before and the trials after.
fn change(from: &str, to: &str) -> (String, Vec<Json>, Vec<Json>) {
    let folder = folder();
    let before = trials(folder.path(), "sweep");
    assert!(SPACE.contains(from));
    write(folder.path(), &SPACE.replace(from, to), 20);
    let checked = galvani(folder.path(), &["check", "sweep.ron"]);
    assert_eq!(checked.code, Some(0), "{}", checked.err);
    assert_eq!(trials(folder.path(), "sweep"), before, "`check` changes nothing");
    let said = galvani(folder.path(), &["run", "sweep.ron"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let change = said.err.split("the search space has changed: ").nth(1).unwrap().lines().next().unwrap();
    assert!(checked.err.contains(change), "{}\n{}", checked.err, said.err);
    // The run before is whole, and so are its files.
    assert_eq!(trials(folder.path(), "sweep.1"), before);
    assert!(folder.path().join("runs/sweep.1/trials/000001").is_dir());
    let after = trials(folder.path(), "sweep");
    assert_eq!(after.len(), 20);
    let again = galvani(folder.path(), &["run", "sweep.ron"]);
    assert!(again.err.starts_with("resumed: 20 trials done\n"), "{}", again.err);
    (said.err, before, after)
}

/// The trials of before that are among those of after, by configuration without `new`, budget, cost and outcome.
fn kept<'a>(before: &'a [Json], after: &[Json], new: &str) -> Vec<&'a Json> {
    let essence = |trial: &Json| {
        let mut config = trial["config"].as_object().unwrap().clone();
        config.shift_remove(new);
        (config, trial["budget"].clone(), trial["cost"].clone(), trial["outcome"].clone(), trial["seed"].clone())
    };
    before.iter().filter(|trial| after.iter().any(|other| essence(other) == essence(trial))).collect()
}

#[test]
fn a_wider_range_keeps_every_trial() {
    let (said, before, after) = change("max: 64", "max: 128");
    assert!(said.contains("`width` is 1 to 128, whole; before, 1 to 64, whole"), "{said}");
    assert!(said.contains("12 trials of the run before are kept\n"), "{said}");
    assert_eq!(kept(&before, &after, "").len(), 12);
    assert_eq!(after[..12].iter().map(|trial| &trial["trial"]).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
}

#[test]
fn one_more_choice_keeps_every_trial_and_is_tried() {
    let (said, before, after) = change("[\"a\", \"b\"]", "[\"a\", \"b\", \"c\"]");
    assert!(said.contains("`kind` can also be \"c\""), "{said}");
    assert_eq!(kept(&before, &after, "").len(), 12);
    assert!(after.iter().any(|trial| trial["config"]["kind"] == "c"), "{after:?}");
}

#[test]
fn what_is_out_of_range_is_set_aside_and_kept() {
    let (said, before, after) = change("max: 64", "max: 32");
    let inside = |trial: &&Json| trial["config"]["width"].as_i64().unwrap() <= 32;
    let expected: Vec<&Json> = before.iter().filter(inside).collect();
    assert!(expected.len() < 12 && !expected.is_empty(), "the test needs both kinds");
    assert_eq!(kept(&before, &after, ""), expected);
    let aside = 12 - expected.len();
    assert!(said.contains(&format!("{} trials of the run before are kept; {aside} trial", expected.len())), "{said}");
    assert!(said.contains("`width` can no longer be "), "{said}");
    assert!(after.iter().all(|trial| trial["config"]["width"].as_i64().unwrap() <= 32));
}

#[test]
fn a_removed_parameter_keeps_the_trials_at_its_default() {
    let (said, before, after) = change("\"kind\": Categorical(choices: [\"a\", \"b\"]),", "");
    assert!(
        said.contains("`kind` is gone; earlier trials count where it was inactive or had its default, \"a\""),
        "{said}"
    );
    let expected = before.iter().filter(|trial| trial["config"]["kind"] == "a").count();
    let same = |trial: &&Json| {
        before.iter().any(|other| {
            other["config"]["kind"] == "a"
                && other["config"]["rate"] == trial["config"]["rate"]
                && other["cost"] == trial["cost"]
        })
    };
    assert!(expected > 0 && expected < 12);
    assert_eq!(after.iter().filter(same).count(), expected);
    assert!(after.iter().all(|trial| trial["config"].get("kind").is_none()));
}

#[test]
fn an_added_parameter_counts_at_its_default() {
    let added = "\"kind\": Categorical(choices: [\"a\", \"b\"]), \"momentum\": Float(min: 0, max: 0.99, default: 0.9),";
    let (said, before, after) = change("\"kind\": Categorical(choices: [\"a\", \"b\"]),", added);
    assert!(
        said.contains("`momentum` is new (0 to 0.99); earlier trials count as if they had its default, 0.9"),
        "{said}"
    );
    assert_eq!(kept(&before, &after, "momentum").len(), 12);
    assert!(after[..12].iter().all(|trial| trial["config"]["momentum"] == 0.9));
    assert!(after[12..].iter().any(|trial| trial["config"]["momentum"] != 0.9));
}

#[test]
fn a_migration_that_was_interrupted_is_completed_or_forgotten() {
    let folder = folder();
    let runs = folder.path().join("runs");
    let before = trials(folder.path(), "sweep");
    // Killed while the new run was made: what there is of it is forgotten.
    fs::create_dir_all(runs.join(".sweep.next/store")).unwrap();
    assert_eq!(galvani(folder.path(), &["run", "sweep.ron"]).code, Some(0));
    assert!(!runs.join(".sweep.next").exists());
    assert_eq!(trials(folder.path(), "sweep"), before);
    // Killed between the two renames: the new run is complete and gets its name.
    fs::rename(runs.join("sweep"), runs.join(".sweep.next")).unwrap();
    assert_eq!(galvani(folder.path(), &["run", "sweep.ron"]).code, Some(0));
    assert_eq!(trials(folder.path(), "sweep"), before);
}

#[test]
fn a_finite_space_ends_the_run_with_success() {
    let folder = folder();
    let text = r#"(
        name: "finite",
        search_space: (
            parameters: { "a": Integer(min: 0, max: 9), "b": Categorical(choices: ["x", "y", "z"], weights: [1, 1, 0.001]) },
            forbidden: ["a > 3 and b != 'z'"],
        ),
        task: Command(program: "./train.sh", arguments: ["{config}"]),
    )"#;
    fs::write(folder.path().join("finite.ron"), text).unwrap();
    let checked = galvani(folder.path(), &["check", "finite.ron"]);
    assert!(checked.out.contains("18 configurations are allowed"), "{}", checked.out);
    assert!(checked.err.contains("before all 18 configurations were tried"), "{}", checked.err);
    let said = galvani(folder.path(), &["run", "finite.ron"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("every configuration of the search space was tried"), "{}", said.err);
    let mut seen: Vec<String> =
        trials(folder.path(), "finite").iter().map(|trial| trial["config"].to_string()).collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 18);
}
