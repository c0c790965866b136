//! Files of cyclers become series of a dataset that other verbs take, and cells are fitted to them.
#![cfg(feature = "simulator")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use galvani::battery::cell::Cell;
use galvani::battery::dataset::{Dataset, Specification, Split};
use galvani::battery::measurement::finding::FindingKind;
use galvani::battery::measurement::reading::{ReadingSettings, read_bytes};
use serde_json::Value as Json;

/// File, vendor, and what is wrong with its rows.
/// The name of a file, its program, and what is found in it.
type Expected = (&'static str, &'static str, &'static [(FindingKind, u64)]);

const FILES: [Expected; 6] = [
    ("arbin.csv", "Arbin", &[(FindingKind::Unreadable, 1), (FindingKind::Repeated, 1)]),
    ("maccor.txt", "Maccor", &[(FindingKind::NoTemperature, 1)]),
    ("neware.csv", "Neware", &[]),
    ("neware_nested.csv", "Neware", &[(FindingKind::OtherTable, 8)]),
    ("biologic.mpt", "BioLogic", &[]),
    ("battery_data_format.bdf.csv", "Battery Data Format", &[]),
];

fn cyclers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/cyclers")
}

/// A row of `truth.csv`: time, current, voltage, temperature, state of charge.
fn truth() -> Vec<[f64; 5]> {
    let text = fs::read_to_string(cyclers().join("truth.csv")).unwrap();
    let row = |line: &str| -> [f64; 5] {
        let numbers: Vec<f64> = line.split(',').map(|field| field.parse().unwrap()).collect();
        numbers.try_into().unwrap()
    };
    text.lines().skip(1).map(row).collect()
}

/// The true values at a time, linear between the rows.
fn true_at(truth: &[[f64; 5]], time: f64) -> [f64; 5] {
    let after = truth.partition_point(|row| row[0] < time).clamp(1, truth.len() - 1);
    let (from, to) = (truth[after - 1], truth[after]);
    let share = ((time - from[0]) / (to[0] - from[0])).clamp(0.0, 1.0);
    std::array::from_fn(|k| from[k] + share * (to[k] - from[k]))
}

