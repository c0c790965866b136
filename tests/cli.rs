//! The command line: every verb works, error messages name the place and a remedy, and exit codes differ by cause.
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn galvani(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    let output = command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_newcomer_gets_from_nothing_to_a_report() {
    let folder = folder();
    let ask = |arguments: &[&str]| {
        let said = galvani(folder.path(), arguments);
        assert_eq!(said.code, Some(0), "{arguments:?}: {}", said.err);
        said
    };
    assert_eq!(ask(&["new", "branin"]).out, "branin.ron\n");
    assert!(ask(&["check", "branin.ron"]).out.contains("bracket 0: 27 at 1, then 9 at 3, then 3 at 9, then 1 at 27"));
    let check: Value = serde_json::from_str(&ask(&["check", "branin.ron", "--format", "json"]).out).unwrap();
    assert_eq!(check["brackets"][0]["rungs"][0]["configurations"], 27);
    assert_eq!((&check["trials"], &check["total_budget"]), (&Value::from(69), &Value::from(357.0)));

    let run = ask(&["run", "branin.ron"]);
    assert!(run.out.contains("cost at 27 samples"), "{}", run.out);
    assert!(folder.path().join("reports/branin/report.html").exists());

    let best: Value = serde_json::from_str(&ask(&["best", "branin", "--format", "json"]).out).unwrap();
    assert!(best["cost"].as_f64() < best["default_cost"].as_f64(), "{best}");
    let trials = ask(&["trials", "runs/branin", "--format", "json"]).out;
    assert_eq!(trials.lines().count(), 69);
    assert_eq!(ask(&["trials", "branin.ron", "--top", "3"]).out.lines().count(), 4);
    assert!(ask(&["show", "branin", "1"]).out.contains("outcome: finished"));
    assert!(ask(&["status", "branin"]).out.contains("69 finished"));
    assert!(ask(&["report", "branin", "--out", "elsewhere"]).out.contains("elsewhere/report.html"));
}

#[test]
fn mistakes_say_where_and_what_to_do() {
    let folder = folder();
    assert_eq!(galvani(folder.path(), &["new", "x"]).code, Some(0));
    let good = fs::read_to_string(folder.path().join("x.ron")).unwrap();
    let check = |from: &str, to: &str, place: &str, words: &[&str]| {
        assert!(good.contains(from), "{from}");
        fs::write(folder.path().join("y.ron"), good.replacen(from, to, 1)).unwrap();
        let said = galvani(folder.path(), &["run", "y.ron"]);
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.starts_with(&format!("error: y.ron:{place}")), "{}", said.err);
        assert!(words.iter().all(|word| said.err.contains(word)), "{}", said.err);
        assert!(said.err.contains("\nhint: "), "{}", said.err);
        assert!(!folder.path().join("runs").exists(), "nothing is begun on wrong input");
    };
    check("seed: 1", "sed: 1", "29:", &["`sed`", "`seed`"]);
    check("min: 1,", "min: -1,", "20:", &["`budget.min` must be positive and finite, not -1"]);
    check("min: 1,", "min: 100,", "20:", &["`budget.min` must be at most `budget.max`, but 100 is above 27"]);
    check("eta: 3", "eta: 1", "20:", &["`budget.eta` must be at least 2, not 1"]);
    check("eta: 3", "eta: 2.5", "20:36", &["`eta` must be a whole number, not 2.5"]);
    check("eta: 3", "eta: -3", "20:36", &["`eta` cannot be negative: -3", "at least 0"]);
    check("max: 27", "max: \"27\"", "20:27", &["`max` must be a number, not text", "write 27 without quotes"]);
    check("unit: \"samples\"", "unit: samples", "20:45", &["`unit` must be text", "write \"samples\""]);
    check("trials: 69", "wall_clock: \"2 parsecs\"", "26:24", &["\"2 parsecs\" is not a duration", "\"1h 30m\""]);
    check("trials: 69", "wall_clock: \"\"", "26:24", &["\"\" is not a duration"]);
    check("trials: 69", "wall_clock: 3600", "26:24", &["must be text in double quotes", "\"90s\""]);
    check("seed: 1", "seed: 1.5", "29:11", &["`seed` must be a whole number, not 1.5", "for example 2"]);
    check("min: -5, max: 10", "min: 10, max: -5", "10:", &["x1"]);
    check("task: Function(\"branin\")", "task: Function(\"brannin\")", "16:", &["brannin", "branin"]);
    check("\"x2\"", "\"x3\"", "16:", &["`branin` reads the number `x2`"]);
    check("workers: 2", "workers: 0", "23:", &["`workers` must be at least 1"]);
    check("workers: 2", "time_limit: \"-5m\"", "23:", &["must be positive"]);
    check("workers: 2", "memory_limit_mib: 99999999999999999", "23:", &["`memory_limit_mib` must be below 2^44"]);
    check("trials: 69", "full_evaluations: -3", "26:", &["`stop.full_evaluations` must be positive"]);
    check("Float(min: 0, max: 15)", "Categorical(choices: [\"a\", \"b\"])", "16:", &["reads the number `x2`"]);
    check(
        "seed: 1",
        "optimizer: (acquisition: ThompsonSampling()), seed: 1",
        "29:46",
        &["`ThompsonSampling` has no fields", "without parentheses"],
    );
    check("trials: 69", "trials: 0", "26:", &["`stop.trials` must be at least 1"]);
    check("},\n    ),", "},\n forbidden: [\"x1 < 99\"],\n    ),", "13:", &["x1 < 99"]);
}

