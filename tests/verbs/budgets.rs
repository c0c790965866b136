//! Budgets of trials: whole rungs, the rule that decides which configuration has more, and trials that begin anew.
use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::program::{galvani, printed};
use crate::{command, folder, said, trials, write};

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
        format!(
            "{}, budget: {budget}, stop: (trials: {trials}), optimizer: (random_probability: 1, intensifier: Hyperband)",
            command(r#"print "{\"cost\": " x + y / b "}""#)
        )
    };
    let folder = folder(&fields("(min: 1, max: 14, eta: 3)", 13));
    let folder = folder.path();
    let plan = printed(folder, &["check", "e.ron"]);
    assert!(plan.contains("budget: 2 to 14") && plan.contains("at 2, then") && plan.contains("at 5, then"), "{plan}");
    assert!(plan.contains("the lowest rung is above `min`, 1"), "{plan}");
    printed(folder, &["run", "e.ron"]);
    assert_eq!(budgets(folder), [2.0, 5.0, 14.0]);

    // Exact rungs on demand; and for a run that was begun before rungs were whole.
    fs::remove_dir_all(folder.join("runs")).unwrap();
    write(folder, &fields("(min: 1, max: 14, eta: 3, whole: false)", 5));
    let plan = printed(folder, &["check", "e.ron"]);
    assert!(plan.contains("at 1.5555555555555556, then"), "{plan}");
    printed(folder, &["run", "e.ron"]);
    rewrite_first_record(folder, ", whole: false", "");
    write(folder, &fields("(min: 1, max: 14, eta: 3)", 7));
    let resumed = galvani(folder, &["run", "e.ron"]);
    let said = String::from_utf8(resumed.stderr).unwrap();
    assert!(resumed.status.success() && said.contains("begun with rungs at 1.556, 4.667, 14"), "{said}");
    assert_eq!(budgets(folder), [14.0 / 9.0]);

    write(folder, &fields("(min: 0.5, max: 8, eta: 2, whole: true)", 20));
    let refused = String::from_utf8(galvani(folder, &["check", "e.ron"]).stderr).unwrap();
    assert!(refused.contains("`budget.whole` needs whole numbers"), "{refused}");
}

#[test]
fn the_default_is_one_for_every_number_of_workers_and_a_run_keeps_its_own() {
    let fields = |workers: u32, trials: u32| {
        let budget = "budget: (min: 1, max: 9, eta: 3), optimizer: (random_probability: 1), validation: false";
        let cost = command(r#"print "{\"cost\": " x + y / b "}""#);
        format!("{cost}, {budget}, executor: Process(workers: {workers}), stop: (trials: {trials})")
    };
    let folder = folder(&fields(16, 6));
    let folder = folder.path();
    let many = printed(folder, &["check", "e.ron"]);
    write(folder, &fields(1, 6));
    let one = printed(folder, &["check", "e.ron"]);
    assert!(many.contains("budget: 1 to 9 units, asynchronous Hyperband\n"), "{many}");
    assert_eq!(one, many.replace("16 at a time", "1 at a time"));
    // A journal of an earlier build names no intensifier: one worker had `Screening`.
    printed(folder, &["run", "e.ron"]);
    assert!(trials(folder).iter().any(|trial| trial["bracket"] == 1), "brackets grow side by side");
    fs::remove_dir_all(folder.join("runs")).unwrap();
    write(folder, &fields(1, 1));
    printed(folder, &["run", "e.ron"]);
    rewrite_first_record(folder, r#","intensifier":{"Asynchronous":{"brackets":null}}"#, "");
    let first = fs::read_to_string(folder.join("runs/e/store/journal.jsonl")).unwrap();
    assert!(!first.lines().next().unwrap().contains("intensifier"), "{first}");
    write(folder, &fields(1, 9));
    let (is_over, words) = said(folder, &["run", "e.ron"]);
    assert!(is_over && words.contains("begun with one bracket, then full fidelity after a prescreen"), "{words}");
    assert_eq!(budgets(folder), [1.0], "the whole lowest rung of the first bracket");
}

#[test]
fn trials_that_begin_anew_are_counted_whole() {
    let fields = |restarts: &str| {
        let budget = format!("budget: (min: 1, max: 9, eta: 3{restarts}), optimizer: (random_probability: 1)");
        let cost = command(r#"print "{\"cost\": " x + y / b "}""#);
        format!("{cost}, {budget}, stop: (full_evaluations: 6), validation: false")
    };
    let spent = |restarts: &str| {
        let folder = folder(&fields(restarts));
        let folder = folder.path();
        let plan: Json = serde_json::from_str(&printed(folder, &["check", "e.ron", "--format", "json"])).unwrap();
        let said = printed(folder, &["check", "e.ron"]);
        printed(folder, &["run", "e.ron"]);
        let all = trials(folder);
        let total: f64 = all.iter().map(|trial| trial["budget"].as_f64().unwrap()).sum();
        assert!(all.iter().any(|trial| trial["rung"] != 0), "something was promoted: {all:?}");
        (total, plan["brackets"][0]["rungs"][2]["total_budget"].as_f64().unwrap(), said)
    };
    let (total, top, said) = spent(", restarts: true");
    // The limit is of 54: the last trial may exceed it.
    assert!((54.0..63.0).contains(&total), "{total}");
    assert_eq!(top, 9.0);
    assert!(
        said.contains("asynchronous Hyperband; a promoted trial begins anew and spends its whole budget"),
        "{said}"
    );
    let (continued, top, said) = spent("");
    assert!(continued > total, "the same limit pays for more where trials continue: {continued}, {total}");
    assert_eq!(top, 6.0);
    assert!(!said.contains("begins anew"), "{said}");
}
