//! Requests to a run beside its search: directions of objectives, budgets, results taken back, and configurations given later.
mod program;

#[path = "verbs/budgets.rs"]
mod budgets;

use std::fs;
use std::path::Path;

use program::{Session, galvani, lines, printed};
use serde_json::{Value as Json, json};

const SPACE: &str = r#"(parameters: { "x": Float(min: 0, max: 1), "y": Float(min: 0, max: 1) })"#;

/// A folder with an experiment `e.ron` of these fields, beside the name and the search space.
fn folder(fields: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), fields);
    folder
}

fn write(folder: &Path, fields: &str) {
    fs::write(folder.join("e.ron"), format!("(name: \"e\", search_space: {SPACE}, {fields})")).unwrap();
}

/// A program whose cost, or value, is a formula of awk over x, y and b, the budget.
fn command(formula: &str) -> String {
    let script = format!("awk -v x={{x}} -v y={{y}} -v b={{budget}} 'BEGIN {{ {formula} }}'");
    format!(
        "task: Command(program: \"sh\", arguments: [\"-c\", {:?}])",
        script.replace("{ ", "{{ ").replace(" }", " }}")
    )
}

fn trials(folder: &Path) -> Vec<Json> {
    lines(&printed(folder, &["trials", "e", "--format", "json"]))
}

fn costs(trials: &[Json]) -> Vec<f64> {
    trials.iter().filter_map(|trial| trial["cost"].as_f64()).collect()
}