#[test]
fn what_is_not_there_is_named() {
    let folder = folder();
    let check = |arguments: &[&str], words: &[&str]| {
        let said = galvani(folder.path(), arguments);
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(words.iter().all(|word| said.err.contains(word)), "{arguments:?}: {}", said.err);
    };
    check(&["run", "nothing.ron"], &["nothing.ron: there is no such file", "hint: "]);
    check(&["best", "nothing"], &["`nothing` has not run", "hint: there are no runs in `runs` yet"]);
    check(&["new", "a/b"], &["`a/b` is not a name", "hint: "]);
    galvani(folder.path(), &["new", "x"]);
    check(&["new", "x"], &["x.ron", "hint: choose another name"]);
    check(&["status", "x.ron"], &["`x` has not run", "hint: `galvani run x.ron` starts it"]);
    fs::write(folder.path().join("file"), "").unwrap();
    check(&["run", "x.ron", "--dir", "file"], &["file/x", "hint: "]);
    galvani(folder.path(), &["run", "x.ron"]);
    check(&["show", "x", "999"], &["there is no trial 999", "hint: the trials are numbered from 1 to 69"]);
}

#[test]
fn a_program_that_only_fails_ends_the_run_with_its_words() {
    let folder = folder();
    galvani(folder.path(), &["new", "x", "--template", "command"]);
    let program = folder.path().join("x.sh");
    let run = |text: &str| {
        fs::write(&program, text).unwrap();
        let _ = fs::remove_dir_all(folder.path().join("runs"));
        galvani(folder.path(), &["run", "x.ron"])
    };
    let all_crash = run("#!/bin/sh\necho no such module >&2\nexit 3\n");
    assert_eq!(all_crash.code, Some(1), "{}", all_crash.err);
    assert!(all_crash.err.contains("no such module") && all_crash.err.contains("hint: "), "{}", all_crash.err);

    let all_diverge = run("#!/bin/sh\necho '{\"cost\": NaN}'\n");
    assert_eq!(all_diverge.code, Some(1), "{}", all_diverge.err);
    assert!(all_diverge.err.contains("the first 10 trials all failed"), "{}", all_diverge.err);

    let some_crash = run("#!/bin/sh\ncase \"$*\" in *sgd*) exit 1;; esac\necho '{\"cost\": 1.5}'\n");
    assert_eq!(some_crash.code, Some(0), "{}", some_crash.err);
    let best: Value = serde_json::from_str(&galvani(folder.path(), &["best", "x", "--format", "json"]).out).unwrap();
    assert_eq!(best["config"]["optimizer"], "adam");

    fs::remove_file(&program).unwrap();
    let _ = fs::remove_dir_all(folder.path().join("runs"));
    let missing = galvani(folder.path(), &["run", "x.ron"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("there is no program") && missing.err.contains("x.sh"), "{}", missing.err);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = folder();
    galvani(folder.path(), &["new", "x"]);
    galvani(folder.path(), &["run", "x.ron"]);
    let binary = env!("CARGO_BIN_EXE_galvani");
    for (verb, rest) in
        [("trials x --format json", "2>said | head -n 1"), ("run x.ron --dir other", "2>&1 | head -n 1")]
    {
        let script = format!("({binary} {verb}; echo $? > code) {rest} > /dev/null");
        let output = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{verb}");
        assert_eq!(fs::read_to_string(folder.path().join("code")).unwrap(), "0\n", "{verb}");
        assert_eq!(fs::read_to_string(folder.path().join("said")).unwrap(), "", "{verb}");
    }
}

#[test]
fn plans_of_several_experiments_are_printed_side_by_side() {
    let folder = folder();
    let here = folder.path();
    for (name, fields) in [
        (
            "wide",
            "budget: (min: 1, max: 27, unit: \"steps\"), executor: Process(workers: 2), stop: (full_evaluations: 20)",
        ),
        (
            "narrow",
            "budget: (min: 9, max: 27, unit: \"steps\"), optimizer: (intensifier: Hyperband), stop: (trials: 40)",
        ),
    ] {
        let space = "(parameters: {\"x1\": Float(min: -5, max: 10), \"x2\": Float(min: 0, max: 15)})";
        let text = format!(
            "(name: \"{name}\", search_space: {space}, task: Function(\"branin\"), {fields}, price_per_device_hour: 3)"
        );
        fs::write(here.join(format!("{name}.ron")), text).unwrap();
    }
    let row = |printed: &str, name: &str| {
        let line = printed.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {printed}"));
        line[name.len()..]
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    // 20 full evaluations are 540 steps: at 0.05 steps a second three hours of one worker.
    let both = galvani(here, &["check", "wide.ron", "narrow.ron", "--speed", "0.05,0.1"]);
    assert_eq!(both.code, Some(0), "{}", both.err);
    assert_eq!(row(&both.out, "promotion"), ["asynchronous Hyperband", "Hyperband"]);
    assert_eq!(row(&both.out, "budgets"), ["1 to 27 steps, eta 3", "9 to 27 steps, eta 3"]);
    assert_eq!(row(&both.out, "work")[0], "540 steps");
    assert_eq!(row(&both.out, "device-hours")[0], "3");
    assert_eq!(row(&both.out, "price")[0], "9");
    assert!(both.err.contains("warning: narrow: the largest budget is only 3 times"), "{}", both.err);
    // Another price for all, as lines for programs.
    let lines =
        galvani(here, &["check", "wide.ron", "narrow.ron", "--speed", "0.05", "--price", "2", "--format", "json"]);
    let plans: Vec<Value> = lines.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((plans.len(), &plans[0]["device_hours"], &plans[0]["price"]), (2, &Value::from(3.0), &Value::from(6.0)));
    assert_eq!(plans[0]["seconds"], Value::from(5400.0));
    // Without a speed nothing is estimated, until a run has measured it.
    let unknown = galvani(here, &["check", "wide.ron"]);
    assert!(!unknown.out.contains("device-hours"), "{}", unknown.out);
    assert_eq!(galvani(here, &["run", "wide.ron"]).code, Some(0));
    let measured = galvani(here, &["check", "wide.ron"]);
    assert!(measured.out.contains("steps a second of a worker, measured on "), "{}", measured.out);
    assert!(measured.out.contains("at 3 a device-hour"), "{}", measured.out);
    for (arguments, expected) in [
        (&["--speed", "0"][..], "`--speed` must be above 0"),
        (&["--speed", "1,2,3"], "`--speed` must have one number, or one for each file"),
        (&["--price", "-1"], "`--price` must be 0 or above"),
    ] {
        let refused = galvani(here, &[&["check", "wide.ron", "narrow.ron"][..], arguments].concat());
        assert!(refused.code == Some(2) && refused.err.contains(expected), "{}", refused.err);
    }
    fs::write(here.join("space.ron"), "(name: \"s\", parameters: {\"x\": Float(min: 0, max: 1)})").unwrap();
    let refused = galvani(here, &["check", "wide.ron", "space.ron"]);
    assert!(
        refused.code == Some(2) && refused.err.contains("space.ron: a search space has no plan"),
        "{}",
        refused.err
    );
}

#[test]
fn the_build_describes_itself_and_its_command_line() {
    let folder = folder();
    let version = galvani(folder.path(), &["--version"]);
    assert_eq!(version.code, Some(0));
    let lines: Vec<&str> = version.out.lines().collect();
    assert_eq!(lines[0], format!("galvani {}", env!("CARGO_PKG_VERSION")));
    let (built, left_out) = lines[1].strip_prefix("features: ").unwrap().split_once(" (left out: ").unwrap();
    assert_eq!(built.contains("serve"), cfg!(feature = "serve"), "{}", lines[1]);
    assert_eq!(left_out.contains("cuda"), !cfg!(feature = "cuda"), "{}", lines[1]);
    assert!(lines[2].starts_with("devices: processor with ") && lines.len() == 3, "{}", version.out);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = galvani(folder.path(), &["completions", shell]).out;
        assert!(text.contains("ask-tell") && text.contains("enqueue"), "{shell}");
    }
    assert!(galvani(folder.path(), &["manual"]).out.starts_with(".ie"));
    assert_eq!(galvani(folder.path(), &["manual", "--out", "pages"]).code, Some(0));
    for page in ["galvani.1", "galvani-run.1", "galvani-check.1"] {
        assert!(folder.path().join("pages").join(page).is_file(), "{page}");
    }
}
