//! The battery's models through the binary: trained, continued, judged, and asked by arrays.
#![cfg(feature = "battery")]

use std::fs;
use std::path::Path;
use std::process::Command;

use galvani::battery::dataset::npy::Array;
use serde_json::Value as Json;

const EXPERIMENT: &str = r#"(
    name: "small",
    search_space: (
        name: "small",
        parameters: {
            "pe_type": Constant(value: "ALiBi"), "norm_type": Constant(value: "RMSNorm"),
            "dim_model": Ordinal(values: [8, 16]), "n_heads": Constant(value: 2),
            "seq_len": Constant(value: 16), "n_layer": Constant(value: 1),
        },
    ),
    task: Battery(
        dataset: (train: 12, validation: 2, test: 2, hours: 1, interval_s: 30),
        training: (tokens_per_step: 64, schedule_steps: Some(40)),
        evaluation: (windows: 2, context: 8, horizon: 40, scored: 20),
    ),
    budget: (min: 2, max: 4, eta: 2, unit: "steps"),
)"#;

/// Exit code, stdout, stderr of `galvani battery ...`.
fn battery(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    let output = command.arg("battery").args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_model_is_trained_continued_judged_and_asked() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("small.ron"), EXPERIMENT).unwrap();
    let run = |arguments: &[&str]| battery(here, arguments);
    let (code, out, error) = run(&["train", "small.ron", "--out", "model"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(out.contains("model/model.safetensors") && out.contains("model/learning_curve.png"), "{out}");
    assert!(error.contains("parameters on cpu, 64 rows a step, 4 steps") && error.contains("4 steps in"), "{error}");
    let (code, _, error) = run(&["train", "small.ron", "--out", "model", "--steps", "6", "--device", "auto"]);
    assert!(code == Some(0) && error.contains("2 steps in") && error.contains("continued after 4 steps"), "{error}");
    let (code, _, error) = run(&["train", "small.ron", "--out", "model", "--steps", "6"]);
    assert!(code == Some(0) && error.contains("has all of its steps already"), "{error}");
    for (flag, value) in [("--steps", "3"), ("--seed", "9"), ("--set", "dim_model=16")] {
        let (code, _, error) = run(&["train", "small.ron", "--out", "model", flag, value]);
        assert!(code == Some(2) && error.contains("cannot be continued") && error.contains("hint: "), "{error}");
    }
    let (code, _, error) = run(&["train", "small.ron", "--out", "other", "--steps", "2", "--set", "dim_model=12"]);
    assert_eq!(code, Some(0), "{error}");

    let judge = ["evaluate", "model", "other/model.safetensors", "--experiment", "small.ron"];
    let (code, out, error) =
        run(&[&judge[..], &["--beside-baseline", "--out", "pictures", "--format", "json"]].concat());
    assert_eq!(code, Some(0), "{error}");
    let rows: Vec<Json> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let methods: Vec<&str> = rows.iter().map(|row| row["method"].as_str().unwrap()).collect();
    assert_eq!(methods[..4], ["model", "other", "mean of the training series", "last true row"]);
    assert_eq!((methods.len(), methods[4]), (8, "coulomb counter"));
    let number = |row: &Json, name: &str| row[name].as_f64().unwrap_or_else(|| panic!("{name} of {row}"));
    for row in &rows {
        let (square, absolute) = (number(row, "soc_mean_square_error"), number(row, "soc_mean_absolute_error"));
        assert!(square >= 0.999 * absolute * absolute, "{row}");
    }
    assert!(number(&rows[4], "soc_mean_absolute_error") < 0.1 * number(&rows[2], "soc_mean_absolute_error"));
    let course = &rows[0]["error_over_time"];
    assert_eq!(course["hours"].as_array().unwrap().len(), course["root_mean_square"][3].as_array().unwrap().len());
    for picture in ["predictions-model", "predictions-other", "error_over_time", "learning_curve"] {
        assert!(here.join(format!("pictures/{picture}.png")).metadata().unwrap().len() > 5_000, "{picture}");
    }
    let (_, out, _) = run(&[&judge[..], &["--given", "sensors", "--format", "json"]].concat());
    let row: Json = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    assert!(row["voltage_mean_absolute_error"].is_null() && row["soc_mean_absolute_error"].is_f64(), "{row}");

    // One window of the rolling prediction by hand: the first row after the context.
    let values: Vec<f32> = (0..2 * 8 * 6).map(|each| (each as f32 * 0.37).sin().abs()).collect();
    Array { shape: vec![2, 8, 6], values: values.clone() }.write(&here.join("x.npy")).unwrap();
    let physical = ["predict", "--weights", "model/model.safetensors", "--input", "x.npy", "--out", "y.npy"];
    let ask = [&physical[..], &["--scaled"]].concat();
    let (code, _, error) = run(&physical);
    assert!(code == Some(2) && error.contains("hint: it must be") && error.contains("`--scaled` takes"), "{error}");
    let (code, out, error) = run(&ask);
    assert_eq!((code, out.as_str()), (Some(0), "y.npy\n"), "{error}");
    let answer = Array::read(&here.join("y.npy")).unwrap();
    assert_eq!(answer.shape, [2, 8, 6]);
    assert!(answer.values.iter().zip(&values).step_by(6).all(|(answer, given)| answer == given), "the current");
    assert!(answer.values.iter().zip(&values).skip(1).step_by(6).any(|(answer, given)| answer != given));
    // The same rows in the units of the datasheet's ranges.
    let ranges = [(-5.0, 20.0), (2.5, 4.25), (-10.0, 90.0), (0.0, 1.0), (-10.0, 110.0), (2.5, 4.25)];
    let in_units = |scaled: &[f32]| -> Vec<f32> {
        let unit =
            |(each, value): (usize, &f32)| ranges[each % 6].0 + value * (ranges[each % 6].1 - ranges[each % 6].0);
        scaled.iter().enumerate().map(unit).collect()
    };
    Array { shape: vec![2, 8, 6], values: in_units(&values) }.write(&here.join("x.npy")).unwrap();
    let (code, _, error) = run(&physical);
    assert_eq!(code, Some(0), "{error}");
    let again = Array::read(&here.join("y.npy")).unwrap();
    assert!(again.values.iter().zip(in_units(&answer.values)).all(|(again, once)| (again - once).abs() < 1e-2));
    Array { shape: vec![96], values: values.clone() }.write(&here.join("x.npy")).unwrap();
    assert!(run(&ask).2.contains("[96]\nhint: batch × steps × 6"));
    Array { shape: vec![1, 17, 6], values: vec![0.5; 102] }.write(&here.join("x.npy")).unwrap();
    assert!(run(&ask).2.contains("17 steps, but the model sees 16"));
}

#[test]
fn mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("small.ron"), EXPERIMENT).unwrap();
    fs::write(here.join("other.ron"), "(name: \"x\", search_space: (name: \"x\", parameters: {\"a\": Float(min: 0, max: 1)}), task: Function(\"branin\"))").unwrap();
    fs::write(here.join("text.npy"), "no array").unwrap();
    for (arguments, expected) in [
        (&["train", "nowhere.ron", "--out", "m"][..], "nowhere.ron: there is no such file"),
        (&["train", "other.ron", "--out", "m"], "error"),
        (
            &["train", "small.ron", "--out", "m", "--set", "n_heads=3"],
            "`dim_model` must be a multiple of `n_heads`, but 8 is no multiple of 3",
        ),
        (&["train", "small.ron", "--out", "m", "--set", "n_heads"], "NAME=VALUE"),
        (&["train", "small.ron", "--out", "m", "--device", "gpu"], "`cpu`, `cuda:N` or `auto`, not `gpu`"),
        (&["evaluate", "nowhere", "--experiment", "small.ron"], "cannot read `nowhere`"),
        (&["evaluate", "text.npy", "--experiment", "small.ron"], "text.npy"),
        (&["evaluate", "text.npy"], "--dataset"),
        (&["predict", "--weights", "text.npy", "--input", "text.npy", "--out", "y.npy"], "text.npy"),
    ] {
        let (code, _, error) = battery(here, arguments);
        assert!(code == Some(2) && error.contains(expected), "{arguments:?}: {error}");
    }
    assert!(!here.join("m").exists());
}

