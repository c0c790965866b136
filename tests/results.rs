//! Results go out to other programs and come in from them, and a model that has them knows more.
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

const EXPERIMENT: &str = r#"(
    name: "NAME",
    search_space: (
        name: "mixed",
        parameters: {
            "rate": Float(min: 1e-4, max: 1e-1, log: true),
            "kind": Categorical(choices: ["plain", "rough"]),
            "depth": Integer(min: 1, max: 9),
            "width": Ordinal(values: [32, 64, 128]),
        },
        conditions: { "depth": "kind == 'rough'" },
    ),
    budget: (min: 1, max: 9, eta: 3),
    optimizer: OPTIMIZER,
    stop: (trials: 60),
    seed: 5,
)"#;

fn galvani(folder: &Path, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let input_file = folder.join("input");
    fs::write(&input_file, input).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    command.args(arguments).current_dir(folder).stdin(Stdio::from(fs::File::open(input_file).unwrap()));
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn good(folder: &Path, arguments: &[&str], input: &str) -> (String, String) {
    let (code, out, err) = galvani(folder, arguments, input);
    assert_eq!(code, Some(0), "{arguments:?}: {err}");
    (out, err)
}

fn write(folder: &Path, name: &str, optimizer: &str) {
    let text = EXPERIMENT.replace("NAME", name).replace("OPTIMIZER", optimizer);
    fs::write(folder.join(format!("{name}.ron")), text).unwrap();
}

/// A run of 24 trials of which one crashed.
fn run(folder: &Path) {
    write(folder, "first", "()");
    let mut lines = r#"{"ask": {"count": 24}}"#.to_owned() + "\n";
    for trial in 1..=23 {
        lines += &format!("{{\"tell\": {{\"trial\": {trial}, \"cost\": {}}}}}\n", 1.0 / f64::from(trial));
    }
    lines += "{\"tell\": {\"trial\": 24, \"outcome\": \"crashed\"}}\n";
    good(folder, &["ask-tell", "first.ron"], &lines);
}

fn rows(folder: &Path, name: &str) -> Vec<Json> {
    let (out, _) = good(folder, &["trials", name, "--format", "json"], "");
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_format_comes_back_as_it_went() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path());
    let mut kept: Vec<Json> = Vec::new();
    for format in ["csv", "jsonl", "smac3", "optuna"] {
        good(folder.path(), &["export", format, "first", "--out", &format!("out.{format}")], "");
        write(folder.path(), format, "()");
        let experiment = format!("{format}.ron");
        let (_, said) = good(folder.path(), &["import", format, &format!("out.{format}"), &experiment], "");
        assert!(said.contains("kept 23 results of 24"), "{format}: {said}");
        let journal = fs::read_to_string(folder.path().join(format!("runs/{format}/store/journal.jsonl"))).unwrap();
        let note = journal.lines().find(|line| line.contains("evidence/000001")).unwrap();
        let note = &note[note.find('{').unwrap()..=note.rfind('}').unwrap()];
        let value: Json = serde_json::from_str(note).unwrap();
        let results = value["value"]["results"].clone();
        assert_eq!(results.as_array().map(Vec::len), Some(23), "{format}");
        kept.push(results);
    }
    assert!(kept.windows(2).all(|pair| pair[0] == pair[1]), "{kept:#?}");
}

/// A folder with the files of other programs that are kept in `tests/golden/results`.
fn foreign() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/results")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    folder
}

