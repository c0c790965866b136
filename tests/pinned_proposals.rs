//! Proposals after given results are those of `tests/golden/proposals/`, to the last bit.
//!
//! `UPDATE=1 cargo test --test pinned_proposals` writes those files anew: read every change. The optimizer is asked and told
//! over the lines of `ask-tell`, so that nothing here depends on how it is built.
mod program;

use std::fs;

use program::{Session, galvani, golden, is_update, lines, of_build, printed, processor, same, write};
use serde_json::{Value as Json, json};

/// The end of a trial; a failure by its name.
type Result = std::result::Result<Json, &'static str>;

/// An experiment, and what it is told.
struct Case {
    /// The name of its files in `tests/golden/proposals/`.
    name: &'static str,
    /// The number of trials that are open at a time.
    workers: usize,
    tell: fn(&Json, Attempt) -> Result,
    /// True where trials report costs on their way.
    reports: bool,
}

/// The number of times that a trial was given away, this time included.
type Attempt = u32;

fn check(name: &'static str, workers: usize) {
    checked(Case { name, workers, tell: |trial, _| Ok(json!({ "cost": cost(trial, 0) })), reports: false });
}

/// The place of a value on an axis from about -1 to 1. Sums, products and quotients alone: the same on every machine.
fn place(name: &str, value: &Json) -> f64 {
    match value {
        Json::String(word) => f64::from(word.bytes().map(u32::from).sum::<u32>() * 7 % 11) / 11.0,
        Json::Bool(is) => f64::from(u8::from(*is)),
        _ => {
            let number = value.as_f64().unwrap();
            let scale = match name {
                "rate" => 0.01,
                "width" => 24.0,
                "momentum" | "share" => 0.5,
                _ => 2.0,
            };
            number / (number.abs() + scale)
        }
    }
}

/// A cost that depends on everything that a trial is told; each `kind` has its minimum elsewhere.
fn cost(trial: &Json, kind: u32) -> f64 {
    let mut total = 0.0;
    let mut before = 0.3;
    for (name, value) in trial["config"].as_object().unwrap() {
        let place = place(name, value);
        let letters = name.bytes().map(u32::from).sum::<u32>() + 5 * kind;
        let off = place - f64::from(letters % 4 + 2) / 10.0;
        total += (1.0 + f64::from(letters % 3)) * off * off + 0.1 * off * before;
        before = place;
    }
    let budget = trial["budget"].as_f64().unwrap();
    let instance = trial["instance"].as_str().unwrap_or_default().bytes().map(u32::from).sum::<u32>() % 5;
    let noise = (trial["seed"].as_u64().unwrap() % 1000) as f64 / 20000.0;
    total + (0.5 + before) / budget + f64::from(instance) / 10.0 * before + noise
}

/// Fails where the configuration is of a bad sort, and now and then for no reason.
fn failing(trial: &Json, attempt: Attempt) -> Result {
    let number = trial["trial"].as_u64().unwrap();
    let config = &trial["config"];
    match number % 19 {
        3 if attempt == 1 => return Err("lost"),
        7 if attempt <= 2 => return Err("out_of_device_memory"),
        11 => return Err("timed_out"),
        15 => return Err("out_of_memory"),
        _ => {}
    }
    if config["rate"].as_f64().unwrap() > 0.03 {
        return Err("diverged");
    }
    if config["kind"] == "rough" && config["width"].as_u64().unwrap() > 60 {
        return Err("crashed");
    }
    Ok(json!({ "cost": cost(trial, 0) }))
}

fn two(trial: &Json) -> Result {
    Ok(json!({ "costs": { "loss": cost(trial, 0), "latency": 10.0 * cost(trial, 1) } }))
}

fn three(trial: &Json) -> Result {
    Ok(json!({ "costs": { "loss": cost(trial, 0), "latency": 10.0 * cost(trial, 1), "size": cost(trial, 2) } }))
}

/// Asks until there is nothing more; a line for each trial as it was given away, with what was told in the end, and a last
/// one with the best. Where it is interrupted, every few trials another session goes on from the journal.
fn record(case: &Case, is_interrupted: bool) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("{}.ron", case.name);
    fs::copy(golden("proposals").join(&file), folder.path().join(&file)).unwrap();
    let mut session = Session::begin(folder.path(), &file);
    let mut asked: Vec<Json> = Vec::new();
    // The lines of the trials that are open.
    let mut open: Vec<usize> = Vec::new();
    // A generator of the order in which trials end.
    let mut state = 12_345_u32;
    let reason = loop {
        let answer = if open.len() < case.workers { session.ask(case.workers - open.len()) } else { json!({}) };
        assert!(answer.get("error").is_none(), "{}: {answer}", case.name);
        for trial in answer["trials"].as_array().into_iter().flatten() {
            open.push(asked.len());
            asked.push(trial.clone());
        }
        if open.is_empty() {
            break answer["done"].as_str().unwrap_or_else(|| panic!("{}: {answer}", case.name)).to_owned();
        }
        if is_interrupted && asked.len() % 13 == 12 {
            session.end();
            session = Session::begin(folder.path(), &file);
            let again = session.ask(open.len());
            let expected: Vec<&Json> = open.iter().map(|line| &asked[*line]).collect();
            for trial in again["trials"].as_array().unwrap_or_else(|| panic!("{}: {again}", case.name)) {
                assert!(expected.contains(&trial), "{}: {trial} is none of those that are open", case.name);
            }
        }
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let line = open.remove((state >> 16) as usize % open.len());
        let told = end(&mut session, case, &asked, line);
        asked[line]["told"] = told;
    };
    let best = session.say(&json!({ "best": {} }));
    session.end();
    // Where the trials came from is in the listing alone.
    let rows = lines(&printed(folder.path(), &["trials", case.name, "--format", "json"]));
    for trial in &mut asked {
        let row = &rows[trial["trial"].as_u64().unwrap() as usize - 1];
        for column in ["bracket", "rung", "origin", "outcome"] {
            trial[column] = row[column].clone();
        }
    }
    let ending = json!({ "done": reason, "best": best });
    let text: String = asked.iter().chain([&ending]).map(|line| format!("{line}\n")).collect();
    assert!(galvani(folder.path(), &["store", "check", case.name]).status.success());
    text
}