#[test]
fn a_maximized_value_has_its_sign_wherever_it_is_shown() {
    let folder = folder(&format!(
        "{}, objective: Maximize, stop: (trials: 12), budget: (min: 1, max: 3, eta: 3)",
        command(r#"print "{\"cost\": " 0.9 - (x - 0.3)^2 - 0.1 / b "}""#)
    ));
    let folder = folder.path();
    let run = galvani(folder, &["run", "e.ron"]);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(run.status.success() && said.contains("value 0.") && !said.contains("-0."), "{said}");
    let all = trials(folder);
    let full: Vec<f64> = costs(&all.iter().filter(|trial| trial["budget"] == 3.0).cloned().collect::<Vec<_>>());
    let best = full.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!(costs(&all).iter().all(|value| *value > 0.0), "{all:?}");
    assert_eq!(lines(&printed(folder, &["trials", "e", "--top", "1", "--format", "json"]))[0]["cost"], json!(best));
    assert_eq!(lines(&printed(folder, &["best", "e", "--format", "json"]))[0]["cost"], json!(best));
    let events = lines(&fs::read_to_string(folder.join("runs/e/events.jsonl")).unwrap());
    let ended = events.iter().filter(|event| event["event"] == "ended");
    assert!(ended.clone().count() == 12 && ended.clone().all(|event| event["cost"].as_f64() > Some(0.0)));
    let report: Json = serde_json::from_slice(&fs::read(folder.join("reports/e/report.json")).unwrap()).unwrap();
    assert_eq!(report["headline"]["best"]["cost"], json!(best));
    let page = fs::read_to_string(folder.join("reports/e/report.html")).unwrap();
    assert!(page.contains("has the value 0."), "the sentence says value");
    // Exports have the user's sign, SMAC's apart.
    let optuna = lines(&printed(folder, &["export", "optuna", "e"]));
    assert_eq!(optuna[0]["directions"], json!([2]));
    let exported = printed(folder, &["export", "jsonl", "e"]);
    assert_eq!(costs(&lines(&exported)), costs(&all));
    assert!(printed(folder, &["export", "csv", "e"]).contains(&best.to_string()));
    let smac: Json = serde_json::from_str(&printed(folder, &["export", "smac3", "e"])).unwrap();
    assert!(smac["data"].as_array().unwrap().iter().all(|entry| entry["cost"].as_f64() < Some(0.0)));
    // What was exported is imported with the same sign, and known as the costs that it came from.
    fs::write(folder.join("values.jsonl"), exported).unwrap();
    galvani(folder, &["import", "jsonl", "values.jsonl", "e.ron", "--dir", "other"]);
    let journal = fs::read_to_string(folder.join("other/e/store/journal.jsonl")).unwrap();
    assert!(journal.contains("\"cost\":-0.") && !journal.contains("\"cost\":0."), "{journal}");
    // A direction cannot change while a run goes on.
    let text = fs::read_to_string(folder.join("e.ron")).unwrap();
    fs::write(folder.join("e.ron"), text.replace("objective: Maximize, ", "")).unwrap();
    let refused = String::from_utf8(galvani(folder, &["run", "e.ron"]).stderr).unwrap();
    assert!(refused.contains("objective: `maximize`, now `minimize`"), "{refused}");
}

#[test]
fn fields_are_explained_with_default_and_reason() {
    let folder = folder("seed: 1");
    let folder = folder.path();
    let text = printed(folder, &["explain", "optimizer.acquisition"]);
    assert!(
        text.starts_with("optimizer.acquisition: an acquisition function, default: ExpectedImprovement\n"),
        "{text}"
    );
    assert!(
        text.contains("optimizer.acquisition.LowerConfidenceBound.deviations: a number, at least 0, default: absent")
    );
    assert!(printed(folder, &["explain", "margin"]).matches(".margin: ").count() == 4);
    assert!(lines(&printed(folder, &["explain", "--format", "json"])).len() > 150);
    assert!(said(folder, &["explain", "optimizer.aquisition"]).1.contains("did you mean `optimizer.acquisition`?"));
}

#[test]
fn each_of_several_objectives_has_its_direction() {
    let folder = folder(r#"objectives: {"loss": Minimize, "accuracy": Maximize}, stop: (trials: 6)"#);
    let folder = folder.path();
    let mut session = Session::begin(folder, "e.ron");
    for (loss, accuracy) in [(0.5, 0.5), (0.4, 0.9), (0.3, 0.8), (0.6, 0.95)] {
        let trial = session.ask(1)["trials"][0]["trial"].clone();
        let told = json!({"tell": {"trial": trial, "costs": {"loss": loss, "accuracy": accuracy}}});
        assert_eq!(session.say(&told), json!({"ok": true}));
    }
    let front = session.say(&json!({"best": {}}));
    let members: Vec<&Json> = front["front"].as_array().unwrap().iter().map(|member| &member["costs"]).collect();
    let expected =
        [(0.3, 0.8), (0.4, 0.9), (0.6, 0.95)].map(|(loss, accuracy)| json!({"loss": loss, "accuracy": accuracy}));
    assert_eq!(members, expected.iter().collect::<Vec<_>>());
    session.end();
    assert_eq!(trials(folder)[1]["costs"], json!({"loss": 0.4, "accuracy": 0.9}));
    write(folder, r#"objective: Maximize, objectives: ["loss", "accuracy"]"#);
    let refused = String::from_utf8(galvani(folder, &["check", "e.ron"]).stderr).unwrap();
    assert!(refused.contains("must not both be given") && refused.contains("Maximize}"), "{refused}");
}

/// The success of a verb, and its words on stderr.
fn said(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = galvani(folder, arguments);
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn results_are_taken_back_and_run_again() {
    let folder = folder("task: Command(program: \"sh\", arguments: [\"trial.sh\", \"{x}\"]), stop: (trials: 8)");
    let folder = folder.path();
    // Trials with x above 0.5 fail until the file `ready` is there.
    let script = r#"[ -e ready ] || awk "BEGIN { exit ($1 > 0.5) }" || exit 3; echo "{\"cost\": $1}""#;
    fs::write(folder.join("trial.sh"), script).unwrap();
    assert!(galvani(folder, &["run", "e.ron"]).status.success());
    let before = trials(folder);
    let crashed: Vec<u64> = before
        .iter()
        .filter(|trial| trial["outcome"] == "crashed")
        .map(|trial| trial["trial"].as_u64().unwrap())
        .collect();
    assert!(!crashed.is_empty() && crashed.len() < 8, "{before:?}");

    // Refusals name what is wrong and change nothing.
    let journal = folder.join("runs/e/store/journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    for (arguments, words) in [
        (&["retry", "e", "99"][..], "there is no trial 99"),
        (&["retry", "e", "--outcome", "timed_out"], "no trial has the outcome `timed_out`"),
        (&["forget", "e", "1", "99"], "there is no trial 99"),
        (&["retry", "e"], "TRIAL"),
    ] {
        let (succeeded, words_said) = said(folder, arguments);
        assert!(!succeeded && words_said.contains(words), "{arguments:?}: {words_said}");
    }
    assert_eq!(fs::read_to_string(&journal).unwrap(), text);

    fs::write(folder.join("ready"), "").unwrap();
    let (succeeded, words) = said(folder, &["retry", "e", "--outcome", "crashed"]);
    assert!(succeeded && words.contains("again when `galvani run` goes on"), "{words}");
    assert!(fs::read_to_string(&journal).unwrap().starts_with(&text), "the journal only grows");
    assert!(trials(folder).iter().all(|trial| trial["outcome"] != "crashed"));
    let (succeeded, words) = said(folder, &["retry", "e", &crashed[0].to_string()]);
    assert!(!succeeded && words.contains("no outcome"), "{words}");
    assert!(galvani(folder, &["run", "e.ron"]).status.success());
    let after = trials(folder);
    assert!(after.len() == 8 && after.iter().all(|trial| trial["outcome"] == "finished"), "{after:?}");
    assert!(printed(folder, &["show", "e", &crashed[0].to_string()]).contains("attempts: 2"));

    // What is forgotten is no longer the best, and stays in the list.
    let best = lines(&printed(folder, &["best", "e", "--format", "json"]))[0]["trial"].to_string();
    assert!(said(folder, &["forget", "e", &best]).0);
    assert_ne!(lines(&printed(folder, &["best", "e", "--format", "json"]))[0]["trial"].to_string(), best);
    assert!(printed(folder, &["status", "e"]).contains("7 finished, 1 forgotten"));
    assert!(said(folder, &["forget", "e", &best]).1.contains("forgotten already"));
    assert!(said(folder, &["report", "e"]).0 && said(folder, &["retry", "e", &best]).0);
    assert!(galvani(folder, &["run", "e.ron"]).status.success());
    assert_eq!(lines(&printed(folder, &["best", "e", "--format", "json"]))[0]["trial"].to_string(), best);
    assert!(printed(folder, &["store", "check", "e"]).contains("revised"));
}

#[test]
fn a_raised_limit_runs_again_what_it_had_ended() {
    let fields = |limit: &str| {
        format!(
            r#"task: Command(program: "sh", arguments: ["trial.sh", "{{x}}"]), stop: (trials: 4),
            optimizer: (first_configurations: [{{"x": 0.25, "y": 0.0}}, {{"x": 0.75, "y": 0.0}}]),
            executor: Process(time_limit: "{limit}")"#
        )
    };
    let folder = folder(&fields("2s"));
    let folder = folder.path();
    // One of the given configurations takes four seconds, and one fails.
    let script = r#"[ $1 = 0.25 ] && sleep 4; [ $1 = 0.75 ] && exit 1; echo "{\"cost\": $1}""#;
    fs::write(folder.join("trial.sh"), script).unwrap();
    assert!(galvani(folder, &["run", "e.ron"]).status.success());
    assert_eq!([0, 1].map(|index| trials(folder)[index]["outcome"].clone()), [json!("timed_out"), json!("crashed")]);
    write(folder, &fields("30s"));
    let (succeeded, words) = said(folder, &["run", "e.ron"]);
    assert!(
        succeeded && words.contains("`time_limit` was raised, so trial 1, which it had ended, runs again"),
        "{words}"
    );
    assert_eq!([0, 1].map(|index| trials(folder)[index]["outcome"].clone()), [json!("finished"), json!("crashed")]);
    assert!(!said(folder, &["run", "e.ron"]).1.contains("was raised"));
}

#[test]
fn configurations_are_enqueued_while_a_run_rests_and_while_it_goes_on() {
    let folder = folder(
        r#"stop: (trials: 40), optimizer: (first_configurations: [{"y": 0.125}]), budget: (min: 1, max: 3, eta: 3)"#,
    );
    let folder = folder.path();
    let (_, words) = said(folder, &["check", "e.ron"]);
    assert!(words.contains("number 1 of `first_configurations` is completed by defaults: x = 0.5"), "{words}");
    let mut session = Session::begin(folder, "e.ron");
    let ask = |session: &mut Session| session.ask(1)["trials"][0].clone();
    let first = ask(&mut session);
    assert_eq!(first["config"], json!({"x": 0.5, "y": 0.125}));
    // While it goes on: the next new configuration.
    let (succeeded, words) = said(folder, &["enqueue", "e", "x=0.0625"]);
    assert!(succeeded && words.contains("completed by defaults: y = 0.5"), "{words}");
    assert_eq!(ask(&mut session)["config"], json!({"x": 0.0625, "y": 0.5}));
    session.end();
    // While it rests, several at once; duplicates and what is not legal are refused by name, and then none is taken.
    assert!(said(folder, &["enqueue", "e", r#"{"x": 0.75, "y": 0.25}"#, r#"{"y": 0.75, "x": null}"#]).0);
    for (arguments, words) in [
        (vec![r#"{"x": 0.75, "y": 0.25}"#], "enqueued already"),
        (vec!["x=0.5", "y=0.125"], "was tried already, by trial 1"),
        (vec!["x=1.5"], "`x` cannot be `1.5`"),
        (vec!["z=1.5"], "there is no parameter `z`"),
        (vec!["x=0.1", "x=0.2"], "two values"),
        (vec!["0.1"], "no NAME=VALUE pair"),
        (vec![r#"{"x": 0.9}"#, r#"{"x": 9}"#], "`x` cannot be `9`"),
    ] {
        let (succeeded, words_said) = said(folder, &[&["enqueue", "e"], &arguments[..]].concat());
        assert!(!succeeded && words_said.contains(words), "{arguments:?}: {words_said}");
    }
    assert!(printed(folder, &["status", "e"]).contains("enqueued: 2 configurations not tried yet"));
    let mut session = Session::begin(folder, "e.ron");
    // The two trials without an outcome come first, then the new ones.
    let configs: Vec<Json> = (0..4).map(|_| ask(&mut session)["config"].clone()).collect();
    assert_eq!(configs[2..], [json!({"x": 0.75, "y": 0.25}), json!({"x": 0.5, "y": 0.75})]);
    session.end();
    assert_eq!(trials(folder)[2]["origin"], "given");
    assert!(!printed(folder, &["status", "e"]).contains("enqueued"));
    assert!(printed(folder, &["store", "check", "e"]).contains("enqueued"));
}

#[test]
fn check_says_what_will_not_go_as_meant() {
    let check = |folder: &Path| said(folder, &["check", "e.ron"]).1;
    let folder = folder("stop: (trials: 20), optimizer: (design_size: 19, design_share: 1)");
    let folder = folder.path();
    let words = check(folder);
    assert!(
        words.contains("design has 19 of the 20 configurations that the run tries, so that 1 is chosen"),
        "{words}"
    );
    write(folder, "stop: (trials: 13), budget: (min: 1, max: 9, eta: 3), optimizer: (intensifier: Screening)");
    let words = check(folder);
    assert!(
        words.contains("design has 9 of the 9 configurations that the run tries, so that none is chosen"),
        "{words}"
    );
    write(folder, "stop: (trials: 40)");
    assert!(!check(folder).contains("design has"));
    write(folder, r#"stop: (trials: 40), executor: Process(slots: ["gpu:977"])"#);
    let words = check(folder);
    assert!(words.contains("there is no `gpu:977`") || words.contains("no driver says"), "{words}");

    // A run of this name with another budget.
    write(folder, "stop: (trials: 40), budget: (min: 1, max: 9, eta: 3)");
    Session::begin(folder, "e.ron").end();
    assert!(!check(folder).contains("will refuse"));
    write(folder, "stop: (trials: 40), budget: (min: 1, max: 27, eta: 3)");
    let words = check(folder);
    assert!(
        words.contains("`run` will refuse to go on with") && words.contains("budget.max: 9.0, now 27.0"),
        "{words}"
    );

    // Counts of one.
    write(folder, r#"stop: (trials: 1), budget: (min: 1, max: 1, unit: "epochs")"#);
    let plan = printed(folder, &["check", "e.ron"]);
    assert!(!plan.contains("1 trials") && !plan.contains("1 epochs") && plan.contains("1 trial, 1 epoch"), "{plan}");
}

#[test]
fn a_renamed_parameter_is_asked_about() {
    let text = |name: &str, answer: &str| {
        format!(
            r#"(name: "e", search_space: (parameters: {{ "x": Float(min: 0, max: 1), "{name}": Float(min: 0, max: 2) }}{answer}), seed: 3)"#
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("e.ron"), text("y", "")).unwrap();
    let mut session = Session::begin(folder, "e.ron");
    let trial = session.ask(1)["trials"][0].clone();
    session.say(&json!({"tell": {"trial": 1, "cost": 1}}));
    session.end();
    fs::write(folder.join("e.ron"), text("why", "")).unwrap();
    let refused = galvani(folder, &["ask-tell", "e.ron"]);
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && words.contains("`y` is gone and `why`, with the same values, is new"),
        "{words}"
    );
    assert!(words.contains(r#"add renamed: {"why": "y"}"#), "{words}");
    let words = said(folder, &["check", "e.ron"]).1;
    assert!(words.contains("`run` will refuse to go on:") && !words.contains("default"), "{words}");
    fs::write(folder.join("e.ron"), text("why", r#", renamed: {"why": "yy"}"#)).unwrap();
    for words in [said(folder, &["ask-tell", "e.ron"]).1, said(folder, &["check", "e.ron"]).1] {
        assert!(words.contains("`why` was called `yy`, which no parameter of the run is"), "{words}");
        assert!(words.contains(r#"did you mean renamed: {"why": "y"}?"#), "{words}");
    }
    fs::write(folder.join("e.ron"), text("why", r#", renamed: {"why": "y"}"#)).unwrap();
    Session::begin(folder, "e.ron").end();
    let kept = trials(folder);
    assert_eq!((kept.len(), &kept[0]["config"]["why"]), (1, &trial["config"]["y"]));
    // The next session has nothing to change.
    let (_, words) = said(folder, &["ask-tell", "e.ron"]);
    assert!(!words.contains("changed"), "{words}");
}