#[test]
fn files_of_other_programs_are_read_as_they_are() {
    let folder = foreign();
    for (name, space, fields) in [
        ("experiment", "space", ""),
        ("pandas", "pandas-space", ""),
        ("older", "older-space", ""),
        ("budgets", "smac-space", ", budget: (min: 1, max: 9, eta: 3)"),
        ("objectives", "smac-space", ", objectives: [\"a\", \"b\"]"),
    ] {
        let text = format!("(name: {name:?}, search_space: \"{space}.ron\", stop: (trials: 20), seed: 1{fields})");
        fs::write(folder.path().join(format!("{name}.ron")), text).unwrap();
    }
    for (index, (format, file, experiment, options, said)) in [
        ("optuna", "optuna-added.journal", "experiment", "", "kept 5 results of 5"),
        ("optuna", "optuna-steps.journal", "experiment", "", "kept 12 results of 12"),
        (
            "optuna",
            "optuna-torn.journal",
            "experiment",
            "",
            "line 16: the file is cut off here|kept 2 results of 3|1 result without a cost",
        ),
        ("optuna", "optuna-intermediate-infinity.journal", "experiment", "", "kept 3 results of 3|3 costs on the way"),
        ("optuna", "optuna-maximize.journal", "experiment", "--negate", "kept 3 results of 3"),
        ("optuna", "optuna-deleted-first.journal", "experiment", "", "kept 3 results of 3"),
        ("optuna", "optuna-deleted-first.journal", "experiment", "--study=real", "kept 3 results of 3"),
        ("smac3", "smac-rows-of-10.json", "experiment", "", "kept 3 results of 3"),
        ("smac3", "smac-1.4.0-budgets.json", "budgets", "", "kept 27 results of 36|6 crashed, 3 timed out"),
        ("smac3", "smac-2.2.0-budgets.json", "budgets", "", "kept 27 results of 36"),
        ("smac3", "smac-2.4.1-budgets.json", "budgets", "", "kept 27 results of 36"),
        ("smac3", "smac-1.4.0-objectives.json", "objectives", "", "kept 27 results of 36"),
        ("smac3", "smac-2.2.0-objectives.json", "objectives", "", "kept 27 results of 36"),
        ("smac3", "smac-2.4.1-objectives.json", "objectives", "", "kept 27 results of 36"),
        ("csv", "pandas.csv", "pandas", "", "kept 2 results of 2"),
        ("optuna", "optuna-maximize.journal", "experiment", "", "`s` maximizes|add `--negate`"),
        ("optuna", "optuna-deleted-first.journal", "experiment", "--study=s", "no study `s`|there are `real`"),
        ("optuna", "optuna-deleted-first.journal", "experiment", "--negate", "leave `--negate` out"),
        ("optuna", "optuna-older.journal", "older", "", "several studies: `first`, `second`|--study 'first'"),
        (
            "optuna",
            "optuna-older.journal",
            "older",
            "--study=second",
            "kept 2 results of 5|(1 crashed, 1 pruned)|1 trial waiting",
        ),
        (
            "smac3",
            "smac-infinity.json",
            "experiment",
            "",
            "kept 1 result of 2|1 result without a cost that counts (1 crashed)",
        ),
        ("smac3", "smac-1.json", "experiment", "", "kept 2 results of 4|1 crashed, 1 timed out|1 entry with the"),
    ]
    .into_iter()
    .enumerate()
    {
        let (experiment, dir) = (format!("{experiment}.ron"), format!("runs{index}"));
        let mut arguments = vec!["import", format, file, &experiment, "--dir", &dir];
        arguments.extend(Some(options).filter(|options| !options.is_empty()));
        let (_, _, err) = galvani(folder.path(), &arguments, "");
        for part in said.split('|') {
            assert!(err.contains(part), "{file} {options}: {part} is not in {err}");
        }
    }
}

#[test]
fn values_that_were_maximized_change_their_sign() {
    let folder = foreign();
    let write = |name: &str, objective: &str| {
        let text = format!("(name: {name:?}, search_space: \"space.ron\", stop: (trials: 20){objective})");
        fs::write(folder.path().join(format!("{name}.ron")), text).unwrap();
    };
    write("least", "");
    write("most", ", objective: Maximize");
    fs::write(folder.path().join("accuracy.csv"), "rate,drop,width,cost\n0.01,0.5,64,0.75\n").unwrap();
    for (format, file, experiment, options, cost) in [
        ("optuna", "optuna-maximize.journal", "least", "--negate", "0.780326497151387"),
        ("optuna", "optuna-maximize.journal", "most", "", "0.780326497151387"),
        ("csv", "accuracy.csv", "least", "--negate", "-0.75"),
        ("csv", "accuracy.csv", "most", "", "-0.75"),
    ] {
        let file_of_experiment = format!("{experiment}.ron");
        let mut arguments = vec!["import", format, file, &file_of_experiment];
        arguments.extend(Some(options).filter(|options| !options.is_empty()));
        good(folder.path(), &arguments, "");
        let journal = folder.path().join(format!("runs/{experiment}/store/journal.jsonl"));
        assert!(fs::read_to_string(journal).unwrap().contains(&format!("\"cost\":{cost}")), "{file} {experiment}");
    }
    let (code, _, said) = galvani(folder.path(), &["import", "optuna", "optuna-steps.journal", "most.ron"], "");
    assert!(code == Some(2) && said.contains("minimizes, and the experiment maximizes"), "{said}");
}

