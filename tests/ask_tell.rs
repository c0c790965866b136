//! A program in any language asks and tells over lines: nothing answered is lost, nothing wrong changes anything.
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};

const EXPERIMENT: &str = r#"(
    name: "lines",
    search_space: (
        name: "lines",
        parameters: {
            "rate": Float(min: 1e-4, max: 1e-1, log: true),
            "kind": Categorical(choices: ["plain", "rough"]),
            "depth": Integer(min: 1, max: 9),
        },
        conditions: { "depth": "kind == 'rough'" },
    ),
    budget: (min: 1, max: 9, eta: 3),
    stop: (trials: 40),
    seed: 5,
)"#;

/// A session of the server in a folder.
struct Session {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Session {
    fn begin(folder: &Path) -> Self {
        Self::of(folder, EXPERIMENT)
    }

    fn of(folder: &Path, experiment: &str) -> Self {
        fs::write(folder.join("lines.ron"), experiment).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        command.args(["ask-tell", "lines.ron"]).current_dir(folder);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { input: child.stdin.take(), child, output }
    }

    fn say(&mut self, line: &str) -> Json {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{line}: {answer:?}: {error}"))
    }

    fn ask(&mut self, count: u32) -> Vec<Json> {
        let answer = self.say(&json!({ "ask": { "count": count } }).to_string());
        answer["trials"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
    }

    fn tell(&mut self, trial: &Json, cost: f64) {
        let request = json!({ "tell": { "trial": trial["trial"], "cost": cost } });
        assert_eq!(self.say(&request.to_string()), json!({ "ok": true }), "{request}");
    }

    /// The end of the input is the end of the session.
    fn end(mut self) {
        self.input = None;
        assert!(self.child.wait().unwrap().success());
    }
}

/// A cost that depends on everything that a trial is told.
fn cost(trial: &Json) -> f64 {
    let config = &trial["config"];
    let rate = config["rate"].as_f64().unwrap();
    (rate.log10() + 2.5).powi(2)
        + config["depth"].as_f64().unwrap_or(4.0) / 9.0
        + 1.0 / trial["budget"].as_f64().unwrap()
}

#[test]
fn a_session_that_is_killed_goes_on_where_it_was() {
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut session = Session::begin(whole.path());
    let mut expected = Vec::new();
    for _ in 0..40 {
        let trial = session.ask(1).remove(0);
        session.tell(&trial, cost(&trial));
        expected.push(trial);
    }
    assert_eq!(session.say(r#"{"ask": {}}"#), json!({ "done": "the limit of trials is reached" }));
    let best = session.say(r#"{"best": {}}"#);
    session.end();

    let mut session = Session::begin(broken.path());
    for (index, expected) in expected.iter().enumerate() {
        let mut trial = session.ask(1).remove(0);
        assert_eq!(&trial, expected);
        if index % 9 == 4 {
            // What was asked for and not told is given away again.
            session.child.kill().unwrap();
            session.child.wait().unwrap();
            session = Session::begin(broken.path());
            trial = session.ask(1).remove(0);
            assert_eq!(&trial, expected);
        }
        session.tell(&trial, cost(&trial));
        if index % 9 == 7 {
            // What was answered with `ok` is kept.
            session.child.kill().unwrap();
            session.child.wait().unwrap();
            session = Session::begin(broken.path());
        }
    }
    assert_eq!(session.say(r#"{"best": {}}"#), best);
    assert_eq!(best["budget"], json!(9.0));
    session.end();
}

#[test]
fn a_bad_line_is_answered_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::begin(folder.path());
    let first = session.ask(1).remove(0);
    let journal = folder.path().join("runs/lines/store/journal.jsonl");
    let before = fs::read(&journal).unwrap();
    for (line, words) in [
        ("nonsense", "not a JSON object: "),
        ("[1]", "not a JSON object: it is a list"),
        ("{}", "one request"),
        (r#"{"ask": {}, "best": {}}"#, "one request"),
        (r#"{"ask": {}"#, "ends too early"),
        ("{ask: {}}", "a name must stand in double quotes"),
        (r#"{"aks": {}}"#, "there is no request `aks`\nhint: did you mean `ask`?"),
        (r#"{"ask": 3}"#, "`ask` must be an object in braces, not a number"),
        (r#"{"ask": {"count": 0}}"#, "`count` must be from 1 to 10000, not 0"),
        (r#"{"ask": {"count": 4000000000}}"#, "not 4000000000"),
        (r#"{"ask": {"count": "two"}}"#, "`ask.count` must be a whole number, not \"two\"\nhint: for example"),
        (r#"{"ask": {"count": -1}}"#, "`ask.count` must be a whole number, not -1"),
        (r#"{"ask": {"count": 1.5}}"#, "`ask.count` must be a whole number, not 1.5"),
        (r#"{"ask": {"number": 1}}"#, "`ask` has no field `number`"),
        (r#"{"best": {"of": 3}}"#, "`best` has no field `of`"),
        (r#"{"best": {}}"#, "no trial has succeeded yet"),
        (r#"{"tell": {"cost": 1}}"#, "`tell` needs the field `trial`"),
        (r#"{"tell": {"trial": "1", "cost": 1}}"#, "`tell.trial` must be a whole number, not \"1\""),
        (r#"{"tell": {"trial": 1}}"#, "neither a `cost` nor an `outcome`"),
        (r#"{"tell": {"trial": 1, "loss": 0.3}}"#, "neither a `cost` nor an `outcome`"),
        (r#"{"tell": {"trial": 1, "cost": "low"}}"#, "not a number"),
        (r#"{"tell": {"trial": 1, "cost": "0.3"}}"#, "write 0.3 without quotes"),
        (r#"{"tell": {"trial": 1, "cost": 1, "secnds": 3}}"#, "no field `secnds`\nhint: did you mean `seconds`?"),
        (r#"{"tell": {"trial": 1, "cost": 1, "machine": "a"}}"#, "stand in `info`"),
        (r#"{"tell": {"trial": 1, "cost": 1, "info": 3}}"#, "`tell.info` must be an object in braces, not 3"),
        (r#"{"tell": {"trial": 1, "outcome": "sad"}}"#, "there is no outcome `sad`"),
        (r#"{"tell": {"trial": 1, "outcome": 3}}"#, "`tell.outcome` must be text, not 3"),
        (r#"{"tell": {"trial": 1, "outcome": "crashed", "cost": 1}}"#, "has no cost"),
        (r#"{"tell": {"trial": 1, "cost": 1, "message": "m"}}"#, "goes with"),
        (r#"{"tell": {"trial": 2, "cost": 1}}"#, "there is no trial 2"),
        (r#"{"tell": {"trial": 0, "cost": 1}}"#, "there is no trial 0"),
        (r#"{"tell": {"trial": 99999999999, "cost": 1}}"#, "there is no trial 99999999999"),
        (r#"{"report": {"trial": 1, "cost": 1}}"#, "`report` needs the field `budget`"),
        (r#"{"report": {"trial": 1, "budget": "a", "cost": 1}}"#, "`report.budget` must be a number, not \"a\""),
    ] {
        let answer = session.say(line);
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(words)), "{line}: {answer}");
    }
    let long = format!(r#"{{"tell": {{"trial": 1, "cost": 1, "info": {{"text": "{}"}}}}}}"#, "x".repeat(2 << 20));
    assert!(session.say(&long)["error"].as_str().unwrap().contains("at most"));
    assert_eq!(fs::read(&journal).unwrap(), before);
    session.tell(&first, 1.0);
    assert!(session.say(r#"{"tell": {"trial": 1, "cost": 1}}"#)["error"].as_str().unwrap().contains("told already"));
    session.end();
}

#[test]
fn failures_and_batches_are_told_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::begin(folder.path());
    let trials = session.ask(5);
    let configurations: Vec<&Json> = trials.iter().map(|trial| &trial["config"]).collect();
    assert!((0..5).all(|a| (0..a).all(|b| configurations[a] != configurations[b])), "{configurations:?}");
    for tell in [
        r#"{"tell": {"trial": 4, "outcome": "crashed", "message": "out of luck"}}"#,
        r#"{"tell": {"trial": 2, "cost": NaN}}"#,
        r#"{"tell": {"trial": 3, "outcome": "timed_out", "info": {"epoch": 3}}}"#,
        r#"{"tell": {"trial": 1, "outcome": "lost"}}"#,
        r#"{"tell": {"trial": 5, "cost": 0.5, "accuracy": 0.9, "metrics": {"mse": 2}}}"#,
    ] {
        assert_eq!(session.say(tell), json!({ "ok": true }), "{tell}");
    }
    assert_eq!(session.ask(1)[0], trials[0], "a lost trial is given away again");
    assert_eq!(session.say(r#"{"tell": {"trial": 1, "outcome": "transient"}}"#), json!({ "ok": true }));
    assert_eq!(session.ask(1)[0], trials[0], "and one whose failure is transient");
    assert_eq!(session.say(r#"{"best": {}}"#)["trial"], 5);
    session.end();

    let output = Command::new(env!("CARGO_BIN_EXE_galvani"))
        .args(["trials", "lines", "--format", "json"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let rows: Vec<Json> = output
        .stdout
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    let outcomes: Vec<&str> = rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["interrupted", "diverged", "timed_out", "crashed", "finished"]);
    assert_eq!((&rows[2]["info"]["epoch"], &rows[4]["info"]["accuracy"]), (&json!(3), &json!(0.9)));
    assert_eq!(rows[4]["info"]["mse"], 2);
}

#[test]
fn the_example_in_python_finds_the_minimum() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: there is no python3");
        return;
    }
    let output = Command::new("python3")
        .arg(repository.join("examples/ask_tell.py"))
        .arg(env!("CARGO_BIN_EXE_galvani"))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let cost: f64 =
        said.lines().last().and_then(|line| line.rsplit(' ').next()).and_then(|word| word.parse().ok()).unwrap();
    assert!(cost < 0.6, "{said}");
}

#[test]
fn a_trial_that_falls_behind_is_to_be_ended_and_reports_survive() {
    let folder = tempfile::tempdir().unwrap();
    let experiment = EXPERIMENT
        .replace("budget: (min: 1, max: 9, eta: 3)", "budget: (min: 9, max: 9), optimizer: (pruning: ())")
        .replace("trials: 40", "trials: 40, device_hours: 1");
    let mut session = Session::of(folder.path(), &experiment);
    let trials = session.ask(7);
    let report = |session: &mut Session, trial: &Json, budget: f64, cost: f64| {
        let request = json!({ "report": { "trial": trial["trial"], "budget": budget, "cost": cost } });
        session.say(&request.to_string())
    };
    for (index, trial) in trials.iter().take(6).enumerate() {
        let answer = report(&mut session, trial, 3.0, index as f64);
        assert_eq!(answer, json!({ "ok": true, "prune": index == 5 }), "of 0, 1, 2, 3, 4 the median is 2");
    }
    let refused = session.say(r#"{"report": {"trial": 99, "budget": 1, "cost": 1}}"#);
    assert_eq!(refused, json!({ "error": "there is no trial 99" }));
    assert!(session.say(r#"{"report": {"trial": 1, "budget": 0, "cost": 1}}"#)["error"].is_string());
    let beyond = session.say(r#"{"report": {"trial": 1, "budget": 100, "cost": 1}}"#);
    let own = &trials[0]["budget"];
    assert_eq!(beyond, json!({ "error": format!("`budget` 100 is above that of trial 1, {}", own.as_f64().unwrap()) }));
    let pruned = json!({ "tell": { "trial": trials[5]["trial"], "outcome": "pruned", "seconds": 12.5 } });
    assert_eq!(session.say(&pruned.to_string()), json!({ "ok": true }));
    let wrong = json!({ "tell": { "trial": trials[0]["trial"], "cost": 1, "seconds": -1 } });
    assert_eq!(session.say(&wrong.to_string()), json!({ "error": "`seconds` must be 0 or above, and finite, not -1" }));
    session.child.kill().unwrap();
    session.child.wait().unwrap();

    let mut session = Session::of(folder.path(), &experiment);
    let again = session.ask(6);
    let answer = report(&mut session, &again[5], 3.0, 9.0);
    assert_eq!(answer, json!({ "ok": true, "prune": true }), "what others reported is in the store");
    let last = json!({ "tell": { "trial": again[0]["trial"], "cost": 1, "seconds": 3600 } });
    assert_eq!(session.say(&last.to_string()), json!({ "ok": true }));
    assert_eq!(session.say(r#"{"ask": {}}"#), json!({ "done": "the device hours are used up" }));
    let journal = fs::read_to_string(folder.path().join("runs/lines/store/journal.jsonl")).unwrap();
    assert!(journal.contains("\"seconds\":12.5") && journal.contains("\"seconds\":3600.0"), "{journal}");
    session.end();
}