/// Exit code, stdout, stderr of `galvani battery ...`.
fn battery(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    let output = command.arg("battery").args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A folder with all files.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, ..) in FILES {
        fs::copy(cyclers().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

#[test]
fn every_vendors_file_gives_what_was_measured() {
    let (cell, truth) = (Cell::named("chen2020").unwrap(), truth());
    for (name, vendor, flaws) in FILES {
        let bytes = fs::read(cyclers().join(name)).unwrap();
        let settings = ReadingSettings { interval: 10.0, ..Default::default() };
        let (file, rows) = read_bytes(Path::new(name), &bytes, &cell, &settings).unwrap();
        assert_eq!((file.layout, file.runs.len(), file.is_charge_positive), (vendor, 1, true), "{name}");
        let found: Vec<(FindingKind, u64)> = file.findings.found().map(|(kind, count, _)| (kind, count)).collect();
        assert_eq!(found, flaws, "{name}");
        assert_eq!(rows.len(), 637, "{name}");
        // Steps of 2.5 A and more within a second: the resistance of the cell at once.
        let resistance = file.resistance.unwrap();
        assert!((0.01..0.04).contains(&resistance), "{name}: {resistance}");
        for (k, row) in rows.iter().enumerate() {
            let [_, current, voltage, celsius, soc] = true_at(&truth, 10.0 * k as f64);
            assert!((row.voltage - voltage).abs() < 2e-3, "{name} {k}: {} {voltage}", row.voltage);
            let celsius = if file.columns[3].is_some() { celsius } else { 25.0 };
            assert!((row.temperature - celsius).abs() < 0.05, "{name} {k}: {} {celsius}", row.temperature);
            assert!((row.instant - current).abs() < 2e-3, "{name} {k}: {} {current}", row.instant);
            let counted = 0.9 - row.charge / cell.capacity();
            assert!((counted - soc).abs() < 1e-4, "{name} {k}: {counted} {soc}");
        }
        let charge: f64 = rows[1..].iter().map(|row| 10.0 * row.current).sum();
        assert!((charge - rows[rows.len() - 1].charge).abs() < 1e-6, "{name}");
    }
}

#[test]
fn files_become_a_dataset_that_other_verbs_take() {
    let folder = folder();
    let run = |arguments: &[&str]| battery(folder.path(), arguments);
    let files: Vec<&str> = FILES.iter().map(|(name, ..)| *name).collect();
    let import =
        [&["import", "--cell", "chen2020", "--out", "m.dataset", "--interval", "5", "--hours", "0.4"], &files[..]]
            .concat();
    let (code, out, error) = run(&import);
    assert_eq!(code, Some(0), "{error}");
    assert!(error.contains("arbin.csv: Arbin, 427 of 429 rows used, 1 series without a gap"), "{error}");
    assert!(error.contains("current `Current(A)` (charging is positive)") && error.contains("mΩ"), "{error}");
    assert!(error.contains("V after 1800 s of rest is 0.9"), "{error}");
    assert!(out.contains("repeats the row before") && out.contains("left out") && out.contains("maccor.txt"), "{out}");
    assert!(
        out.contains("m.dataset: 24 series of 0.4 h, a row each 5 s") && out.contains("cell chen2020, measured"),
        "{out}"
    );
    let dataset = Dataset::open(&folder.path().join("m.dataset")).unwrap();
    let counts = [Split::Train, Split::Validation, Split::Test, Split::HeldOut].map(|split| dataset.series(split));
    assert_eq!((counts, dataset.simulated(Split::Train)), ([18, 3, 3, 0], 0));
    let of_maccor = |series: &usize| dataset.origin(Split::Train, *series).unwrap().1.name == "maccor.txt";
    let series = (0..18).find(of_maccor).unwrap();
    let (origin, file) = dataset.origin(Split::Train, series).unwrap();
    assert_eq!((origin.start_s % 1440.0, file.crc32.len()), (0.0, 8));
    let truth = truth();
    // PyBaMM counts from other ends of the voltage window than the cell's file.
    let offset = file.initial_soc - 0.9;
    assert!(offset.abs() < 0.01, "{offset}");
    for (k, row) in dataset.rows(Split::Train, series, 0, dataset.steps()).into_iter().enumerate() {
        let [_, _, voltage, _, soc] = true_at(&truth, origin.start_s + 5.0 * k as f64);
        assert!(
            (row[1] - voltage).abs() < 1e-3 && (row[3] - soc - offset).abs() < 2e-3,
            "{k}: {row:?} {voltage} {soc}"
        );
        assert!((row[2] - row[4]).abs() < 2e-3, "the core is as warm as the surface: {row:?}");
    }

    let (code, out, error) = run(&["inspect", "m.dataset"]);
    assert!(code == Some(0) && out.contains("spans of train") && error.contains("within the limits"), "{out}{error}");
    let (code, out, _) = run(&["inspect", "m.dataset", "--format", "json"]);
    let json: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((code, json["measured"]["files"].as_array().unwrap().len()), (Some(0), 6));
    assert_eq!(json["differing"], serde_json::json!([]));
    let (code, _, error) = run(&["plot", "m.dataset", "--split", "test", "--out", "pictures"]);
    assert_eq!(code, Some(0), "{error}");
    let coverage: Json =
        serde_json::from_slice(&fs::read(folder.path().join("pictures/coverage.json")).unwrap()).unwrap();
    assert_eq!(coverage["kinds"], serde_json::json!(["Measured"]));
    let (code, _, error) = run(&["export", "m.dataset", "--out", "arrays"]);
    assert_eq!(code, Some(0), "{error}");
    let described = fs::read_to_string(folder.path().join("arrays/dataset.json")).unwrap();
    assert!(described.contains("\"maccor.txt\""), "{described}");
    let small = ["baseline", "m.dataset", "--windows", "6", "--rows", "150", "--context", "100"];
    let (code, out, error) = run(&small);
    assert!(code == Some(0) && out.contains("Kalman filter"), "{out}{error}");

    assert!(run(&import).2.contains("`m.dataset` exists already\nhint: "));
    let (code, _, error) = run(&["generate", "--out", "m.dataset"]);
    assert!(code == Some(2) && error.contains("another specification"), "{error}");
}

#[test]
fn measured_series_stand_beside_simulated_ones() {
    let folder = folder();
    let run = |arguments: &[&str]| battery(folder.path(), arguments);
    let specification = Specification {
        train: 9,
        validation: 1,
        test: 1,
        hours: 0.5,
        interval_s: 5,
        ambient: (20.0, 40.0),
        jitter: 0.05,
        ..Specification::default()
    };
    let simulated = folder.path().join("s.dataset");
    Dataset::generate(&specification, &simulated, &|_| {}).unwrap();
    let before = fs::read(&simulated).unwrap();
    let append = ["import", "neware.csv", "--append", "s.dataset"];
    let (code, out, error) = run(&[&append[..], &["--split", "held-out", "--out", "mixed.dataset"]].concat());
    assert_eq!(code, Some(0), "{error}");
    assert!(out.contains("pieces of udds") && out.contains("held_out        3 series  measured"), "{out}");
    let (code, _, error) =
        run(&["import", "maccor.txt", "--append", "mixed.dataset", "--split", "train", "--out", "all.dataset"]);
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(fs::read(&simulated).unwrap(), before, "the first dataset is as it was");
    let (old, new) = (Dataset::open(&simulated).unwrap(), Dataset::open(&folder.path().join("all.dataset")).unwrap());
    for (split, count) in [(Split::Train, 9), (Split::Validation, 1), (Split::Test, 1)] {
        assert_eq!(new.simulated(split), count);
        for series in 0..count {
            let rows = |dataset: &Dataset| dataset.rows(split, series, 0, dataset.steps());
            assert_eq!(rows(&old), rows(&new));
        }
    }
    assert_eq!((new.series(Split::Train), new.series(Split::HeldOut)), (12, 3));
    assert_eq!(new.origin(Split::Train, 9).unwrap().1.name, "maccor.txt");
    assert_eq!(new.origin(Split::HeldOut, 0).unwrap().1.name, "neware.csv");
    assert!(new.origin(Split::Train, 8).is_none() && new.digest() != old.digest());
    let (code, out, error) = run(&["inspect", "all.dataset"]);
    assert!(code == Some(0) && error.contains("what is simulated is what the specification gives"), "{out}{error}");
    let (code, _, error) = run(&["plot", "all.dataset", "--series", "9", "--out", "pictures"]);
    assert_eq!(code, Some(0), "{error}");

    let (code, _, error) = run(&[&append[..], &["--cell", "chen2020", "--out", "x.dataset"]].concat());
    assert!(code == Some(2) && error.contains("--cell"), "{error}");
}

#[test]
fn mistakes_are_explained() {
    let folder = folder();
    let run = |arguments: &[&str]| battery(folder.path(), arguments);
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let rest = |current: &str| {
        let row = |k: usize| format!("{k},{},{}\n", if k < 60 { "0" } else { current }, if k < 60 { 3.7 } else { 3.6 });
        (0..200).map(row).collect::<String>()
    };
    write("plain.csv", &format!("time_s,current_a,voltage_v\n{}", rest("1")));
    write(
        "turned.csv",
        &format!(
            "time_s,current_a,voltage_v\n{}",
            (0..400)
                .map(|k| format!(
                    "{k},{},{}\n",
                    if k < 60 || k % 20 < 10 { 0.0 } else { -2.0 },
                    if k < 60 || k % 20 < 10 { 3.7 } else { 3.65 }
                ))
                .collect::<String>()
        ),
    );
    write("back.csv", "time_s,current_a,voltage_v\n0,0,3.7\n100,0,3.7\n5,0,3.7\n");
    write("amperes.csv", "time_s,current_ma,voltage_v\n0,0,3700\n1,0,3700\n");
    for (arguments, expected, hint) in [
        (
            &["neware.csv", "--columns", "voltage=Volts"][..],
            "there is no column `Volts` for the voltage",
            "`Voltage(V)`",
        ),
        (&["neware.csv", "--columns", "voltge=Voltage(V)"], "assigns nothing", "did you mean `voltage`?"),
        (&["neware.csv", "--units", "current=V"], "`V` is no unit of current", "`mA`"),
        (&["neware.csv", "--units", "current=A"], "have currents outside of", "--units current=mA"),
        (&["amperes.csv"], "voltages outside of 2.5 to 4.25 V", "are the units"),
        (&["turned.csv"], "the sign of the current looks wrong", "`--charge-positive`"),
        (&["back.csv"], "back.csv:4:1: the time 5 s comes after 100 s", "`--join-resets`"),
        (&["plain.csv", "--split", "train"], "leave none for the split `validation`", "leave out `--split`"),
        (&["plain.csv", "--hours", "1"], "no 1.000 h without a gap", "shorter `--hours`"),
        (&["arbin.csv", "--initial-charge", "full"], "no end of a charge at 4.200 V", "`--initial-charge SHARE`"),
        (&["arbin.csv", "--initial-charge", "0.1"], "outside of 0 to 1", "`--discharge-positive`"),
        (&["arbin.csv", "--initial-charge", "90"], "a state of charge is 0 to 1", "0.8 is 80 %"),
        (&["arbin.csv", "--capacity", "0"], "`--capacity` must be", "A h"),
        (&["nowhere.csv"], "nowhere.csv: cannot be read", "a table as text"),
        (&["."], ".: cannot be read", "hint"),
        (&["arbin.csv", "--cell", "lgm50"], "there is no cell `lgm50`", "built-in cells are"),
    ] {
        let mut command = [&["import", "--out", "x.dataset"], arguments].concat();
        if !arguments.contains(&"--cell") {
            command.extend(["--cell", "chen2020"]);
        }
        let (code, _, error) = run(&command);
        assert!(code == Some(2) && error.contains(expected) && error.contains(hint), "{arguments:?}: {error}");
        assert!(!folder.path().join("x.dataset").exists());
    }
    // Nothing is left of failures, and what was said to help does.
    let names: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|each| each.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|name| !name.contains("x.dataset")), "{names:?}");
    let fixed =
        ["import", "turned.csv", "--charge-positive", "--cell", "chen2020", "--hours", "0.03", "--out", "x.dataset"];
    let (code, _, error) = run(&fixed);
    assert_eq!(code, Some(0), "{error}");
}

