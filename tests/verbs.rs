//! What is asked of a run beside its search: directions of objectives, budgets, results taken back, and configurations given later.
mod program;

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

/// The budgets that the trials of a run had, each once, from the lowest.
fn budgets(folder: &Path) -> Vec<f64> {
    let mut budgets: Vec<f64> = trials(folder).iter().map(|trial| trial["budget"].as_f64().unwrap()).collect();
    budgets.sort_by(f64::total_cmp);
    budgets.dedup();
    budgets
}

/// Replaces words in the first record of a journal, and its checksum.
fn rewrite_first_record(folder: &Path, from: &str, to: &str) {
    let path = folder.join("runs/e/store/journal.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    let json = first.split_once(' ').unwrap().1.replace(from, to);
    fs::write(&path, format!("{:08x} {json}\n{rest}", crc32fast::hash(json.as_bytes()))).unwrap();
    fs::remove_dir_all(folder.join("runs/e/store/index")).unwrap();
}

#[test]
fn rungs_are_whole_where_the_ends_of_the_budget_are() {
    let fields = |budget: &str, trials: u32| {
        format!("{}, budget: {budget}, stop: (trials: {trials})", command(r#"print "{\"cost\": " x + y / b "}""#))
    };
    let folder = folder(&fields("(min: 1, max: 50, eta: 3)", 41));
    let folder = folder.path();
    let plan = printed(folder, &["check", "e.ron"]);
    assert!(plan.contains("budget: 2 to 50") && plan.contains("at 2, then") && plan.contains("at 17, then"), "{plan}");
    assert!(plan.contains("the lowest rung is above `min`, 1"), "{plan}");
    printed(folder, &["run", "e.ron"]);
    assert_eq!(budgets(folder), [2.0, 6.0, 17.0, 50.0]);

    // Exact rungs on demand; and for a run that was begun before rungs were whole.
    fs::remove_dir_all(folder.join("runs")).unwrap();
    write(folder, &fields("(min: 1, max: 50, eta: 3, whole: false)", 10));
    let plan = printed(folder, &["check", "e.ron"]);
    assert!(plan.contains("at 1.8518518518518519, then"), "{plan}");
    printed(folder, &["run", "e.ron"]);
    rewrite_first_record(folder, ", whole: false", "");
    write(folder, &fields("(min: 1, max: 50, eta: 3)", 20));
    let resumed = galvani(folder, &["run", "e.ron"]);
    let said = String::from_utf8(resumed.stderr).unwrap();
    assert!(resumed.status.success() && said.contains("begun with rungs at 1.852, 5.556, 16.667, 50"), "{said}");
    assert_eq!(budgets(folder), [50.0 / 27.0]);

    write(folder, &fields("(min: 0.5, max: 8, eta: 2, whole: true)", 20));
    let refused = String::from_utf8(galvani(folder, &["check", "e.ron"]).stderr).unwrap();
    assert!(refused.contains("`budget.whole` needs whole numbers"), "{refused}");
}