/// Reports of a trial, where it makes any, and tells what came of it: that.
fn end(session: &mut Session, case: &Case, asked: &[Json], line: usize) -> Json {
    let trial = asked[line].clone();
    let attempt = asked[..=line].iter().filter(|each| each["trial"] == trial["trial"]).count();
    let budget = trial["budget"].as_f64().unwrap();
    let mut told = match (case.tell)(&trial, attempt as Attempt) {
        Ok(told) => told,
        Err("crashed") => json!({ "outcome": "crashed", "message": "too wide" }),
        Err(failure) => json!({ "outcome": failure }),
    };
    if case.reports {
        for part in [0.25, 0.5, 0.75] {
            let mut early = trial.clone();
            early["budget"] = json!(part * budget);
            let report = json!({ "trial": trial["trial"], "budget": part * budget, "cost": cost(&early, 0) });
            let answer = session.say(&json!({ "report": report }));
            assert_eq!(answer["ok"], true, "{answer}");
            if answer["prune"] == true {
                told = json!({ "outcome": "pruned", "at": part });
                break;
            }
        }
    }
    let mut tell = told.clone();
    tell.as_object_mut().unwrap().remove("at");
    tell["trial"] = trial["trial"].clone();
    // Not by the clock.
    tell["seconds"] = json!(budget * (1.0 + place("rate", &json!(trial["config"].to_string().len()))));
    assert_eq!(session.say(&json!({ "tell": tell })), json!({ "ok": true }), "{}: {tell}", case.name);
    told
}

/// The number of lines at the start of a golden file that hold on every processor: those before the first that a model chose. What a
/// forest chooses holds everywhere, what a Gaussian process chooses only on the kind of processor that wrote the file.
fn comparable(golden: &str, is_same_processor: bool, is_process: bool) -> usize {
    let all = golden.lines().count();
    let chosen = golden.lines().position(|line| line.contains("\"origin\":\"model\"")).unwrap_or(all);
    if is_same_processor || !is_process { all } else { chosen }
}

fn checked(case: Case) {
    let path = golden("proposals").join(format!("{}.jsonl", case.name));
    let text = record(&case, false);
    let header = |kind: &str| format!("{{\"processor\":\"{kind}\"}}\n");
    if is_update() {
        write(&path, &(header(&processor()) + &text));
        return;
    }
    let experiment = fs::read_to_string(path.with_extension("ron")).unwrap();
    let path = of_build(&path);
    let golden_text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (first, expected) = golden_text.split_once('\n').unwrap();
    assert!(expected.lines().count() > 30, "{}: there is something to compare", path.display());
    let is_process = ["surrogate: Forest", "search: "].iter().all(|word| !experiment.contains(word));
    let count = comparable(expected, format!("{first}\n") == header(&processor()), is_process);
    assert!(count > 0, "{}: the design is the same everywhere", path.display());
    let part = |text: &str| text.lines().take(count).map(|line| format!("{line}\n")).collect::<String>();
    same(&path, &part(expected), &part(&text));
    same(&path, &text, &record(&case, true));
}

#[test]
fn one_worker_by_default() {
    check("alone", 1);
}

#[test]
fn screening() {
    check("screening", 1);
}

#[test]
fn several_workers_by_default() {
    check("workers", 4);
}

#[test]
fn a_gaussian_process_at_full_fidelity() {
    check("process", 1);
}

#[test]
fn a_forest_under_hyperband() {
    check("forest", 1);
}

#[test]
fn a_forest_of_several_workers() {
    check("forest_workers", 4);
}

#[test]
fn failures() {
    checked(Case { name: "failures", workers: 2, tell: failing, reports: false });
}

#[test]
fn failures_under_a_forest() {
    checked(Case { name: "forest_failures", workers: 3, tell: failing, reports: false });
}

#[test]
fn conditions_two_deep() {
    check("conditions", 2);
}

#[test]
fn two_objectives() {
    checked(Case { name: "objectives", workers: 2, tell: |trial, _| two(trial), reports: false });
}

#[test]
fn three_objectives() {
    checked(Case { name: "three_objectives", workers: 1, tell: |trial, _| three(trial), reports: false });
}

#[test]
fn a_race() {
    check("racing", 2);
}

#[test]
fn pruning() {
    let tell = |trial: &Json, _| Ok(json!({ "cost": cost(trial, 0) }));
    checked(Case { name: "pruning", workers: 3, tell, reports: true });
}

#[test]
fn tree_structured_parzen_estimators() {
    check("parzen", 1);
}

#[test]
fn differential_evolution() {
    check("evolution", 2);
}

#[test]
fn progressive_halving() {
    check("pasha", 3);
}

#[test]
fn successive_halving_by_thompson_sampling() {
    check("thompson", 1);
}

#[test]
fn given_configurations_priors_and_a_confidence_bound() {
    check("given", 2);
}

#[test]
fn improvement_per_second_of_a_forest() {
    check("seconds", 2);
}

#[test]
fn a_small_space_is_exhausted() {
    check("exhausted", 2);
}