#[test]
fn measured_series_beside_simulated_ones_train_and_judge_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("small.ron"), EXPERIMENT).unwrap();
    fs::write(here.join("data.ron"), "(train: 4, validation: 1, test: 1, hours: 0.5, interval_s: 30)").unwrap();
    for name in ["arbin.csv", "maccor.txt"] {
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/cyclers").join(name), here.join(name))
            .unwrap();
    }
    let run = |arguments: &[&str]| {
        let (code, out, error) = battery(here, arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {error}");
        out
    };
    run(&["generate", "data.ron"]);
    run(&["import", "arbin.csv", "--append", "data.dataset", "--split", "train", "--out", "more.dataset"]);
    let described =
        run(&["import", "maccor.txt", "--append", "more.dataset", "--split", "test", "--out", "mixed.dataset"]);
    assert!(described.contains("train           3 series  measured"), "{described}");
    run(&["train", "small.ron", "--dataset", "mixed.dataset", "--out", "mixed"]);
    // A model that has seen simulated series alone is judged on measured ones too.
    run(&["train", "small.ron", "--dataset", "data.dataset", "--out", "simulated"]);
    let judge = ["evaluate", "mixed", "simulated", "--dataset", "mixed.dataset", "--format", "json"];
    let sizes = ["--windows", "4", "--context", "8", "--horizon", "40", "--scored", "20", "--beside-baseline"];
    let out = run(&[&judge[..], &sizes].concat());
    let rows: Vec<Json> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 8);
    for row in &rows {
        assert!(row["soc_mean_absolute_error"].as_f64().unwrap().is_finite(), "{row}");
    }
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_graphics_card_that_is_not_there_is_refused_before_any_trial() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let galvani = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_galvani")).args(arguments).current_dir(here).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let with_device =
        |device: &str| EXPERIMENT.replace("training: (", &format!("device: \"{device}\",\n        training: ("));
    fs::write(here.join("card.ron"), with_device("cuda:0")).unwrap();
    for verb in ["check", "run"] {
        let (code, error) = galvani(&[verb, "card.ron"]);
        assert_eq!(code, Some(2), "{error}");
        assert!(
            error.contains("`device` is `cuda:0`, but this galvani was built without the feature `cuda`"),
            "{error}"
        );
        assert!(error.contains("hint: build it with") && error.contains("`device: \"auto\"`"), "{error}");
    }
    assert!(!here.join("runs").exists(), "nothing has begun");
    fs::write(here.join("auto.ron"), with_device("auto")).unwrap();
    let (code, error) = galvani(&["check", "auto.ron"]);
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(error.matches("the processor is used").count(), 1, "{error}");
}