#[test]
fn a_cell_is_fitted_to_a_file() {
    let folder = folder();
    let run = |arguments: &[&str]| battery(folder.path(), arguments);
    let whole = fs::read_to_string(folder.path().join("arbin.csv")).unwrap();
    // The end of the first rest, and 600 s at 2.5 A.
    let lines: Vec<&str> = whole.lines().collect();
    fs::write(folder.path().join("arbin.csv"), [&lines[..1], &lines[28..95]].concat().join("\n")).unwrap();
    let fit = [
        "fit",
        "--cell",
        "chen2020",
        "--data",
        "arbin.csv",
        "--interval",
        "10",
        "--parameters",
        "contact_resistance,initial_charge",
    ];
    let (code, out, error) = run(&[&fit[..], &["--out", "fitted.ron", "--pictures", "pictures"]].concat());
    assert_eq!(code, Some(0), "{error}");
    assert!(out.contains("identifiable") && out.contains("fitted.ron") && out.contains("pictures/fit.png"), "{out}");
    assert!(error.contains("mV before and") && error.contains("after (root mean square of 79 rows)"), "{error}");
    let text = fs::read_to_string(folder.path().join("fitted.ron")).unwrap();
    assert!(text.starts_with("// Fitted by `galvani battery fit` from `chen2020` to arbin.csv"), "{text}");
    let fitted = Cell::load(&folder.path().join("fitted.ron")).unwrap();
    assert!(fitted.name == "fitted" && fitted.contact_resistance > 0.0 && fitted.contact_resistance < 0.02);
    let (code, out, error) = run(&[&fit[..], &["--out", "-", "--format", "json"]].concat());
    assert!(code == Some(0) && out.contains("\"parameter\":\"contact_resistance\""), "{out}{error}");

    for (arguments, expected) in [
        (&["--parameters", "resistance", "--out", "y.ron"][..], "there is no parameter `resistance` to be fitted"),
        (&["--parameters", "capacity", "--out", "fitted.ron"], "exists already"),
        (&["--parameters", "capacity", "--out", "y.ron", "--skip", "99999"], "fewer rows count than parameters"),
    ] {
        let (code, _, error) = run(&[&["fit", "--cell", "chen2020", "--data", "arbin.csv"], arguments].concat());
        assert!(code == Some(2) && error.contains(expected), "{arguments:?}: {error}");
    }
}