#[test]
fn a_file_that_is_imported_twice_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path());
    good(folder.path(), &["export", "optuna", "first", "--out", "out.journal"], "");
    write(folder.path(), "second", "()");
    let import = |experiment: &str, file: &str| good(folder.path(), &["import", "optuna", file, experiment], "").1;
    assert!(import("second.ron", "out.journal").contains("kept 23 results of 24"));
    assert!(import("second.ron", "out.journal").contains("kept 0 results of 24 in runs/second; 23 were there already"));
    // Trials of the run itself are known too.
    assert!(import("first.ron", "out.journal").contains("23 were there already"));
    let file = "rate,kind,width,budget,cost\n0.01,plain,64,9,0.5\n0.01,plain,64,9,0.5\n";
    fs::write(folder.path().join("twice.csv"), file).unwrap();
    let (_, said) = good(folder.path(), &["import", "csv", "twice.csv", "second.ron"], "");
    assert!(said.contains("kept 2 results of 2"), "two results of one file are two: {said}");
    let (status, _) = good(folder.path(), &["status", "second"], "");
    assert!(status.contains("learns from 25 imported results: 23 of out.journal, 2 of twice.csv"), "{status}");
}

#[test]
fn what_does_not_fit_is_said() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "new", "()");
    let file = |text: &str| fs::write(folder.path().join("results.csv"), text).unwrap();
    file(
        "rate,kind,depth,width,budget,cost,note\n0.01,plain,,64,9,0.5,a\n0.01,plain,3,64,9,0.5,b\n9,plain,,64,9,1,c\n",
    );
    let (_, said) = good(folder.path(), &["import", "csv", "results.csv", "new.ron"], "");
    assert!(said.contains("ignored the columns note"), "{said}");
    assert!(said.contains("2 of 3 results do not fit, the first of them number 2: `depth` has a value"), "{said}");
    file("rate,kind,width,budget,cost\n0.01,plain,64,27,0.5\n");
    let (code, _, said) = galvani(folder.path(), &["import", "csv", "results.csv", "new.ron"], "");
    assert!(code == Some(2) && said.contains("the budget 27 is not from 1 to 9") && said.contains("hint: "), "{said}");
    file("rate,kind\n1,2\n");
    let (code, _, said) = galvani(folder.path(), &["import", "csv", "results.csv", "new.ron"], "");
    assert!(code == Some(2) && said.contains("line 1: there is no column `cost`"), "{said}");
}

#[test]
fn an_earlier_run_is_learnt_from_at_once() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path());
    write(folder.path(), "second", "(warm_start: [\"runs/first\"], design_size: 1, random_probability: 0)");
    good(folder.path(), &["ask-tell", "second.ron"], "{\"ask\": {\"count\": 3}}\n");
    let origins: Vec<String> =
        rows(folder.path(), "second").iter().map(|row| row["origin"].as_str().unwrap().to_owned()).collect();
    assert_eq!(origins, ["default", "model", "model"]);

    write(folder.path(), "third", "(warm_start: [\"runs/none\"])");
    let (code, _, said) = galvani(folder.path(), &["ask-tell", "third.ron"], "");
    assert!(code == Some(2) && said.contains("runs/none"), "{said}");
    assert!(!folder.path().join("runs/third/store").exists());
}

#[test]
fn every_way_of_searching_proposes_legal_configurations() {
    for search in ["TreeParzen()", "DifferentialEvolution()", "Random", "Model"] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "ways", &format!("(search: {search}, design_size: 6)"));
        let mut lines = String::new();
        for trial in 1..=40 {
            lines += "{\"ask\": {}}\n";
            lines += &format!("{{\"tell\": {{\"trial\": {trial}, \"cost\": {}}}}}\n", (f64::from(trial) * 0.7).sin());
        }
        let (out, _) = good(folder.path(), &["ask-tell", "ways.ron"], &lines);
        assert!(!out.contains("error"), "{search}: {out}");
        let found = rows(folder.path(), "ways").iter().filter(|row| row["origin"] == "model").count();
        assert_eq!(found > 5, search != "Random", "{search}: {found}");
    }
}

#[test]
fn a_file_without_a_usable_result_says_why() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "new", "()");
    let heading = "rate,kind,width,cost,outcome\n";
    for (format, text, expected) in [
        ("csv", String::new(), "the file is empty"),
        ("csv", heading.to_owned(), "no result can be used: it holds none"),
        ("jsonl", "\n".to_owned(), "no result can be used: it holds none"),
        (
            "csv",
            format!("{heading}0.01,plain,64,abc,\n0.01,plain,64,0.5,odd\n"),
            "none of its lines or entries can be read",
        ),
        (
            "csv",
            format!("{heading}0.01,plain,64,0.5,crashed\n0.01,plain,64,,\n"),
            "the file has only 2 results without a cost that counts (1 crashed)",
        ),
        (
            "csv",
            format!("{heading}9,plain,64,0.5,\n"),
            "no result can be used: 1 of 1 results do not fit the experiment",
        ),
        (
            "jsonl",
            "{\"config\": {\"rate\": 0.01}, \"cost\": 0.9, \"outcome\": \"crashed\"}\n".to_owned(),
            "the file has only 1 result without a cost that counts (1 crashed)",
        ),
        (
            "jsonl",
            "{\"config\": {\"rate\": 0.01}, \"cost\": 0.9, \"outcome\": \"weird\"}\n".to_owned(),
            "there is no outcome \"weird\"; there are finished",
        ),
        ("jsonl", "{\"config\": {\"rate\": 0.01}, \"cost\": \"low\"}\n".to_owned(), "a cost cannot be \"low\""),
    ] {
        fs::write(folder.path().join("file"), &text).unwrap();
        let (code, _, said) = galvani(folder.path(), &["import", format, "file", "new.ron"], "");
        assert!(code == Some(2) && said.contains(expected) && said.contains("hint: "), "{text}: {said}");
        assert!(!said.contains("none fits"), "{said}");
    }
}

#[test]
fn what_is_odd_in_a_journal_of_optuna_is_said() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "new", "()");
    let study = |directions: &str| format!("{{\"op_code\": 0, \"study_name\": \"s\", \"directions\": {directions}}}\n");
    let trial = "{\"op_code\": 4, \"study_id\": 0, \"state\": 1, \"values\": [1], \"params\": {\"rate\": 0.01, \"width\": 1e300}, \
                 \"distributions\": {\"rate\": {\"name\": \"FloatDistribution\"}, \"width\": {\"name\": \"IntDistribution\"}}}\n";
    let unknown = "{\"op_code\": 77}\n{\"op_code\": 78}\n";
    for (text, expected) in [
        (study("[7]") + trial, "line 1: the direction 7 is neither 1 (minimize) nor 2 (maximize)"),
        (study("\"minimize\"") + trial, "line 1: there is no `directions` that can be read"),
        (study("[1]") + unknown + trial, "2 operations of an unknown kind left out, the first with the `op_code` 77"),
        (study("[1]") + trial, "`width` cannot be 1e+300"),
        (study("[1, 2]") + trial, "the study `s` has 2 objectives, and the experiment 1 objective"),
    ] {
        fs::write(folder.path().join("file"), &text).unwrap();
        let (code, _, said) = galvani(folder.path(), &["import", "optuna", "file", "new.ron"], "");
        assert!(code == Some(2) && said.contains(expected) && !said.contains("--negate"), "{text}: {said}");
    }
}
